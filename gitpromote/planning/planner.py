"""plan(pipeline, request, observation) -> Plan: what each Environment would become, and whether it may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gitpromote.model.change import ObjectChange
from gitpromote.model.freight import Freight
from gitpromote.model.observation import Content, EnvironmentObservation, Observation
from gitpromote.model.outcome import Outcome
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import (
    Engine,
    EnvironmentPlan,
    MovingFreight,
    Plan,
    PlanKind,
    PlannedBlob,
    PlannedFreight,
    PlannedPipeline,
    Request,
    Step,
    Write,
)
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState
from gitpromote.planning.availability import Journey, Leaving
from gitpromote.planning.changed_objects import changes_of
from gitpromote.planning.counting import summarise
from gitpromote.planning.debt import adopted_debt
from gitpromote.planning.digests import change_digest
from gitpromote.planning.expressions import Ask, evaluate
from gitpromote.planning.facts import facts_of
from gitpromote.planning.opening import Again, earliest_possible, opens, when_it_comes
from gitpromote.planning.overriding import overridden
from gitpromote.planning.planfile import planned_blob
from gitpromote.planning.planned_target import planned_target
from gitpromote.planning.steps import environment_steps
from gitpromote.planning.target_content import keeps_adopted
from gitpromote.planning.verdicts import asking_of, decide, journey_outcomes, judge
from gitpromote.planning.writes import edited_writes, writes_between

#: How long a plan may be applied after the earliest moment at which it could have been. Seconds.
VALID_FOR = 7 * 24 * 3600


def plan(
    pipeline: Pipeline,
    request: Request,
    observation: Observation,
    *,
    engine: Engine,
    described: PlannedPipeline,
    kind: PlanKind = "promote",
    ask: Ask = evaluate,
) -> Plan:
    """What would be done, in what order, from what knowledge.

    A pure function: the same definition, basis, facts and ``as_of`` give the same Plan everywhere.

    :param ask: who evaluates expressions
    """
    journey = Journey(pipeline=pipeline, ledger=observation.ledger, as_of=observation.as_of, ask=ask)
    environments = _environments(journey, observation, request, kind)
    return Plan(
        kind=kind,
        as_of=observation.as_of,
        engine=engine,
        pipeline=described,
        request=request,
        freight=_freight(observation),
        basis=observation.basis,
        facts=facts_of(observation, pipeline) | _left_behind(journey, environments, kind),
        tools=observation.tools,
        blobs=_blobs(environments, observation.blobs),
        environments=environments,
        summary=summarise(environments),
    )


def _left_behind(journey: Journey, environments: Sequence[EnvironmentPlan], kind: PlanKind) -> dict[str, Any]:
    if kind != "rollback":
        return {}
    from gitpromote.planning.left_behind import further_on

    found = further_on(journey, environments)
    return {"left": found} if found else {}


def _environments(
    journey: Journey, observation: Observation, request: Request, kind: PlanKind
) -> tuple[EnvironmentPlan, ...]:
    """Each in the Pipeline's order: what may go first takes its place in its wave, and time adds up on the way."""
    found: list[EnvironmentPlan] = []
    # Filled as it goes: what comes before an Environment is planned before it.
    leaving: dict[str, Mapping[str, Freight]] = {}
    journey = replace(journey, leaving=leaving, leaves_at=journey.as_of)
    earliest: dict[str, int] = {}
    going: dict[int, int] = {}
    for name in journey.pipeline.order():
        if name not in observation.environments:
            continue
        resolved = journey.pipeline.resolved(name)
        number = resolved.wave.number if resolved.wave else 0
        before = [earliest[one] for one in resolved.after if one in earliest]
        planned = _environment(journey, resolved, observation, request, kind, going.get(number, 0), found)
        observed = observation.environments[name]
        again = _again(journey, resolved, observed, kind, planned.changes, going.get(number, 0), planned.change_digest)
        first = earliest_possible(
            planned.decision, planned.opens, planned.outcomes, before, as_of=journey.as_of, at=again
        )
        earliest[name] = first
        going[number] = going.get(number, 0) + (planned.decision == "ready")
        leaves = _leaving(journey, observation, planned)
        leaving |= {name: leaves} if leaves else {}
        expires = first + VALID_FOR if planned.steps else None
        found.append(planned.model_copy(update={"expires_at": expires}))
    return tuple(found)


