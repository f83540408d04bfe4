"""What going back does not undo, told from the diff that goes back: what a cluster keeps, loses or does once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from gitpromote.model.change import Action, FieldChange, ObjectChange, Op

__all__ = ["EFFECTS", "Effect", "effects", "reversed_change"]

#: ``job-ran``: it ran, whatever it did; ``job-runs-again``; ``claim-…``: a PersistentVolumeClaim; ``set-…``: a
#: StatefulSet; ``definition-…``: a CustomResourceDefinition.
Effect: TypeAlias = Literal[
    "job-ran",
    "job-runs-again",
    "claim-comes-back",
    "claim-deleted",
    "claim-kept",
    "set-comes-back",
    "set-deleted",
    "set-volumes",
    "definition-comes-back",
    "definition-deleted",
    "definition-versions",
    "namespace-comes-back",
    "namespace-deleted",
    "volume-comes-back",
]
_Rule = Callable[[ObjectChange], Iterator[Effect]]

_BACK: Mapping[tuple[Action, ...], tuple[Action, ...]] = {("create",): ("delete",), ("delete",): ("create",)}
_OPS: Mapping[Op, Op] = {"add": "remove", "remove": "add"}
#: What of a version says which versions there are, and in which one objects are stored.
_OF_VERSIONS = frozenset({"name", "served", "storage"})


def reversed_change(change: ObjectChange) -> ObjectChange:
    """The change that takes one back. What is said beside the fields is said of the way there, and left out."""
    fields = tuple(
        FieldChange(path=one.path, op=_OPS.get(one.op, one.op), before=one.after, after=one.before)
        for one in change.fields
    )
    return ObjectChange(
        app=change.app,
        object=change.object,
        version=change.version,
        actions=_BACK.get(change.actions, change.actions),
        categories=change.categories,
        fields=fields,
        hidden=change.hidden,
    )


def effects(back: ObjectChange) -> Iterator[Effect]:
    """What of one change that goes back the cluster does not take back, or does once more."""
    rule = EFFECTS.get((back.object.group, back.object.kind))
    if rule is not None and back.changes_anything:
        yield from rule(back)


def _job(back: ObjectChange) -> Iterator[Effect]:
    if back.actions != ("create",):
        yield "job-ran"
    if "create" in back.actions:
        yield "job-runs-again"


def _claim(back: ObjectChange) -> Iterator[Effect]:
    if back.actions == ("create",):
        yield "claim-comes-back"
    elif "delete" in back.actions:
        yield "claim-deleted"
    elif _touches(back, "spec"):
        yield "claim-kept"


def _stateful_set(back: ObjectChange) -> Iterator[Effect]:
    """Its volumes stay when it goes, unless it says otherwise; one that is known to have none loses none."""
    if back.actions == ("create",):
        if _whole(back, "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete":
            yield "set-comes-back"
    elif back.actions == ("delete",):
        if not back.fields or _whole(back, "volumeClaimTemplates"):
            yield "set-deleted"
    elif _touches(back, "spec", "volumeClaimTemplates"):
        yield "set-volumes"


def _whole(change: ObjectChange, *path: str) -> Any:
    """What stands below ``spec`` of an object that comes or goes as a whole."""
    field = next((one for one in change.fields if one.path == ()), None)
    node = (field.after if field.op == "add" else field.before) if field is not None else None
    for key in ("spec", *path):
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def _definition(back: ObjectChange) -> Iterator[Effect]:
    if back.actions == ("create",):
        yield "definition-comes-back"
    elif "delete" in back.actions:
        yield "definition-deleted"
    elif any(_is_of_versions(one) for one in back.fields):
        yield "definition-versions"


def _is_of_versions(field: FieldChange) -> bool:
    """Which versions there are, or in which one objects are stored; what a schema says is another matter."""
    path = field.path
    if path[:2] != ("spec", "versions"):
        return path in (("spec",), ())
    return len(path) < 4 or path[3] in _OF_VERSIONS


def _namespace(back: ObjectChange) -> Iterator[Effect]:
    if back.actions == ("create",):
        yield "namespace-comes-back"
    elif "delete" in back.actions:
        yield "namespace-deleted"


def _volume(back: ObjectChange) -> Iterator[Effect]:
    if back.actions == ("create",):
        yield "volume-comes-back"


def _touches(change: ObjectChange, *path: str) -> bool:
    """Whether a field at or below a place, or the whole of which it is a part, gets another value."""
    return any(field.path[: len(path)] == path[: len(field.path)] for field in change.fields)


#: By group and kind.
EFFECTS: Mapping[tuple[str, str], _Rule] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolume"): _volume,
    ("", "PersistentVolumeClaim"): _claim,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
}
