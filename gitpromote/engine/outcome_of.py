"""Judgements as results: one line for people, a code, an exit code, and the command that helps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from gitpromote.errors import GitpromoteError
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.result import EnvironmentResult
from gitpromote.planning.staleness import Difference, Judgement


@overload
def settled_result(planned: EnvironmentPlan) -> EnvironmentResult: ...
@overload
def settled_result(planned: EnvironmentPlan, judgement: Judgement) -> EnvironmentResult | None: ...
def settled_result(planned: EnvironmentPlan, judgement: Judgement | None = None) -> EnvironmentResult | None:
    """The result where nothing will be written whatever the gates say; ``None`` where they decide."""
    if judgement is None:
        return _by_decision(planned)
    if judgement.verdict == "applied" and judgement.record is not None:
        record = judgement.record
        commit = f", commit {record.commit[:7]}" if record.commit else ""
        return EnvironmentResult(
            name=planned.name,
            status="already",
            message=f"already applied by {record.actor.claimed}{commit}",
            commit=record.commit,
            at=record.at,
        )
    if judgement.verdict == "stale":
        return EnvironmentResult(
            name=planned.name,
            status="stale",
            exit_code=4,
            code=judgement.code,
            message=judgement.message,
            detail="\n".join(_difference_text(one) for one in judgement.differences),
            hint="Make a new plan:\n  gitpromote plan",
        )
    return None


def _by_decision(planned: EnvironmentPlan) -> EnvironmentResult:
    if planned.decision == "unavailable":
        return EnvironmentResult(name=planned.name, status="unavailable", message=planned.reason)
    if planned.decision == "held":
        hint = f"Lift the hold, then make a new plan:\n  gitpromote release {planned.name}"
        return EnvironmentResult(name=planned.name, status="held", exit_code=13, message="held", hint=hint, code="held")
    if planned.decision == "blocked":
        return blocked_result(planned, planned.outcomes)
    return EnvironmentResult(name=planned.name, status="noop", message="nothing to do")


def blocked_result(planned: EnvironmentPlan, outcomes: Sequence[Outcome]) -> EnvironmentResult:
    """Something judged against it, and only a new plan or a decision of people helps."""
    failing = [one for one in outcomes if one.binding and one.status in ("fail", "error")]
    return EnvironmentResult(
        name=planned.name,
        status="blocked",
        exit_code=13,
        code=failing[0].id if failing else "blocked",
        message=", ".join(one.id for one in failing),
        detail="\n".join(f"{one.id}: {one.message}" for one in failing),
        hint=f"See what would help:\n  gitpromote explain {planned.name}",
    )


def waiting_result(
    planned: EnvironmentPlan, outcomes: Sequence[Outcome], *, because: str = "", code: str = ""
) -> EnvironmentResult:
    """Time, another environment or people will change it; the plan stays good."""
    if because:
        return EnvironmentResult(name=planned.name, status="waiting", exit_code=3, code=code, message=because)
    pending = [one for one in outcomes if one.binding and one.status == "pending"]
    told = "; ".join(f"{one.id}: {one.message}" for one in pending)
    code = "upstream" if [one.id for one in pending] == ["upstream"] else pending[0].id
    return EnvironmentResult(name=planned.name, status="waiting", exit_code=3, code=code, message=told)


def failed_result(planned: EnvironmentPlan, error: GitpromoteError) -> EnvironmentResult:
    """An error that this environment alone ended with."""
    return EnvironmentResult(
        name=planned.name,
        status="failed",
        exit_code=error.exit_code,
        code=error.code,
        message=error.summary,
        detail=error.detail,
        hint=error.hint,
    )


def _difference_text(one: Difference) -> str:
    ids = f"planned {(one.planned or 'absent')[:7]}, now {(one.now or 'absent')[:7]}"
    by = f'   {one.commit[:7]} "{one.subject}" ({one.author})' if one.commit else ""
    return f"{one.path or 'the target'}  {ids}{by}"
