"""Judgements as results: one line for people, a code, an exit code, and the command that helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

from gitpromote.engine.calling import Called
from gitpromote.errors import Blocked, GitpromoteError
from gitpromote.model.change import Action, FieldChange, ObjectChange, path_text
from gitpromote.model.moments import instant
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.record import Record
from gitpromote.model.result import EnvironmentResult
from gitpromote.planning.staleness import Difference, Judgement
from gitpromote.views.opening import condition_text
from gitpromote.views.values import replacement_text, value_text

#: How many objects are told, and with which signs.
_MOST = 10
_SIGNS: Mapping[tuple[Action, ...], str] = {("create",): "+", ("delete",): "-", ("delete", "create"): "-/+"}


@overload
def settled_result(planned: EnvironmentPlan, *, called: Called, held: bool = True) -> EnvironmentResult: ...
@overload
def settled_result(planned: EnvironmentPlan, judgement: Judgement, *, called: Called) -> EnvironmentResult | None: ...
def settled_result(
    planned: EnvironmentPlan, judgement: Judgement | None = None, *, called: Called, held: bool = True
) -> EnvironmentResult | None:
    """The result where nothing will be written whatever the gates say; ``None`` where they decide.

    :param held: whether the environment is held now, where the plan found it held
    """
    if judgement is None:
        return _by_decision(planned, called, held=held)
    if judgement.verdict == "applied" and judgement.record is not None:
        return already_result(planned, judgement.record)
    if judgement.verdict == "stale":
        return EnvironmentResult(
            name=planned.name,
            status="stale",
            exit_code=4,
            code=judgement.code,
            message=judgement.message,
            detail="\n".join([*map(_difference_text, judgement.differences), *_rendered_text(judgement.rendered)]),
            hint=f"Make a new plan:\n  {called.replan}",
        )
    return None


def _rendered_text(changes: Sequence[ObjectChange]) -> list[str]:
    """What would come now, against what was reviewed."""
    if not changes:
        return []
    many = "1 object differs" if len(changes) == 1 else f"{len(changes)} objects differ"
    told = [f"  {_SIGNS.get(one.actions, '~')} {one.title}{_fields(one)}" for one in changes[:_MOST]]
    more = [f"  and {len(changes) - _MOST} more"] if len(changes) > _MOST else []
    return [f"rendered again, {many} from what was reviewed:", *told, *more]


def _fields(change: ObjectChange) -> str:
    told = [f"{path_text(one.path)}: {_words(one)}" for one in change.fields[:3]]
    more = [f"and {len(change.fields) - 3} more"] if len(change.fields) > 3 else []
    return f"  {', '.join([*told, *more])}" if change.actions == ("update",) else ""


def _words(field: FieldChange) -> str:
    match field.op:
        case "add":
            return f"+ {value_text(field.after)}"
        case "remove":
            return f"- {value_text(field.before)}"
        case "reorder":
            return "another order"
    return replacement_text(field.before, field.after)


def already_result(planned: EnvironmentPlan, record: Record) -> EnvironmentResult:
    """This very change was applied before."""
    commit = f", commit {record.commit[:7]}" if record.commit else ""
    return EnvironmentResult(
        name=planned.name,
        status="already",
        message=f"already applied by {record.actor.claimed} at {instant(record.at)}{commit}",
        ref=planned.target.ref or None,
        commit=record.commit,
        tree=record.tree,
        at=record.at,
    )


def _by_decision(planned: EnvironmentPlan, called: Called, *, held: bool) -> EnvironmentResult:
    if planned.decision == "unavailable":
        return EnvironmentResult(name=planned.name, status="unavailable", message=planned.reason)
    if planned.decision == "held" and not held:
        return EnvironmentResult(
            name=planned.name,
            status="stale",
            exit_code=4,
            code="plan-overtaken",
            message="held when it was planned, and released since",
            hint=f"Make a new plan:\n  {called.replan}",
        )
    if planned.decision == "held":
        release = f"gitpromote release {called.pipeline} {planned.name}"
        hint = f"Lift the hold, then make a new plan:\n  {release}\n  {called.replan}"
        return EnvironmentResult(name=planned.name, status="held", exit_code=13, message="held", hint=hint, code="held")
    if planned.decision == "blocked":
        return blocked_result(planned, planned.outcomes, called=called)
    return EnvironmentResult(name=planned.name, status="noop", message="nothing to do")


def blocked_result(planned: EnvironmentPlan, outcomes: Sequence[Outcome], *, called: Called) -> EnvironmentResult:
    """Something judged against it, and only a new plan or a decision of people helps."""
    failing = _failing(outcomes)
    newer = not {one.id for one in failing} <= {one.id for one in _failing(planned.outcomes)}
    return EnvironmentResult(
        name=planned.name,
        status="blocked",
        exit_code=13,
        code=failing[0].id if failing else "blocked",
        message=", ".join(dict.fromkeys(one.id for one in failing)),
        detail="\n".join(f"{one.id}: {one.message}" for one in failing),
        hint=f"See what would help:\n  {called.explaining(planned.name, again=newer)}",
    )


def _failing(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if one.binding and one.status in ("fail", "error")]


def waiting_result(
    planned: EnvironmentPlan, outcomes: Sequence[Outcome], *, because: str = "", code: str = ""
) -> EnvironmentResult:
    """Time, another environment or people will change it; the plan stays good.

    :param because: the reason, if it is not among the verdicts; a result says by itself which environment it is about
    """
    if because:
        told = because.removeprefix(f"{planned.name}: ")
        return EnvironmentResult(name=planned.name, status="waiting", exit_code=3, code=code, message=told)
    pending = [one for one in outcomes if one.binding and one.status == "pending"]
    told = "; ".join(f"{one.id}: {one.message}" for one in pending)
    code = "upstream" if [one.id for one in pending] == ["upstream"] else pending[0].id
    return EnvironmentResult(name=planned.name, status="waiting", exit_code=3, code=code, message=told)


def shut_result(planned: EnvironmentPlan, never: Mapping[str, Any], *, called: Called) -> EnvironmentResult:
    """What no time opens; only who waits for it is told so, since the wait would not end.

    :param never: the condition that says so
    """
    return EnvironmentResult(
        name=planned.name,
        status="blocked",
        exit_code=13,
        code="never-opens",
        message=condition_text(never),
        hint=f"See what would help:\n  {called.explaining(planned.name, again=True)}",
    )


def unsure_result(planned: EnvironmentPlan, outcomes: Sequence[Outcome]) -> EnvironmentResult:
    """What cannot be told now and may be later; only who waits for it is told so."""
    errors = [one for one in outcomes if one.binding and one.status == "error"]
    told = "; ".join(f"{one.id}: {one.message}" for one in errors)
    return waiting_result(planned, outcomes, because=told, code=errors[0].id)


def failed_result(planned: EnvironmentPlan, error: GitpromoteError) -> EnvironmentResult:
    """An error that this environment alone ended with."""
    return failure_of(planned.name, error)


def failure_of(name: str, error: GitpromoteError) -> EnvironmentResult:
    """An error as a result of what has this name."""
    return EnvironmentResult(
        name=name,
        status="blocked" if isinstance(error, Blocked) else "failed",
        exit_code=error.exit_code,
        code=error.code,
        message=error.summary,
        detail=error.detail,
        hint=error.hint,
    )


def differences_text(differences: Sequence[Difference]) -> str:
    """One line for each id that is another now, with who changed it where that is known."""
    return "\n".join(map(_difference_text, differences))


def _difference_text(one: Difference) -> str:
    ids = f"planned {(one.planned or 'absent')[:7]}, now {(one.now or 'absent')[:7]}"
    by = f'   {one.commit[:7]} "{one.subject}" ({one.author})' if one.commit else ""
    return f"{one.path or 'the target'}  {ids}{by}"
