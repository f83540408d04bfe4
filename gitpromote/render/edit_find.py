"""Where a path leads in a source file, and why an edit there would not be what it seems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitpromote.errors import SourceInvalid
from gitpromote.model.names import did_you_mean
from gitpromote.model.words import count
from gitpromote.render.edit_nodes import Node, descendants, key_of
from gitpromote.render.edit_path import Path, Selector, Step, format_path
from gitpromote.render.edit_refusals import refused
from gitpromote.render.edit_source import DataPath, Source

__all__ = ["Found", "Missing", "find"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands at a path.

    :param parents: the nodes on the way, the root first
    """

    document: int
    node: Node
    path: DataPath
    parents: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """How far a path led.

    :param node: the last node that was there; None for an empty document
    :param path: the place of that node in the data
    :param rest: the steps that lead on from it
    :param error: what to raise if that does not do
    """

    document: int
    node: Node | None
    path: DataPath
    rest: Path
    error: SourceInvalid


def find(source: Source, path: Path) -> Found | Missing:
    """The one place in the file that a path names, or the nearest that there is.

    :raises SourceInvalid: an alias, a merge key or a second place with that path
    """
    results = [_walk(source, number, root, path) for number, root in enumerate(source.roots)]
    found = [result for result in results if isinstance(result, Found)]
    refusals = [result for result in results if isinstance(result, SourceInvalid)]
    if len(found) + len(refusals) > 1:
        places = ", ".join(source.where(one.node) for one in found) or source.file
        raise refused("edit-path-ambiguous", f"{places}: {format_path(path)} is in more than one document")
    if found:
        return found[0]
    if refusals:
        raise refusals[0]
    missing = [result for result in results if isinstance(result, Missing)]
    empty = Missing(document=0, node=None, path=(), rest=path, error=_nothing_there(source, path))
    return max(missing, key=lambda result: len(result.path), default=empty)


def _walk(source: Source, number: int, root: Node, path: Path) -> Found | Missing | SourceInvalid:
    node, parents = root, list[Node]()
    at: DataPath = ()
    for index, step in enumerate(path):
        if node.kind == "alias":
            return _through_alias(source, node, path[:index])
        chosen = [child for child in _children(node) if _is(child, step)]
        if len(chosen) > 1:
            places = ", ".join(source.where(value) for _, _, value in chosen)
            return refused("edit-path-ambiguous", f"{places}: {format_path(path[: index + 1])} is there several times")
        if not chosen:
            if _is_merged(source, number, at, node, step):
                return _through_merge(source, node, path[: index + 1])
            error = _missing(source, node, path, index)
            return Missing(document=number, node=node, path=at, rest=path[index:], error=error)
        parents.append(node)
        at += (chosen[0][0],)
        node = chosen[0][2]
    if node.kind == "alias":
        return _through_alias(source, node, path)
    return _shared(source, root, (*parents, node), path) or Found(
        document=number, node=node, path=at, parents=tuple(parents)
    )


def _children(node: Node) -> list[tuple[str | int, str, Node]]:
    """Of each child the step in the data, the key as it is written, and the node."""
    pairs = [(key_of(key), key.value, value) for key, value in node.pairs if key.kind == "scalar"]
    return [*pairs, *((index, str(index), item) for index, item in enumerate(node.items))]


def _is(child: tuple[str | int, str, Node], step: Step) -> bool:
    key, written, node = child
    if isinstance(step, Selector):
        value = node.get(step.key) if isinstance(key, int) else None
        return value is not None and value.kind == "scalar" and value.value == step.value
    return key == step if isinstance(step, int) else written == step


def _is_merged(source: Source, number: int, at: DataPath, node: Node, step: Step) -> bool:
    """Whether the data has a key that the mapping itself does not write."""
    data = source.value_at(number, at)
    return isinstance(step, str) and node.kind == "mapping" and (step in data or step == "<<")


def _shared(source: Source, root: Node, way: tuple[Node, ...], path: Path) -> SourceInvalid | None:
    """The refusal of an edit that an alias elsewhere would feel."""
    anchors = {node.anchor for node in way if node.anchor is not None}
    if not anchors:
        return None
    for node in descendants(root):
        if node.kind == "alias" and node.value in anchors:
            use = f"*{node.value} on line {node.line + 1}"
            return refused("edit-alias", f"{source.where(way[-1])}: {format_path(path)} is also used by {use}")
    return None


def _through_alias(source: Source, node: Node, path: Path) -> SourceInvalid:
    return refused("edit-alias", f"{source.where(node)}: {format_path(path)} is the alias *{node.value}")


def _through_merge(source: Source, node: Node, path: Path) -> SourceInvalid:
    return refused("edit-merge-key", f"{source.where(node)}: {format_path(path)} comes from a merge key (<<)")


def _nothing_there(source: Source, path: Path) -> SourceInvalid:
    return refused("edit-path-missing", f"{source.file}: {format_path(path)}: the file is empty")


def _missing(source: Source, node: Node, path: Path, index: int) -> SourceInvalid:
    parent, step = format_path(path[:index]) or "the document", path[index]
    if node.kind == "scalar":
        reason = f"{parent} is {'empty' if node.is_empty else 'a plain value'}"
    elif isinstance(step, Selector):
        values = [value.value for item in node.items if (value := item.get(step.key)) and value.kind == "scalar"]
        reason = f"{parent} has no element with {step.key}={step.value}{_near(step.value, values)}"
    elif isinstance(step, int):
        held = f"has {count(len(node.items), 'element')}" if node.kind == "sequence" else "is no list"
        reason = f"{parent} {held}"
    else:
        keys = [key.value for key, _ in node.pairs]
        reason = f"{parent} has no key {step!r}{_near(step, keys)}"
    return refused("edit-path-missing", f"{source.where(node)}: {format_path(path)}: {reason}")


def _near(name: str, known: Sequence[str]) -> str:
    near = did_you_mean(name, known, quote="'")
    if near or not known:
        return f"; {near}" if near else ""
    return f"; there are {', '.join(known[:8])}{', …' if len(known) > 8 else ''}"
