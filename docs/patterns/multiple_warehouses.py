"""Image and configuration at a pace of their own: each moves without waiting for the other.

Two Warehouses make two kinds of Freight. An environment runs one of each, and a plan combines the one that moves with
the one that stays. A new version of the image goes through the environments while the configuration in them stays as it
is, and the other way round. What is verified is still the pair that was there.

Elsewhere: Stages that request Freight from several Warehouses.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=[
        Warehouse(Image("ghcr.io/acme/shop", "^1.4"), name="app"),
        Warehouse(Git(include=["deploy/"]), name="config"),
    ],
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
