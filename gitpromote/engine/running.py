"""``run``: plan, carry out what may go by itself, and again. Any number of runners may be at it at once.

Nothing is remembered between rounds but how often they failed: a runner that is killed and started again goes on where
the ledger stands. What two of them want to write at the same moment is written once; the other one says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gitpromote.engine.apply import apply
from gitpromote.engine.approvals import approved_changes
from gitpromote.engine.attempt import ApplyOptions
from gitpromote.engine.automatic import by_itself, wants_approval
from gitpromote.engine.calling import Called
from gitpromote.engine.executable import unsupported
from gitpromote.engine.interrupt import interruptible
from gitpromote.engine.look import look
from gitpromote.engine.outcome_of import failure_of, settled_result, waiting_result
from gitpromote.engine.world import World
from gitpromote.model.outcome import REPLACES_REJECTED, Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan, PlanFile
from gitpromote.model.result import ApplyResult, EnvironmentResult
from gitpromote.model.round import Ran, Round, Turn
from gitpromote.views.discovery import nothing_newer, passed_over

#: How many rounds may follow one another at once, and how many of them without writing anything.
_ROUNDS, _VAIN = 20, 3
_MINUTE = 60


# -- one round


def one_round(
    world: World,
    file: PlanFile,
    document: bytes,
    *,
    lock_timeout: float = 0.0,
    resting: str = "",
    warnings: Sequence[str] = (),
) -> Round:
    """Carry out exactly this plan, as far as it may go without a person.

    What is pending in it and opens meanwhile goes too. What a person has to do, or to approve, is left and told.

    :param document: the plan file's bytes, for the ledger
    :param lock_timeout: as of an apply, seconds
    :param resting: why there is no Environment at this moment
    :param warnings: what people should know of before they trust the plan
    """
    verdicts = _verdicts(world, file.plan)
    failures = world.failures
    going = [
        one
        for one in file.plan.environments
        if verdicts[one.name].status == "pass" and one.name not in failures.environments
    ]
    done = _gone(world, file, document, going, lock_timeout=lock_timeout)
    results = {one.name: one for one in done.environments}
    results |= {
        one.name: failure_of(one.name, failures.environments[one.name])
        for one in file.plan.environments
        if one.name in failures.environments
    }
    turns = [
        _turn(
            file,
            planned,
            verdicts[planned.name],
            results.get(planned.name),
            now=world.clock.now(),
            several=len(world.pipeline.resolved(planned.name).warehouses) > 1,
        )
        for planned in file.plan.environments
    ]
    return Round(
        pipeline=file.plan.pipeline.name,
        as_of=world.clock.now(),
        plan=file.digest,
        environments=tuple(turns),
        interrupted=done.interrupted,
        cuts=_cuts(file.plan, now=world.clock.now()),
        troubles=tuple(failure_of(f"Warehouse {name}", error) for name, error in failures.warehouses.items()),
        newer={name: why for name, why in nothing_newer(file.plan).items() if name not in failures.warehouses},
        passed_over=passed_over(file.plan),
        warnings=tuple(warnings),
        resting=resting,
    )


def _gone(
    world: World, file: PlanFile, document: bytes, going: Sequence[EnvironmentPlan], *, lock_timeout: float
) -> ApplyResult:
    """What came of those that go by themselves; nothing where none of them may at this moment."""
    options = ApplyOptions(environments=tuple(one.name for one in going), lock_timeout=lock_timeout)
    with interruptible() as interruption:
        now_or_never = any(_goes_now(one, world.clock.now()) for one in going)
        if now_or_never and not interruption.asked:
            return apply(world, file, document, options)
        return ApplyResult(pipeline=file.plan.pipeline.name, plan=file.digest, interrupted=now_or_never)


def _cuts(plan: Plan, *, now: int) -> int | None:
    """When a Warehouse next makes Freight of what has arrived. Plans are of whole minutes: the first that sees it."""
    told = plan.facts.get("discovery", {}).values()
    moments = (-(-one["next"] // _MINUTE) * _MINUTE for one in told if one.get("next") is not None)
    return min((moment for moment in moments if moment > now), default=None)


def _verdicts(world: World, plan: Plan) -> dict[str, Outcome]:
    """Environment to whether it goes by itself."""
    resolved = {one.name: world.pipeline.resolved(one.name) for one in plan.environments}
    approved: dict[str, frozenset[str]] = {}
    if wants_approval(plan):
        approved = approved_changes(world, look(world, resolved.values(), sources=False, regardless=True))
    found = {
        one.name: by_itself(plan, one, resolved[one.name], approved.get(one.name, frozenset()))
        for one in plan.environments
    }
    return {one.name: _carried_out(one, found[one.name]) for one in plan.environments}


def _carried_out(planned: EnvironmentPlan, verdict: Outcome) -> Outcome:
    """Asked for by name, what this version cannot carry out would be an error; here it waits."""
    missing = unsupported(planned)
    if verdict.status != "pass" or not missing:
        return verdict
    text = f"{', '.join(missing)}: this version does not carry that out"
    return verdict.model_copy(update={"id": "not-supported", "status": "pending", "message": text})


def _goes_now(planned: EnvironmentPlan, now: int) -> bool:
    """Whether the plan, or the time that has passed since, lets it go."""
    if planned.decision in ("ready", "noop"):
        return True
    opening = _opening(planned)
    return opening is not None and opening <= now


def _opening(planned: EnvironmentPlan) -> int | None:
    return planned.opens.earliest if planned.decision == "waiting" and planned.opens else None


def _turn(
    file: PlanFile,
    planned: EnvironmentPlan,
    verdict: Outcome,
    result: EnvironmentResult | None,
    *,
    now: int,
    several: bool,
) -> Turn:
    opening = _opening(planned) if verdict.status == "pass" else None
    if result is None:
        result = _untried(file, planned, verdict)
    moving = {name: file.plan.freight[one.id].alias for name, one in planned.freight.items() if one.moving}
    return Turn(
        name=planned.name,
        decision=planned.decision,
        auto=verdict,
        result=result,
        freight=tuple(moving.values()),
        warehouses=tuple(moving) if several else (),
        replaces=tuple(one.message for one in planned.outcomes if one.id == REPLACES_REJECTED),
        opens=opening if opening is not None and opening > now else None,
    )


def _untried(file: PlanFile, planned: EnvironmentPlan, verdict: Outcome) -> EnvironmentResult | None:
    """The result where the plan says enough; ``None`` where there is nothing to do, or a person has to."""
    if planned.decision == "unavailable":
        return EnvironmentResult(name=planned.name, status="unavailable", message=planned.reason)
    if verdict.status == "pending":
        result = waiting_result(planned, planned.outcomes, because=verdict.message, code=verdict.id)
        return result.model_copy(update={"hint": _approving(file.plan, planned) if verdict.id == "approval" else ""})
    if verdict.status != "pass":
        return _staying(planned)
    if planned.decision == "waiting":
        return waiting_result(planned, planned.outcomes)
    return settled_result(planned, called=Called.of(file))


def _staying(planned: EnvironmentPlan) -> EnvironmentResult | None:
    """Where a request says that nothing more moves, that is told; ``None`` where nothing or a person has to."""
    said = [one.message for one in planned.outcomes if one.kind == "availability" and one.status == "warn"]
    if planned.decision != "noop" or planned.steps or not said:
        return None
    return EnvironmentResult(name=planned.name, status="noop", message="; ".join(said))


def _approving(plan: Plan, planned: EnvironmentPlan) -> str:
    """An approval binds to the change, so that of any plan that makes it will do."""
    ways = [
        f"gitpromote plan {plan.pipeline.name} --env {planned.name} -out=plan.json",
        f"gitpromote approve plan.json --env {planned.name}",
    ]
    return "\n  ".join(["Review it, and approve it for the next round:", *ways])


# -- rounds until nothing more may go


def until_settled(turn: Callable[[], Round], *, tell: Callable[[Round], None] = lambda _: None) -> Ran:
    """Rounds at once, one after the other, as long as one of them moves something or was overtaken by others.

    What one round writes lets the next one see more: newer Freight that comes after it, a gate that opened.
    """
    rounds: list[Round] = []
    with interruptible() as interruption:
        while len(rounds) < _ROUNDS:
            rounds.append(turn())
            tell(rounds[-1])
            vain = sum(not one.wrote for one in rounds)
            if interruption.asked or not (rounds[-1].wrote or rounds[-1].overtaken) or vain >= _VAIN:
                break
    return Ran(rounds=tuple(rounds))
