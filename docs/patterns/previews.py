"""A preview for each open pull request, for three days after its newest commit.

    gitpromote plan                                  every preview: new ones, changed ones
    gitpromote plan --env pr-123                     this one alone
    gitpromote retire --gone --reason "closed"       what is over, as a plan of its deletion

A pull request has one as long as a branch of this repository holds its newest commit. One from a fork, whose head is no
branch here, gets none: whoever may fork would choose what runs in the cluster.

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
