"""A preview for each open pull request, for three days after its newest commit.

    gitpromote plan                                  every preview: new ones, changed ones
    gitpromote plan --env pr-123                     this one alone
    gitpromote retire --gone --reason "closed"       what is over, as a plan of its deletion

The folder ``previews/`` of the branch ``previews`` is what Argo CD's ApplicationSet (Git directories) follows.
"""

from gitpromote import App, Directory, Environment, EphemeralPipeline, Kustomize

previews = EphemeralPipeline(
    "previews",
    of="refs/pull/*/head",  # GitLab: refs/merge-requests/*/head
    ttl="3d",
    apps=[App("shop", Kustomize("deploy/preview"))],
    target=Directory("previews/$env", branch="previews"),
    environments=[Environment("pr", auto=True)],
)
