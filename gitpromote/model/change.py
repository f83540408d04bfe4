"""What would change in the rendered manifests: objects, their fields, and what follows from it.

Values in here are masked and canonical: a secret stands as ``(sensitive ①)``, a float as ``{"number": "0.5"}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple

from pydantic import SerializerFunctionWrapHandler, model_serializer

from gitpromote.model.base import Document
from gitpromote.model.manifest import ObjectRef

Action = Literal["create", "update", "delete", "no-op"]
Op = Literal["add", "remove", "replace", "reorder"]
Risk = Literal["low", "medium", "high"]

#: What a change does to running pods.
Restarts = Literal["pods", "keeps-old-config", "next-run", "on-delete", "paused", "none"]

#: A string is a key, an integer an index, a mapping the keys by which Kubernetes matches elements of that list. Where
#: such keys repeat, ``#`` counts: ``{"name": "A", "#": 2}`` is the second element of that name.
PathElement = str | int | dict[str, Any]
Path = tuple[PathElement, ...]

RISKS: tuple[Risk, ...] = ("low", "medium", "high")
OCCURRENCE = "#"

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_PLAIN_MATCH = re.compile(r"(?=.*[^0-9])[A-Za-z0-9_./:-]+\Z")
_HAS_BEFORE = frozenset({"remove", "replace", "reorder"})
_HAS_AFTER = frozenset({"add", "replace", "reorder"})


class ObjectId(Document):
    """Which object. The name is without a generated hash where the object was paired without it."""

    group: str = ""
    kind: str
    namespace: str = ""
    name: str

    @classmethod
    def of(cls, ref: ObjectRef) -> ObjectId:
        """The same identity as a document."""
        return cls(group=ref.group, kind=ref.kind, namespace=ref.namespace, name=ref.name)

    @property
    def ref(self) -> ObjectRef:
        """The same identity as a tuple."""
        return ObjectRef(self.group, self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        kind = f"{self.group}/{self.kind}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


class FieldChange(Document):
    """One field that changes.

    :ivar path: where; empty for the whole object
    :ivar op: ``add`` has no ``before``, ``remove`` has no ``after``; ``reorder`` has both orders of the same elements
    :ivar before: the value, or ``None``: whether that is null or absence says ``op``
    :ivar index: for an element added to a list whose order matters: its place there, from 0

    An integer in ``path`` is the place in the list after the change; of a removed element, the place before it.
    """

    path: Path
    op: Op
    before: Any = None
    after: Any = None
    index: int | None = None

    @model_serializer(mode="plain")
    def _members(self) -> dict[str, Any]:
        data: dict[str, Any] = {"path": list(self.path), "op": self.op}
        if self.op in _HAS_BEFORE:
            data["before"] = self.before
        if self.op in _HAS_AFTER:
            data["after"] = self.after
        if self.index is not None:
            data["index"] = self.index
        return data


class Hidden(Document):
    """How much of an object's difference is not shown: counts.

    :ivar noise: changed fields that say nothing about behaviour; they stand in ``noise`` of the ObjectChange
    :ivar order: lists whose order changed and does not matter
    :ivar references: references that follow an object's generated name
    :ivar unchanged: fields that are equal, beside those that are not
    """

    noise: int = 0
    order: int = 0
    references: int = 0
    unchanged: int = 0


class Generated(Document):
    """The full names of an object that is named after a hash of its content."""

    before: str
    after: str


class Reader(Document):
    """A workload that reads a changed ConfigMap or Secret, and what the change does to its pods."""

    object: ObjectId
    restarts: Restarts


class ObjectChange(Document):
    """One object that changes.

    :ivar actions: a search for ``delete`` finds every prune: ``("delete", "create")`` replaces an immutable object, and
        ``("no-op",)`` is an object of which nothing but noise or order changed
    :ivar categories: what kinds of things change, sorted
    :ivar fields: sorted by key; elements of lists in their order where it matters, else by what they are matched by
    :ivar noise: the hidden fields, for those who ask
    :ivar readers: for a ConfigMap or Secret: the workloads that read what changed
    :ivar notes: sentences, among them why the risk is not low
    """

    app: str = ""
    object: ObjectId
    version: str
    actions: tuple[Action, ...]
    categories: tuple[str, ...] = ()
    risk: Risk = "low"
    fields: tuple[FieldChange, ...] = ()
    hidden: Hidden = Hidden()
    restarts: Restarts = "none"
    generated: Generated | None = None
    readers: tuple[Reader, ...] = ()
    noise: tuple[FieldChange, ...] = ()
    notes: tuple[str, ...] = ()

    @model_serializer(mode="wrap")
    def _members(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        for name in ("generated", "readers", "noise", "notes"):
            if not data.get(name):
                data.pop(name, None)
        return data

    @property
    def ref(self) -> ObjectRef:
        """The object's identity."""
        return self.object.ref

    @property
    def title(self) -> str:
        """The object as people read it: ``apps/Deployment shop/checkout``, ``v1/ConfigMap shop/config``."""
        group = self.object.group or self.version
        where = f"{self.object.namespace}/" if self.object.namespace else ""
        return f"{group}/{self.object.kind} {where}{self.object.name}"

    @property
    def changes_anything(self) -> bool:
        """Whether it is more than noise and order."""
        return self.actions != ("no-op",)


