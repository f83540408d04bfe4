"""One object's change while it is put together: with marks in place of secrets, and without its last words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from gitpromote.diff.categories import categories
from gitpromote.diff.fields import Difference
from gitpromote.diff.labels import Labels, is_encrypted, is_marked
from gitpromote.diff.risk import Subject, findings
from gitpromote.model.change import (
    Action,
    FieldChange,
    Generated,
    Hidden,
    ObjectChange,
    ObjectId,
    Reader,
    Restarts,
    highest,
)
from gitpromote.model.manifest import Manifest

#: Up to how many characters of JSON a created or deleted object is shown; its file is in the plan anyway.
SHOWN_UP_TO = 16_384


@dataclass(slots=True)
class Draft:
    """See :class:`~gitpromote.model.change.ObjectChange`.

    :ivar manifest: the object after; of a deleted one, before
    :ivar old: the object before, where there is one on both sides
    """

    object: ObjectId
    manifest: Manifest
    actions: tuple[Action, ...]
    old: Manifest | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    fields: list[Difference] = field(default_factory=list)
    noise: list[Difference] = field(default_factory=list)
    order_count: int = 0
    unchanged: int = 0
    references: int = 0
    restarts: Restarts = "none"
    generated: Generated | None = None
    readers: list[Reader] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def order(self) -> tuple[str, ...]:
        """By what changes are sorted."""
        return (self.manifest.app, *self.object.ref, self.manifest.ref.name)

    def change(self, labels: Labels) -> ObjectChange:
        """The finished change, its masked values numbered by the labels."""
        found = findings(Subject(self.manifest.ref, self.actions, self.before, self.after, self.fields))
        long = self._is_too_long()
        return ObjectChange(
            app=self.manifest.app,
            object=self.object,
            version=self.manifest.version,
            actions=self.actions,
            categories=self._categories(),
            risk=highest([finding.risk for finding in found]),
            fields=() if long else tuple([_field(difference, labels) for difference in self.fields]),
            hidden=_counts(len(self.noise), self.order_count, self.references, self.unchanged),
            restarts=self.restarts,
            generated=self.generated,
            readers=tuple(self.readers),
            noise=tuple([_field(difference, labels) for difference in self.noise]),
            notes=tuple(
                map(labels.text, (*self.notes, *self._remarks(long), *[each.why for each in found if each.why]))
            ),
        )

    def _is_too_long(self) -> bool:
        if self.before is not None and self.after is not None:
            return False
        return len(json.dumps(self.after or self.before)) > SHOWN_UP_TO

    def _categories(self) -> tuple[str, ...]:
        found = set(categories(self.manifest.ref, self.fields))
        if any(_marked(each.before) or _marked(each.after) for each in self.fields):
            found.add("secret")
        return tuple(sorted(found))

    def _remarks(self, long: bool) -> Iterator[str]:
        if long:
            yield "too long to be shown here"
        if any(is_encrypted(each.before) and is_encrypted(each.after) for each in self.fields):
            yield "re-encrypted"
        if self.actions == ("no-op",) and self.restarts == "pods":
            yield "nothing but the order of a list changes, yet pods restart"


@lru_cache(maxsize=1024)
def _counts(noise: int, order: int, references: int, unchanged: int) -> Hidden:
    return Hidden(noise=noise, order=order, references=references, unchanged=unchanged)


def _field(difference: Difference, labels: Labels) -> FieldChange:
    path, op, before, after, place = difference
    shown = labels.plain
    return FieldChange(
        path=tuple([shown(step) for step in path]), op=op, before=shown(before), after=shown(after), index=place
    )


def _marked(value: Any) -> bool:
    if isinstance(value, str):
        return is_marked(value)
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_marked(member) for member in members)
