"""Whether RBAC rules allow more than before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple


class Permission(NamedTuple):
    """One verb on one resource, or on one URL of the API server. ``*`` stands for any."""

    group: str
    resource: str
    name: str
    verb: str


class _Power(NamedTuple):
    """A resource by which somebody gets at rights that nobody gave them; no verbs stand for any."""

    group: str
    resource: str
    verbs: frozenset[str] = frozenset()


_RBAC, _HOOKS, _SIGNING = "rbac.authorization.k8s.io", "admissionregistration.k8s.io", "certificates.k8s.io"
_WRITING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_CHANGING = frozenset({"update", "patch"})
#: What hands out rights, runs as another one, or sees and changes what others write.
_POWERS = (
    _Power("", "secrets"),
    _Power("", "serviceaccounts/token", frozenset({"create"})),
    _Power("", "nodes/proxy"),
    _Power("", "pods/exec"),
    _Power("", "pods/attach"),
    _Power("", "pods/ephemeralcontainers", _CHANGING),
    _Power("", "persistentvolumes", frozenset({"create"})),
    *(_Power(_RBAC, each, _WRITING) for each in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")),
    _Power(_HOOKS, "mutatingwebhookconfigurations", _WRITING),
    _Power(_HOOKS, "validatingwebhookconfigurations", _WRITING),
    _Power(_HOOKS, "mutatingadmissionpolicies", _WRITING),
    _Power(_HOOKS, "mutatingadmissionpolicybindings", _WRITING),
    _Power(_HOOKS, "validatingadmissionpolicies", _WRITING),
    _Power(_HOOKS, "validatingadmissionpolicybindings", _WRITING),
    _Power(_SIGNING, "certificatesigningrequests/approval", _CHANGING),
    _Power(_SIGNING, "certificatesigningrequests/status", _CHANGING),
    _Power("apiregistration.k8s.io", "apiservices", _WRITING),
)
#: What makes pods, which may be any account of their namespace and read its Secrets.
_MAKING = frozenset({"create", "update", "patch"})
_PODS = (
    *(_Power("", each, _MAKING) for each in ("pods", "replicationcontrollers")),
    *(_Power("apps", each, _MAKING) for each in ("daemonsets", "deployments", "replicasets", "statefulsets")),
    *(_Power("batch", each, _MAKING) for each in ("cronjobs", "jobs")),
)
#: Who everybody is who reaches the API server, and everybody who may log in there.
_ANYBODY = frozenset(
    {
        ("Group", "system:authenticated"),
        ("Group", "system:serviceaccounts"),
        ("Group", "system:unauthenticated"),
        ("User", "system:anonymous"),
    }
)
_AGGREGATES = f"{_RBAC}/aggregate-to-"
#: Whoever signs by these makes certificates that the API server believes.
_SIGNERS = "kubernetes.io/"


def widens(before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether ``after`` allows anything that ``before`` does not."""
    old = list(_permissions(before))
    known = set(old)
    wild = [permission for permission in old if "*" in "".join(permission)]
    return any(new not in known and not any(_covers(each, new) for each in wild) for new in _permissions(after))


def is_powerful(rules: Sequence[Any]) -> bool:
    """Whether they allow what is as good as everything: any resource, any verb on what comes with Kubernetes, Secrets,
    handing out rights, running as another one, or a say in what others write."""
    return any(map(_is_powerful, _permissions(rules)))


def gathers_more(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a ClusterRole takes the rules of more others as its own than before; which those are is not known."""
    known = _selectors(before)
    return any(one not in known for one in _selectors(after)) and {} not in known


def gathers_all(role: Mapping[str, Any]) -> bool:
    """Whether a ClusterRole takes the rules of all others as its own."""
    return {} in _selectors(role)


def runs_pods(rules: Sequence[Any]) -> bool:
    """Whether they allow to make or change pods, or what makes them."""
    return any(_holds(permission, power) for permission in _permissions(rules) for power in _PODS)


def is_anybody(kind: str, name: str) -> bool:
    """Whether a subject of a binding is everybody, or everybody who may log in."""
    return (kind, name) in _ANYBODY


def gathered_by(role: Mapping[str, Any]) -> frozenset[str]:
    """The ClusterRoles that take the rules of this one as their own by what it says itself: ``admin``, ``edit``."""
    metadata = role.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    told = [key for key, value in labels.items() if value == "true"] if isinstance(labels, dict) else []
    return frozenset(key.removeprefix(_AGGREGATES) for key in map(str, told) if key.startswith(_AGGREGATES))


def _selectors(role: Mapping[str, Any]) -> list[dict[str, Any]]:
    """By what others are found; an empty member of a selector says nothing."""
    rule = role.get("aggregationRule")
    found = rule.get("clusterRoleSelectors") if isinstance(rule, dict) else None
    every = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [{key: value for key, value in one.items() if value} for one in every]


def _is_powerful(permission: Permission) -> bool:
    if permission.resource == "*" or permission.verb in ("bind", "escalate", "impersonate"):
        return True
    if permission.verb == "*" and _comes_with_kubernetes(permission.group):
        return True
    if permission.group in ("*", _SIGNING) and _matches(permission.resource, "signers"):
        return permission.name == "*" or permission.name.startswith(_SIGNERS)
    return any(_holds(permission, power) for power in _POWERS)


def _comes_with_kubernetes(group: str) -> bool:
    return group in ("*", "url") or "." not in group or group.endswith(".k8s.io")


def _holds(permission: Permission, power: _Power) -> bool:
    """Whether it gives that power. To write one thing that is named is no power over others of its kind."""
    if permission.name != "*" and power.verbs:
        return False
    return (
        permission.group in ("*", power.group)
        and _matches(permission.resource, power.resource)
        and (not power.verbs or permission.verb in ("*", *power.verbs))
    )


def _permissions(rules: Sequence[Any]) -> Iterator[Permission]:
    for rule in rules:
        if isinstance(rule, dict):
            verbs, names = _texts(rule, "verbs"), _texts(rule, "resourceNames") or ["*"]
            for parts in product(_texts(rule, "apiGroups"), _texts(rule, "resources"), names, verbs):
                yield Permission(*parts)
            for url, verb in product(_texts(rule, "nonResourceURLs"), verbs):
                yield Permission("url", url, "*", verb)


def _covers(wide: Permission, narrow: Permission) -> bool:
    if (wide.group == "url") != (narrow.group == "url"):
        return False
    return all(_matches(one, other) for one, other in zip(wide, narrow, strict=True))


def _matches(pattern: str, value: str) -> bool:
    if pattern in ("*", value):
        return True
    if pattern.startswith("*/"):  # a subresource of every resource
        return value.endswith(pattern[1:])
    return pattern.endswith("*") and "/" in pattern and value.startswith(pattern[:-1])


def _texts(rule: dict[str, Any], key: str) -> list[str]:
    found = rule.get(key)
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


__all__ = [
    "gathered_by",
    "gathers_all",
    "gathers_more",
    "is_anybody",
    "is_powerful",
    "runs_pods",
    "widens",
]
