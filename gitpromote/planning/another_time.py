"""A plan at another moment: its gates judged again from the facts that it holds. Nobody is asked.

What the ledger said, what was answered and what was overridden stays as it is; policies, and whatever else reads the
plan's own content, say what they said. Each Environment is looked at as if the plan were carried out at that moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from gitpromote.errors import PlanInvalid
from gitpromote.model.evidence import Evidence
from gitpromote.model.freight import Freight
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Content as Recorded
from gitpromote.model.state import EnvironmentState, FreightState, LedgerState, Override, Verified
from gitpromote.planning.availability import Journey, planned_freight
from gitpromote.planning.counting import summarise
from gitpromote.planning.opening import earliest_possible, opens, when_it_comes
from gitpromote.planning.overriding import as_judged, overridden
from gitpromote.planning.planner import VALID_FOR
from gitpromote.planning.verdicts import asking_of, decide, journey_outcomes
from gitpromote.planning.waves import WAVE
from gitpromote.policy.forecast import at_another_time

__all__ = ["Known", "ledger_in", "plan_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a plan says that was answered and overridden, by Environment.

    :ivar unjudged: verdicts of what binds at that moment, and by which nobody has judged the plan
    """

    evidence: Mapping[str, Mapping[str, Evidence]] = field(default_factory=dict)
    overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)
    unjudged: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)


def plan_at(plan: Plan, time: int, *, pipeline: Pipeline, known: Known) -> Plan:
    """The same plan at another moment.

    :param time: epoch seconds
    :param pipeline: what its definition stands for
    :raises PlanInvalid: its facts cannot be read (``plan-facts-invalid``)
    """
    journey = Journey(pipeline=pipeline, ledger=ledger_in(plan), as_of=time)
    again = _Again(plan=plan, known=known, journey=replace(journey, leaving={}, leaves_at=time))
    environments = tuple(again.environment(one) for one in plan.environments)
    return plan.model_copy(
        update={"as_of": time, "environments": environments, "summary": summarise(environments)},
    )


# -- what the ledger said


def ledger_in(plan: Plan) -> LedgerState:
    """What the ledger said, as far as the plan tells it.

    :raises PlanInvalid: its facts cannot be read (``plan-facts-invalid``)
    """
    environments: Any = plan.facts.get("environments", {})
    decided: Any = plan.facts.get("freight", {})
    try:
        states = {name: _state(name, dict(told)) for name, told in dict(environments).items()}
        freight = {
            identifier: _freight(one.freight(), number, dict(dict(decided).get(identifier, {})))
            for number, (identifier, one) in enumerate(plan.freight.items(), 1)
        }
    except (ValidationError, ValueError, TypeError):
        raise PlanInvalid(
            "What the ledger said cannot be read from the plan",
            code="plan-facts-invalid",
            detail="facts.environments or facts.freight is not what this version writes.",
            hint=f"Plan again:\n  gitpromote plan {plan.pipeline.name}",
        ) from None
    return LedgerState(head=plan.basis.ledger.head, environments=states, freight=freight)


#: Members of an Environment's state as the facts tell them.
_TOLD = ("freight", "held", "arrived", "bypassed", "failed", "not_landed", "promoted")


def _state(name: str, told: Mapping[str, Any]) -> EnvironmentState:
    lived = told.get("lived", {})
    verified = {
        identifier: Verified.model_validate({"at": at, "record": "", **lived.get(identifier, {})})
        for identifier, at in told.get("verified", {}).items()
    }
    given = {member: told[member] for member in _TOLD if member in told}
    tree = told.get("tree")
    content = Recorded(record="", kind="written", at=0, tree=tree) if tree is not None else None
    return EnvironmentState.model_validate({"name": name, **given, "verified": verified, "content": content})


def _freight(freight: Freight, number: int, told: Mapping[str, Any]) -> FreightState:
    return FreightState.model_validate({"created_at": 0, **told, "freight": freight, "sequence": number})


# -- judged again


