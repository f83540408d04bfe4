"""What a list of field changes means: applied to the document before, they give the document after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gitpromote.diff.sequence import frozen, labels
from gitpromote.diff.shape import UNKNOWN, Shape
from gitpromote.model.change import FieldChange, Op, PathElement


class _Node:
    """The changes at one place and below it."""

    __slots__ = ("below", "changes")

    def __init__(self) -> None:
        self.changes: list[FieldChange] = []
        self.below: dict[str, tuple[PathElement, _Node]] = {}

    def at(self, path: Sequence[PathElement]) -> _Node:
        node = self
        for element in path:
            node = node.below.setdefault(frozen(element), (element, _Node()))[1]
        return node

    def op(self, *ops: Op) -> FieldChange | None:
        return next((change for change in self.changes if change.op in ops), None)


def apply_fields(before: Any, changes: Iterable[FieldChange], *, shape: Shape = UNKNOWN) -> Any:
    """The document after, from the document before and what differs.

    Both are in the form that a plan has: a float is ``{"number": "0.5"}``. Lists whose order does not matter come out
    in some order. ``None`` stands for no document.

    :param shape: the one that the changes were found with
    """
    top = _Node()
    for change in changes:
        top.at(change.path).changes.append(change)
    return _applied(before, top, shape)


def _applied(value: Any, node: _Node, shape: Shape) -> Any:
    replaced = node.op("add", "replace", "remove")
    if replaced is not None:
        value = replaced.after if replaced.op != "remove" else None
    if isinstance(value, list):
        return _list(value, node, shape)
    if isinstance(value, dict):
        return _map(value, node, shape)
    return value


def _map(value: dict[str, Any], node: _Node, shape: Shape) -> dict[str, Any]:
    result = dict(value)
    for key, child in node.below.values():
        if child.op("remove") is not None:
            result.pop(str(key), None)
        else:
            result[str(key)] = _applied(result.get(str(key)), child, shape.child(str(key)))
    return result


def _list(value: list[Any], node: _Node, shape: Shape) -> list[Any]:
    if any(isinstance(element, dict) for element, _ in node.below.values()) or (
        node.op("reorder") and _matched(value, shape)
    ):
        return _keyed(value, node, shape)
    moved = node.op("reorder")
    if moved is not None:
        return list(moved.after)
    return _by_position(value, node, shape)


def _matched(value: list[Any], shape: Shape) -> bool:
    return shape.matched == "map" and all(isinstance(element, dict) for element in value)


def _by_position(value: list[Any], node: _Node, shape: Shape) -> list[Any]:
    below = sorted(((int(index), child) for index, child in node.below.values()), key=lambda entry: entry[0])  # type: ignore[arg-type]
    gone = {index for index, child in below if child.op("remove")}
    result = [element for index, element in enumerate(value) if index not in gone]
    for index, child in below:
        added = child.op("add")
        if added is not None:
            result.insert(index, added.after)
    for index, child in below:
        if child.below or child.op("replace", "reorder"):
            result[index] = _applied(result[index], _without(child, "remove", "add"), shape.element)
    return result


def _without(node: _Node, *ops: Op) -> _Node:
    """A place in the list before and one in the list after may have the same index."""
    rest = _Node()
    rest.changes = [change for change in node.changes if change.op not in ops]
    rest.below = node.below
    return rest


def _keyed(value: list[Any], node: _Node, shape: Shape) -> list[Any]:
    by_label = {
        frozen(label.matcher(shape.keys)): element for label, element in zip(labels(value, shape), value, strict=True)
    }
    added = []
    for text, (_, child) in node.below.items():
        addition = child.op("add")
        if addition is not None:
            added.append(addition)
        elif child.op("remove") is not None:
            del by_label[text]
        else:
            by_label[text] = _applied(by_label[text], child, shape.element)
    moved = node.op("reorder")
    order = [frozen(matcher) for matcher in moved.after] if moved is not None else list(by_label)
    result = [by_label[text] for text in order]
    for addition in sorted(added, key=lambda change: -1 if change.index is None else change.index):
        result.insert(len(result) if addition.index is None else addition.index, addition.after)
    return result
