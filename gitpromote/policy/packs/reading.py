"""Plain data of any shape, read without surprise: what is not of the expected kind counts as absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["annotations_of", "at", "labels_of", "mapping", "mappings", "texts"]

_NOTHING: Mapping[str, Any] = {}


def at(node: Any, *keys: str) -> Any:
    """What stands at nested keys; ``None`` where there is nothing."""
    for key in keys:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, or an empty one."""
    return value if isinstance(value, dict) else _NOTHING


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    """The mappings in a list."""
    return (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))


def texts(value: Any) -> list[str]:
    """The texts in a list, or of one that stands alone."""
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list | tuple) else []


def annotations_of(data: Any) -> Mapping[str, Any]:
    """The annotations of an object or of a pod template."""
    return mapping(at(data, "metadata", "annotations"))


def labels_of(data: Any) -> Mapping[str, Any]:
    """The labels of an object or of a pod template."""
    return mapping(at(data, "metadata", "labels"))
