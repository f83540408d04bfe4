"""Freight of a feature goes as far as uat and stops there; ordinary versions go on to prod.

``gitpromote freight create --image ghcr.io/acme/shop:feature-7 --target uat`` makes Freight of an image that no
subscription takes by itself, and asks for it to stop at ``uat``. It goes through ``test`` and ``uat`` by the ordinary
rules. ``prod`` never looks at it, and it keeps nothing back there. The next ordinary version takes its place. For
features with environments of their own, see ``feature_branches.py``.

Elsewhere: a Bundle with an intent whose target is an environment before the last.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
