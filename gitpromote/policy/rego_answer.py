"""What Rego gave for each object -> what was found: ``deny``, ``violation`` and ``warn`` in the style of conftest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gitpromote.policy.program_answer import Said, Weight

__all__ = ["said_by_rego"]

_RULE = re.compile(r"(deny|violation|warn)(_[A-Za-z0-9_]+)?")
_WEIGHTS: Mapping[str, Weight] = {"deny": "error", "violation": "error", "warn": "warning"}


def said_by_rego(value: Any, *, file: str) -> Iterator[Said]:
    """Everything that the rules of a package, and of those below it, say of one object.

    :param value: what ``data.main`` is; ``None`` where it is not there
    :param file: the object's file
    """
    if not isinstance(value, dict):
        return
    for name, found in sorted(value.items()):
        match = _RULE.fullmatch(name)
        if match is not None:
            rule = "" if name == match[1] else name
            yield from (_said(one, _WEIGHTS[match[1]], rule, file) for one in _members(found))
        elif isinstance(found, dict):
            yield from said_by_rego(found, file=file)


def _members(found: Any) -> Sequence[Any]:
    """Those of a set. Sets of the older language come as keys with ``true``, objects in them as their JSON."""
    if isinstance(found, list):
        return found
    if isinstance(found, dict):
        return [_read(key) for key, value in found.items() if value is True]
    return [found] if isinstance(found, str) else [""] if found is True else []


def _read(key: str) -> Any:
    if key[:1] != "{":
        return key
    try:
        return json.loads(key)
    except ValueError:
        return key


def _said(one: Any, weight: Weight, rule: str, file: str) -> Said:
    if not isinstance(one, dict):
        return Said(str(one), weight, rule, file=file)
    message = one.get("msg", one.get("message"))
    hint = one.get("hint")
    text = message if isinstance(message, str) else json.dumps(one, sort_keys=True)
    return Said(text, weight, rule, file=file, hint=hint if isinstance(hint, str) else "")
