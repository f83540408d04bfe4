"""Lists and sets, as Kubernetes has them in its CEL."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from gitpromote.cel.finite import finite
from gitpromote.cel.function import ITEMS, Function

__all__ = ["AT", "LAST_AT", "list_functions"]

#: What stands for ``indexOf`` and ``lastIndexOf``: the library has them for texts, and lets nobody add to its own.
AT, LAST_AT = "indexOf_", "lastIndexOf_"


def list_functions() -> tuple[Function, ...]:
    """Methods of lists, ``indexOf`` of texts, and ``sets.…``."""
    return (
        Function("isSorted", "bool", ("list",), lambda items: all(not _less(b, a) for a, b in pairwise(items))),
        Function("sum", "dyn", ("list",), _sum),
        Function("min", "dyn", ("list",), lambda items: _extreme(items, least=True)),
        Function("max", "dyn", ("list",), lambda items: _extreme(items, least=False)),
        *(Function(AT, "int", ("list", kind), _index) for kind in ITEMS),
        *(Function(LAST_AT, "int", ("list", kind), _last_index) for kind in ITEMS),
        Function(AT, "int", ("string", "string"), lambda text, part: text.find(part)),
        Function(AT, "int", ("string", "string", "int"), lambda text, part, at: text.find(part, _within(text, at))),
        Function(LAST_AT, "int", ("string", "string"), lambda text, part: text.rfind(part)),
        Function(LAST_AT, "int", ("string", "string", "int"), _last_in_text),
        Function("sets.contains", "bool", ("list", "list"), _contains, method=False),
        Function("sets.intersects", "bool", ("list", "list"), _intersects, method=False),
        Function(
            "sets.equivalent", "bool", ("list", "list"), lambda a, b: _contains(a, b) and _contains(b, a), method=False
        ),
    )


def _same(one: Any, other: Any) -> bool:
    """``1`` equals ``1.0``, and not ``true``."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _less(one: Any, other: Any) -> bool:
    kinds = [str if isinstance(item, str) else bool if isinstance(item, bool) else float for item in (one, other)]
    if kinds[0] is not kinds[1] or not all(isinstance(item, str | int | float) for item in (one, other)):
        raise ValueError("what is in the list cannot be put in order")
    return bool(one < other)


def _extreme(items: list[Any], *, least: bool) -> Any:
    if not items:
        raise ValueError("the list is empty")
    found = items[0]
    for item in items[1:]:
        found = item if _less(item, found) is least and not _same(item, found) else found
    return found


def _sum(items: list[Any]) -> Any:
    if any(isinstance(item, bool) or not isinstance(item, int | float) for item in items):
        raise ValueError("what is in the list has no sum")
    return finite(sum(items))


def _index(items: list[Any], wanted: Any) -> int:
    return next((at for at, item in enumerate(items) if _same(item, wanted)), -1)


def _last_index(items: list[Any], wanted: Any) -> int:
    return next((at for at in range(len(items) - 1, -1, -1) if _same(items[at], wanted)), -1)


def _within(text: str, at: int) -> int:
    if not 0 <= at <= len(text):
        raise ValueError(f"there is no character {at} in a text of {len(text)}")
    return at


def _last_in_text(text: str, part: str, at: int) -> int:
    return text.rfind(part, 0, _within(text, at) + len(part))


def _contains(items: Iterable[Any], wanted: Iterable[Any]) -> bool:
    held = list(items)
    return all(_index(held, one) >= 0 for one in wanted)


def _intersects(items: Iterable[Any], others: Iterable[Any]) -> bool:
    held = list(items)
    return any(_index(held, one) >= 0 for one in others)
