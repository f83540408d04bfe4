"""Many services in one repository: a commit moves those whose paths it touches, and no other.

Each Warehouse counts commits below one folder and below what the services share, without its documents. Commits are
judged together, since the last Freight: a change that came with ten others is not missed, and one that was taken back
in between makes no Freight.

Elsewhere: includePaths and excludePaths of a Git subscription.
"""

from gitpromote import App, Directory, Environment, Git, Kustomize, Pipeline, Warehouse


def service(name):
    return Pipeline(
        name,
        warehouse=Warehouse(Git(include=[f"services/{name}/", "shared/"], exclude=["glob:**/*.md"])),
        apps=[App(name, Kustomize(f"services/{name}/$env"))],
        target=Directory(f"{name}/$env", branch="rendered"),
        environments=[Environment("test", auto=True), Environment("prod")],
    )


pipelines = [service(name) for name in ("cart", "search", "pay")]
