"""Some environments go by themselves, one decides by the change, one waits for a person.

``gitpromote run`` moves ``test`` whatever comes, and ``uat`` unless the version is a new major one. Nobody but a person
moves ``prod``, by ``gitpromote apply``. ``auto`` speaks of ``run`` alone: a plan that a person applies is that person's
act, and goes as far as gates and approvals let it.

Elsewhere: auto-promotion policies beside manual promotions; ``approval: auto`` beside ``pr-review``.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop"), Git(include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[
        Environment("test", auto=True),
        Environment("uat", auto="change.semver != 'major'"),
        Environment("prod", auto=False),
    ],
)
