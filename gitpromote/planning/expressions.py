"""Expressions in what decides where Freight goes: who judges them, and what they may name.

Reading them takes a library that few pipelines need, so it is loaded where the first expression is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from gitpromote.model.freight import Freight
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Intent


class Truth(NamedTuple):
    """What came out of an expression.

    :ivar holds: ``None`` where it could not be told
    :ivar message: why, for people
    :ivar operands: what it read
    """

    holds: bool | None
    message: str = ""
    operands: Mapping[str, Any] = {}


Ask: TypeAlias = Callable[[str, Mapping[str, Any]], Truth]
"""An expression and its variables -> its Truth. Never raises."""


def evaluate(expression: str, variables: Mapping[str, Any]) -> Truth:
    """An expression over what it may name. What cannot be read, or is not known, is told and does not hold."""
    from gitpromote.cel.contexts import gates
    from gitpromote.cel.expression import UNKNOWN, compile_expression
    from gitpromote.cel.problem import InvalidExpression

    try:
        result = compile_expression(expression, gates()).evaluate(variables)
    except InvalidExpression as error:
        return Truth(None, error.detail.partition("\n")[0])
    operands = {one.text: "not known" if one.value is UNKNOWN else one.value for one in result.operands}
    if result.error:
        return Truth(None, result.error, operands)
    told = ", ".join(f"{text} is {value}" for text, value in operands.items() if isinstance(value, str | int))
    return Truth(result.holds, told, operands)


def freight_variables(freight: Freight, intent: Intent | None) -> dict[str, Any]:
    """``freight``, and ``bundle`` by its other name."""
    from gitpromote.cel.facts import freight_facts

    asked = {"target": intent.target if intent else None, "skip": list(intent.skip) if intent else []}
    told = freight_facts(freight) | {"intent": asked}
    return {"freight": told, "bundle": told}


def environment_variables(resolved: ResolvedEnvironment) -> dict[str, Any]:
    """``environment``."""
    from gitpromote.cel.facts import environment_facts

    facts = environment_facts(
        resolved.name, production=resolved.production, delivery=resolved.delivery, labels=resolved.labels
    )
    return {"environment": facts}
