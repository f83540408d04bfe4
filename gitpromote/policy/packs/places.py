"""Places in objects, as settings name them: ``ConfigMap/app-*: data.*``, ``spec.replicas``."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from gitpromote.errors import ConfigurationError
from gitpromote.model.change import Path, PathElement
from gitpromote.model.manifest import ObjectRef
from gitpromote.model.names import kind_of, quoted, shown
from gitpromote.model.sensitive_paths import SensitivePath, parse_sensitive_path
from gitpromote.policy.packs.setting import Setting

__all__ = ["is_at", "places"]

_EXAMPLE = 'write it like "Deployment/shop: spec.replicas" or "spec.values.hosts.**"'
_parsed = lru_cache(maxsize=256)(parse_sensitive_path)


def places(*default: str, about: str) -> Setting:
    """A list of places; what stands below one belongs to it."""

    def problem(value: Any) -> tuple[str, str] | None:
        if isinstance(value, str):
            return kind_of(value), f"write [{quoted(value)}]"
        if not isinstance(value, list | tuple):
            return kind_of(value), ""
        return next((found for each in value if (found := _unreadable(each)) is not None), None)

    return Setting(default, "a list of places", about, problem)


def _unreadable(text: Any) -> tuple[str, str] | None:
    if not isinstance(text, str):
        return f"one with {kind_of(text)}", _EXAMPLE
    try:
        _parsed(text)
    except ConfigurationError:
        return f"one with {shown(text)}", _EXAMPLE
    return None


def is_at(ref: ObjectRef, path: Path, allowed: Iterable[str]) -> bool:
    """Whether a field stands at one of some places, or below it."""
    return any(place.matches(ref) and _fits(place.steps, path) for place in map(_place, allowed))


def _place(text: str) -> SensitivePath:
    return _parsed(text)


def _fits(steps: tuple[str, ...], path: Path) -> bool:
    if not steps:
        return True
    if steps[0] == "**":
        return any(_fits(steps[1:], path[index:]) for index in range(len(path) + 1))
    return bool(path) and _is_meant(steps[0], path[0]) and _fits(steps[1:], path[1:])


def _is_meant(step: str, element: PathElement) -> bool:
    if isinstance(element, dict):
        return step == "*" or any(fnmatchcase(str(value), step) for value in element.values())
    return fnmatchcase(str(element), step)
