"""The same change in several environments is told once; what differs there is said beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gitpromote.model.canonical import canonical
from gitpromote.model.change import FieldChange, ObjectChange
from gitpromote.views.text import listed
from gitpromote.views.values import value_text


@dataclass(frozen=True, slots=True)
class Folded:
    """One change, and where it happens.

    :ivar change: as it is in the first environment
    :ivar asides: place in ``change.fields`` to words on environments where the value before is another one
    """

    environments: tuple[str, ...]
    change: ObjectChange
    asides: dict[int, str]


def folded(changes: Iterable[tuple[str, ObjectChange]]) -> list[Folded]:
    """Changes that come to the same, in the order in which they are first met."""
    groups: dict[bytes, list[tuple[str, ObjectChange]]] = {}
    for name, change in changes:
        if change.changes_anything:
            groups.setdefault(_key(change), []).append((name, change))
    return [_fold(members) for members in groups.values()]


def _key(change: ObjectChange) -> bytes:
    """What must be equal: the object, what happens, the values afterwards. Those before may differ."""
    ref = change.object
    fields = [
        [list(field.path), field.op, field.after, None if field.op == "replace" else field.before]
        for field in change.fields
    ]
    return canonical(
        [change.app, ref.group, ref.kind, ref.namespace, ref.name, list(change.actions), change.restarts, fields]
    )


def _fold(members: Sequence[tuple[str, ObjectChange]]) -> Folded:
    first = members[0][1]
    asides = {place: text for place in range(len(first.fields)) if (text := _aside(members, place))}
    return Folded(tuple(name for name, _ in members), first, asides)


def _aside(members: Sequence[tuple[str, ObjectChange]], place: int) -> str:
    """``prod-eu, prod-us: from 3.7.1``, for environments where this field has another value now than in the first."""
    shown = members[0][1].fields[place]
    others: dict[str, list[str]] = {}
    for name, change in members[1:]:
        field = change.fields[place]
        if field.op == "replace" and canonical(field.before) != canonical(shown.before):
            others.setdefault(_before(field), []).append(name)
    return "; ".join(f"{listed(names)}: from {value}" for value, names in others.items())


def _before(field: FieldChange) -> str:
    if field.path[-1:] == ("image",) and isinstance(field.before, str):
        return field.before.partition("@")[0].rpartition(":")[2]
    return value_text(field.before, width=40)
