"""Verdicts, judged again from what the ledger says that they were judged by.

Gates are judged again by the plan's own definition, at the moment of the write, with the ledger as it was then and the
answers that the Record holds. Policies read what the plan holds: their verdicts are compared with the plan's, which
``plan --verify`` makes again. A verdict that is not there is missing, and counts as one that does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitpromote.engine.approvals import signed_bytes
from gitpromote.engine.assess import JudgedBy
from gitpromote.engine.governed import FACTS
from gitpromote.engine.judged import judged_by, told_statuses
from gitpromote.engine.judged_again import judged_again, ordinary_now
from gitpromote.engine.overrides import proof_of
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.history.fold import apply_record
from gitpromote.history.moved import moves_of, with_moved
from gitpromote.model.outcome import Outcome
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.record import Record
from gitpromote.model.report import VerifyFinding
from gitpromote.model.standing import is_organisations
from gitpromote.model.state import Approval, LedgerState, Override
from gitpromote.planning.availability import Journey

__all__ = ["verdict_findings"]

#: Kinds of Records that something let happen.
_LET = frozenset({"written", "rolled-back"})
_STANDING = frozenset({"pending", "fail", "error"})


def verdict_findings(world: World, records: Sequence[Record], plans: Mapping[str | None, Plan]) -> list[VerifyFinding]:
    """What does not follow, Record by Record; then how many verdicts were judged again.

    :param plans: full digest to plan, of those that are sound
    """
    known = {record.id: judged_by(record) for record in records}
    wanted = {one.after for one in known.values() if one is not None}
    again = _Again(world, _states(records, wanted))
    found, count = [], 0
    for record in records:
        plan = plans.get(record.plan)
        planned = plan.environment(record.environment) if plan is not None and record.environment else None
        if plan is None or planned is None or not _is_to_be_judged(record, planned):
            continue
        why = again.why(record, plan, planned, known[record.id])
        count += not why
        if why:
            found.append(_finding(f"verdicts {record.environment} {record.id[:7]}", False, "; ".join(why)))
    if count:
        text = f"{count} write{'s' * (count != 1)} judged again, with the same verdicts"
        found.append(_finding("verdicts", True, text))
    return found


def _is_to_be_judged(record: Record, planned: EnvironmentPlan) -> bool:
    said = "judged" in record.data or "ordinary" in record.data
    return said or (record.kind in _LET and bool(planned.outcomes))


def _finding(subject: str, ok: bool, message: str) -> VerifyFinding:
    return VerifyFinding(subject=subject, ok=ok, message=message)


def _states(records: Sequence[Record], wanted: Iterable[str | None]) -> dict[str, LedgerState]:
    """What the ledger said after some of its Records, by their ids."""
    found: dict[str, LedgerState] = {}
    asked = set(wanted)
    state = LedgerState()
    for record in records:
        state = apply_record(state, record)
        if record.id in asked:
            found[record.id] = state
    return found


@dataclass(slots=True)
class _Again:
    """Judges once more.

    :ivar states: Record to what the ledger said after it
    """

    world: World
    states: Mapping[str, LedgerState]
    pipelines: dict[str, Pipeline] = field(default_factory=dict)

    def why(self, record: Record, plan: Plan, planned: EnvironmentPlan, judged: JudgedBy | None) -> list[str]:
        """What does not follow of one Record's verdicts."""
        if judged is None:
            return ["they are missing"]
        state = self.states.get(judged.after) if judged.after else LedgerState()
        if state is None:
            return [f"they were judged after the Record {str(judged.after)[:7]}, which is not there"]
        try:
            outcomes = self._outcomes(plan, planned, judged, state)
        except GitpromoteError as error:
            return [f"they cannot be judged again by this version: {error.detail or error.summary}"]
        unknown = self._unknown_approvals(state, planned.name, judged)
        outcomes = _as_recorded(record, outcomes)
        ordinary = self._not_ordinary(record, plan, planned, judged, state)
        return [*unknown, *_differences(record, outcomes), *_standing(outcomes), *ordinary]

    def _not_ordinary(
        self, record: Record, plan: Plan, planned: EnvironmentPlan, judged: JudgedBy, state: LedgerState
    ) -> list[str]:
        """Freight that is told to have come the ordinary way, and that a hotfix let in."""
        told = record.data.get("ordinary", ())
        if not told:
            return []
        journey = self._journey(plan, judged, state)
        known = ordinary_now(journey, plan, planned) if plan.kind == "promote" else []
        return [f"{str(one)[:12]} did not come the ordinary way" for one in told if one not in known]

    def _journey(self, plan: Plan, judged: JudgedBy, state: LedgerState) -> Journey:
        pipeline = self._pipeline(plan)
        moved = with_moved(state, moves_of(pipeline))
        return Journey(pipeline=pipeline, ledger=moved, as_of=judged.at, ask=self.world.ask)

    def _unknown_approvals(self, state: LedgerState, name: str, judged: JudgedBy) -> list[str]:
        """Approvals that an answer tells of and that the ledger did not have, or that this key has not signed."""
        known = {one.record: one for one in state.environment(name).approvals}
        found = []
        for gate, evidence in judged.evidence.items():
            given = evidence.value.get("given", ())
            for told in given if isinstance(given, list) else ():
                approval = known.get(str(told.get("record")))
                if approval is None or not self._is_of(told, name, approval):
                    found.append(f"{gate} tells of an approval by {told.get('identity')} that the ledger did not have")
        return found

    def _is_of(self, told: Mapping[str, object], name: str, approval: Approval) -> bool:
        same = (told.get("identity"), told.get("change"), told.get("expires")) == (
            approval.identity,
            approval.change_digest,
            approval.expires,
        )
        if not same or not told.get("key"):
            return same
        data = signed_bytes(name, approval)
        verify = self.world.signing.verify
        return verify(data, approval.signature, identity=approval.identity, allowed=None) == told["key"]

    def _outcomes(
        self, plan: Plan, planned: EnvironmentPlan, judged: JudgedBy, state: LedgerState
    ) -> tuple[Outcome, ...]:
        journey = self._journey(plan, judged, state)
        overrides = self._overrides(plan, journey.pipeline, journey.ledger, planned.name)
        return judged_again(journey, plan, planned, evidence=judged.evidence, overrides=overrides)

    def _pipeline(self, plan: Plan) -> Pipeline:
        key = plan.pipeline.definition_digest
        if key not in self.pipelines:
            self.pipelines[key] = Pipeline.from_data(plan.pipeline.definition)
        return self.pipelines[key]

    def _overrides(self, plan: Plan, pipeline: Pipeline, state: LedgerState, name: str) -> tuple[Override, ...]:
        """Those that were there. Who may sign may be another one by now: a signature by any key will do."""
        own = pipeline.signers is not None and pipeline.is_production(name)
        told: Any = plan.facts.get(FACTS) or {}
        theirs = bool(told.get("rules", {}).get("signers"))
        return tuple(
            one
            for one in state.environment(name).overrides
            if (proof_of(self.world, name, one, None) if one.signature else not _takes_signature(one, own, theirs))
        )


def _takes_signature(override: Override, own: bool, theirs: bool) -> bool:
    return theirs if theirs and is_organisations(override.gate) else own


def _as_recorded(record: Record, outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """An organisation's verdicts as they are recorded: its policies of that day are not asked for again."""
    told = told_statuses(record)
    return tuple(
        one.model_copy(update={"status": told[one.id]}) if is_organisations(one.id) and one.id in told else one
        for one in outcomes
    )


def _differences(record: Record, outcomes: Iterable[Outcome]) -> list[str]:
    told = told_statuses(record)
    found = []
    for one in outcomes:
        if one.id not in told:
            found.append(f"{one.id} is missing")
        elif told[one.id] != one.status:
            found.append(f"{one.id}: recorded as {told[one.id]}, and it is {one.status}: {one.message}")
    return found


def _standing(outcomes: Iterable[Outcome]) -> list[str]:
    return [f"{one.id} stood in the way: {one.status}" for one in outcomes if one.binding and one.status in _STANDING]
