"""What newer Freight does to older Freight that is on its way.

In an Environment, Freight is superseded by newer Freight of the same Warehouse and type that goes at least as far, is
itself available there, and would not have to wait longer there for Soak and Bake. The last condition keeps frequent
Freight from starving what comes after a soak: what has soaked goes in although newer Freight has begun to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gitpromote.model.freight import Freight
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.availability import Journey
from gitpromote.planning.soaking import opening

_NEVER = 1 << 62


def goes_as_far(journey: Journey, newer: Freight, older: Freight) -> bool:
    """Whether the newer Freight is of the same kind and bound for all that the older one is bound for."""
    if (newer.warehouse, newer.type) != (older.warehouse, older.type):
        return False
    far, wanted = journey.reach(newer.id), journey.reach(older.id)
    return far is None or (wanted is not None and far >= wanted)


def supersedes(journey: Journey, resolved: ResolvedEnvironment, newer: Freight, older: Freight) -> bool:
    """Whether, of two, the newer one takes the older one's place in an Environment."""
    if not goes_as_far(journey, newer, older) or not journey.verdict(resolved.name, newer).admitted:
        return False
    if journey.keeps_away(resolved.name, newer):
        return False
    return waits_until(journey, resolved, newer) <= waits_until(journey, resolved, older)


def waits_until(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> int:
    """When Soak and Bake let it in; far beyond all times if they will not by themselves."""
    moment = opening(journey, resolved, freight)
    return _NEVER if moment is None else moment


def is_dead(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> bool:
    """Whether Soak and Bake will not let it in by the passing of time alone."""
    return waits_until(journey, resolved, freight) == _NEVER


def survivors(journey: Journey, resolved: ResolvedEnvironment, candidates: Sequence[Freight]) -> list[Freight]:
    """Those that no newer one supersedes, in their order.

    :param candidates: admitted there, newest first
    """
    found: list[Freight] = []
    for older in candidates:
        if not any(supersedes(journey, resolved, newer, older) for newer in found):
            found.append(older)
    return found


def superseding(journey: Journey, environment: str, freight: Freight) -> list[Freight]:
    """The Freight of the ledger that supersedes this one in an Environment, newest first."""
    resolved, place = journey.pipeline.resolved(environment), journey.place(freight)
    newer = sorted(
        (one for one in journey.ledger.freight.values() if (one.sequence, 1) > place),
        key=lambda one: -one.sequence,
    )
    return [one.freight for one in newer if supersedes(journey, resolved, one.freight, freight)]


def passed_over(journey: Journey, environment: str, freight: Freight) -> list[Freight]:
    """Older Freight that was on its way into an Environment and that this one, which enters now, takes the place of.

    What arrived after the Freight that is held, may enter, and never did; oldest first.
    """
    resolved, state = journey.pipeline.resolved(environment), journey.state(environment)
    held = journey.known(state.freight.get(freight.warehouse, ""))
    if held is None or resolved.select.startswith("sequential"):
        return []
    until = journey.place(freight)
    between = sorted(
        (one for one in journey.ledger.freight.values() if held.sequence < one.sequence and (one.sequence, 1) < until),
        key=lambda one: one.sequence,
    )
    return [
        one.freight
        for one in between
        if one.freight.id not in state.verified
        and journey.verdict(environment, one.freight).admitted
        and supersedes(journey, resolved, freight, one.freight)
    ]


def superseded_since(
    journey: Journey, environment: str, freight: Iterable[Freight], *, told: Iterable[str]
) -> tuple[Freight, Freight] | None:
    """An older and the newer Freight that took its place, apart from those of which a plan has told.

    An Environment that takes one after the other has no use for newer ones.
    """
    if journey.pipeline.resolved(environment).select.startswith("sequential"):
        return None
    known = set(told)
    for older in freight:
        newer = next((one for one in superseding(journey, environment, older) if one.id not in known), None)
        if newer is not None:
            return older, newer
    return None


def cut_short(journey: Journey, environment: str, freight: Freight) -> list[Freight]:
    """Older Freight whose Soak or Bake for an Environment a plan itself ends, so that it does not get there any more.

    :param freight: what the plan looks at there instead
    """
    resolved, held = journey.pipeline.resolved(environment), journey.state(environment).freight
    if journey.leaving.keys().isdisjoint(resolved.after):
        return []
    runs = journey.known(held.get(freight.warehouse, ""))
    calm = replace(journey, leaving={})
    return [
        older.freight
        for identifier in dict.fromkeys(one for name in resolved.after for one in journey.leaving.get(name, {}))
        if (older := journey.known(identifier)) is not None
        and older.freight.warehouse == freight.warehouse
        and (runs.sequence if runs is not None else 0) < older.sequence
        and (older.sequence, 1) < journey.place(freight)
        and journey.verdict(environment, older.freight).available
        and is_dead(journey, resolved, older.freight)
        and not is_dead(calm, resolved, older.freight)
    ]
