"""What is told of an environment's plan, and stops nothing: Freight that is older, newer, left, or kept waiting."""

from __future__ import annotations

from typing import Any

from gitpromote.model.freight import Freight
from gitpromote.model.moments import instant
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.outcome import REPLACES_REJECTED, Outcome
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.availability import Journey
from gitpromote.planning.debt import hotfix_debts
from gitpromote.planning.selection import is_older
from gitpromote.planning.sharing import shared_outcomes
from gitpromote.planning.soaking import gate_outcome, time_gates
from gitpromote.planning.supersede import cut_short, superseding

__all__ = ["KEPT_OUT", "PARTIAL", "ROLLED_BACK", "told", "told_of_apps", "told_of_images"]

#: The outcome that says that some Apps go alone.
PARTIAL = "partial"
#: The outcome that says that somebody went back from this Freight here.
ROLLED_BACK = "rolled-back"
#: The outcome that says that a request keeps newer Freight out.
KEPT_OUT = "kept-out"


def told(
    journey: Journey, resolved: ResolvedEnvironment, observed: EnvironmentObservation, *, named: bool
) -> list[Outcome]:
    """Newer and older Freight, what was rejected or kept out, hotfixes that trunk lacks, what two Warehouses hold."""
    here = journey.state(resolved.name).freight
    moves = [one for name, one in observed.freight.items() if here.get(name) != one.id]
    outcomes = [found for one in moves if (found := _newer(journey, resolved, one)) is not None]
    outcomes += [
        _cut_short(journey, resolved, one) for each in moves for one in cut_short(journey, resolved.name, each)
    ]
    outcomes += [found for one in moves if (found := _left(journey, resolved, one)) is not None]
    outcomes += [found for one in moves if (found := _instead(journey, resolved, one)) is not None]
    if observed.freight and not named:
        outcomes += [each for name in resolved.warehouses for each in _kept_out(journey, resolved, observed, name)]
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


def _instead(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> Outcome | None:
    """What is here was rejected since: that is why something else comes, be it older."""
    here = journey.known(journey.state(resolved.name).freight.get(freight.warehouse, ""))
    if here is None or not here.rejected or resolved.is_control_flow:
        return None
    older = "the older " if journey.place(freight) < journey.place(here.freight) else ""
    text = f"{here.freight.alias}, which is here, was {here.rejection}: {older}{freight.alias} comes instead"
    return _note(REPLACES_REJECTED, text, {"freight": here.freight.id})


def _kept_out(
    journey: Journey, resolved: ResolvedEnvironment, observed: EnvironmentObservation, warehouse: str
) -> list[Outcome]:
    """The newest Freight of a Warehouse that is newer than what is looked at, and that a request keeps out of here."""
    looked_at = observed.freight.get(warehouse)
    for known in journey.narrowed.get(warehouse, ()):
        if looked_at is not None and journey.place(known.freight) <= journey.place(looked_at):
            break
        verdict = journey.verdict(resolved.name, known.freight)
        if verdict.way in ("target", "skipped"):
            target = known.intent.target if verdict.way == "target" and known.intent is not None else None
            why = f"was asked to stop at {target}" if target is not None else verdict.message
            command = f"gitpromote freight create {journey.pipeline.name} --freight {known.freight.alias}"
            text = f"{known.freight.alias} is newer and stays out: it {why}. To let it go the whole way: {command}"
            return [_note(KEPT_OUT, text, {"freight": known.freight.id})]
    return []


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
