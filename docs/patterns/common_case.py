"""The usual pipeline: an image and its configuration travel together from test to prod.

One Warehouse watches both. Its Freight is the newest version of the image with the newest commit of ``deploy/``, so
what was verified in test is exactly that pair, and the same pair goes on. ``test`` and ``uat`` go by themselves under
``gitpromote run``; ``prod`` waits for a person.

Elsewhere: one Warehouse, a Stage per environment, the later ones with the one before as their upstream.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
