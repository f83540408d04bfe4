"""When decisions change by the passing of time alone, all else being as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gitpromote.model.plan import Decision, Plan
from gitpromote.model.turn import Turn

__all__ = ["MOST", "turns"]

#: How many moments are looked at: beyond that nobody reads on.
MOST = 2000


def turns(at: Callable[[int], Plan], start: int, until: int) -> Iterator[Turn]:
    """Every Environment at the start, then each that changes, in the order of time.

    :param at: a plan at a moment, epoch seconds
    :param until: the moment at which to stop; it does not belong to the range
    """
    known: dict[str, tuple[Decision, str]] = {}
    moment, looked = start, 0
    while moment < until and looked < MOST:
        plan = at(moment)
        looked += 1
        for one in plan.environments:
            if known.get(one.name) != (one.decision, one.reason):
                known[one.name] = (one.decision, one.reason)
                yield Turn(at=moment, environment=one.name, decision=one.decision, reason=one.reason)
        later = _next(plan, moment)
        if later is None:
            return
        moment = later


def _next(plan: Plan, moment: int) -> int | None:
    """The next moment at which any verdict says that it changes."""
    told = (edge for one in plan.environments for outcome in one.outcomes for edge in (outcome.from_, outcome.until))
    return min((*_ends(plan, moment), *(edge for edge in told if edge is not None and edge > moment)), default=None)


def _ends(plan: Plan, moment: int) -> Iterator[int]:
    """When hotfixes expire, of which no verdict tells."""
    for told in plan.facts.get("freight", {}).values():
        for bypass in (told.get("bypass") or {}).values():
            expires = bypass.get("expires")
            if isinstance(expires, int) and expires > moment:
                yield expires
