"""Numbers that are none: whatever arithmetic gives them is an error, as a division of whole numbers by zero is."""

from __future__ import annotations

import math
from typing import Any

from gitpromote.cel.function import ITEMS, Function

__all__ = ["FINITE", "FINITE_DECIMAL", "FINITE_IF_DECIMAL", "finite", "finite_functions"]

#: The function that looks at numbers. Nobody can write a name like it.
FINITE = "finite_"
#: What is put around arithmetic that gives a decimal number where it is evaluated.
FINITE_DECIMAL = (f"{FINITE}(", ")")
#: What is put around arithmetic of which nobody knows what it gives: only decimal numbers are handed to Python, which
#: for lists and what they hold takes many times longer than everything else.
FINITE_IF_DECIMAL = ("[", f"].map(n_, type(n_) == double ? {FINITE}(n_) : n_)[0]")


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
