"""Configuration moves through the environments, and no image does.

The Warehouse watches a branch of the repository. A commit that touches ``deploy/`` becomes Freight; promoting it
renders each overlay at that commit and writes the manifests to a branch per environment. Which image runs is part of
the configuration, and changed by a commit like everything else.

Elsewhere: a Warehouse with a Git subscription alone, a Bundle of type config.
"""

from gitpromote import App, Branch, Environment, Git, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Git(include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
