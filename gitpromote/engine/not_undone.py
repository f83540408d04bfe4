"""What a rollback leaves behind although Git goes back: Jobs that ran, volumes, stored versions, what was deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gitpromote.model.change import ObjectChange
from gitpromote.model.outcome import Outcome
from gitpromote.policy.going_back import Effect, effects

NOT_UNDONE = "not-undone"


def not_undone(changes: Iterable[ObjectChange], *, left: str, back: str) -> tuple[Outcome, ...]:
    """One advisory outcome for everything in a reverse diff that the cluster does not take back.

    :param left: the version that is left, for people; ``back`` the one that is gone back to
    """
    return tuple(
        Outcome(
            id=NOT_UNDONE,
            kind="policy",
            level="advisory",
            status="warn",
            message=f"{_name(change)} {_TOLD[effect].format(left=left, back=back)}",
        )
        for change in changes
        for effect in effects(change)
    )


def _name(change: ObjectChange) -> str:
    one = change.object
    return f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}"


_TOLD: Mapping[Effect, str] = {
    "job-ran": "ran for {left}",
    "job-runs-again": "will run again for {back}",
    "claim-comes-back": "was deleted and comes back empty",
    "claim-deleted": "is deleted with what {left} wrote to it",
    "claim-kept": "keeps its size and class: a volume does not shrink",
    "set-volumes": "keeps the volumes that it has: those made for {left} stay as they are",
    "set-comes-back": "was deleted with its volumes, and comes back with empty ones",
    "set-deleted": "leaves its volumes behind",
    "definition-comes-back": "comes back without the objects that were deleted with it",
    "definition-deleted": "is deleted with all of its objects",
    "definition-versions": "changes its versions: objects may be stored in one that {left} brought",
    "namespace-comes-back": "comes back without what was deleted with it",
    "namespace-deleted": "is deleted with everything in it",
    "volume-comes-back": "was deleted and comes back, perhaps without what was on it",
}
