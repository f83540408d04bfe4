"""Gates that judge only where their ``when`` is true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitpromote.model.gate import Gate
from gitpromote.model.outcome import Outcome
from gitpromote.policy.answers import operand_text, verdict
from gitpromote.policy.gate_context import GateContext

__all__ = ["not_asked"]

#: The worst counts: where one Freight has a gate asked, it is asked.
_ORDER = ("false", "true", "error")


def not_asked(gate: Gate, context: GateContext) -> Outcome | None:
    """``skip`` where a gate does not judge this change, ``error`` where that cannot be told; ``None``: it judges."""
    if not gate.when:
        return None
    from gitpromote.cel.contexts import when  # few gates have a condition
    from gitpromote.cel.expression import UNKNOWN, compile_expression
    from gitpromote.cel.problem import InvalidExpression

    try:
        expression = compile_expression(gate.when, when())
    except InvalidExpression as error:
        return verdict(gate, "error", f"when: {error.detail.partition(chr(10))[0]}", reads="fixed")
    results = [expression.evaluate(one) for one in context.variables(context.as_of)]
    result = max(results, key=lambda one: _ORDER.index(one.status) if one.status in _ORDER else len(_ORDER))
    if result.holds:
        return None
    operands = {one.text: "not known" if one.value is UNKNOWN else one.value for one in result.operands}
    if result.error:
        return verdict(gate, "error", f"when: {result.error}", reads="fixed", operands=_shown(operands))
    told = ", ".join(f"{text} is {_text(value)}" for text, value in operands.items() if not _is_large(value))
    return verdict(gate, "skip", f"not asked: {told or gate.when}", reads="fixed", operands=_shown(operands))


def _shown(operands: Mapping[str, Any]) -> dict[str, Any]:
    """As they stand in a plan."""
    return {text: value for text, value in operands.items() if isinstance(value, str | int)}


def _is_large(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else operand_text(value) or '""'
