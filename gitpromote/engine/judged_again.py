"""A plan's verdicts just before a write: those that read live facts are judged again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
from gitpromote.model.state import EnvironmentState, LedgerState, Override
from gitpromote.planning.availability import Journey, planned_freight
from gitpromote.planning.overriding import as_judged, overridden
from gitpromote.planning.verdicts import asking_of, came_ordinarily
from gitpromote.planning.verdicts import judge as judge_gates

#: Kinds of verdicts that read live facts.
_JUDGED_AGAIN = frozenset({"gate", "availability"})


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
        from gitpromote.engine import organisation_again as organisation  # few plans are judged by any

        there = organisation.seen_again(world, journey, plan, planned, head=head)
        changes = organisation.changed_again(journey, planned, there)
        judged = judged_again(journey, plan, planned, evidence=evidence, overrides=(), changes=changes)
        judged = organisation.with_organisation(world, journey, plan, planned, judged, there=there, seen=seen)
    return overridden(judged, overrides, change_digest=planned.change_digest, as_of=journey.as_of)


def judged_again(
    journey: Journey,
    plan: Plan,
    planned: EnvironmentPlan,
    *,
    evidence: Mapping[str, Evidence],
    overrides: tuple[Override, ...],
    changes: Sequence[ObjectChange] | None = None,
) -> tuple[Outcome, ...]:
    """A plan's verdicts at the moment of a journey: what reads live facts afresh, the rest as the plan has it.

    :param overrides: those whose word counts; what the plan itself says of overrides is not looked at
    :param changes: those that an organisation's gates see; by default as the plan has them
    """
    digest = planned.change_digest
    observed = replace(observed_again(plan, planned, journey.ledger), evidence=evidence)
    resolved = journey.pipeline.resolved(planned.name)

    def judged_by(changes: Sequence[ObjectChange]) -> dict[str, Outcome]:
        found = judge_gates(journey, resolved, observed, kind=plan.kind, changes=changes, change_digest=digest)
        return {outcome.id: outcome for outcome in found}

    fresh = judged_by(planned.changes)
    if changes is not None and tuple(changes) != planned.changes:
        fresh |= {name: one for name, one in judged_by(changes).items() if is_organisations(name)}
    told = [as_judged(outcome) for outcome in planned.outcomes]
    now = [_now(outcome, fresh.get(outcome.id)) for outcome in told]
    known, gates = {outcome.id for outcome in told}, {gate.name for gate in resolved.all_gates}
    # What an organisation asks for since the plan; and what judges now that this is no hotfix any more.
    now += [one for name, one in fresh.items() if name not in known and _is_new(one, gates)]
    return overridden(now, overrides, change_digest=digest, as_of=journey.as_of)


def ordinary_now(journey: Journey, plan: Plan, planned: EnvironmentPlan) -> list[str]:
    """Of the Freight that enters where a hotfix lets it in, what comes there the ordinary way, and is judged so."""
    known = [journey.known(one.id) for one in planned.freight.values()]
    if not any(one is not None and planned.name in one.bypass for one in known):
        return []
    observed = observed_again(plan, planned, journey.ledger)
    resolved = journey.pipeline.resolved(planned.name)
    return came_ordinarily(asking_of(journey, resolved, observed, plan.kind, changes=planned.changes))


def _overrides(world: World, state: EnvironmentState) -> tuple[Override, ...]:
    """What somebody overrode there, as far as their word counts now."""
    if not state.overrides:
        return ()
    from gitpromote.engine.overrides import sound_overrides  # hardly ever

    return sound_overrides(world, state)


def observed_again(plan: Plan, planned: EnvironmentPlan, ledger: LedgerState | None = None) -> EnvironmentObservation:
    """What a plan would make of an Environment, as the subject of verdicts.

    :param ledger: what it knows of Freight counts, whatever the plan says
    """
    tree = planned.result_tree
    desired = Content(tree=tree, whole=tree) if tree is not None else None
    states = ledger.freight if ledger is not None else {}
    told = planned_freight(plan, planned)
    freight = {name: states[one.id].freight if one.id in states else one for name, one in told.items()}
    return EnvironmentObservation(name=planned.name, freight=freight, desired=desired)


def _now(told: Outcome, fresh: Outcome | None) -> Outcome:
    """One verdict of a plan: policies read what the plan holds; what failed needs another plan."""
    if fresh is None or fresh.kind not in _JUDGED_AGAIN:
        return told
    # How binding it is, and that it is judged again, is not for the plan to say.
    return told.model_copy(update={"kind": fresh.kind, "level": fresh.level}) if told.status == "fail" else fresh


def _is_new(outcome: Outcome, gates: Collection[str]) -> bool:
    """Whether a verdict that the plan does not have counts now."""
    return outcome.status != "skip" and (outcome.kind == "availability" or outcome.id in gates)
