"""A base that all environments share, and an overlay for each.

The images of an overlay are set by themselves, as ``kustomize edit set image`` would; no edit has to be named. A change
of the base is a change for every environment and is proven in ``test`` first. A change of one overlay moves that
environment alone: the others inherit the Freight, without a commit.

Elsewhere: the Kustomize layout with base and stages.
"""

from gitpromote import App, Branch, Environment, Image, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4")),
    apps=[App("shop", Kustomize("overlays/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
