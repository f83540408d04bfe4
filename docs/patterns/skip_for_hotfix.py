"""An urgent change may leave ``uat`` out, if it says so and the rule of ``uat`` lets it.

A request to promote Freight may name environments to skip. ``uat`` grants it to Freight that carries the label
``urgent``; to any other it answers ``skip-denied``, and the Freight goes nowhere by that request. What leaves ``uat``
out still has to be verified in ``test``, and what comes after it goes the whole way again.

Elsewhere: intent.skip and a skip-permission gate.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, SkipPermission, Warehouse

urgent = SkipPermission("urgent", "freight.labels.urgent == 'true'")

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[
        Environment("test", auto=True),
        Environment("uat", gates=[urgent]),
        Environment("prod"),
    ],
)
