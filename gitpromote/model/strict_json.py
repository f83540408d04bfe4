"""JSON of programs and servers, read so that it says one thing: no key twice, and no number that is none."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

__all__ = ["strict_json"]


def strict_json(text: str | bytes) -> Any:
    """The value.

    :raises ValueError: it is no JSON; a key is there twice, of which one would be lost; ``NaN``, ``Infinity`` or a
        number beyond what can be compared
    :raises RecursionError: it is nested too deeply
    """
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!r} is there twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:60]} is beyond what numbers can be")
    return number
