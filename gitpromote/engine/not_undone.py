"""What a rollback leaves behind although Git goes back: Jobs that ran, volumes, stored versions, what was deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from gitpromote.model.change import ObjectChange
from gitpromote.model.outcome import Outcome

NOT_UNDONE = "not-undone"

_Rule = Callable[[ObjectChange, str, str], Iterator[str]]


def not_undone(changes: Iterable[ObjectChange], *, left: str, back: str) -> tuple[Outcome, ...]:
    """One advisory outcome for everything in a reverse diff that the cluster does not take back.

    :param left: the version that is left, for people; ``back`` the one that is gone back to
    """
    return tuple(
        Outcome(id=NOT_UNDONE, kind="policy", level="advisory", status="warn", message=f"{_name(change)} {text}")
        for change in changes
        if change.changes_anything
        for text in _RULES.get((change.object.group, change.object.kind), _nothing)(change, left, back)
    )


def _name(change: ObjectChange) -> str:
    one = change.object
    return f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}"


def _nothing(change: ObjectChange, left: str, back: str) -> Iterator[str]:
    yield from ()


def _job(change: ObjectChange, left: str, back: str) -> Iterator[str]:
    if change.actions != ("create",):
        yield f"ran for {left}"
    if "create" in change.actions:
        yield f"will run again for {back}"


def _claim(change: ObjectChange, left: str, back: str) -> Iterator[str]:
    if change.actions == ("create",):
        yield "was deleted and comes back empty"
    elif "delete" in change.actions:
        yield f"is deleted with what {left} wrote to it"
    elif _touches(change, "spec"):
        yield "keeps its size and class: a volume does not shrink"


def _stateful_set(change: ObjectChange, left: str, back: str) -> Iterator[str]:
    if _touches(change, "spec", "volumeClaimTemplates"):
        yield f"keeps the volumes that it has: those made for {left} stay as they are"
    elif change.actions == ("delete",):
        yield "leaves its volumes behind"


def _definition(change: ObjectChange, left: str, back: str) -> Iterator[str]:
    if change.actions == ("create",):
        yield "comes back without the objects that were deleted with it"
    elif "delete" in change.actions:
        yield "is deleted with all of its objects"
    elif _touches(change, "spec", "versions"):
        yield f"changes its versions: objects may be stored in one that {left} brought"


def _namespace(change: ObjectChange, left: str, back: str) -> Iterator[str]:
    if change.actions == ("create",):
        yield "comes back without what was deleted with it"
    elif "delete" in change.actions:
        yield "is deleted with everything in it"


def _touches(change: ObjectChange, *path: str) -> bool:
    """Whether a field at or below a place, or the whole of which it is a part, gets another value."""
    return any(field.path[: len(path)] == path[: len(field.path)] for field in change.fields)


_RULES: Mapping[tuple[str, str], _Rule] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolumeClaim"): _claim,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
}
