"""Whether a schema of a custom resource takes less than it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gitpromote.model.change import Path
from gitpromote.policy.packs.reading import mapping, mappings, texts

__all__ = ["narrowed"]

_KEEPS_UNKNOWN = "x-kubernetes-preserve-unknown-fields"
_RULES = "x-kubernetes-validations"

#: Bounds: 1 where more takes less, -1 where less takes less.
_BOUNDS = {
    **dict.fromkeys(("minimum", "minItems", "minLength", "minProperties"), 1),
    **dict.fromkeys(("maximum", "maxItems", "maxLength", "maxProperties"), -1),
}

#: What takes less when it is new or another one.
_EXACT = ("pattern", "format", "multipleOf", "not", "oneOf", "anyOf", "allOf")
_SWITCHES = ("exclusiveMinimum", "exclusiveMaximum", "uniqueItems")

Narrowing = tuple[str, Path]


def narrowed(old: Any, new: Any, path: Path) -> Iterator[Narrowing]:
    """What the new schema refuses or drops that the old one took, each with its place."""
    old, new = mapping(old), mapping(new)
    for judge in _JUDGES:
        yield from judge(old, new, path)
    yield from _properties(old, new, path)
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
            yield from narrowed(old[part], new[part], (*path, part))


def _kind(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> Iterator[Narrowing]:
    before, after = old.get("type"), new.get("type")
    wider = before == "integer" and after == "number"
    if before != after and after is not None and not wider and not new.get("x-kubernetes-int-or-string"):
        yield f"its type is {after} instead of {before or 'any'}", (*path, "type")
    if old.get("nullable") is True and new.get("nullable") is not True:
        yield "it may not be null any more", (*path, "nullable")


def _required(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> Iterator[Narrowing]:
    known = set(texts(old.get("required")))
    properties = mapping(new.get("properties"))
    for name in texts(new.get("required")):
        # What has a default is filled in before anybody looks.
        if name not in known and "default" not in mapping(properties.get(name)):
            yield f"requires {name}", (*path, "required")


def _values(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> Iterator[Narrowing]:
    before, after = old.get("enum"), new.get("enum")
    if isinstance(after, list) and not isinstance(before, list):
        yield "takes a few values instead of any", (*path, "enum")
    elif isinstance(after, list) and isinstance(before, list):
        lost = [str(value) for value in before if value not in after]
        if lost:
            yield f"does not take {', '.join(lost)} any more", (*path, "enum")


def _bounds(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> Iterator[Narrowing]:
    for name, sign in _BOUNDS.items():
        before, after = _number(old.get(name)), _number(new.get(name))
        if after is not None and (before is None or sign * after > sign * before):
            yield f"its {name} is {after} instead of {'none' if before is None else before}", (*path, name)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _exact(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> Iterator[Narrowing]:
    for name in _EXACT:
        if new.get(name) is not None and new.get(name) != old.get(name):
            yield f"has another {name}" if name in old else f"has a {name}", (*path, name)
    for name in _SWITCHES:
        if new.get(name) is True and old.get(name) is not True:
            yield f"{name} is true", (*path, name)


def _rules(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> Iterator[Narrowing]:
    known = [each.get("rule") for each in mappings(old.get(_RULES))]
    for each in mappings(new.get(_RULES)):
        if each.get("rule") not in known:
            yield f"has a new rule: {each.get('rule')}", (*path, _RULES)


def _properties(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> Iterator[Narrowing]:
    before, after = mapping(old.get("properties")), mapping(new.get("properties"))
    keeps = new.get(_KEEPS_UNKNOWN) is True or new.get("additionalProperties") not in (None, False)
    for name, schema in before.items():
        where = (*path, "properties", name)
        if name in after:
            yield from narrowed(schema, after[name], where)
        elif not keeps:
            yield f"knows {name} no more, and drops it", where
    if old.get(_KEEPS_UNKNOWN) is True and new.get(_KEEPS_UNKNOWN) is not True:
        yield "drops fields that it does not know", (*path, _KEEPS_UNKNOWN)


_JUDGES: tuple[Callable[[Mapping[str, Any], Mapping[str, Any], Path], Iterator[Narrowing]], ...] = (
    _kind,
    _required,
    _values,
    _bounds,
    _exact,
    _rules,
)
