"""What ``status`` says: the ledger's state, and beside it what a fresh plan would do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gitpromote.engine.ledger_notices import ledger_notices
from gitpromote.engine.locked import locks_of
from gitpromote.engine.look import look
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.model.freight import Freight
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.report import EnvironmentStatus, StatusReport
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState, LedgerState
from gitpromote.planning.planned_target import planned_target
from gitpromote.project.lag import lags
from gitpromote.project.plan import Plan
from gitpromote.views.discovery import nothing_newer, passed_over

#: What is said of a target that holds something of which no Record speaks.
_NOT_RECORDED = ("foreign", "target-unrendered", "run-cut-short")


def status(world: World, make_plan: Callable[[], Plan], *, as_of: int, lag: bool = False) -> StatusReport:
    """What each Environment holds and what would come next; where no plan can be made, the ledger alone.

    :param make_plan: goes on regardless of what fails for some Warehouses or Environments
    :param lag: also how far each is behind the newest, and what keeps that back
    """
    resolved = {name: world.pipeline.resolved(name) for name in world.pipeline.order()}
    plan, trouble = _plan_or_why(make_plan)
    seen = look(world, resolved.values(), sources=False)
    holders = {name: lock.who for name, lock in locks_of(world, seen.locks).items()}
    behind = lags(world, plan.data, seen) if lag and plan is not None else {}
    environments = []
    for name, one in resolved.items():
        stands = _stands(one, seen.ledger)
        coming = _coming(plan, name, trouble)
        beside = {"locked_by": holders.get(name), "lag": behind.get(name, {})}
        environments.append(EnvironmentStatus.model_validate({**stands, **coming, **beside}))
    return StatusReport(
        pipeline=world.pipeline.name,
        as_of=as_of,
        ledger=seen.ledger.head,
        environments=tuple(environments),
        newer=_newer(world, plan) if plan is not None else {},
        passed_over=passed_over(plan.data) if plan is not None else {},
        troubles=tuple(troubles(world)) if plan is not None else (),
        notices=tuple(ledger_notices(world, seen.ledger)),
    )


def _newer(world: World, plan: Plan) -> dict[str, str]:
    """Why there is nothing newer, of those that could be asked."""
    failed = world.failures.warehouses
    return {name: why for name, why in nothing_newer(plan.data).items() if name not in failed}


def troubles(world: World) -> Iterator[str]:
    """``Warehouse ext: A remote cannot be reached [remote-unreachable]``; an Environment's own reason says the rest."""
    for name, error in world.failures.warehouses.items():
        where = error.detail.split("\n")[0].strip()
        yield f"Warehouse {name}: {error.summary}: {where} [{error.code}]"
    told = {(one.code, one.detail) for one in world.failures.warehouses.values()}
    for name, error in world.failures.environments.items():
        if (error.code, error.detail) in told:
            continue
        yield f"{name}: {error.summary} [{error.code}]"


def _plan_or_why(make_plan: Callable[[], Plan]) -> tuple[Plan | None, str]:
    """A plan, or why there is none."""
    try:
        return make_plan(), ""
    except GitpromoteError as error:
        return None, f"{error.summary} [{error.code}]"


def _stands(resolved: ResolvedEnvironment, ledger: LedgerState) -> dict[str, Any]:
    """What the ledger says that it holds."""
    state = ledger.environment(resolved.name)
    content = state.content
    return {
        "name": resolved.name,
        "production": resolved.production,
        "target": planned_target(resolved),
        "runs": _freight(ledger, state.freight),
        "arrived": {name: state.arrived[name] for name in state.freight if name in state.arrived},
        "partly": content.apps if content else (),
        "rejected": _rejected(ledger, state.freight),
        "since": content.at if content else None,
        "by": content.actor if content else "",
        "verified_at": _verified_at(resolved, state),
        "commit": content.commit if content else None,
        "held": state.held,
        "generation": state.generation,
    }


def _coming(plan: Plan | None, name: str, trouble: str) -> dict[str, Any]:
    """What a plan says would come next; where there is none, why."""
    planned = plan.data.environment(name) if plan is not None else None
    if planned is None:
        return {"next": _next(plan, None), "reason": trouble}
    return {
        "next": _next(plan, planned),
        "decision": planned.decision,
        "reason": planned.reason,
        "outcomes": planned.outcomes,
        "drift": any(outcome.id in _NOT_RECORDED for outcome in planned.outcomes),
    }


def resting(world: World, why: str, *, as_of: int) -> StatusReport:
    """Of a Pipeline that has no Environment at this moment.

    :param why: for people
    """
    head = world.home.fetch([world.ledger.ref]).get(world.ledger.ref)
    return StatusReport(pipeline=world.pipeline.name, as_of=as_of, ledger=head, resting=why)


def _freight(ledger: LedgerState, held: Mapping[str, str]) -> dict[str, Freight]:
    return {name: ledger.freight[one].freight for name, one in held.items() if one in ledger.freight}


def _rejected(ledger: LedgerState, held: Mapping[str, str]) -> dict[str, str]:
    known = {name: ledger.freight[one] for name, one in held.items() if one in ledger.freight}
    return {name: one.rejected for name, one in known.items() if one.rejected}


def _verified_at(resolved: ResolvedEnvironment, state: EnvironmentState) -> int | None:
    """Of what it holds; a point of control holds nothing: of what has passed it."""
    counts = state.verified if resolved.is_control_flow else state.freight.values()
    return max((state.verified[one].at for one in counts if one in state.verified), default=None)


def _next(plan: Plan | None, planned: EnvironmentPlan | None) -> dict[str, Freight]:
    if plan is None or planned is None:
        return {}
    return {
        warehouse: plan.data.freight[moving.id].freight()
        for warehouse, moving in planned.freight.items()
        if moving.moving
    }
