"""Services that belong together land in one commit, or not at all.

Both images and the configuration are one Freight. An environment has one target, in which each App has a folder, so a
promotion of both is one commit: there is no moment at which the branch holds the new ``cart`` beside the old
``search``. If one of the two does not render, neither is written.

Elsewhere: one Warehouse with several image subscriptions, one Stage that updates several applications.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

store = Pipeline(
    "store",
    warehouse=Warehouse(Image("ghcr.io/acme/cart", "^1"), Image("ghcr.io/acme/search", "^2"), Git(include=["deploy/"])),
    apps=[App(name, Kustomize(f"deploy/{name}/$env")) for name in ("cart", "search")],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("prod")],
)
