"""Which facts have to change so that an expression becomes true, of those that it reads.

Of what ``&&`` joins the parts that are false now; of what ``||`` joins all that can hold; below ``!`` the other way
round; of ``a ? b : c`` what the condition chooses now, and the condition only where that can never come out otherwise.
So an expression that is false stays so while none of these facts changes and its conditions choose as they do now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from gitpromote.cel.bind import Use
from gitpromote.cel.declare import Scalar
from gitpromote.cel.expression import Expression, compile_expression
from gitpromote.cel.parse import parse
from gitpromote.cel.problem import InvalidExpression
from gitpromote.cel.tree import Binary, Literal, Node, Ternary, Unary

__all__ = ["needed"]

#: How many values are tried to see whether a comparison can hold at all.
_MOST = 2000
_CLOCK: Mapping[tuple[str, ...], range] = {("schedule", "hour"): range(24), ("schedule", "minute"): range(60)}
_ORDERS = frozenset({"==", "!=", "<", "<=", ">", ">="})

_Facts = frozenset[tuple[tuple[str, ...], bool]]
_NONE: _Facts = frozenset()


def needed(expression: Expression, facts: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The paths, as the expression has them and in its order, of which one at least has to change.

    Empty where no fact makes it true; ``None`` where nobody can tell, or where it is not false.
    """
    blame = _Blame(expression, facts)
    try:
        node = parse(expression.text)
        if blame.value(node) is not False:
            return None
        found = blame.of(node, wanted=True)
    except InvalidExpression:  # a part that does not stand alone
        return None
    return tuple(use.text for use in expression.uses if _key(use) in found)


def _key(use: Use) -> tuple[tuple[str, ...], bool]:
    return use.path, use.asks


class _Blame:
    def __init__(self, expression: Expression, facts: Mapping[str, Any]) -> None:
        self._expression, self._facts = expression, facts

    def _part(self, node: Node) -> Expression:
        text = self._expression.text[node.start : node.end]
        return compile_expression(text, self._expression.declaration, truth=False)

    def value(self, node: Node) -> Any:
        """What a part gives now; neither true nor false where that cannot be told."""
        part = self._part(node)
        return part.value_of(part.read(self._facts))

    def of(self, node: Node, *, wanted: bool) -> _Facts:
        """What has to change so that a part gives what it does not give now; empty where nothing helps."""
        match node:
            case Unary(sign="!"):
                return self.of(node.operand, wanted=not wanted)
            case Binary(sign="&&" | "||"):
                return self._joined(node, wanted=wanted)
            case Ternary():
                return self._chosen(node, wanted=wanted)
            case Literal():
                return _NONE
        part = self._part(node)
        return frozenset(map(_key, part.uses)) if _can_be(part, node, wanted) else _NONE

    def _joined(self, node: Binary, *, wanted: bool) -> _Facts:
        parts = [one for one in _parts(node, node.sign) if self.value(one) is (not wanted)]
        found = [self.of(one, wanted=wanted) for one in parts]
        together = (node.sign == "&&") is wanted
        return _NONE if together and not all(found) else _NONE.union(*found)

    def _chosen(self, node: Ternary, *, wanted: bool) -> _Facts:
        condition = self.value(node.condition)
        if not isinstance(condition, bool):
            return frozenset(map(_key, self._part(node).uses))
        taken, other = (node.then, node.otherwise) if condition else (node.otherwise, node.then)
        if found := self.of(taken, wanted=wanted):
            return found
        helps = self.value(other) is not (not wanted) or self.of(other, wanted=wanted)
        return self.of(node.condition, wanted=not condition) if helps else _NONE


def _parts(node: Node, sign: str) -> Iterator[Node]:
    """What one sign joins, from left to right."""
    if isinstance(node, Binary) and node.sign == sign:
        yield from _parts(node.left, sign)
        yield from _parts(node.right, sign)
    else:
        yield node


# -- whether a comparison can hold at all


def _can_be(part: Expression, node: Node, wanted: bool) -> bool:
    """Whether some values give this; so too where there are too many to try."""
    domains = [_domain(use, node, part.text) for use in part.uses]
    if not all(one is not None for one in domains):
        return True
    every = list(islice(product(*(one for one in domains if one is not None)), _MOST + 1))
    return len(every) > _MOST or any(part.value_of(values) is wanted for values in every)


def _domain(use: Use, node: Node, text: str) -> Sequence[Any] | None:
    """The values that matter of a fact: all that there are, or of a number those beside the one it is held against."""
    if use.asks or (isinstance(use.type, Scalar) and use.type.name == "truth"):
        return (True, False)
    if use.path in _CLOCK:
        return _CLOCK[use.path]
    if not isinstance(use.type, Scalar):
        return None
    if use.type.words:
        return use.type.words
    number = _compared(node, text) if use.type.name == "whole" else None
    return None if number is None else [one for one in (0, number - 1, number, number + 1) if one >= 0]


def _compared(node: Node, text: str) -> int | None:
    """The whole number that a path alone is compared with: what gates name are counts, and never less than 0."""
    if not isinstance(node, Binary) or node.sign not in _ORDERS:
        return None
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, Literal) and one.kind == "int" and type(other).__name__ in ("Select", "Index", "Name"):
            digits = text[one.start - node.start : one.end - node.start].strip("() ")
            return int(digits) if digits.isdecimal() and len(digits) < 18 else None
    return None
