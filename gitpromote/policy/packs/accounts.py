"""Whether a workload that is there runs as an account that may do more than the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.change import Path
from gitpromote.model.finding import Finding
from gitpromote.model.rbac import is_powerful
from gitpromote.policy.packs.grants import Grant, Grants, Subject, rules_of
from gitpromote.policy.packs.pack import found
from gitpromote.policy.packs.workloads import Pod, pods, pods_of
from gitpromote.policy.scene import Scene

__all__ = ["rbac_account"]

_ACCOUNT, _OLDER = "serviceAccountName", "serviceAccount"
_TOLD = 3  # roles that are named


def rbac_account(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A workload that is there already, and whose pods become another ServiceAccount that may do more."""
    was = {(pod.manifest.ref, pod.path): pod for pod in pods_of(scene.before)}
    moved = [
        (old, pod)
        for pod in pods(scene)
        if (old := was.get((pod.manifest.ref, pod.path))) is not None and _account(old) != _account(pod)
    ]
    if not moved:
        return
    grants = Grants(scene)
    for old, new in moved:
        before, now = (grants.accounts(pod.manifest, _account(pod)) for pod in (old, new))
        more = grants.more([*before, *_groups(grants.place(new.manifest))], now)
        if more:
            message = f"runs as {_account(new)} instead of {_account(old)}, which may do more: {_told(scene, more)}"
            yield found("widening/rbac-account", new.manifest, message, path=_place(new))


def _account(pod: Pod) -> str:
    """The name of the ServiceAccount that pods are."""
    return str(pod.spec.get(_ACCOUNT) or pod.spec.get(_OLDER) or "default")


def _place(pod: Pod) -> Path:
    return (*pod.path, _OLDER if pod.spec.get(_OLDER) and not pod.spec.get(_ACCOUNT) else _ACCOUNT)


def _groups(namespace: str) -> list[Subject]:
    """The groups that every account of a namespace is in."""
    names = ("system:authenticated", "system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return [Subject("Group", "", name) for name in names]


def _told(scene: Scene, grants: list[Grant]) -> str:
    """The roles that make the difference, and where."""
    texts = list(dict.fromkeys(_text(scene, grant) for grant in grants))
    rest = f" and {len(texts) - _TOLD} more" if len(texts) > _TOLD else ""
    return ", ".join(texts[:_TOLD]) + rest


def _text(scene: Scene, grant: Grant) -> str:
    rules = rules_of(scene.objects.get(grant.role))
    where = "everywhere" if grant.scope is None else f"in {grant.scope or 'its namespace'}"
    what = " (as good as everything)" if rules is not None and is_powerful(rules) else ""
    return f"{grant.role.kind} {grant.role.name} {where}{what}"
