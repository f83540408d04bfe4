"""Expressions: compiled and checked once, evaluated often; a verdict is a value.

An expression that gives no value, because a fact is not known, a key is missing or it runs too long, is an *error*,
which is never true. ``&&`` and ``||`` absorb the error of one side where the other decides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from gitpromote.cel.bind import Bound, Use, bind
from gitpromote.cel.declare import TRUTH, Anything, Declaration, Scalar
from gitpromote.cel.finite import finite
from gitpromote.cel.library import Complaint, Failed, Program, compiled
from gitpromote.cel.names import KINDS
from gitpromote.cel.parse import conjuncts, parse
from gitpromote.cel.problem import ExpressionProblem, InvalidExpression
from gitpromote.cel.tree import Binary

__all__ = ["UNKNOWN", "Expression", "Held", "Operand", "Result", "compile_expression", "problems_in", "value_at"]


class _Unknown:
    """A fact that nobody knows."""

    def __repr__(self) -> str:
        return "not known"


UNKNOWN = _Unknown()


@dataclass(frozen=True, slots=True)
class Operand:
    """A path of an expression and what stood there; ``UNKNOWN`` where nothing did."""

    text: str
    value: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What came out.

    :ivar value: plain Python; ``None`` where there is an error
    :ivar error: why there is no value, or an empty string
    :ivar operands: what was read, in the order of the text
    """

    value: Any
    error: str = ""
    operands: tuple[Operand, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it is true, and not merely something like it."""
        return self.value is True and not self.error

    @property
    def status(self) -> Literal["true", "false", "error", "value"]:
        """``error`` could not tell; ``value`` is neither true nor false."""
        if self.error:
            return "error"
        return "true" if self.value is True else "false" if self.value is False else "value"


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. Two are equal that have one text and one declaration.

    :ivar uses: the paths that it reads, each once
    :ivar live: whether it reads what may change without a new plan
    """

    text: str
    uses: tuple[Use, ...] = field(compare=False)
    live: bool = field(compare=False)
    declaration: Declaration = field(repr=False)
    program: Program = field(repr=False, compare=False)
    truth: bool = True

    def evaluate(self, facts: Mapping[str, Any]) -> Result:
        """Evaluate over facts: nested mappings and lists by the declared names. What is missing is not known."""
        return self.judge(self.read(facts))

    def read(self, facts: Mapping[str, Any]) -> tuple[Any, ...]:
        """What stands at each path of ``uses``, ``UNKNOWN`` where nothing of its type does."""
        return tuple([value_at(facts, use) for use in self.uses])

    def judge(self, values: Sequence[Any]) -> Result:
        """Evaluate over what :meth:`read` gave: equal values, equal result."""
        value = self.value_of(values)
        operands = tuple(Operand(use.text, value) for use, value in zip(self.uses, values, strict=True))
        if isinstance(value, Failed):
            return Result(None, self._reason(value, operands), operands)
        if self.truth and not isinstance(value, bool):
            return Result(None, f"it gives {value!r}, not true or false", operands)
        return Result(value, "", operands)

    def value_of(self, values: Sequence[Any]) -> Any:
        """The bare value, or :class:`Failed`."""
        return self.program.run(self.known(values))

    def known(self, values: Sequence[Any]) -> dict[str, Any]:
        """What is known of the values, as the program takes it: for those who evaluate thousands of times."""
        return {use.variable: value for use, value in zip(self.uses, values, strict=True) if value is not UNKNOWN}

    def _reason(self, failed: Failed, operands: Sequence[Operand]) -> str:
        """The library names a variable that has no value; people know the path that it stands for."""
        for use, operand in zip(self.uses, operands, strict=True):
            if operand.value is UNKNOWN and f'"{use.variable}"' in failed.reason:
                return f"{operand.text} is not known"
        return failed.reason

    def conjuncts(self) -> tuple[Expression, ...]:
        """What ``&&`` joins: the whole holds exactly where each of these does."""
        parts = conjuncts(parse(self.text))
        if len(parts) == 1:
            return (self,)
        return tuple(compile_expression(self.text[part.start : part.end], self.declaration) for part in parts)

    def equality(self) -> tuple[Expression, Expression] | None:
        """The two sides, where it says that one equals the other."""
        node = parse(self.text)
        if not isinstance(node, Binary) or node.sign != "==":
            return None
        sides = [self.text[part.start : part.end] for part in (node.left, node.right)]
        if any(problems_in(side, self.declaration, truth=False) for side in sides):
            return None
        left, right = (compile_expression(side, self.declaration, truth=False) for side in sides)
        return (left, right) if left.program.gives == right.program.gives != "" else None


def problems_in(text: str, declaration: Declaration, *, truth: bool = True) -> list[ExpressionProblem]:
    """Everything that is wrong with an expression, by its place; empty if it can be compiled."""
    try:
        compile_expression(text, declaration, truth=truth)
    except InvalidExpression as error:
        return error.expression_problems
    return []


def compile_expression(text: str, declaration: Declaration, *, truth: bool = True) -> Expression:
    """An expression over declared names, parsed and type-checked.

    :param truth: whether it has to give true or false
    :raises InvalidExpression: with everything that is wrong with it (``expression-invalid``)
    :raises NotSupported: the library for expressions is not there
    """
    known = _known(text, id(declaration), truth, Held(declaration))
    if isinstance(known, InvalidExpression):
        raise InvalidExpression.of(known.expression_problems)
    return known


class Held:
    """Keeps a declaration alive with what was compiled for it, without being part of the key's value."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and self.declaration is other.declaration

    def __hash__(self) -> int:
        return id(self.declaration)


@lru_cache(maxsize=512)
def _known(text: str, _identity: int, truth: bool, held: Held) -> Expression | InvalidExpression:
    try:
        return _compiled(text, held.declaration, truth=truth)
    except InvalidExpression as error:
        return error


def _compiled(text: str, declaration: Declaration, *, truth: bool) -> Expression:
    bound = bind(text, parse(text), declaration)
    if bound.problems:
        raise InvalidExpression.of(bound.problems)
    program = _checked(bound)
    if truth and program.gives not in ("truth", ""):
        optional = program.gives.startswith("optional_type")
        gives = "an optional value" if optional else KINDS.get(program.gives, f"a {program.gives}")
        hint = f'write {text.strip()} == "true"' if _is_label(bound) else ""
        raise InvalidExpression(text, 0, f"it gives {gives}, not true or false", hint)
    uses = tuple(bound.uses.values())
    live = any(declaration.is_live(use.path) for use in uses)
    return Expression(text, uses, live, declaration, program, truth)


def _is_label(bound: Bound) -> bool:
    return len(bound.uses) == 1 and all(isinstance(use.type, Scalar) and use.type.label for use in bound.uses.values())


def _checked(bound: Bound) -> Program:
    """Compile the text that is checked, and, where it is another one, the text that is evaluated."""
    variables = {use.variable: TRUTH if use.asks else use.type for use in bound.uses.values()}
    checked, evaluated = bound.checked.apply(bound.text), bound.evaluated.apply(bound.text)
    program = compiled(checked.text, {**variables, **bound.locals}, checking=True)
    if isinstance(program, list):
        raise InvalidExpression.of([_problem(bound.text, checked.original, one) for one in program])
    gives = program.gives
    program = compiled(evaluated.text, variables)
    if isinstance(program, list):
        raise InvalidExpression.of([_problem(bound.text, evaluated.original, one) for one in program])
    program.gives = gives
    return program


def _problem(text: str, original: Any, complaint: Complaint) -> ExpressionProblem:
    return ExpressionProblem(text, original(complaint.at) if complaint.at >= 0 else 0, complaint.message)


# --- facts


def value_at(facts: Mapping[str, Any], use: Use) -> Any:
    """What stands at a path, fit for its type."""
    value: Any = facts
    *above, last = use.path
    for name in above:
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping):
        return UNKNOWN
    found = value.get(last)
    try:
        if isinstance(use.type, Anything):  # here null is a value, and not a gap
            return _as_told(found) if last in value else UNKNOWN
        if use.asks:
            return found is not None
        return _fit(found, use.type) if isinstance(use.type, Scalar) else UNKNOWN if found is None else _plain(found)
    except ValueError:  # a number in it is none: nothing can be told of the whole
        return UNKNOWN


def _fit(value: Any, kind: Scalar) -> Any:
    """A value of this type, otherwise ``UNKNOWN``: neither 1 nor "true" is true."""
    match kind.name:
        case "text" if isinstance(value, str):
            text = _whole_text(value)
            return next((word for word in kind.words if word.lower() == text.lower()), text)
        case "whole" if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
            return value
        case "decimal" if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value) if math.isfinite(value) else UNKNOWN
        case "truth" if isinstance(value, bool):
            return value
        case "time" if isinstance(value, datetime) and value.tzinfo is not None:
            return value
    return UNKNOWN


def _plain(value: Any) -> Any:
    """Lists and dictionaries of plain values, without what is not known."""
    if isinstance(value, Mapping):
        return {_whole_text(str(key)): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo is not None else None
    return _whole_text(value) if isinstance(value, str) else finite(value)


def _as_told(value: Any) -> Any:
    """Data of JSON as it stands."""
    if isinstance(value, Mapping):
        return {_whole_text(str(key)): _as_told(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_told(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return finite(math.inf if value.bit_length() > 1000 else float(value))  # JSON knows no whole numbers
    return _whole_text(value) if isinstance(value, str) else finite(value)


def _whole_text(text: str) -> str:
    """Half characters, which Git may give, cannot be passed on."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8", "replace")
