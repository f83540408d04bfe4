"""Services that live in repositories of their own, promoted together from a third one.

Freight holds one commit of each repository, so a promotion is a set that was verified as a whole: ``web`` of Tuesday
with ``api`` of Monday, if that is what test ran. A push to either of them makes new Freight. Home is the repository of
this file; it holds the ledger and what runs.

Elsewhere: a Bundle or Freight with commits of several repositories.
"""

from gitpromote import App, Branch, Environment, Git, Kustomize, Pipeline, Warehouse

REPOS = {name: f"https://git.acme.example/{name}.git" for name in ("api", "web")}

product = Pipeline(
    "product",
    warehouse=Warehouse(*(Git(repo=repo, include=["deploy/"]) for repo in REPOS.values())),
    apps=[App(name, Kustomize("deploy/$env"), repo=repo) for name, repo in REPOS.items()],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("prod")],
)
