"""What may go at another moment, beside what may go now."""

from __future__ import annotations

from collections.abc import Iterable

from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Decision, EnvironmentPlan, Plan
from gitpromote.model.turn import Turn
from gitpromote.model.words import clean
from gitpromote.views.environments import DECISION_STYLES, decision_text
from gitpromote.views.explaining import why_text
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.time import first_minute, instant

__all__ = ["forecast_view", "simulation_view"]

_STANDING = ("pending", "fail", "error")
_WORDS = {"noop": "no change"}
_STATUSES = {
    **dict.fromkeys(("pass", "warn"), "passed"),
    "pending": "pending",
    "fail": "failed",
    "error": "an error",
    "skip": "skipped",
}


def simulation_view(now: Plan, then: Plan, *, width: int | None = None) -> list[Line]:
    """Both moments, one row per environment, and in a line what is different then."""
    rows = [_row(before, after, then.as_of) for before, after in zip(now.environments, then.environments, strict=True)]
    return [
        line(f"Now is {instant(now.as_of)}; then is ", Span(instant(then.as_of), "strong"), "."),
        (),
        *(table([_heading("ENVIRONMENT", "NOW", "THEN", "WHY"), *rows], width=width) if rows else []),
        *([()] if rows else []),
        line(Span(_summary(now, then), "strong")),
        line(Span("What is recorded is taken to stay as it is, and nothing is written.", "faint")),
    ]


def forecast_view(turns: Iterable[Turn], *, now: int, start: int, until: int, width: int | None = None) -> list[Line]:
    """One row for each change of a decision."""
    rows = [
        [
            Span(first_minute(one.at, now=now)),
            Span(one.environment, "strong"),
            Span(_decision(one.decision, one.reason), DECISION_STYLES.get(one.decision, "")),
        ]
        for one in turns
    ]
    return [
        line(f"From {instant(start)} until {instant(until)}"),
        (),
        *table([_heading("FROM", "ENVIRONMENT", "DECISION"), *rows], width=width),
        (),
        line(Span("What is recorded is taken to stay as it is, and nothing is written.", "faint")),
    ]


def _heading(*words: str) -> list[Span]:
    return [Span(word, "faint") for word in words]


def _row(before: EnvironmentPlan, after: EnvironmentPlan, at: int) -> list[Span]:
    return [
        Span(after.name, "strong"),
        Span(decision_text(before), DECISION_STYLES.get(before.decision, "")),
        Span(decision_text(after), DECISION_STYLES.get(after.decision, "")),
        Span(_why(before, after, at)),
    ]


def _why(before: EnvironmentPlan, after: EnvironmentPlan, at: int) -> str:
    """What stands in the way then; of what is unavailable, why. Where both read the same, what is otherwise now."""
    if after.decision in ("unavailable", "held"):
        return clean(after.reason)
    told = [f"{clean(one.id)}: {why_text(one, now=at)}" for one in _standing(after)]
    if decision_text(before) == decision_text(after):
        told += _otherwise(before, after)
    return "; ".join(told)


def _otherwise(before: EnvironmentPlan, after: EnvironmentPlan) -> list[str]:
    """``now soak is pending``: the verdicts that stand in the way at one of both moments, as they are now."""
    now, then = ({one.id: one.status for one in _standing(each)} for each in (before, after))
    every = {one.id: one.status for one in before.outcomes}
    differ = [name for name in dict.fromkeys((*now, *then)) if now.get(name) != then.get(name)]
    return [f"now {clean(name)} is {_STATUSES.get(every.get(name, ''), 'not judged')}" for name in differ]


def _standing(environment: EnvironmentPlan) -> list[Outcome]:
    """What stands in the way: of two that are blocked, another policy may be what blocks."""
    if environment.decision not in ("waiting", "blocked"):
        return []  # what does not change, or is held, waits for no verdict
    return [one for one in environment.outcomes if one.binding and one.status in _STANDING]


def _decision(decision: Decision, reason: str) -> str:
    word = _WORDS.get(decision, decision)
    return f"{word}: {clean(reason)}" if decision in ("waiting", "blocked") and reason else word


def _summary(now: Plan, then: Plan) -> str:
    """``Then: 1 ready, 2 waiting, 0 blocked, 1 no change; 1 other than now.`` As many as there are rows."""
    decisions = [one.decision for one in then.environments]
    waiting = sum(decisions.count(word) for word in ("waiting", "held", "unavailable"))
    other = sum(_verdict(one) != _verdict(two) for one, two in zip(now.environments, then.environments, strict=True))
    told = f"Then: {decisions.count('ready')} ready, {waiting} waiting, {decisions.count('blocked')} blocked"
    told += f", {decisions.count('noop')} {_WORDS['noop']}; " if "noop" in decisions else "; "
    return told + (f"{other} other than now." if other else f"{_as_now(then)}.")


def _verdict(one: EnvironmentPlan) -> tuple[str, frozenset[tuple[str, str]]]:
    """The decision, and what stands in the way."""
    return one.decision, frozenset((each.id, each.status) for each in _standing(one))


def _as_now(then: Plan) -> str:
    """Whoever names Freight is told that now is judged with it, too."""
    named = then.request.freight is not None
    return "the same as now with this Freight" if named else "the same as now"
