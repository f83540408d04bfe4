"""Tokens to a tree: the grammar of CEL, without messages.

The library that evaluates gives no tree; this one finds operands and conjuncts, and says what is wrong in our words.
What it lets through, the library still has to compile.
"""

from __future__ import annotations

from dataclasses import replace

from gitpromote.cel.problem import InvalidExpression
from gitpromote.cel.tokens import Token, text_of, tokens
from gitpromote.cel.tree import (
    Binary,
    Call,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Node,
    Select,
    Ternary,
    Unary,
    depth,
)

__all__ = ["LONGEST", "conjuncts", "parse"]

#: Characters.
LONGEST = 10_000
#: The library's own limit is 32, counted in another way.
_DEEPEST = 40
_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
_TOO_DEEP = "it is nested too deeply"
_WORDS = {"and": "&&", "or": "||", "not": "!", "is": "==", "AND": "&&", "OR": "||", "NOT": "!"}
_LITERALS = {"true": "bool", "false": "bool", "null": "null"}
_KEYWORDS = frozenset({*_LITERALS, "in"})
_PYTHON = {"True": "true", "False": "false", "None": "null"}


def parse(text: str) -> Node:
    """The tree of an expression.

    :raises InvalidExpression: it does not parse; the place and what was expected there
    """
    if len(text) > LONGEST:
        raise InvalidExpression(text, LONGEST, f"it has {len(text)} characters, and {LONGEST} are allowed")
    if not text.strip():
        raise InvalidExpression(text, 0, "it is empty")
    node = _Parser(text).whole()
    if depth(node) > 2 * _DEEPEST:
        raise InvalidExpression(text, 0, _TOO_DEEP)
    return node


