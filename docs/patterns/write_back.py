"""Rendered manifests beside their sources, on the branch that people work on.

A promotion renders ``deploy/`` at the Freight's commit and writes ``builds/shop/<environment>`` of the same branch. The
next look at the branch finds that commit and makes no Freight of it: what a pipeline writes itself is no news to it,
and a folder that is both read and written is refused when the file is read.

Elsewhere: writing back to main, with excludePaths against the feedback loop.
"""

from gitpromote import App, Directory, Environment, Git, Image, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(branch="main")),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Directory("builds/shop/$env", branch="main"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
