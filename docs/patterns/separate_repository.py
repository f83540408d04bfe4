"""Sources in one repository, what runs in another one.

Developers work in ``shop``; nobody but gitpromote writes to ``shop-deploy``, which the agents follow. The pipeline file
may lie in either of them, or in a third: its repository is the home, and the ledger is there. Reading ``shop`` and
writing ``shop-deploy`` are two permissions.

Elsewhere: separate repositories for input and output of the promotion steps.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

SOURCES = "https://git.acme.example/shop.git"

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(repo=SOURCES, include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"), repo=SOURCES)],
    target=Branch("env/$env", repo="https://git.acme.example/shop-deploy.git"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
