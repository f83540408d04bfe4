"""A gate before the first environment: a person lets Freight in, and from there on everything goes by itself.

``accepted`` carries no App and is written nowhere. New Freight stops in front of it until somebody applies it there:
``gitpromote plan --env accepted -out=plan.json``, ``gitpromote apply plan.json``. ``test`` and ``uat`` follow as soon
as ``gitpromote run`` looks. What nobody lets in is superseded by the next Freight and leaves nothing behind.

In front of all others a point is a person's. Behind others it goes by itself once its gates hold; to have a person
there as well, write ``auto=False``.

Elsewhere: a gatekeeper Stage, a control-flow Stage that is promoted to by hand.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[
        Environment("accepted", apps=[]),
        Environment("test", auto=True),
        Environment("uat", auto=True, production=False),
    ],
)
