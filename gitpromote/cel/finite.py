"""Numbers that are none: whatever arithmetic gives them is an error, as a division of whole numbers by zero is."""

from __future__ import annotations

import math
from typing import Any

from gitpromote.cel.function import ITEMS, Function

__all__ = ["FINITE", "finite", "finite_functions"]

#: What is put around arithmetic where it is evaluated. Nobody can write a name like it.
FINITE = "finite_"


def finite_functions() -> tuple[Function, ...]:
    """The same value, whatever it is, unless it is a number that is none."""
    return tuple(Function(FINITE, kind, (kind,), finite, method=False) for kind in (*ITEMS, *_BESIDES))


#: What arithmetic goes with, beside what may stand in a list.
_BESIDES = ("timestamp", "duration", "bytes")


def finite(value: Any) -> Any:
    """The value.

    :raises ValueError: it is no number: something was divided by zero, or went beyond what numbers can be
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a division by zero, or a number that is none")
    return value
