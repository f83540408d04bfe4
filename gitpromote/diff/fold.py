"""The same change in many objects or environments, as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gitpromote.model.canonical import canonical
from gitpromote.model.change import ChangeSet, FieldChange, ObjectChange, ObjectId

__all__ = ["FoldedChange", "Former", "Member", "fold"]


@dataclass(frozen=True, slots=True)
class Member:
    """One of the places where a change happens."""

    environment: str
    object: ObjectId


@dataclass(frozen=True, slots=True)
class Former:
    """A field's value before, where it is another one than in the change that is shown.

    :ivar field: the field's place in ``change.fields``
    :ivar members: where it has this value
    """

    field: int
    before: Any
    members: tuple[Member, ...]

    @property
    def environments(self) -> tuple[str, ...]:
        """Where it has this value, by environment, each once."""
        return tuple(dict.fromkeys(member.environment for member in self.members))


@dataclass(frozen=True, slots=True)
class FoldedChange:
    """One change, and everywhere it happens.

    :ivar change: as it is at the first of ``members``; without an App where it is another one's elsewhere. Numbers of
        masked values mean equal values within one environment only
    :ivar former: by field, then in the order of members
    """

    change: ObjectChange
    members: tuple[Member, ...]
    former: tuple[Former, ...] = ()

    @property
    def environments(self) -> tuple[str, ...]:
        """Where it happens, each once."""
        return tuple(dict.fromkeys(member.environment for member in self.members))

    @property
    def objects(self) -> tuple[ObjectId, ...]:
        """What it happens to, each once."""
        return tuple({member.object.ref: member.object for member in self.members}.values())


def fold(changes: Mapping[str, ChangeSet | Iterable[ObjectChange]]) -> list[FoldedChange]:
    """Changes by environment, those that come to the same told once, in the order in which they are first met.

    Updates are the same if the same fields of the same kind get the same values, from whatever values. Creations and
    deletions are told per object: which ones they are is the news.
    """
    groups: dict[bytes, list[tuple[Member, ObjectChange]]] = {}
    for environment, every in changes.items():
        for change in every.changes if isinstance(every, ChangeSet) else every:
            groups.setdefault(_key(change), []).append((Member(environment, change.object), change))
    return [_folded(members) for members in groups.values()]


def _key(change: ObjectChange) -> bytes:
    data = change.model_dump(mode="json", exclude={"hidden", "noise", "fields", "app"})
    if "update" in change.actions or "no-op" in change.actions:
        data["object"] = [change.object.group, change.object.kind]
    data["fields"] = [_after(field) for field in change.fields] or [field.model_dump() for field in change.noise]
    return canonical(data)


def _after(field: FieldChange) -> list[Any]:
    return [list(field.path), field.op, field.after, field.index]


def _folded(group: Sequence[tuple[Member, ObjectChange]]) -> FoldedChange:
    shown = group[0][1]
    former = tuple(each for place in range(len(shown.fields)) for each in _former(place, group))
    if any(change.app != shown.app for _, change in group):
        shown = shown.model_copy(update={"app": ""})  # it is nobody's alone
    return FoldedChange(shown, tuple(member for member, _ in group), former)


def _former(place: int, group: Sequence[tuple[Member, ObjectChange]]) -> Iterable[Former]:
    by_value: dict[bytes, tuple[Any, list[Member]]] = {}
    for member, change in group:
        before = change.fields[place].before
        by_value.setdefault(canonical(before), (before, []))[1].append(member)
    shown = canonical(group[0][1].fields[place].before)
    return (Former(place, before, tuple(members)) for key, (before, members) in by_value.items() if key != shown)
