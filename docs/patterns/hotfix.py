"""A second entry just before production, for what cannot wait for the long way.

Images tagged ``hotfix-…``, with the configuration of the branch ``hotfix``, have a Warehouse of their own. ``hotfix``
takes its Freight directly; ``prod`` takes what was verified in ``uat`` or in ``hotfix``. What came into prod last is
what runs there, and the plan says so: the next ordinary version replaces the hotfix. Gates of prod hold for both ways.

Elsewhere: a Stage with a direct source beside one with upstream Stages. For a way past every environment, with a reason
and an expiry, there is ``gitpromote hotfix``.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse, any_of

IMAGE = "ghcr.io/acme/shop"

shop = Pipeline(
    "shop",
    warehouse=[
        Warehouse(Image(IMAGE, "^1.4"), Git(include=["deploy/"]), name="trunk"),
        Warehouse(
            Image(IMAGE, strategy="newest-build", allow=["^hotfix-"]),
            Git(branch="hotfix", include=["deploy/"]),
            name="urgent",
        ),
    ],
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[
        Environment("test", after=[], direct=["trunk"], auto=True),
        Environment("uat", auto=True),
        Environment("hotfix", after=[], direct=["urgent"]),
        Environment("prod", after=any_of("uat", "hotfix")),
    ],
)
