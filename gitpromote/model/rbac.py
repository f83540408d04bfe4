"""Whether RBAC rules allow more than before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple


class Permission(NamedTuple):
    """One verb on one resource, or on one URL of the API server. ``*`` stands for any."""

    group: str
    resource: str
    name: str
    verb: str


#: Groups of whose resources any verb is much: it hands out rights.
_RIGHTS = ("rbac.authorization.k8s.io", "certificates.k8s.io", "url")


def widens(before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether ``after`` allows anything that ``before`` does not."""
    old = list(_permissions(before))
    known = set(old)
    wild = [permission for permission in old if "*" in "".join(permission)]
    return any(new not in known and not any(_covers(each, new) for each in wild) for new in _permissions(after))


def is_powerful(rules: Sequence[Any]) -> bool:
    """Whether they allow what is as good as everything: any resource, Secrets, or handing out rights."""
    return any(
        permission.resource == "*"
        or (permission.verb == "*" and permission.group in ("*", *_RIGHTS))
        or permission.resource == "secrets"
        or permission.verb in ("bind", "escalate", "impersonate")
        for permission in _permissions(rules)
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


__all__ = ["is_powerful", "widens"]
