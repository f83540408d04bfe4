"""Kinds as people name them in ``kinds=``: which cannot be meant, as far as anybody can tell without a cluster.

A custom resource may be called anything, so that only what is nearly a kind of Kubernetes, or stands in a group that
there cannot be, is doubted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitpromote.model.definition import Definition
from gitpromote.model.names import quoted, shown
from gitpromote.policy.admission_kinds import KUBERNETES, plural_of

__all__ = ["doubt", "kinds_of"]

_WILD = frozenset("*?[")
_SURE = 8  # characters from which two slips are still a slip


def doubt(pattern: str) -> tuple[str, str]:
    """What is odd about one of ``kinds``, and what may be meant; two empty texts where nothing is."""
    group, slash, kind = pattern.rpartition("/")
    if slash and not _WILD & set(group):
        return _of_group(pattern, group, kind)
    if slash or _WILD & set(kind) or kind in _KINDS:
        return "", ""
    near = _nearest(kind, _KINDS)
    return (f"{shown(pattern)} is no kind of Kubernetes", _meant([near])) if near else ("", "")


def _of_group(pattern: str, group: str, kind: str) -> tuple[str, str]:
    wild = bool(_WILD & set(kind))
    if group in _GROUPS:
        if wild or (group, kind) in KUBERNETES:
            return "", ""
        near = _nearest(kind, {one for of, one in KUBERNETES if of == group})
        found = [f"{group}/{near}"] if near else _elsewhere(kind)
        return (f"{shown(pattern)} is no kind of Kubernetes", _meant(found)) if found else ("", "")
    if "." not in group:
        near = _nearest(group, _GROUPS)
        return f"there is no group {quoted(group)}", _meant(_elsewhere(kind) or ([f"{near}/{kind}"] if near else []))
    near = _nearest(group, {of for of in _GROUPS if "." in of})
    if near and (wild or (near, kind) in KUBERNETES):
        return f"{quoted(group)} is no group of Kubernetes", _meant([f"{near}/{kind}"])
    return "", ""


def kinds_of(definition: Definition) -> Iterator[tuple[str, str]]:
    """The kinds that a policy or a rule of risks names, each with the field or the setting that names it."""
    settings = definition.__dict__.get("settings") or {}
    members = {"kinds": definition.__dict__.get("kinds")}
    members |= {name: settings.get(name) for name in ("kinds", "ignore_kinds") if name in settings}
    for field, given in members.items():
        yield from ((field, one) for one in ((given,) if isinstance(given, str) else given or ()))


_KINDS = frozenset(kind for _, kind in KUBERNETES)
_GROUPS = frozenset(group for group, _ in KUBERNETES)


def _elsewhere(kind: str) -> list[str]:
    """The groups that have a kind, without the one that Kubernetes has left behind."""
    return [f"{group}/{one}" for group, one in sorted(KUBERNETES) if one == kind and group != "extensions"]


def _meant(found: list[str]) -> str:
    return f"did you mean {' or '.join(quoted(one) for one in found)}?" if found else ""


def _nearest(word: str, known: Iterable[str]) -> str:
    """The known word that this one is but for its case, its number, or a slip or two; empty where there is none."""
    low = word.casefold()
    for one in sorted(known):
        if low in (one.casefold(), plural_of(one)):
            return one
    slips = 2 if len(word) >= _SURE else 1
    near = ((_slips(low, one.casefold()), one) for one in sorted(known) if abs(len(one) - len(word)) <= slips)
    distance, found = min(near, default=(_SURE, ""))
    return found if distance <= slips and len(word) > slips + 1 else ""


def _slips(one: str, other: str) -> int:
    """How many letters were left out, added, changed, or swapped with the next one."""
    rows = [list(range(len(other) + 1))]
    for at, sign in enumerate(one, 1):
        row = [at]
        for to, wanted in enumerate(other, 1):
            cost = min(rows[-1][to] + 1, row[to - 1] + 1, rows[-1][to - 1] + (sign != wanted))
            if at > 1 and to > 1 and sign == other[to - 2] and one[at - 2] == wanted:
                cost = min(cost, rows[-2][to - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
