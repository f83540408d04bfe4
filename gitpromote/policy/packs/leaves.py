"""Every value of an object that is a text or a whole number, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from gitpromote.model.change import OCCURRENCE, Path, PathElement
from gitpromote.model.manifest import Manifest
from gitpromote.model.plaintext import decode
from gitpromote.model.secret_names import name_holds_secret

__all__ = ["Leaf", "leaves", "members", "replaced"]


class Leaf(NamedTuple):
    """One value. What a Secret holds is decoded: no message may repeat it."""

    text: str
    path: Path

    @property
    def may_be_secret(self) -> bool:
        """Whether a name on the way says so."""
        names = (element.get("name") if isinstance(element, dict) else element for element in self.path)
        return any(isinstance(name, str) and name_holds_secret(name) for name in names)


def leaves(manifest: Manifest) -> Iterator[Leaf]:
    """The values of an object, in its order. Lists are told apart by their elements' names where these differ."""
    encoded = manifest.ref.kind == "Secret" and manifest.ref.group == ""
    for key, value in manifest.data.items():
        decoded = encoded and key == "data"
        for leaf in _leaves(value, (key,)):
            yield _decoded(leaf) if decoded else leaf


def replaced(old: Any, new: Any, path: Path = ()) -> Iterator[tuple[str, Leaf]]:
    """The values that took another one's place, each after the one that was there."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in new.items():
            if key in old:
                yield from replaced(old[key], value, (*path, str(key)))
    elif isinstance(old, list) and isinstance(new, list):
        was = {str(step): value for step, value in members(old)}
        for step, value in members(new):
            if str(step) in was:
                yield from replaced(was[str(step)], value, (*path, step))
    elif isinstance(old, str | int) and isinstance(new, str | int):
        yield str(old), Leaf(str(new), path)


def _decoded(leaf: Leaf) -> Leaf:
    text = decode(leaf.text)
    return leaf._replace(text=text) if isinstance(text, str) else leaf


def _leaves(node: Any, path: Path) -> Iterator[Leaf]:
    if isinstance(node, str):
        yield Leaf(node, path)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, (*path, str(key)))
    elif isinstance(node, list):
        for step, value in members(node):
            yield from _leaves(value, (*path, step))
    elif isinstance(node, int) and not isinstance(node, bool):
        yield Leaf(str(node), path)


def members(node: list[Any]) -> Iterator[tuple[PathElement, Any]]:
    """The elements of a list, each with the step of a path that leads to it."""
    seen: dict[str, int] = {}
    for index, value in enumerate(node):
        name = value.get("name") if isinstance(value, dict) else None
        if isinstance(name, str) and name:
            seen[name] = seen.get(name, 0) + 1
            yield ({"name": name} if seen[name] == 1 else {"name": name, OCCURRENCE: seen[name]}), value
        else:
            yield index, value