def _again(
    journey: Journey,
    resolved: ResolvedEnvironment,
    observed: EnvironmentObservation,
    kind: PlanKind,
    changes: Sequence[ObjectChange],
    going: int,
    digest: str,
) -> Again:
    """Judges an Environment's journey at another moment, for those who look for one at which it opens."""

    def at(moment: int) -> Sequence[Outcome]:
        there = asking_of(journey.at(moment), resolved, observed, kind, changes=changes, change_digest=digest)
        outcomes = journey_outcomes(there, going=going)
        return overridden(outcomes, observed.overrides, change_digest=digest, as_of=moment)

    return at


def _leaving(journey: Journey, observation: Observation, planned: EnvironmentPlan) -> dict[str, Freight]:
    """What an Environment holds now and will not once its part of the plan is done, with what comes instead."""
    if planned.decision not in ("ready", "noop") or not planned.steps or observation.environments[planned.name].apart:
        return {}
    held, comes = journey.state(planned.name).freight, observation.environments[planned.name].freight
    return {held[name]: one for name, one in comes.items() if held.get(name, one.id) != one.id}


def leaving_of(journey: Journey, observation: Observation, plan: Plan) -> Leaving:
    """What a plan itself would end, in all of its Environments."""
    found = {one.name: _leaving(journey, observation, one) for one in plan.environments}
    return {name: one for name, one in found.items() if one}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """What a plan would do to an Environment.

    :ivar keeps: what was adopted stays as it is
    :ivar adopted: what is told of adopted content
    """

    state: EnvironmentState
    keeps: bool
    writes: tuple[Write, ...]
    changes: tuple[ObjectChange, ...]
    adopted: Sequence[Outcome] = ()


def _effect(
    journey: Journey, resolved: ResolvedEnvironment, observed: EnvironmentObservation, kind: PlanKind
) -> _Effect:
    target = resolved.target
    state = journey.state(resolved.name).placed(repository=target.repository, ref=target.ref, path=target.path)
    keeps = kind == "promote" and keeps_adopted(observed, state)
    writes = () if keeps else writes_of(observed, resolved)
    has_adopted = kind == "promote" and state.content is not None and state.content.kind == "adopted"
    changes = changes_of(observed, journey.pipeline) if writes or has_adopted else ()
    adopted = adopted_debt(observed, state, changes, keeps=keeps) if has_adopted else ()
    return _Effect(state=state, keeps=keeps, writes=writes, changes=changes if writes else (), adopted=adopted)


def _environment(
    journey: Journey,
    resolved: ResolvedEnvironment,
    observation: Observation,
    request: Request,
    kind: PlanKind,
    going: int,
    before: Sequence[EnvironmentPlan],
) -> EnvironmentPlan:
    observed = observation.environments[resolved.name]
    effect = _effect(journey, resolved, observed, kind)
    freight = _moving(resolved, observed, effect.state)
    arrives = _arrives(journey, resolved, observed, freight, effect.state)
    idle = bool(observed.missing) or (not effect.writes and not arrives)
    comes, changes = arrives and not observed.missing, bool(effect.writes)
    steps = environment_steps(journey.pipeline, resolved, observed.freight, kind, writes=changes, arrives=comes)
    digested = _digested(resolved, observed, effect, freight=freight, steps=steps)
    digest = change_digest(journey.pipeline.name, _plain(digested))
    outcomes = judge(
        journey,
        resolved,
        observed,
        kind=kind,
        replace=request.replace.get(resolved.name),
        named=request.freight is not None,
        going=going,
        adopted=effect.adopted,
        changes=effect.changes,
        change_digest=digest,
        idle=idle,
    )
    # Who goes back asks for it by name, and holds the Environment anew: an earlier hold is no reason to stay.
    # And where nothing can come any more, there is nothing that a hold keeps out.
    held = effect.state.held is not None and kind != "rollback" and resolved.takes_freight
    decision, reason = decide(outcomes, missing=observed.missing, held=held, changes=changes, arrives=arrives)
    again = _again(journey, resolved, observed, kind, effect.changes, going, digest)
    return EnvironmentPlan(
        **digested,
        production=resolved.production,
        after=resolved.after_data(),
        decision=decision,
        reason=reason,
        opens=opens(
            decision,
            outcomes,
            as_of=observation.as_of,
            at=again,
            coming=when_it_comes(before, {one.id for one in observed.freight.values()}),
        ),
        agent=resolved.agent.to_data() if resolved.agent is not None else None,
        reads=observed.reads,
        result_tree=_result_tree(observed, keeps=effect.keeps),
        omitted=_omitted(observed),
        outcomes=outcomes,
        change_digest=digest,
    )


