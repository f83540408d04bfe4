"""A branch of plain manifests for each environment: what is reviewed is what the agent applies.

Nothing is left to be rendered in the cluster. The branch holds one file per object, ready to be diffed and blamed; what
is no longer rendered is deleted from it, and what speaks to the forge, such as ``CODEOWNERS``, stays. A file that
somebody else put or changed there stops the next plan until a person decides about it.

Elsewhere: rendered manifests, hydrated or WET branches, environment branches.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env", keep=["CODEOWNERS", ".github/"]),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
