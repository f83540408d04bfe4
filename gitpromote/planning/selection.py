"""Which Freight a plan looks at in an Environment: by its ``select``, or because somebody named it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gitpromote.model.freight import Freight
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import FreightState, LedgerState
from gitpromote.planning.availability import Journey
from gitpromote.planning.supersede import goes_as_far, is_dead, survivors, waits_until

_NOTHING_ELSE = "there is nothing else that may come"
_TOLD = 3  # Freight that was rejected, by name


class Choice(NamedTuple):
    """The Freight that is looked at, or why there is none.

    :ivar refused: the Freight that is not it because its request does not take it there
    """

    freight: Freight | None
    reason: str = ""
    refused: Freight | None = None


def newest_first(ledger: LedgerState, warehouse: str) -> list[FreightState]:
    """The Freight of a Warehouse that the ledger knows, the latest arrival first; rejected ones left out."""
    known = [state for state in ledger.freight.values() if state.freight.warehouse == warehouse]
    return sorted((state for state in known if not state.rejected), key=lambda state: -state.sequence)


def is_hotfix_alone(ledger: LedgerState, known: FreightState) -> bool:
    """Whether Freight has been nowhere but where a hotfix let it in: what trunk has next does not follow from it."""
    if not known.bypass:
        return False
    been = (
        name
        for name, one in ledger.environments.items()
        if known.freight.id in one.verified or known.freight.id in one.freight.values()
    )
    return known.bypass.keys() >= set(been)


def by_themselves(
    journey: Journey, environment: str, candidates: Iterable[Freight], *, found: str | None = None
) -> list[Freight]:
    """The candidates without hotfixes that were made for other Environments.

    :param found: the id of the Freight that the subscriptions come to: hotfix or not, trunk contains it
    """
    return [one for one in candidates if one.id == found or not journey.keeps_away(environment, one)]


def choose(
    journey: Journey, environment: str, warehouse: str, candidates: Sequence[Freight], *, found: str | None = None
) -> Choice:
    """What the Environment's ``select`` gives.

    ``newest``: the newest that is available there and newer than what it holds, gates aside; an older one first only
    where no newer one supersedes it, and not one that Soak will no longer let in while a newer one is on its way. If
    nothing newer is available, the newest on its way; if it holds the newest, that one. ``sequential(n)``: of what is
    available and newer, in the order of arrival, at most the n-th.
    ``match-upstream``: what the Environment before it holds, be it older. Hotfixes go nowhere else by themselves.

    :param candidates: of this Warehouse, newest first
    :param found: the id of the Freight that its subscriptions come to
    """
    resolved = journey.pipeline.resolved(environment)
    candidates = by_themselves(journey, environment, candidates, found=found)
    if resolved.select == "match-upstream" and warehouse not in resolved.direct:
        return _matching(journey, resolved, warehouse, candidates)
    current = _current(journey, resolved, warehouse, candidates)
    rejected = journey.known(current or "")
    rejected = rejected if rejected is not None and rejected.rejected else None
    # Of what was rejected there is nothing to wait for: what may come instead comes, be it older.
    current = None if rejected is not None else current
    newer = _newer(journey, candidates, current)
    admitted = [one for one in newer if _may_be_there(journey, resolved, one) and _admitted(journey, resolved, one)]
    if admitted:
        going = _next(journey, resolved, admitted, first=current is None)
        return Choice(_instead(journey, resolved, newer, going) or going)
    if rejected is not None:
        told = f"{rejected.freight.alias}, which is here, was {rejected.rejection}"
        return Choice(_on_its_way(journey, resolved, newer, None).freight, f"{told}, and {_NOTHING_ELSE}")
    held = next((one for one in candidates if one.id == current), None)
    if held is not None and journey.comes_again(environment, held) and not is_dead(journey, resolved, held):
        return Choice(held)  # it is recorded that it is no hotfix any more
    choice = _on_its_way(journey, resolved, newer, held)
    return choice if choice.freight is not None else _with_rejected(journey, resolved, warehouse, choice)


def passed(journey: Journey, environment: str, freight: Freight) -> bool:
    """Whether a Freight has been through an Environment that holds a later one now: its journey goes on beyond."""
    resolved, state = journey.pipeline.resolved(environment), journey.state(environment)
    held = state.freight.get(freight.warehouse)
    return freight.id in state.verified and held != freight.id and not resolved.is_control_flow


def is_older(journey: Journey, environment: str, freight: Freight) -> Freight | None:
    """The Freight that an Environment holds, where this one stands before it."""
    held = journey.known(journey.state(environment).freight.get(freight.warehouse, ""))
    return held.freight if held is not None and journey.place(freight) < journey.place(held.freight) else None


def named(journey: Journey, environment: str, freight: Freight, *, exactly: bool) -> Choice:
    """What a plan of one Freight's journey looks at in an Environment: that Freight, as far as it still goes there.

    :param exactly: the plan is for this Environment alone, or compares: the Freight comes, whatever has been there
    """
    verdict = journey.verdict(environment, freight)
    if verdict.way in ("target", "skipped"):
        return Choice(None, verdict.message, freight)
    if passed(journey, environment, freight) and not exactly:
        return staying(journey, environment, freight.warehouse)
    return Choice(freight)


def staying(journey: Journey, environment: str, warehouse: str) -> Choice:
    """What an Environment holds of a Warehouse."""
    known = journey.known(journey.state(environment).freight.get(warehouse, ""))
    return Choice(known.freight if known is not None else None)


# -- newest, sequential


def _current(
    journey: Journey, resolved: ResolvedEnvironment, warehouse: str, candidates: Sequence[Freight]
) -> str | None:
    """What it holds. A point of control holds nothing: the newest that has passed it."""
    state = journey.state(resolved.name)
    if not resolved.is_control_flow:
        return state.freight.get(warehouse)
    return next((one.id for one in candidates if one.id in state.verified), None)


def _newer(journey: Journey, candidates: Sequence[Freight], current: str | None) -> list[Freight]:
    """The candidates before the one that is held; where that is none of them, those that arrived after it."""
    at = next((number for number, one in enumerate(candidates) if one.id == current), None)
    if at is not None:
        return list(candidates[:at])
    held = journey.known(current or "")
    if held is None:
        return list(candidates)
    return [one for one in candidates if journey.place(one) > journey.place(held.freight)]


def _may_be_there(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> bool:
    """Whether it is worth asking: a cheap no to nearly all of a long history."""
    if freight.warehouse in resolved.direct:
        return True
    if any(freight.id in journey.state(name).verified for name in resolved.after):
        return True
    known = journey.known(freight.id)
    return known is not None and bool(known.approved_for or known.bypass or (known.intent and known.intent.skip))


def _admitted(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> bool:
    return journey.verdict(resolved.name, freight).admitted


def _next(journey: Journey, resolved: ResolvedEnvironment, admitted: Sequence[Freight], *, first: bool) -> Freight:
    """Of several that are available, newest first: the one that goes next."""
    if first:
        # Where nothing has been yet, history is not gone through again.
        admitted = [one for one in admitted if goes_as_far(journey, admitted[0], one)]
    step = None if first else re.fullmatch(r"sequential\((\d+)\)", resolved.select)
    if step is not None:
        going = [one for one in admitted if not is_dead(journey, resolved, one)] or list(admitted)
        return min(going[-int(step[1]) :], key=lambda one: waits_until(journey, resolved, one))
    left = survivors(journey, resolved, admitted)
    # One that Soak will not let in by itself must not stand in the way of the others.
    return ([one for one in left if not is_dead(journey, resolved, one)] or left[:1])[-1]


def _instead(
    journey: Journey, resolved: ResolvedEnvironment, newer: Sequence[Freight], going: Freight
) -> Freight | None:
    """What is on its way behind Freight whose time before this Environment is over and was too short."""
    if not is_dead(journey, resolved, going):
        return None
    behind = newer[: next(number for number, one in enumerate(newer) if one.id == going.id)]
    coming = (one for one in behind if goes_as_far(journey, one, going))
    return next((one for one in coming if not journey.verdict(resolved.name, one).refused), None)


def _on_its_way(
    journey: Journey, resolved: ResolvedEnvironment, newer: Iterable[Freight], current: Freight | None
) -> Choice:
    first = Choice(None)
    for freight in newer:
        verdict = journey.verdict(resolved.name, freight)
        if verdict.way not in ("rejected", "target", "skipped"):
            return Choice(freight)
        was = "was " if verdict.way == "rejected" else ""
        first = first if first.reason else Choice(None, f"{freight.alias} {was}{verdict.message}", freight)
    return Choice(current) if current is not None else first


def _with_rejected(journey: Journey, resolved: ResolvedEnvironment, warehouse: str, choice: Choice) -> Choice:
    """Where nothing may come: all that was rejected, unless a request keeps something away."""
    if choice.refused is not None and journey.verdict(resolved.name, choice.refused).way != "rejected":
        return choice
    known = [one for one in journey.ledger.freight.values() if one.freight.warehouse == warehouse and one.rejected]
    known.sort(key=lambda one: (choice.refused is None or one.freight.id != choice.refused.id, -one.sequence))
    if not known:
        return choice
    told = [f"{one.freight.alias} was {one.rejection}" for one in known[:_TOLD]]
    more = [f"and {len(known) - _TOLD:,} more were rejected"] if len(known) > _TOLD else []
    return Choice(None, "; ".join([*told, *more]), known[0].freight)


# -- match-upstream


def _matching(journey: Journey, resolved: ResolvedEnvironment, warehouse: str, candidates: Sequence[Freight]) -> Choice:
    known = {one.id: one for one in candidates}
    held = {
        name: one
        for name in resolved.after
        if warehouse in (before := journey.pipeline.resolved(name)).warehouses
        and (one := _current(journey, before, warehouse, candidates)) is not None
    }
    ids = dict.fromkeys(held.values())
    if len(ids) == 1:
        [wanted] = ids
        state = journey.known(wanted)
        freight = known.get(wanted) or (state.freight if state is not None and not state.rejected else None)
        if freight is not None and (wanted in known or not journey.keeps_away(resolved.name, freight)):
            return Choice(freight)
    mine = journey.known(journey.state(resolved.name).freight.get(warehouse, ""))
    return Choice(mine.freight if mine else None, "" if mine else _unmatched(journey, resolved, held))


def _unmatched(journey: Journey, resolved: ResolvedEnvironment, held: dict[str, str]) -> str:
    if not held:
        return f"{' and '.join(resolved.after)} hold{'s' * (len(resolved.after) == 1)} nothing to match"
    told = (f"{name} holds {_alias(journey, one)}" for name, one in held.items())
    return f"{', '.join(told)}: there is no one Freight to match"


def _alias(journey: Journey, identifier: str) -> str:
    known = journey.known(identifier)
    return known.freight.alias if known is not None else identifier[:12]
