"""Several services in one repository, each with a pipeline of its own that nothing else holds up.

Each Pipeline has its own Warehouse, Environments, ledger and plan: ``gitpromote plan cart`` says nothing of ``search``,
and a freeze, a hold or a failure of one leaves the other alone. Their targets must not overlap; that is checked when
the file is read.

Elsewhere: several Warehouses with separate chains of Stages in one Project.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse


def service(name):
    return Pipeline(
        name,
        warehouse=Warehouse(Image(f"ghcr.io/acme/{name}", "^1"), Git(include=[f"{name}/"])),
        apps=[App(name, Kustomize(f"{name}/overlays/$env"))],
        target=Branch(f"{name}/$env"),
        environments=[Environment("test", auto=True), Environment("prod")],
    )


pipelines = [service("cart"), service("search")]
