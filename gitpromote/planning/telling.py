"""What is told of an environment's plan, and stops nothing: Freight that is older, newer, left, or kept waiting."""

from __future__ import annotations

from typing import Any

from gitpromote.model.freight import Freight
from gitpromote.model.moments import instant
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.availability import Journey
from gitpromote.planning.debt import hotfix_debts
from gitpromote.planning.selection import is_older
from gitpromote.planning.sharing import shared_outcomes
from gitpromote.planning.soaking import gate_outcome, time_gates
from gitpromote.planning.supersede import cut_short, superseding

__all__ = ["PARTIAL", "ROLLED_BACK", "told", "told_of_apps", "told_of_images"]

#: The outcome that says that some Apps go alone.
PARTIAL = "partial"
#: The outcome that says that somebody went back from this Freight here.
ROLLED_BACK = "rolled-back"


def told(
    journey: Journey, resolved: ResolvedEnvironment, observed: EnvironmentObservation, *, named: bool
) -> list[Outcome]:
    """Newer Freight, older Freight, hotfixes that trunk does not contain, artifacts that two Warehouses hold."""
    here = journey.state(resolved.name).freight
    moves = [one for name, one in observed.freight.items() if here.get(name) != one.id]
    outcomes = [found for one in moves if (found := _newer(journey, resolved, one)) is not None]
    outcomes += [
        _cut_short(journey, resolved, one) for each in moves for one in cut_short(journey, resolved.name, each)
    ]
    outcomes += [found for one in moves if (found := _left(journey, resolved, one)) is not None]
    by_hand = named and not observed.apart
    outcomes += [found for one in moves if by_hand and (found := _older(journey, resolved, one)) is not None]
    outcomes += hotfix_debts(journey, resolved.name, observed.freight, later=observed.later)
    return [*outcomes, *shared_outcomes(observed.freight)]


def told_of_apps(resolved: ResolvedEnvironment, observed: EnvironmentObservation) -> list[Outcome]:
    """Some Apps alone, where others would change as well."""
    if not observed.apart:
        return []
    others = ", ".join(app.name for app in resolved.apps if app.name not in observed.apart)
    text = f"stay{'s as it is' if ',' not in others else ' as they are'}"
    told = f"{', '.join(observed.apart)} alone: {others} {text}, and the Freight is not there before the rest of it is"
    return [_note(PARTIAL, told, {"apps": list(observed.apart)})]


def _newer(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> Outcome | None:
    newer = superseding(journey, resolved.name, freight)
    if not newer or resolved.select.startswith("sequential"):  # there it is only older, and its turn
        return None
    text = f"{freight.alias} is older than {newer[0].alias}, which is available here"
    return _note("superseded", text, {"by": [one.id for one in newer]})


def _cut_short(journey: Journey, resolved: ResolvedEnvironment, older: Freight) -> Outcome:
    """Older Freight that could have come here, had this plan let it be."""
    gates = time_gates(resolved, journey.verdict(resolved.name, older).occasion)
    judged = [gate_outcome(journey, resolved, gate, [older]) for gate in gates]
    why = "; ".join(one.message for one in judged if one.operands.get("over"))
    command = f"gitpromote plan {journey.pipeline.name} --env {resolved.name}"
    text = f"{older.alias} will not come here: {why}. To wait for it: {command}"
    return _note("cut-short", text, {"freight": older.id})


def _left(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> Outcome | None:
    """Freight from which somebody went back here, and which comes again."""
    left = journey.state(resolved.name).rolled_back.get(freight.id)
    if left is None:
        return None
    reason = f': "{left.reason}"' if left.reason else ""
    told = f"{freight.alias} was rolled back from here {instant(left.at, now=journey.as_of)} by {left.actor}{reason}"
    known = journey.known(freight.id)
    if known is None or not known.rejected:
        told += f". To keep it out: gitpromote freight reject {journey.pipeline.name} {freight.alias} --reason …"
    return _note(ROLLED_BACK, told, {"freight": freight.id, "record": left.record, "at": left.at})


def _older(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> Outcome | None:
    """Older Freight that a person promotes stays until somebody releases it."""
    held = is_older(journey, resolved.name, freight)
    if held is None or resolved.is_control_flow:
        return None
    text = f"{freight.alias} is older than {held.alias}, which is here: it is held afterwards"
    return _note("older", text, {"than": held.id})


def _note(identifier: str, message: str, operands: dict[str, Any]) -> Outcome:
    return Outcome(id=identifier, kind="policy", level="advisory", status="warn", message=message, operands=operands)


def told_of_images(observed: EnvironmentObservation) -> list[Outcome]:
    """Images without a digest."""
    return [_unpinned(str(image)) for one in observed.freight.values() for image in one.images if image.unpinned]


def _unpinned(image: str) -> Outcome:
    text = f"{image} has no digest: what runs may be another image tomorrow"
    return _note("unpinned", text, {})
