"""Places that a user calls sensitive: ``ConfigMap/app-*: data.*``, ``spec.values.database.**``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from gitpromote.errors import ConfigurationError
from gitpromote.model.manifest import ObjectRef

_HEAD = re.compile(r"(?P<kind>[A-Za-z0-9*?]+)(?:\.(?P<group>[a-z0-9.*?-]+))?(?:/(?P<name>[^:\s/]+))?:\s*(?P<path>.*)\Z")
_STEP = re.compile(
    r"\.?(?:\[\"(?P<quoted>[^\"]+)\"\]|\[(?P<element>[^\]\"]+)\]|(?P<key>(?:(?<=\.)|(?<!.))[^.\[\]\s]+))"
)

_ANY_DEPTH = "**"


@dataclass(frozen=True, slots=True)
class SensitivePath:
    """Objects, and places in them.

    :ivar steps: a key, ``*`` for any one key or element, ``**`` for any number of them; for a list, the value of any of
        an element's own strings, or its index
    """

    kind: str
    group: str
    name: str
    steps: tuple[str, ...]

    def matches(self, ref: ObjectRef) -> bool:
        """Whether it speaks of an object."""
        names = zip((ref.kind, ref.group, ref.name), (self.kind, self.group, self.name), strict=True)
        return all(fnmatchcase(value, pattern) for value, pattern in names)

    def hidden(self, data: Any, hide: Callable[[Any], Any]) -> Any:
        """The document with the places hidden; the same one if it has none of them."""
        return _hidden(data, self.steps, hide)


def parse_sensitive_path(text: str) -> SensitivePath:
    """``[KIND[.GROUP][/NAME]: ]PATH``; kind, group and name may be shell patterns.

    In the path, keys are separated by dots, ``["a.b"]`` quotes one, ``[web]`` is a list's element by name or index.

    :raises ConfigurationError: ``sensitive-path-invalid``
    """
    head = _HEAD.match(text.strip())
    path = (head["path"] if head else text).strip()
    steps, at = [], 0
    while at < len(path) and (match := _STEP.match(path, at)):
        steps.append(match["quoted"] or match["element"] or match["key"])
        at = match.end()
    if not steps or at < len(path):
        raise ConfigurationError(
            "A sensitive path cannot be read",
            code="sensitive-path-invalid",
            detail=f"{text!r} is not understood from {path[at:]!r} on." if path else f"{text!r} names no path.",
            hint='Write it like one of these:\n  ConfigMap/app: data["application.yaml"]\n  spec.values.database.**',
        )
    group = (head["group"] or "*") if head else "*"
    return SensitivePath(head["kind"] if head else "*", group, (head["name"] or "*") if head else "*", tuple(steps))


def _hidden(node: Any, steps: tuple[str, ...], hide: Callable[[Any], Any]) -> Any:
    if not steps:
        return hide(node)
    step, rest = steps[0], steps[1:]
    if step == _ANY_DEPTH:
        node = _hidden(node, rest, hide)
        return _each(node, lambda key, value: _hidden(value, steps, hide)) if rest else node
    return _each(node, lambda key, value: _hidden(value, rest, hide) if _meant(step, key, value) else value)


def _each(node: Any, change: Callable[[str | int, Any], Any]) -> Any:
    if isinstance(node, dict):
        changed = {key: change(key, value) for key, value in node.items()}
        return changed if any(changed[key] is not node[key] for key in node) else node
    if isinstance(node, list):
        elements = [change(index, value) for index, value in enumerate(node)]
        return elements if any(new is not old for new, old in zip(elements, node, strict=True)) else node
    return node


def _meant(step: str, key: str | int, value: Any) -> bool:
    if step in ("*", str(key)):
        return True
    if isinstance(key, str):
        return fnmatchcase(key, step) if "*" in step else False
    return isinstance(value, dict) and any(member == step for member in value.values() if isinstance(member, str))
