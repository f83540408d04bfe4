"""Freight is made when the image of this very commit is there, and not before.

Code and configuration are one repository, and CI takes some minutes to build an image from a commit. The image says by
its label ``org.opencontainers.image.revision``, or by its tag, which commit it was built from. Until the image of a
commit is there, the one before it stays the newest Freight: a new configuration never meets an old image.
``policy="manual"`` on the Warehouse would leave the making of Freight to ``gitpromote freight assemble``.

Elsewhere: Freight assembly, Freight creation criteria.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse, same_commit

shop = Pipeline(
    "shop",
    warehouse=Warehouse(
        Image("ghcr.io/acme/shop", strategy="newest-build", allow=["^[0-9a-f]{40}$"]),
        Git(branch="main"),
        where=same_commit(),
    ),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("prod")],
)
