"""A branch of sources for each environment, in which the agent renders.

The branches exist before the first promotion, and each holds whatever its environment needs. A promotion writes the
version of the image into the kustomization of one branch and touches no other byte; everything else in these branches
is merged by people. The plan shows what the agent will render from it.

Elsewhere: stage-specific branches with unrendered manifests.
"""

from gitpromote import App, Environment, Image, InPlace, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4")),
    apps=[App("shop", Kustomize("deploy"))],
    target=InPlace("env/$env"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
