"""The parts of an expression. ``start`` and ``end`` are offsets in its text, brackets around a part included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "Binary",
    "Call",
    "Index",
    "ListOf",
    "Literal",
    "MapOf",
    "Name",
    "Node",
    "Select",
    "Ternary",
    "Unary",
    "children",
    "depth",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(_Part):
    """``upstream``"""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(_Part):
    """``"text"``, ``3``, ``3u``, ``0.5``, ``true``, ``null``; ``text`` is the value of a string."""

    kind: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(_Part):
    """``operand.field``; ``at`` is where the field stands; ``optional`` is ``operand.?field``."""

    operand: Node
    field: str
    at: int
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(_Part):
    """``operand[index]``; ``optional`` is ``operand[?index]``."""

    operand: Node
    index: Node
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(_Part):
    """``name(arguments)`` or ``target.name(arguments)``; ``at`` is where the name stands."""

    target: Node | None
    name: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(_Part):
    """``!operand``, ``-operand``"""

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(_Part):
    """``left && right`` and its like; ``at`` is where the sign stands."""

    sign: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ternary(_Part):
    """``condition ? then : otherwise``"""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf(_Part):
    """``[a, b]``"""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf(_Part):
    """``{"a": 1}``"""

    entries: tuple[tuple[Node, Node], ...]


Node: TypeAlias = Name | Literal | Select | Index | Call | Unary | Binary | Ternary | ListOf | MapOf


def children(node: Node) -> tuple[Node, ...]:
    """The parts directly below, from left to right."""
    match node:
        case Name() | Literal():
            return ()
        case Select() | Unary():
            return (node.operand,)
        case Index():
            return (node.operand, node.index)
        case Call():
            return (*((node.target,) if node.target else ()), *node.arguments)
        case Binary():
            return (node.left, node.right)
        case Ternary():
            return (node.condition, node.then, node.otherwise)
        case ListOf():
            return node.items
        case MapOf():
            return tuple(part for entry in node.entries for part in entry)


def depth(node: Node) -> int:
    """How many parts lie below one another. Without recursion: it says whether recursion is safe."""
    level, deepest = [node], 0
    while level:
        deepest += 1
        level = [child for one in level for child in children(one)]
    return deepest
