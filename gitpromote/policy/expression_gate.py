"""A CEL expression as a gate: whether it holds for every Freight that would enter, and when that changes by time alone.

It is pending where it reads anything live, and fails where it reads only what the plan holds. What cannot be told is an
error: a fact that is not known, a division by zero, a loop beyond the budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gitpromote.errors import GitpromoteError
from gitpromote.model.canonical import plain_number
from gitpromote.model.gate_plain import CEL
from gitpromote.model.outcome import Outcome
from gitpromote.policy import local_time
from gitpromote.policy.answers import operand_text, verdict
from gitpromote.policy.gate_context import GateContext
from gitpromote.policy.turning import AHEAD, turn

if TYPE_CHECKING:
    from gitpromote.cel.declare import Declaration
    from gitpromote.cel.expression import Expression, Result

__all__ = ["judge"]

_NOT_KNOWN = "not known"
#: What an expression may name that time alone changes.
_TIME = ("schedule", "changewindow")
_ORDER = ("true", "false", "error")


def judge(gate: CEL, context: GateContext) -> Outcome:
    """The verdict of an expression; of several Freight the worst counts."""
    try:
        where = local_time.zone(gate.tz)
        facts = _facts(gate, context, context.as_of)
        expression = _compiled(gate, facts[0])
    except (GitpromoteError, local_time.UnknownZoneError) as error:
        return verdict(gate, "error", _one_line(error), expression=gate.expression)
    results = [expression.evaluate(one) for one in facts]
    result, worst = max(zip(results, facts, strict=True), key=lambda one: _ORDER.index(one[0].status))
    live = expression.live
    status = {"true": "pass", "false": "pending" if live else "fail"}.get(result.status, "error")
    change = None
    if live and result.status != "error":

        def holds(at: int) -> bool:
            return all(expression.evaluate(one).holds for one in _facts(gate, context, at))

        change = turn(
            expression, holds, now=context.as_of, where=where, values=_values(result), windows=context.windows
        )
    never = status == "pending" and change is None and all(one.path[0] in _TIME for one in expression.uses)
    ahead = {"never": context.as_of + AHEAD} if never else {}
    return verdict(
        gate,
        status,  # type: ignore[arg-type]  # one of three
        _message(result) + ("; not true at any moment of the next two weeks" if never else ""),
        reads="live" if live else "fixed",
        operands={**_operands(result), **ahead, **_needs(result, worst, expression)},
        opens=change if status == "pending" else None,
        until=change if status == "pass" else None,
        expression=gate.expression,
        threshold="true",
    )


def _facts(gate: CEL, context: GateContext, at: int) -> Sequence[Mapping[str, Any]]:
    """What it may name at a moment, with the clock of its time zone."""
    now = local_time.schedule(at, local_time.zone(gate.tz))
    return [_WithSchedule(one, now) for one in context.variables(at)]


class _WithSchedule(Mapping[str, Any]):
    """Facts with ``schedule`` beside them. The others may be worked out at their first use, so they are not copied."""

    __slots__ = ("_facts", "_schedule")

    def __init__(self, facts: Mapping[str, Any], schedule: Mapping[str, Any]) -> None:
        self._facts = facts
        self._schedule = schedule

    def __getitem__(self, name: str) -> Any:
        return self._schedule if name == "schedule" else self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self._facts), "schedule": None})

    def __len__(self) -> int:
        return len(set(self._facts) | {"schedule"})


# -- the expression


def _compiled(gate: CEL, facts: Mapping[str, Any]) -> Expression:
    """Over the environments, metrics and windows that there are: those that facts have, known or not."""
    from gitpromote.cel.expression import compile_expression

    tables = ("upstream", "metrics", "changewindow")
    return compile_expression(gate.expression, _declared(*(tuple(facts.get(name) or ()) for name in tables)))


@lru_cache(maxsize=64)
def _declared(environments: tuple[str, ...], metrics: tuple[str, ...], windows: tuple[str, ...]) -> Declaration:
    """One declaration for equal names, since what is compiled is kept for it."""
    from gitpromote.cel.contexts import gates

    return gates(environments=environments, metrics=metrics, windows=windows)


def _one_line(error: Exception) -> str:
    detail = error.detail if isinstance(error, GitpromoteError) else str(error)
    return detail.partition("\n")[0] or str(error)


# -- for people


def _operands(result: Result) -> Mapping[str, Any]:
    return {one.text: _plain(one.value) for one in result.operands}


def _needs(result: Result, facts: Mapping[str, Any], expression: Expression) -> Mapping[str, Any]:
    """Which of what it reads has to change, where that is not all of it."""
    if result.status != "false":
        return {}
    from gitpromote.cel.needed import needed

    found = needed(expression, facts)
    return {} if found is None or len(found) == len(result.operands) else {"needs": list(found)}


def _values(result: Result) -> Mapping[str, Any]:
    return {one.text: one.value for one in result.operands}


def _message(result: Result) -> str:
    told = ", ".join(f"{one.text} is {_shown(one.value)}" for one in result.operands if not _is_large(one.value))
    if result.error:
        missing = result.error.endswith(f"is {_NOT_KNOWN}")
        return result.error if missing or not told else f"{result.error}: {told}"
    return told or ("it is true" if result.holds else "it is false")


def _is_large(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else operand_text(value) if value != "" else '""'


def _plain(value: Any) -> Any:
    """As it stands in a plan."""
    if isinstance(value, float):
        return plain_number(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int) or value is None else _NOT_KNOWN
