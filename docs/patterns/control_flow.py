"""A point that only joins the way and divides it again, with a condition that is written once.

``released`` carries no App and is written nowhere. It comes after both regions of ``uat``, and what is verified in both
and has soaked there for a day has passed it. All productions come after it and need not repeat who came before them,
nor the soak; a new region is one more line. Such a point goes by itself; ``auto=False`` would leave it to a person.

Elsewhere: a control-flow Stage, a Stage without promotion steps.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Soak, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[
        Environment("uat-eu", after=[], auto=True),
        Environment("uat-us", after=[], auto=True),
        Environment("released", after=["uat-eu", "uat-us"], apps=[], gates=[Soak("24h")], auto=True),
        *(Environment(f"prod-{region}", after="released") for region in ("eu", "us", "apac")),
    ],
)