def conjuncts(node: Node) -> list[Node]:
    """The parts that ``&&`` joins at the top, from left to right."""
    if isinstance(node, Binary) and node.sign == "&&":
        return [*conjuncts(node.left), *conjuncts(node.right)]
    return [node]


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def whole(self) -> Node:
        node = self.expression()
        if self.next.kind != "end":
            raise self.unexpected("an operator")
        return node

    def unexpected(self, wanted: str) -> InvalidExpression:
        token = self.next
        if token.kind == "end":
            return InvalidExpression(self.text, len(self.text.rstrip()), f"it ends where {wanted} should stand")
        word = _WORDS.get(token.text) if token.kind == "name" else None
        hint = f"write {word}" if word else "write ==" if token.text == "=" else ""
        return InvalidExpression(self.text, token.start, f"{token.text} stands where {wanted} should", hint)

    def accept(self, *signs: str) -> Token | None:
        token = self.next
        if token.text in signs and (token.kind == "sign" or token.text == "in"):
            self.at += 1
            return token
        return None

    def expect(self, sign: str) -> Token:
        token = self.accept(sign)
        if token is None:
            raise self.unexpected(sign)
        return token

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise InvalidExpression(self.text, self.next.start, _TOO_DEEP)
        node = self.level(0)
        if self.accept("?"):
            then = self.level(0)
            self.expect(":")
            otherwise = self.expression()
            node = Ternary(start=node.start, end=otherwise.end, condition=node, then=then, otherwise=otherwise)
        self.depth -= 1
        return node

    def level(self, number: int) -> Node:
        if number == len(_LEVELS):
            return self.unary()
        parts, signs = [self.level(number + 1)], list[Token]()
        while token := self.accept(*_LEVELS[number]):
            signs.append(token)
            parts.append(self.level(number + 1))
        return _balanced(parts, signs) if number < 2 else _leftmost(parts, signs)

    def unary(self) -> Node:
        signs: list[Token] = []
        while token := self.accept(signs[0].text) if signs else self.accept("!", "-"):
            signs.append(token)
        if len(signs) > _DEEPEST:
            raise InvalidExpression(self.text, signs[0].start, _TOO_DEEP)
        node = self.member()
        for token in reversed(signs):
            node = Unary(start=token.start, end=node.end, sign=token.text, operand=node)
        return node

    def member(self) -> Node:
        node = self.primary()
        for _ in range(_DEEPEST):
            if self.accept("."):
                node = self.field(node)
            elif self.accept("["):
                optional = self.accept("?") is not None
                index = self.expression()
                node = Index(start=node.start, end=self.expect("]").end, operand=node, index=index, optional=optional)
            else:
                return node
        raise InvalidExpression(self.text, self.next.start, _TOO_DEEP)

    def field(self, operand: Node) -> Node:
        optional = self.accept("?") is not None
        token = self.next
        if token.kind not in ("name", "escaped") or token.text in _KEYWORDS:
            raise self.unexpected("the name of a field")
        self.at += 1
        name = token.text.strip("`")
        if token.kind == "name" and not optional and self.accept("("):
            arguments, end = self.items(")")
            return Call(start=operand.start, end=end, target=operand, name=name, arguments=arguments, at=token.start)
        return Select(
            start=operand.start, end=token.end, operand=operand, field=name, at=token.start, optional=optional
        )

    def items(self, closing: str) -> tuple[tuple[Node, ...], int]:
        found: list[Node] = []
        while not (token := self.accept(closing)):
            if closing == "]":
                self.accept("?")  # an item that is there if it has a value
            found.append(self.expression())
            comma = self.accept(",")
            if not comma and self.next.text != closing:
                raise self.unexpected(f", or {closing}")
            if comma and closing == ")" and self.next.text == closing:
                raise self.unexpected("a value")
        return tuple(found), token.end

    def primary(self) -> Node:
        token = self.next
        if token.kind in ("string", "double", "int"):
            self.at += 1
            return _literal(token)
        if token.kind == "name" and token.text != "in":
            self.at += 1
            return self.named(token)
        if token.text == "-" and self.tokens[self.at + 1].kind in ("int", "double"):
            return self.unary()
        if self.accept("("):
            node = self.expression()
            return replace(node, start=token.start, end=self.expect(")").end)
        if self.accept("["):
            items, end = self.items("]")
            return ListOf(start=token.start, end=end, items=items)
        if self.accept("{"):
            return self.entries(token)
        if self.accept("."):
            return self.unqualified(token)
        raise self.unexpected("a value")

    def unqualified(self, dot: Token) -> Node:
        """``.name``: a name from the root, which is where all of ours are."""
        if self.next.kind != "name" or self.next.text in _KEYWORDS:
            raise self.unexpected("a name")
        return replace(self.primary(), start=dot.start)

    def named(self, token: Token) -> Node:
        if token.text in _LITERALS:
            return Literal(start=token.start, end=token.end, kind=_LITERALS[token.text])
        if token.text in _PYTHON:
            raise InvalidExpression(self.text, token.start, f"there is no {token.text}", f"write {_PYTHON[token.text]}")
        if token.text in _WORDS and self.next.kind != "sign":
            raise InvalidExpression(self.text, token.start, f"CEL has no {token.text}", f"write {_WORDS[token.text]}")
        if self.accept("("):
            arguments, end = self.items(")")
            return Call(start=token.start, end=end, target=None, name=token.text, arguments=arguments, at=token.start)
        return Name(start=token.start, end=token.end, name=token.text)

    def entries(self, opening: Token) -> Node:
        found: list[tuple[Node, Node]] = []
        while not (token := self.accept("}")):
            self.accept("?")
            key = self.expression()
            self.expect(":")
            found.append((key, self.expression()))
            if not self.accept(",") and self.next.text != "}":
                raise self.unexpected(", or }")
        return MapOf(start=opening.start, end=token.end, entries=tuple(found))


def _joined(left: Node, sign: Token, right: Node) -> Node:
    return Binary(start=left.start, end=right.end, sign=sign.text, left=left, right=right, at=sign.start)


def _leftmost(parts: list[Node], signs: list[Token]) -> Node:
    node = parts[0]
    for sign, right in zip(signs, parts[1:], strict=True):
        node = _joined(node, sign, right)
    return node


def _balanced(parts: list[Node], signs: list[Token]) -> Node:
    """``&&`` and ``||`` mean the same however they are grouped: hundreds of them make no deep tree."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left = _balanced(parts[:half], signs[: half - 1])
    return _joined(left, signs[half - 1], _balanced(parts[half:], signs[half:]))


def _literal(token: Token) -> Literal:
    if token.kind == "string":
        text = text_of(token.text)
        return Literal(start=token.start, end=token.end, kind="bytes" if text is None else "string", text=text)
    kind = "uint" if token.kind == "int" and token.text[-1] in "uU" else token.kind
    return Literal(start=token.start, end=token.end, kind=kind)
