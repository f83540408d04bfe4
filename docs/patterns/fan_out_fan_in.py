"""One version in two variants side by side, and on to production once both have proven themselves.

``test`` divides the way: ``variant-a`` and ``variant-b`` run the same Freight with different settings, for an A/B test.
``prod`` comes after both of them and takes nothing that only one has verified. A variant that a change does not concern
is not written for it: the Freight is inherited there, and counts as verified.

Elsewhere: fanning out and in; ``after=[…]`` is availability "all", ``after=any_of(…)`` is "one of them".
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[
        Environment("test", auto=True),
        Environment("variant-a", after="test", auto=True),
        Environment("variant-b", after="test", auto=True),
        Environment("prod", after=["variant-a", "variant-b"]),
    ],
)
