"""Overrides: somebody's word that a soft verdict shall not stop one change. The verdict stays told as it is.

Only what is soft can be overridden, and only for the change that it was said of, until it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gitpromote.model.outcome import Outcome, Overridden
from gitpromote.model.state import Override

__all__ = ["as_judged", "overridden"]

_STANDING = frozenset({"pending", "fail", "error"})


def overridden(
    outcomes: Iterable[Outcome], overrides: Sequence[Override], *, change_digest: str, as_of: int
) -> tuple[Outcome, ...]:
    """The verdicts, those that somebody overrode with the status ``warn``, and with who said so.

    :param overrides: whose word counts; those of other changes, and those that are over, override nothing
    :param as_of: epoch seconds
    """
    here = {one.gate: one for one in overrides if one.change_digest == change_digest and as_of < one.expires}
    if not here:
        return tuple(outcomes)
    return tuple(_overridden(one, here.get(one.id)) for one in outcomes)


def _overridden(outcome: Outcome, override: Override | None) -> Outcome:
    if override is None or outcome.level != "soft" or outcome.status not in _STANDING:
        return outcome
    told = Overridden(
        status=outcome.status,
        by=override.identity,
        reason=override.reason,
        ticket=override.ticket,
        expires=override.expires,
        record=override.record,
    )
    # It holds until the override is over, whenever it would have opened by itself.
    return outcome.model_copy(update={"status": "warn", "overridden": told, "from_": None, "until": override.expires})


def as_judged(outcome: Outcome) -> Outcome:
    """A verdict as it would be had nobody overridden it."""
    if outcome.overridden is None:
        return outcome
    return outcome.model_copy(update={"status": outcome.overridden.status, "overridden": None, "until": None})
