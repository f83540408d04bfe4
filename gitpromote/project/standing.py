"""What ``status`` says: the ledger's state, and beside it what a fresh plan would do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gitpromote.engine.ledger_notices import ledger_notices
from gitpromote.engine.locked import locks_of
from gitpromote.engine.look import look
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.model.freight import Freight
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.report import EnvironmentStatus, StatusReport
from gitpromote.model.state import EnvironmentState, LedgerState
from gitpromote.planning.planner import planned_target
from gitpromote.project.lag import lags
from gitpromote.project.plan import Plan

#: What is said of a target that holds somebody else's content.
_NOT_OURS = ("foreign", "target-unrendered")


def status(world: World, make_plan: Callable[[], Plan], *, as_of: int, lag: bool = False) -> StatusReport:
    """What each Environment holds and what would come next; where no plan can be made, the ledger alone.

    :param lag: also how far each is behind the newest, and what keeps that back
    """
    resolved = {name: world.pipeline.resolved(name) for name in world.pipeline.order()}
    try:
        plan = make_plan()
        planned = {one.name: one for one in plan.data.environments}
        trouble = ""
    except GitpromoteError as error:
        plan, planned, trouble = None, {}, f"{error.summary} [{error.code}]"
    seen = look(world, resolved.values(), sources=False)
    holders = {name: lock.who for name, lock in locks_of(world, seen.locks).items()}
    behind = lags(world, plan.data, seen) if lag and plan is not None else {}
    environments = []
    for name, one in resolved.items():
        state = seen.ledger.environment(name)
        environments.append(
            EnvironmentStatus(
                name=name,
                production=one.production,
                target=planned_target(one),
                runs=_freight(seen.ledger, state.freight),
                partly=state.content.apps if state.content else (),
                since=state.content.at if state.content else None,
                by=state.content.actor if state.content else "",
                verified_at=_verified_at(state),
                commit=state.content.commit if state.content else None,
                next=_next(plan, planned.get(name)),
                decision=planned[name].decision if name in planned else None,
                reason=planned[name].reason if name in planned else trouble,
                outcomes=planned[name].outcomes if name in planned else (),
                held=state.held,
                locked_by=holders.get(name),
                lag=behind.get(name, {}),
                drift=name in planned and any(outcome.id in _NOT_OURS for outcome in planned[name].outcomes),
                generation=state.generation,
            )
        )
    return StatusReport(
        pipeline=world.pipeline.name,
        as_of=as_of,
        ledger=seen.ledger.head,
        environments=tuple(environments),
        notices=tuple(ledger_notices(world, seen.ledger)),
    )


def resting(world: World, why: str, *, as_of: int) -> StatusReport:
    """Of a Pipeline that has no Environment at this moment.

    :param why: for people
    """
    head = world.home.fetch([world.ledger.ref]).get(world.ledger.ref)
    return StatusReport(pipeline=world.pipeline.name, as_of=as_of, ledger=head, resting=why)


def _freight(ledger: LedgerState, held: Mapping[str, str]) -> dict[str, Freight]:
    return {name: ledger.freight[one].freight for name, one in held.items() if one in ledger.freight}


def _verified_at(state: EnvironmentState) -> int | None:
    times = [state.verified[one].at for one in state.freight.values() if one in state.verified]
    return max(times, default=None)


def _next(plan: Plan | None, planned: EnvironmentPlan | None) -> dict[str, Freight]:
    if plan is None or planned is None:
        return {}
    return {
        warehouse: plan.data.freight[moving.id].freight()
        for warehouse, moving in planned.freight.items()
        if moving.moving
    }
