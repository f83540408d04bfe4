"""Why an Environment's gates hold or not: every outcome with its operands, and when it opens."""

from __future__ import annotations

from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.views.environments import changes_text, decision_text, ways_out
from gitpromote.views.journey import aliases, planned_there
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.opening import opening
from gitpromote.views.text import clean, short_commit
from gitpromote.views.time import instant

STATUS_STYLES = {"pass": "good", "warn": "wait", "pending": "wait", "fail": "bad", "error": "bad", "skip": "faint"}


def explanation(plan: Plan, environment: EnvironmentPlan, *, width: int | None = None) -> list[Line]:
    """The Environment's head line, every verdict, the steps that would be taken, and the change's digest."""
    rows = [_outcome_row(outcome, now=plan.as_of) for outcome in environment.outcomes]
    return [
        _head(plan, environment),
        *(table(rows, width=width) or [line("  ", Span("nothing stands in the way: no gate is configured", "faint"))]),
        *ways_out(plan, environment),
        line("  ", _steps_text(environment)),
        line("  ", Span(_target_text(plan, environment), "faint")),
    ]


def _head(plan: Plan, environment: EnvironmentPlan) -> Line:
    words = [environment.name, aliases(planned_there(plan, environment)), decision_text(environment)]
    when = opening(environment, now=plan.as_of)
    if environment.decision == "unavailable":
        when = clean(environment.reason)
    if when and environment.decision == "waiting":
        when = f"opens {when}"
    return line(Span(" · ".join([*words, *([when] if when else [])]), "strong"))


def _outcome_row(outcome: Outcome, *, now: int) -> list[Span]:
    level = f"   ({outcome.level})" if outcome.level != "hard" else ""
    text = clean(outcome.message) + _times(outcome, now) + level
    return [Span(outcome.status, STATUS_STYLES[outcome.status]), Span(clean(outcome.id)), Span(text)]


def _times(outcome: Outcome, now: int) -> str:
    if outcome.status == "pending" and outcome.from_ is not None:
        return f"; opens {instant(outcome.from_, now=now)}"
    since = f" since {instant(outcome.from_, now=now)}" if outcome.from_ is not None else ""
    until = f", until {instant(outcome.until, now=now)}" if outcome.until is not None else ""
    return since + until


def _steps_text(environment: EnvironmentPlan) -> str:
    kinds = " -> ".join(step.kind for step in environment.steps)
    return f"steps: {kinds}   ({changes_text(environment)})" if kinds else "steps: none"


def _target_text(plan: Plan, environment: EnvironmentPlan) -> str:
    target = environment.target
    basis = plan.basis.repositories.get(target.repository)
    head = basis.refs.get(target.ref) if basis is not None else None
    if target.kind == "none":
        return "no target: a point of control"
    place = target.ref.removeprefix("refs/heads/") + (f":{target.path}" if target.path else "")
    return f"target: {place} at {short_commit(head)}   change {environment.change_digest}"
