"""New versions of an image move through the environments, and nothing else does.

The Warehouse watches a registry. A version that it finds becomes Freight; promoting it writes tag and digest into the
kustomization of one overlay, on the branch that people work on, and the agent renders from there. Whatever else is
committed there is left to people: it is in every environment as soon as it is pushed.

Elsewhere: image automation, image updater. An Environment is a Stage, Freight a Bundle of type image.
"""

from gitpromote import App, Environment, Image, InPlace, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4")),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=InPlace("main"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
