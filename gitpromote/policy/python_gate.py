"""A gate of the user: the Outcome that its function gave, over recorded facts, in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from gitpromote.model.gate_plain import PythonGate
from gitpromote.model.outcome import Outcome
from gitpromote.policy.answers import answer_of, operand_text, verdict
from gitpromote.policy.gate_context import GateContext

__all__ = ["judge"]

_STATUSES = frozenset({"pass", "warn", "fail", "pending", "error", "skip"})


def judge(gate: PythonGate, context: GateContext) -> Outcome:
    """What the function said: true or false, or an Outcome; ``error`` where it said nothing that fits."""
    expression = f"{gate.function}(facts)"
    answer = answer_of(gate, context, expression=expression)
    if isinstance(answer, Outcome):
        return answer
    told = answer.value
    if isinstance(told.get("holds"), bool):
        holds = told["holds"]
        return verdict(gate, "pass" if holds else "pending", f"it gives {holds}", expression=expression)
    return _told(gate, told, expression)


def _told(gate: PythonGate, told: Mapping[str, Any], expression: str) -> Outcome:
    status = told.get("status")
    if status not in _STATUSES:
        return verdict(gate, "error", f"it gives {operand_text(told)}, not an Outcome", expression=expression)
    message = operand_text(told.get("message") or f"it says {status}")
    given = {name: told[name] for name in ("threshold", "remedy", "until") if name in told}
    operands = told.get("operands", {})
    try:
        return verdict(gate, status, message, operands=operands, opens=told.get("from"), expression=expression, **given)
    except (ValidationError, ValueError, TypeError):
        return verdict(gate, "error", f"it gives an Outcome that is none: {operand_text(told)}", expression=expression)
