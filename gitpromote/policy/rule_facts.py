"""What the expressions of Rules are evaluated over: facts of one object, one change or one plan, each read once."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from gitpromote.cel.expression import UNKNOWN, value_at
from gitpromote.cel.facts import environment_facts, freight_facts
from gitpromote.cel.library import prepared
from gitpromote.model.change import ChangeSet, FieldChange, ObjectChange, path_text
from gitpromote.model.manifest import Manifest, ObjectRef
from gitpromote.policy.scene import Scene

if TYPE_CHECKING:
    from gitpromote.cel.bind import Use

__all__ = ["Facts", "SceneFacts", "Stand", "plain"]

Place: TypeAlias = "tuple[tuple[str, ...], bool]"
"""A path, and whether it is only asked if something is there."""

_DATA = frozenset({"object", "oldObject"})


class Stand:
    """What stands at a path.

    :ivar value: ``...`` where nothing does
    :ivar key: equal for equal values, and different for 1, 1.0 and True
    """

    __slots__ = ("key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        # The quickest that tells all of them apart; of this version since that one names no objects in memory.
        self.key = marshal.dumps(value, 2)


class Facts:
    """The facts of one evaluation. What stands at a path is looked up once, however many Rules ask."""

    __slots__ = ("_common", "_known", "_late", "_own", "_prepared")

    def __init__(
        self, own: Mapping[str, Any], common: Mapping[str, Any], late: Mapping[str, Callable[[], Any]] | None = None
    ) -> None:
        self._own = own
        self._common = common
        self._late = late or {}
        self._known: dict[Place, Stand] = {}
        self._prepared: dict[tuple[Place, ...], Any] = {}

    def at(self, use: Use) -> Stand:
        """What stands at a path."""
        key = (use.path, use.asks)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Stand(self._read(use))
        return known

    def prepared(self, uses: Sequence[Use], stands: Sequence[Stand]) -> Any:
        """What stands at some paths, as programs take it: converted once for all Rules that ask for just these."""
        key = tuple([(use.path, use.asks) for use in uses])
        known = self._prepared.get(key)
        if known is None:
            pairs = zip(uses, stands, strict=True)
            values = {use.variable: one.value for use, one in pairs if one.value is not ...}
            known = self._prepared[key] = prepared(values)
        return known

    def _read(self, use: Use) -> Any:
        root = use.path[0]
        if root in self._late:
            return use.asks or self._late[root]()
        if root in _DATA and root in self._own:
            found = _at(self._own[root], use.path[1:])
            return found is not ... if use.asks else found
        value = value_at(self._own if root in self._own else self._common, use)
        return ... if value is UNKNOWN else value


def _at(data: Any, path: tuple[str, ...]) -> Any:
    """Kubernetes takes a field that is null for one that is not there. An object that is not there is null itself."""
    if not path:
        return None if data is None else plain(data)
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return ... if data is None else plain(data)


def plain(value: Any) -> Any:
    """Data of an object as expressions take it: without what is null, texts whole, numbers that fit."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8", "replace")
    if kind is dict:
        return {_key(key): plain(item) for key, item in value.items() if item is not None}
    if kind is list or kind is tuple:
        return [plain(item) for item in value]
    if kind is int and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 2**1000 else str(value)
    # What YAML has and JSON has not is a text: no number is greater, and none is smaller.
    return str(value) if kind is float and not isfinite(value) else value


def _key(key: Any) -> str:
    return key if type(key) is str and key.isascii() else str(plain(str(key)))


class SceneFacts:
    """The facts of a Scene, for all its Rules."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._objects: dict[ObjectRef, Facts] = {}
        self._changes: list[tuple[ObjectChange, Facts]] | None = None
        self._plan: Facts | None = None
        here = scene.environment
        facts = environment_facts(here.name, production=here.production, delivery=here.delivery, labels=here.labels)
        freight = next((freight_facts(one) for one in scene.freight.values()), None)
        self._common = {"environment": facts, "freight": freight, "bundle": freight, "occasion": scene.occasion}

    def object(self, manifest: Manifest) -> Facts:
        """An object that would be there."""
        known = self._objects.get(manifest.ref)
        if known is None:
            before = self._scene.before.get(manifest.ref)
            own = {"object": manifest.data, "oldObject": before.data if before else None, "app": manifest.app}
            known = self._objects[manifest.ref] = Facts(own, self._common)
        return known

    def changes(self) -> list[tuple[ObjectChange, Facts]]:
        """Everything that changes, noise and order left out."""
        if self._changes is None:
            self._changes = [(one, self._change(one)) for one in self._scene.changes if one.changes_anything]
        return self._changes

    def plan(self) -> Facts:
        """The whole."""
        if self._plan is None:
            changes = ChangeSet(changes=self._scene.changes)
            counts = changes.counts
            told = {
                "environment": self._scene.environment.name,
                "changes": sum(1 for _ in changes.objects),
                "adds": counts.add,
                "deletes": counts.delete,
                "risk": changes.risk,
            }
            # Few ask for all of them, and they are large.
            late = {"changes": self._every_change, "objects": self._every_object}
            self._plan = Facts({"plan": told}, self._common, late)
        return self._plan

    def _change(self, change: ObjectChange) -> Facts:
        after, before = change.ref, change.ref
        if change.generated is not None:
            after = after._replace(name=change.generated.after)
            before = before._replace(name=change.generated.before)
        new, old = self._scene.objects.get(after), self._scene.before.get(before)
        own = {
            "change": _change_facts(change),
            "object": new.data if new else None,
            "oldObject": old.data if old else None,
        }
        return Facts(own, self._common)

    def _every_change(self) -> list[Any]:
        return [plain(_change_facts(one)) for one, _ in self.changes()]

    def _every_object(self) -> list[Any]:
        return [plain(one.data) for one in self._scene.objects.values()]


def _change_facts(change: ObjectChange) -> dict[str, Any]:
    of = change.object
    return {
        "kind": of.kind,
        "group": of.group,
        "namespace": of.namespace,
        "name": of.name,
        "version": change.version,
        "app": change.app,
        "actions": list(change.actions),
        "categories": list(change.categories),
        "risk": change.risk,
        "restarts": change.restarts,
        "fields": [_field_facts(one) for one in change.fields],
    }


def _field_facts(field: FieldChange) -> dict[str, Any]:
    return {
        "path": path_text(field.path),
        "op": field.op,
        "before": _number(field.before),
        "after": _number(field.after),
    }


def _number(value: Any) -> Any:
    """Changes hold decimal numbers as their text."""
    if isinstance(value, dict):
        text = value.get("number")
        if len(value) == 1 and isinstance(text, str):
            return float(text)
        return {key: _number(item) for key, item in value.items()}
    return [_number(item) for item in value] if isinstance(value, list | tuple) else value
