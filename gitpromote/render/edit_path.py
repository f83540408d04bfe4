"""Paths into YAML documents: ``image.tag``, ``a["x.y"].b``, ``list[0]``, ``containers[name=web].image``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from gitpromote.errors import ConfigurationError

__all__ = ["Path", "Selector", "Step", "format_path", "parse_path"]

_KEY = re.compile(r"(?:\\.|[^\\.\[\]])+", re.DOTALL)
_INDEX = re.compile(r"\[([0-9]{1,9})\]")
_QUOTED_KEY = re.compile(r"""\[\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')\s*\]""", re.DOTALL)
_SELECTOR = re.compile(r"""\[([^\[\]="']+)=(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([^\[\]"']*))\]""", re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z0-9_/-]+")


class Selector(NamedTuple):
    """The one element of a list whose ``key`` is ``value``."""

    key: str
    value: str


Step: TypeAlias = str | int | Selector
Path: TypeAlias = tuple[Step, ...]


def parse_path(path: str | Sequence[Step]) -> Path:
    """The steps of a path. A dot in a key is written ``\\.`` or ``["a.b"]``; a sequence is taken as it is.

    :raises ConfigurationError: ``path-invalid``, with the place where it stops making sense
    """
    if not isinstance(path, str):
        return tuple(path)
    steps: list[Step] = []
    at = 1 if path.startswith(".") else 0
    while at < len(path):
        step, at = _step(path, at, first=not steps)
        steps.append(step)
    if not steps or path.endswith("."):
        raise _invalid(path, len(path))
    return tuple(steps)


def _step(path: str, at: int, *, first: bool) -> tuple[Step, int]:
    if path[at] == "[":
        return _bracket(path, at)
    if not first and path[at] == ".":
        at += 1
        if path[at : at + 1] == "[":
            return _bracket(path, at)
    elif not first:
        raise _invalid(path, at)
    found = _KEY.match(path, at)
    if not found:
        raise _invalid(path, at)
    return _unescaped(found[0]), found.end()


def _bracket(path: str, at: int) -> tuple[Step, int]:
    if found := _INDEX.match(path, at):
        return int(found[1]), found.end()
    if found := _QUOTED_KEY.match(path, at):
        return _unescaped(found[1] if found[1] is not None else found[2]), found.end()
    if found := _SELECTOR.match(path, at):
        value = next(group for group in found.groups()[1:] if group is not None)
        return Selector(found[1].strip(), value if found[4] is not None else _unescaped(value)), found.end()
    raise _invalid(path, at)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def format_path(path: Sequence[Step]) -> str:
    """A path as one would write it."""
    text = ""
    for step in path:
        if isinstance(step, Selector):
            text += f"[{step.key}={step.value}]"
        elif isinstance(step, int):
            text += f"[{step}]"
        elif _BARE_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def _invalid(path: str, at: int) -> ConfigurationError:
    return ConfigurationError(
        "This is not a path in a YAML file",
        code="path-invalid",
        detail=f"{path}\n{' ' * at}^",
        hint='Write keys with dots, list elements in brackets: spec.containers[name=web].image, a["x.y"], list[0]',
    )
