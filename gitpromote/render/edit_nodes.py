"""A YAML document as nodes that know where in the text they stand, for edits that touch nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from gitpromote.render.yaml_scalar import KeyMemo
from gitpromote.render.yaml_text import open_parser

__all__ = ["Node", "compose", "descendants", "end_of_content", "key_of"]

Kind: TypeAlias = Literal["scalar", "mapping", "sequence", "alias"]


@dataclass(slots=True, eq=False)
class Node:
    """One node. Offsets count characters of the text.

    :ivar start: where its text begins, its anchor and tag included
    :ivar end: where it ends; for block collections that is where the next thing begins: see :func:`end_of_content`
    :ivar line: from 0
    :ivar column: from 0
    :ivar style: of a scalar: empty if plain, ``'``, ``"``, ``|`` or ``>``
    :ivar value: of a scalar, unresolved; of an alias, its name
    :ivar flow: whether a collection is in brackets
    :ivar pairs: of a mapping
    :ivar items: of a sequence
    """

    kind: Kind
    start: int
    end: int
    line: int
    column: int
    style: str = ""
    value: str = ""
    anchor: str | None = None
    tag: str | None = None
    flow: bool = False
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether it is a null without any text."""
        return self.kind == "scalar" and not self.style and self.start == self.end

    def get(self, key: str) -> Node | None:
        """The value of a mapping's key, as the key is written."""
        return next((value for name, value in self.pairs if name.kind == "scalar" and name.value == key), None)


def compose(text: str) -> list[Node]:
    """The root of every document. The text was read before: it is YAML, within its limits."""
    get = open_parser(text).get_event
    roots: list[Node] = []
    while (event := get()) is not None:
        if type(event) is DocumentStartEvent:
            roots.append(_node(get(), get))
    return roots


def _node(event: Any, get: Callable[[], Any]) -> Node:
    kind: Kind = "sequence"
    if type(event) in (ScalarEvent, AliasEvent):
        kind = "scalar" if type(event) is ScalarEvent else "alias"
    elif type(event) is MappingStartEvent:
        kind = "mapping"
    start, end = event.start_mark, event.end_mark
    node = Node(kind, start.index, end.index, start.line, start.column, anchor=event.anchor)
    if kind == "alias":
        node.value = event.anchor
        return node
    node.tag = event.tag
    if kind == "scalar":
        node.style, node.value = event.style, event.value
        return node
    node.flow = event.flow_style
    while type(event := get()) not in (MappingEndEvent, SequenceEndEvent):
        child = _node(event, get)
        if kind == "mapping":
            node.pairs.append((child, _node(get(), get)))
        else:
            node.items.append(child)
    node.end = event.end_mark.index
    return node


def end_of_content(node: Node) -> int:
    """Where the last character of a node stands, and not the white space and comments behind it."""
    while node.kind in ("mapping", "sequence") and not node.flow:
        last = node.pairs[-1][1] if node.pairs else node.items[-1]
        if last.is_empty and last.anchor is None and node.pairs:
            return max(last.end, node.pairs[-1][0].end)
        node = last
    return node.end


def descendants(node: Node) -> Iterator[Node]:
    """A node and everything in it, in the order of the text."""
    yield node
    for key, value in node.pairs:
        yield from descendants(key)
        yield from descendants(value)
    for item in node.items:
        yield from descendants(item)


def key_of(node: Node) -> str:
    """The key of the data that a mapping's key becomes: ``on`` is the key ``"true"``."""
    return node.value if node.style or node.tag else KeyMemo()[node.value]
