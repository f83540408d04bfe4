"""How far Environments are behind the newest Freight, and which gate keeps it back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from gitpromote.engine.approvals import approved_changes
from gitpromote.engine.automatic import by_itself, wants_approval
from gitpromote.engine.candidates import Candidates
from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.model.artifact import canonical_repository
from gitpromote.model.freight import Freight
from gitpromote.model.freight_words import spoken_for
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.report import Lag
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.availability import Journey, speaking_last
from gitpromote.planning.selection import by_themselves

Approved: TypeAlias = Mapping[str, frozenset[str]]
"""Environment to the change digests that are approved there."""


def lags(world: World, plan: Plan, seen: Look) -> dict[str, dict[str, Lag]]:
    """Environment to Warehouse to how far it is behind, where it is.

    What was rejected is missing nowhere, and whoever runs it is behind. What was asked to stop elsewhere, or to leave
    an Environment out, is missing where nothing else is.

    :param plan: just made in this world, of all Environments: what it chose from is what there is
    """
    resolved = [world.pipeline.resolved(name) for name in world.pipeline.order()]
    journey = Journey(pipeline=world.pipeline, ledger=seen.ledger, as_of=plan.as_of, ask=world.ask)
    offered = world.candidates
    planned = {one.name: one for one in plan.environments}
    approved = approved_changes(world, seen) if wants_approval(plan) else {}
    return {
        one.name: {
            warehouse: found
            for warehouse in one.warehouses
            if (found := _lag(journey, plan, planned.get(one.name), one, warehouse, offered[warehouse], approved))
            is not None
        }
        for one in resolved
    }


def _lag(
    journey: Journey,
    plan: Plan,
    planned: EnvironmentPlan | None,
    resolved: ResolvedEnvironment,
    warehouse: str,
    offered: Candidates,
    approved: Approved,
) -> Lag | None:
    """How far it is behind the newest of one Warehouse; ``None`` where it runs that."""
    missing, counted = _missing(journey, resolved, warehouse, offered)
    runs = _runs(journey, resolved, warehouse, missing[0] if missing else None)
    if not missing:
        why = _none_there(journey, planned, resolved, warehouse)
        return Lag(runs=runs, kept_by=why[0], why=why[1]) if why is not None else None
    kept_by, reason = _kept_by(journey, plan, planned, resolved, missing[0], approved)
    known = journey.known(missing[-1].id)
    # Of Freight that it has never had any of, the age of the oldest says nothing.
    since = known.created_at if known is not None and counted else None
    behind = len(missing) if counted else None
    return Lag(newest=missing[0], runs=runs, behind=behind, since=since, kept_by=kept_by, why=reason)


def _missing(
    journey: Journey, resolved: ResolvedEnvironment, warehouse: str, offered: Candidates
) -> tuple[Sequence[Freight], bool]:
    """What it does not run although it is there, newest first; and whether that is newer than what it runs."""
    coming = by_themselves(journey, resolved.name, offered.freight, found=offered.found)
    ways = {one.id: journey.verdict(resolved.name, one) for one in coming}
    there = [one for one in coming if ways[one.id].way != "rejected"]
    meant = [one for one in there if not ways[one.id].refused or ways[one.id].way == "skip-denied"]
    newer, counted = _newer(journey, resolved, warehouse, meant)
    if newer:
        return newer, counted
    if _runs_rejected(journey, resolved, warehouse):
        return meant[:1], False  # be it older
    return _newer(journey, resolved, warehouse, there)


def _newer(
    journey: Journey, resolved: ResolvedEnvironment, warehouse: str, candidates: Sequence[Freight]
) -> tuple[Sequence[Freight], bool]:
    """What is newer than what it runs, and whether it runs anything that this can be counted from."""
    there = _there(journey, resolved)
    at = next((at for at, one in enumerate(candidates) if one.id in there), None)
    if at is not None:
        return candidates[:at], True
    # What it runs may have been rejected since: then the order of arrival tells.
    runs = [known for one in there if (known := journey.known(one)) is not None]
    arrived = [journey.place(one.freight) for one in runs if one.freight.warehouse == warehouse]
    if not arrived:
        return candidates, False
    return [one for one in candidates if journey.place(one) > max(arrived)], True


def _there(journey: Journey, resolved: ResolvedEnvironment) -> Collection[str]:
    """The ids of what it runs; a point of control runs nothing: of what has passed it."""
    state = journey.state(resolved.name)
    return state.verified.keys() if resolved.is_control_flow else set(state.freight.values())


def _runs_rejected(journey: Journey, resolved: ResolvedEnvironment, warehouse: str) -> bool:
    known = journey.known(journey.state(resolved.name).freight.get(warehouse, ""))
    return known is not None and bool(known.rejected) and not resolved.is_control_flow


def _none_there(
    journey: Journey, planned: EnvironmentPlan | None, resolved: ResolvedEnvironment, warehouse: str
) -> tuple[tuple[str, ...], str] | None:
    """Why there is nothing that may come to it, where it has nothing that counts."""
    reason = planned.reason if planned is not None else ""
    if _runs_rejected(journey, resolved, warehouse):
        held = journey.state(resolved.name).held
        return (("hold",), f'held: "{held.reason}"') if held is not None else (("rejected",), reason)
    known = (journey.known(one) for one in _there(journey, resolved))
    if any(one is not None and not one.rejected for one in known):
        return None
    return (("unavailable",), reason) if planned is not None and planned.decision == "unavailable" else None


def _runs(journey: Journey, resolved: ResolvedEnvironment, warehouse: str, newest: Freight | None) -> Freight | None:
    """What it runs of a Warehouse; where that is nothing, or another one took its place, what speaks there."""
    state = journey.state(resolved.name)
    known = {name: one.freight for name, id_ in state.freight.items() if (one := journey.known(id_)) is not None}
    own = known.get(warehouse)
    speaking = spoken_for(known, state.arrived)
    wanted = _published(own or newest)
    if own is not None and warehouse in speaking and (not wanted or _published(speaking[warehouse])):
        return own
    others = [one for name, one in speaking_last(known, set(), state.arrived).items() if name in speaking]
    wanted = wanted or (_held(own) if own is not None else set())
    return next((one for one in reversed(others) if wanted & _held(one)), own)


def _held(freight: Freight | None) -> set[tuple[str, str]]:
    artifacts = freight.artifacts if freight is not None else ()
    return {(one.kind, canonical_repository(one.repository)) for one in artifacts}


def _published(freight: Freight | None) -> set[tuple[str, str]]:
    """Its images and charts: other Freight with the same commits need have nothing to do with it."""
    return {one for one in _held(freight) if one[0] != "commit"}


def _kept_by(
    journey: Journey,
    plan: Plan,
    planned: EnvironmentPlan | None,
    resolved: ResolvedEnvironment,
    newest: Freight,
    approved: Approved,
) -> tuple[tuple[str, ...], str]:
    """What keeps the newest back, in the words of the verdicts, and for people."""
    moving = planned.freight.get(newest.warehouse) if planned is not None else None
    held = journey.state(resolved.name).held
    if held is not None:
        return ("hold",), f'held: "{held.reason}"'
    if planned is not None and moving is not None and moving.moving and moving.id == newest.id:
        return _by_plan(plan, planned, resolved, approved)
    verdict = journey.verdict(resolved.name, newest)
    if not verdict.admitted:
        return (verdict.way,), verdict.text(now=journey.as_of)
    if planned is not None and moving is not None and moving.moving:
        return ("select",), f"{plan.freight[moving.id].alias} goes first: {planned.reason or planned.decision}"
    reason = planned.reason if planned is not None else ""
    if planned is not None and planned.decision == "unavailable":
        return ("unavailable",), reason
    return ("select",) if resolved.select != "newest" else (), reason or f"select={resolved.select}"


def _by_plan(
    plan: Plan, planned: EnvironmentPlan, resolved: ResolvedEnvironment, approved: Approved
) -> tuple[tuple[str, ...], str]:
    """What the plan says of it: the verdicts that do not hold; otherwise who has to act."""
    against = [one for one in planned.outcomes if one.binding and one.status in ("pending", "fail", "error")]
    if against:
        names = dict.fromkeys(one.id for one in against)
        return tuple(names), "; ".join(one.message for one in against)
    if planned.decision not in ("ready", "noop"):
        return (planned.decision,), planned.reason
    verdict = by_itself(plan, planned, resolved, approved.get(planned.name, frozenset()))
    return (() if verdict.status == "pass" else (verdict.id,)), f"ready; {verdict.message}"
