"""A plan's verdicts just before a write: those that read live facts are judged again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitpromote.engine.journeys import journey_at
from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.model.change import ObjectChange
from gitpromote.model.evidence import Evidence
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.standing import is_organisations
from gitpromote.model.state import EnvironmentState, Override
from gitpromote.planning.availability import Journey, planned_freight
from gitpromote.planning.overriding import as_judged, overridden
from gitpromote.planning.verdicts import judge as judge_gates


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was answered when gates asked, and when that was: they are judged at that very moment.

    :ivar after: the id of the Record that was the last one then; ``None`` where there is none
    :ivar answers: Environment to gate to its answer
    """

    as_of: int
    after: str | None = None
    answers: Mapping[str, Mapping[str, Evidence]] = field(default_factory=dict)


def outcomes_now(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, answered: Answered, head: str | None
) -> tuple[Outcome, ...]:
    """The plan's verdicts, those that read live facts judged again."""
    overrides = _overrides(world, seen.ledger.environment(planned.name))
    evidence = answered.answers.get(planned.name, {})
    journey = journey_at(world, seen.ledger, answered.as_of)
    if world.governing is None:
        judged = judged_again(journey, plan, planned, evidence=evidence, overrides=())
    else:
        from gitpromote.engine.organisation_again import rated_again, with_organisation  # few plans are judged by any

        rated = rated_again(world, journey, plan, planned, head=head)
        judged = judged_again(journey, plan, planned, evidence=evidence, overrides=(), rated=rated)
        judged = with_organisation(world, journey, plan, planned, judged, head=head)
    return overridden(judged, overrides, change_digest=planned.change_digest, as_of=journey.as_of)


def judged_again(
    journey: Journey,
    plan: Plan,
    planned: EnvironmentPlan,
    *,
    evidence: Mapping[str, Evidence],
    overrides: tuple[Override, ...],
    rated: Sequence[ObjectChange] | None = None,
) -> tuple[Outcome, ...]:
    """A plan's verdicts at the moment of a journey: what reads live facts afresh, the rest as the plan has it.

    :param overrides: those whose word counts; what the plan itself says of overrides is not looked at
    :param rated: the changes as an organisation's gates see them; by default as the plan has them
    """
    digest = planned.change_digest
    observed = replace(observed_again(plan, planned), evidence=evidence)
    resolved = journey.pipeline.resolved(planned.name)

    def judged_by(changes: Sequence[ObjectChange]) -> dict[str, Outcome]:
        found = judge_gates(journey, resolved, observed, kind=plan.kind, changes=changes, change_digest=digest)
        return {outcome.id: outcome for outcome in found}

    fresh = judged_by(planned.changes)
    if rated is not None and tuple(rated) != planned.changes:
        fresh |= {name: one for name, one in judged_by(rated).items() if is_organisations(name)}
    told = [as_judged(outcome) for outcome in planned.outcomes]
    now = [fresh.get(outcome.id, outcome) if _is_judged_again(outcome) else outcome for outcome in told]
    # What an organisation asks for since the plan; and what judges now that this is no hotfix any more.
    now += [fresh[gate.name] for gate in resolved.all_gates if _is_new(gate.name, told, fresh)]
    return overridden(now, overrides, change_digest=digest, as_of=journey.as_of)


def _overrides(world: World, state: EnvironmentState) -> tuple[Override, ...]:
    """What somebody overrode there, as far as their word counts now."""
    if not state.overrides:
        return ()
    from gitpromote.engine.overrides import sound_overrides  # hardly ever

    return sound_overrides(world, state)


def observed_again(plan: Plan, planned: EnvironmentPlan) -> EnvironmentObservation:
    """What a plan would make of an Environment, as the subject of verdicts."""
    tree = planned.result_tree
    desired = Content(tree=tree, whole=tree) if tree is not None else None
    return EnvironmentObservation(name=planned.name, freight=planned_freight(plan, planned), desired=desired)


def _is_new(name: str, told: Sequence[Outcome], fresh: Mapping[str, Outcome]) -> bool:
    judged = name in fresh and fresh[name].status != "skip"
    return judged and all(outcome.id != name for outcome in told)


def _is_judged_again(outcome: Outcome) -> bool:
    """Policies read what the plan holds; what failed needs another plan."""
    return outcome.kind in ("gate", "availability") and outcome.status != "fail"
