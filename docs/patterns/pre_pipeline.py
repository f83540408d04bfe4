"""A pipeline in front of another one: what the first accepts is where the second begins.

``base`` tries new versions of an image in ``lab``. What is verified there is written into the base that all overlays
share, on ``main``. That commit is a change of ``deploy/`` like any other, so ``shop`` finds it and moves it through its
own environments, together with what people commit. Neither knows of the other: they meet in the repository alone.

Elsewhere: two Warehouses, the second of which subscribes to what the first one's last Stage writes.
"""

from gitpromote import App, Branch, Environment, Git, Image, InPlace, Kustomize, Pipeline, Warehouse

base = Pipeline(
    "base",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(include=["deploy/"], trigger=False)),
    apps=[App("shop", Kustomize("deploy/base"))],
    environments=[Environment("lab", target=Branch("lab"), auto=True), Environment("accepted", target=InPlace("main"))],
)

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Git(branch="main", include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("prod")],
)
