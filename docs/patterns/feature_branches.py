"""Feature branches go as far as uat, each in Environments of its own; what is merged goes on to prod.

``feature/login`` becomes ``test-login`` and, behind it, ``uat-login``. Once it is merged these are over, and its
commits travel on with the main branch through ``test``, ``uat`` and ``prod``.
"""

from gitpromote import App, Directory, Environment, EphemeralPipeline, Kustomize, Pipeline

apps = [App("shop", Kustomize("deploy/overlays/$label.overlay"))]

features = EphemeralPipeline(
    "features",
    of="refs/heads/feature/*",
    ttl="14d",
    apps=apps,
    target=Directory("features/$env", branch="rendered"),
    environments=[
        Environment("test", labels={"overlay": "test"}, auto=True),
        Environment("uat", labels={"overlay": "uat"}),
    ],
)

shop = Pipeline(
    "shop",
    apps=apps,
    target=Directory("shop/$env", branch="rendered"),
    environments=[Environment(name, labels={"overlay": name}) for name in ("test", "uat", "prod")],
)