class Counts(NamedTuple):
    """Objects by what happens to them. A replaced object counts as changed."""

    add: int
    change: int
    delete: int


class ChangeSet(Document):
    """All changes of one environment, sorted by app, group, kind, namespace and name.

    :ivar unchanged: how many objects are equal on both sides
    """

    changes: tuple[ObjectChange, ...] = ()
    unchanged: int = 0

    def __len__(self) -> int:
        return len(self.changes)

    def __bool__(self) -> bool:
        """Whether anything changes; noise and order are nothing."""
        return any(change.changes_anything for change in self.changes)

    @property
    def objects(self) -> Iterator[ObjectChange]:
        """The changes that are more than noise and order."""
        return (change for change in self.changes if change.changes_anything)

    @property
    def counts(self) -> Counts:
        """How many objects are created, changed (replaced ones among them) and deleted."""
        actions = [change.actions for change in self.changes]
        changed = sum("update" in every or len(every) > 1 for every in actions)
        return Counts(actions.count(("create",)), changed, actions.count(("delete",)))

    @property
    def risk(self) -> Risk:
        """The highest risk of all."""
        return max((change.risk for change in self.changes), key=RISKS.index, default="low")

    def select(
        self, *, kind: str = "*", name: str = "*", namespace: str = "*", app: str = "*", category: str = ""
    ) -> ChangeSet:
        """The changes that match every shell pattern that is given, and have the category."""
        chosen = (
            change
            for change in self.changes
            if fnmatchcase(change.object.kind, kind)
            and fnmatchcase(change.object.name, name)
            and fnmatchcase(change.object.namespace, namespace)
            and fnmatchcase(change.app, app)
            and (not category or category in change.categories)
        )
        return ChangeSet(changes=tuple(chosen), unchanged=self.unchanged)


def highest(risks: Collection[Risk]) -> Risk:
    """The worst of some risks; ``low`` for none."""
    return max(risks, key=RISKS.index) if risks else "low"


def path_text(path: Sequence[PathElement]) -> str:
    """A path as people read it: ``spec.template.spec.containers[web].env[MODE].value``.

    Keys that are no plain words are quoted: ``metadata.annotations["checksum/config"]``. The empty path is ``.``.
    """
    text = "".join(_element_text(element) for element in path)
    return text.removeprefix(".") or "."


def _element_text(element: PathElement) -> str:
    if isinstance(element, int):
        return f"[{element}]"
    if isinstance(element, str):
        return f".{element}" if _PLAIN_KEY.match(element) else f"[{_quoted(element)}]"
    return f"[{_matcher_text(element)}]"


def _matcher_text(matcher: dict[str, Any]) -> str:
    keys = {key: value for key, value in matcher.items() if key != OCCURRENCE}
    count = f"{OCCURRENCE}{matcher[OCCURRENCE]}" if OCCURRENCE in matcher else ""
    short = "/".join(value if isinstance(value, str) else json.dumps(value) for value in keys.values())
    if _PLAIN_MATCH.match(short) and not any(value is None for value in keys.values()):
        return short + count
    return ",".join(f"{key}={_quoted(value)}" for key, value in keys.items()) + count


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
