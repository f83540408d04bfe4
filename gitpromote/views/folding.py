"""Changes gathered for reading: the same one told once, what comes and goes gathered by object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gitpromote.diff.fold import FoldedChange, Former, fold
from gitpromote.model.change import FieldChange, ObjectChange, ObjectId
from gitpromote.model.words import count, listed
from gitpromote.views.values import value_text


@dataclass(frozen=True, slots=True)
class Told:
    """One change, and where it happens.

    :ivar change: as it is in the first place
    :ivar asides: place in ``change.fields`` to words on where the value before is another one
    """

    change: ObjectChange
    environments: tuple[str, ...]
    objects: tuple[ObjectId, ...]
    asides: dict[int, str]


def told(changes: Iterable[tuple[str, ObjectChange]]) -> list[Told]:
    """Changes that come to the same, in the order in which they are first met. Noise alone is nothing."""
    by_environment: dict[str, list[ObjectChange]] = {}
    for name, change in changes:
        if change.changes_anything:
            by_environment.setdefault(name, []).append(_local(change))
    return [_told(each) for each in fold(by_environment)]


def by_object(every: Sequence[Told]) -> list[Told]:
    """One row per object that comes or goes, whatever it holds in which environment, and in which namespace."""
    groups: dict[tuple[object, ...], list[Told]] = {}
    for each in every:
        change = each.change
        key = (change.app, change.actions, change.object.group, change.object.kind, change.object.name)
        groups.setdefault(key, []).append(each)
    return [_gathered(members) for members in groups.values()]


def _gathered(members: Sequence[Told]) -> Told:
    environments = dict.fromkeys(name for each in members for name in each.environments)
    objects = {each.ref: each for member in members for each in member.objects}
    return Told(members[0].change, tuple(environments), tuple(objects.values()), {})


def _local(change: ObjectChange) -> ObjectChange:
    """The change with its readers named as from within its namespace, which often is another one per environment."""
    here = change.object.namespace
    if not here or not change.readers:
        return change
    readers = tuple(
        reader.model_copy(update={"object": reader.object.model_copy(update={"namespace": ""})})
        if reader.object.namespace == here
        else reader
        for reader in change.readers
    )
    return change.model_copy(update={"readers": readers})


def _told(folded: FoldedChange) -> Told:
    asides: dict[int, list[str]] = {}
    for former in folded.former:
        asides.setdefault(former.field, []).append(_aside(folded, former))
    return Told(
        folded.change,
        folded.environments,
        folded.objects,
        {place: "; ".join(words) for place, words in asides.items()},
    )


def _aside(folded: FoldedChange, former: Former) -> str:
    """``prod-eu, prod-us: from 3.7.1``."""
    where = listed(former.environments) if len(folded.objects) == 1 else count(len(former.members), "other")
    return f"{where}: from {_before(folded.change.fields[former.field], former.before)}"


def _before(field: FieldChange, before: object) -> str:
    if field.path[-1:] == ("image",) and isinstance(before, str):
        tag = before.partition("@")[0].rpartition(":")[2]
        return tag if "/" not in tag else value_text(before, width=60)
    return value_text(before, width=40)
