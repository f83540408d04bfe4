"""JSON of programs and servers, read so that it says one thing: no key twice, and no number that is none."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

__all__ = ["KeyTwice", "once", "strict_json"]


class KeyTwice(ValueError):
    """A key is there twice, of which one would be lost."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {key[:60]!r} is there twice")
        self.key = key


def strict_json(text: str | bytes) -> Any:
    """The value.

    :raises ValueError: it is no JSON; a key is there twice, of which one would be lost; ``NaN``, ``Infinity`` or a
        number beyond what can be compared
    :raises RecursionError: it is nested too deeply
    """
    return json.loads(text, object_pairs_hook=once, parse_constant=_no_number, parse_float=_finite)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of a JSON object.

    :raises KeyTwice: a key is there twice
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise KeyTwice(next(name for name in names if names.count(name) > 1))
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:60]} is beyond what numbers can be")
    return number