def _digested(
    resolved: ResolvedEnvironment,
    observed: EnvironmentObservation,
    effect: _Effect,
    *,
    freight: Mapping[str, MovingFreight],
    steps: tuple[Step, ...],
) -> dict[str, Any]:
    """What a change is made of: approvals bind to it."""
    return {
        "name": resolved.name,
        "freight": freight,
        "target": planned_target(resolved),
        "delivery": resolved.delivery,
        "sources": observed.sources,
        "writes": effect.writes,
        "edits": observed.edits,
        "changes": effect.changes,
        "steps": steps,
    }


def _plain(members: Mapping[str, Any]) -> dict[str, Any]:
    """Members of an EnvironmentPlan as they stand in its file."""
    return {
        **members,
        "freight": {name: {"id": moving.id} for name, moving in members["freight"].items()},
        "target": members["target"].__dict__,
        "sources": [{"app": source.app, "inputs": source.inputs} for source in members["sources"]],
        **{part: [one.model_dump(mode="json") for one in members[part]] for part in ("writes", "changes", "steps")},
    }


def _moving(
    resolved: ResolvedEnvironment, observed: EnvironmentObservation, state: EnvironmentState
) -> dict[str, MovingFreight]:
    """What would be held. A control-flow point holds nothing: what is verified there has been there."""
    there = state.verified.keys() if resolved.is_control_flow else set(state.freight.values())
    return {
        warehouse: MovingFreight(id=freight.id, moving=freight.id not in there)
        for warehouse, freight in observed.freight.items()
    }


def _arrives(
    journey: Journey,
    resolved: ResolvedEnvironment,
    observed: EnvironmentObservation,
    freight: Mapping[str, MovingFreight],
    state: EnvironmentState,
) -> bool:
    """Whether the Freight's arrival is news, even if nothing changes in the target."""
    if observed.apart:
        return False  # some Apps of it alone: then it is not there yet
    if any(journey.comes_again(resolved.name, one) for one in observed.freight.values()):
        return True
    unrecorded = state.content is None and not resolved.is_control_flow
    return any(moving.moving or _is_unproven(moving.id, state) for moving in freight.values()) or (
        unrecorded and bool(freight)
    )


def _is_unproven(freight: str, state: EnvironmentState) -> bool:
    """Whether Freight is held and counts as neither verified nor failed: somebody changed it as soon as it landed."""
    return freight in state.freight.values() and freight not in state.verified and freight not in state.failed


def writes_of(observed: EnvironmentObservation, resolved: ResolvedEnvironment) -> tuple[Write, ...]:
    """What the target would have to be given to become what is wanted."""
    if not resolved.target.is_rendered:
        return edited_writes(observed.edited)
    if observed.current is None or observed.desired is None:
        return ()
    return writes_between(observed.current, observed.desired)


def _result_tree(observed: EnvironmentObservation, *, keeps: bool) -> str | None:
    content = observed.current if keeps else observed.desired
    return content.tree if content is not None else None


def _omitted(observed: EnvironmentObservation) -> tuple[str, ...]:
    contents: tuple[Content | None, ...] = (observed.current, observed.desired)
    return tuple(sorted({path for content in contents if content for path in content.sensitive}))


def _freight(observation: Observation) -> dict[str, PlannedFreight]:
    """The Freight that moves or stays, and what the environments hold now, for people to compare with."""
    found: dict[str, Freight] = {}
    for name, observed in observation.environments.items():
        for freight in observed.freight.values():
            found[freight.id] = freight
        for identifier in observation.ledger.environment(name).freight.values():
            known = observation.ledger.freight.get(identifier)
            if known is not None:
                found.setdefault(identifier, known.freight)
    return {identifier: PlannedFreight.of(freight) for identifier, freight in found.items()}


def _blobs(environments: tuple[EnvironmentPlan, ...], blobs: Mapping[str, bytes]) -> dict[str, PlannedBlob]:
    wanted = {write.after for planned in environments for write in planned.writes if write.after is not None}
    return {oid: planned_blob(blobs[oid]) for oid in wanted}