@dataclass(slots=True, kw_only=True)
class _Again:
    """Judges one Environment after the other, as the planner does.

    :ivar earliest: Environment to when it could go first
    :ivar going: the number of a wave to how many of it go
    :ivar planned: what was judged so far
    """

    plan: Plan
    known: Known
    journey: Journey
    earliest: dict[str, int] = field(default_factory=dict)
    going: dict[int, int] = field(default_factory=dict)
    planned: list[EnvironmentPlan] = field(default_factory=list)

    def environment(self, planned: EnvironmentPlan) -> EnvironmentPlan:
        resolved = self.journey.pipeline.resolved(planned.name)
        before = [self.earliest[one] for one in resolved.after if one in self.earliest]
        as_of, outcomes = self.journey.as_of, self._outcomes(planned, resolved, self.journey.as_of)
        decision, reason = decide(
            outcomes,
            missing=planned.reason if planned.decision == "unavailable" else "",
            held=self.journey.state(planned.name).held is not None,
            changes=bool(planned.writes),
            arrives=bool(planned.steps),
        )

        def again(moment: int) -> Sequence[Outcome]:
            return self._of_journey(planned, resolved, moment)

        coming = when_it_comes(self.planned, {one.id for one in planned.freight.values()})
        opening = opens(decision, outcomes, as_of=as_of, at=again, coming=coming)
        first = earliest_possible(decision, opening, outcomes, before, as_of=as_of, at=again)
        self.earliest[planned.name] = first
        number = resolved.wave.number if resolved.wave else 0
        self.going[number] = self.going.get(number, 0) + (decision == "ready")
        found = {
            "outcomes": outcomes,
            "decision": decision,
            "reason": reason,
            "opens": opening,
            "expires_at": first + VALID_FOR if planned.steps else None,
        }
        moved = planned.model_copy(update=found)
        self._leave(moved)
        self.planned.append(moved)
        return moved

    def _leave(self, planned: EnvironmentPlan) -> None:
        """What it holds leaves it, where its part of the plan would be done at that moment."""
        if planned.decision not in ("ready", "noop") or not planned.steps:
            return
        held, comes = self.journey.state(planned.name).freight, planned_freight(self.plan, planned)
        leaves = {held[name]: one for name, one in comes.items() if held.get(name, one.id) != one.id}
        if leaves:
            self.journey = replace(self.journey, leaving={**self.journey.leaving, planned.name: leaves}, _known={})

    def _outcomes(self, planned: EnvironmentPlan, resolved: ResolvedEnvironment, at: int) -> tuple[Outcome, ...]:
        """The verdicts of the journey afresh, the others as the plan has them."""
        fresh = self._of_journey(planned, resolved, at)
        gates = {one.name for one in resolved.all_gates}
        told = [at_another_time(as_judged(one), at) for one in planned.outcomes]
        kept = [one for one in told if one.kind != "availability" and not (one.kind == "gate" and one.id in gates)]
        # How a wave stands is told by more than the plan holds; only that it begins later ends by itself.
        waves = {one.id: one for one in fresh if one.id == WAVE}
        kept = [waves.get(one.id, one) if _is_over(one, at) else one for one in kept]
        unknown = self.known.unjudged.get(planned.name, ())
        judged = [*(_matched(one, told) for one in fresh if one.id != WAVE), *kept, *unknown]
        overrides = self.known.overrides.get(planned.name, ())
        return overridden(judged, overrides, change_digest=planned.change_digest, as_of=at)

    def _of_journey(self, planned: EnvironmentPlan, resolved: ResolvedEnvironment, at: int) -> Sequence[Outcome]:
        journey = self.journey if at == self.journey.as_of else self.journey.at(at)
        idle = planned.decision == "unavailable" or not planned.steps
        asking = asking_of(
            journey,
            resolved,
            self._observed(planned),
            self.plan.kind,
            changes=planned.changes,
            change_digest=planned.change_digest,
            idle=idle,
        )
        number = resolved.wave.number if resolved.wave else 0
        found = journey_outcomes(asking, going=self.going.get(number, 0))
        overrides = self.known.overrides.get(planned.name, ())
        return overridden(found, overrides, change_digest=planned.change_digest, as_of=at)

    def _observed(self, planned: EnvironmentPlan) -> EnvironmentObservation:
        tree = planned.result_tree
        return EnvironmentObservation(
            name=planned.name,
            freight=planned_freight(self.plan, planned),
            desired=Content(tree=tree, whole=tree) if tree is not None else None,
            evidence=self.known.evidence.get(planned.name, {}),
        )


def _matched(outcome: Outcome, told: Sequence[Outcome]) -> Outcome:
    """With what selected it here, as the plan tells it."""
    found = next((one.operands["matched"] for one in told if one.id == outcome.id and "matched" in one.operands), None)
    if found is None:
        return outcome
    return outcome.model_copy(update={"operands": {**outcome.operands, "matched": found}})


def _is_over(outcome: Outcome, at: int) -> bool:
    return outcome.id == WAVE and outcome.status == "pending" and outcome.from_ is not None and outcome.from_ <= at
