"""One repository for all services, and one pipeline for all that is in it.

The paths that count are not written down: they are what the renders read, a shared base included. A commit that changes
one service is Freight of the whole, and writes the folders in which something becomes another; the other folders are
the same after it, and the commit does not touch them. For services that move on their own, see ``path_filters.py``.

Elsewhere: a monorepo with a folder per service and environment, checked out sparsely.
"""

from gitpromote import App, Directory, Environment, Kustomize, Pipeline

store = Pipeline(
    "store",
    apps=[App(name, Kustomize(f"services/{name}/$env")) for name in ("cart", "search", "pay")],
    target=Directory("$env/$app", branch="rendered"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
