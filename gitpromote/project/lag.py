"""How far Environments are behind the newest Freight, and which gate keeps it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from gitpromote.engine.approvals import approved_changes
from gitpromote.engine.automatic import by_itself, wants_approval
from gitpromote.engine.candidates import Candidates
from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.model.freight import Freight
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.report import Lag
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.availability import Journey
from gitpromote.planning.selection import by_themselves

Approved: TypeAlias = Mapping[str, frozenset[str]]
"""Environment to the change digests that are approved there."""


def lags(world: World, plan: Plan, seen: Look) -> dict[str, dict[str, Lag]]:
    """Environment to Warehouse to how far it is behind, where it is.

    What was rejected, and what was asked to stop elsewhere or to leave an Environment out, is not missing there.

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
            if (found := _lag(journey, plan, planned.get(one.name), one, offered[warehouse], approved)) is not None
        }
        for one in resolved
    }


def _lag(
    journey: Journey,
    plan: Plan,
    planned: EnvironmentPlan | None,
    resolved: ResolvedEnvironment,
    offered: Candidates,
    approved: Approved,
) -> Lag | None:
    """How far it is behind the newest of one Warehouse that is meant for it; ``None`` where it runs that."""
    coming = by_themselves(journey, resolved.name, offered.freight, found=offered.found)
    meant = [one for one in coming if not journey.verdict(resolved.name, one).refused]
    if not meant:
        return None
    newer, counted = _newer(journey, resolved, meant)
    if not newer:
        return None
    kept_by, why = _kept_by(journey, plan, planned, resolved, newer[0], approved)
    known = journey.known(newer[-1].id)
    # Of Freight that it has never had any of, the age of the oldest says nothing.
    since = known.created_at if known is not None and counted else None
    return Lag(newest=newer[0], behind=len(newer) if counted else None, since=since, kept_by=kept_by, why=why)


def _newer(journey: Journey, resolved: ResolvedEnvironment, meant: Sequence[Freight]) -> tuple[Sequence[Freight], bool]:
    """What is newer than what it runs, and whether it runs anything that this can be counted from."""
    state = journey.state(resolved.name)
    there = state.verified.keys() if resolved.is_control_flow else set(state.freight.values())
    at = next((at for at, one in enumerate(meant) if one.id in there), None)
    if at is not None:
        return meant[:at], True
    # What it runs may have been rejected since: then the order of arrival tells.
    runs = [known for one in there if (known := journey.known(one)) is not None]
    arrived = [journey.place(one.freight) for one in runs if one.freight.warehouse == meant[0].warehouse]
    if not arrived:
        return meant, False
    return [one for one in meant if journey.place(one) > max(arrived)], True


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
