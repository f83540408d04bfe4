"""What people compare, made comparable: labels with ``true``, closed words in any capitals, decimals with integers."""

from __future__ import annotations

from collections.abc import Iterable

from gitpromote.cel.declare import Scalar, Type
from gitpromote.cel.problem import ExpressionProblem
from gitpromote.cel.tokens import quoted_text
from gitpromote.cel.tree import Binary, ListOf, Literal, Node, Unary
from gitpromote.model.names import did_you_mean, one_of, quoted

__all__ = ["adapted"]

Edit = tuple[int, int, str]


def adapted(
    text: str, node: Binary, left: Type | None, right: Type | None
) -> tuple[list[Edit], list[ExpressionProblem]]:
    """Edits that make the two sides comparable, and words that do not exist."""
    edits: list[Edit] = []
    problems: list[ExpressionProblem] = []
    for kind, other, other_kind in ((left, node.right, right), (right, node.left, left)):
        if not isinstance(kind, Scalar):
            continue
        if kind.words:
            for literal in _texts(other):
                edits += _word(text, literal, kind, problems)
        if kind.label and node.sign in ("==", "!=") and isinstance(other, Literal) and other.kind == "bool":
            edits.append((other.start, other.end, quoted_text(text[other.start : other.end].strip("() "))))
        if kind.name == "decimal":
            edits += _as_decimal(text, other, other_kind)
    return edits, problems


def _texts(node: Node) -> Iterable[Literal]:
    found = node.items if isinstance(node, ListOf) else (node,)
    return [one for one in found if isinstance(one, Literal) and one.text is not None]


def _word(text: str, literal: Literal, kind: Scalar, problems: list[ExpressionProblem]) -> list[Edit]:
    given = literal.text or ""
    known = next((word for word in kind.words if word.lower() == given.lower()), None)
    if known is None:
        hint = did_you_mean(given, kind.words, quote='"') or f"there is {one_of(map(quoted, kind.words))}"
        problems.append(ExpressionProblem(text, literal.start, f"it is never {quoted(given)}", hint))
        return []
    return [(literal.start, literal.end, quoted_text(known))]


def _as_decimal(text: str, node: Node, kind: Type | None) -> list[Edit]:
    if isinstance(node, Unary) and node.sign == "-":
        return _as_decimal(text, node.operand, kind)
    if isinstance(node, Literal) and node.kind == "int":
        return [(node.start, node.start, "double("), (node.end, node.end, ")")]
    if isinstance(kind, Scalar) and kind.name == "whole":
        return [(node.start, node.start, "double("), (node.end, node.end, ")")]
    return []
