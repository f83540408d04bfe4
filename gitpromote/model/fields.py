"""Kinds of fields that definitions have: how what people write becomes what is kept, and how it is shown again.

For a type checker a field is what people may write; while the program runs it holds the converted value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias, TypeVar

from pydantic import BeforeValidator

from gitpromote.model.function_reference import function_reference
from gitpromote.model.names import kind_of, quoted
from gitpromote.model.problems import Fault, UnfitError

__all__ = [
    "Function",
    "Many",
    "Number",
    "OneOrMany",
    "Scalar",
    "Scalars",
    "Seconds",
    "Takes",
    "Texts",
    "duration_text",
    "scalar_faults",
    "seconds_of",
]

X = TypeVar("X")


class Takes(NamedTuple):
    """Beside a field's type: how to say what it takes, how to show its value, how to read it from saved data.

    :ivar phrase: completes "<field> takes …"; empty where the type says it
    :ivar show: a value as Python writes it, for ``repr``
    :ivar read: saved data to what the constructor takes
    :ivar item: the type of an item, where it is a list
    """

    phrase: str = ""
    show: Callable[[Any], str] | None = None
    read: Callable[[Any], Any] | None = None
    item: Any = None


_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_LONGEST = 10 * 366 * 86400


def seconds_of(value: object) -> int:
    """``"1h30m"`` or a ``timedelta`` in seconds. A bare number is refused: nobody can see its unit."""
    if isinstance(value, timedelta):
        total = value.total_seconds()
        seconds = int(total) if total == int(total) else 0
    elif isinstance(value, str):
        match = _DURATION.fullmatch(value.strip().replace(" ", ""))
        parts = match.groups() if match and match[0] else None
        if parts is None:
            raise UnfitError(
                Fault("duration-invalid", f"is not a duration: {quoted(value)}", 'write "90s", "15m", "24h" or "7d"')
            )
        seconds = sum(int(part or 0) * factor for part, factor in zip(parts, _UNITS.values(), strict=True))
    elif isinstance(value, int) and not isinstance(value, bool):
        raise UnfitError(Fault("duration-invalid", f"is {value} without a unit", f'write "{value}h" or "{value}m"'))
    else:
        raise UnfitError(Fault("wrong-type", f'takes a duration such as "24h", not {kind_of(value)}'))
    if not 0 < seconds <= _LONGEST:
        raise UnfitError(Fault("duration-invalid", "is not between one second and ten years"))
    return seconds


def duration_text(seconds: int) -> str:
    """The shortest duration that people write for it: ``24h``, ``7d``, ``90s``."""
    if seconds % 86400 == 0 and seconds != 86400:
        return f"{seconds // 86400}d"
    for unit in ("h", "m"):
        if seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{seconds}s"


def _number_text(value: object) -> str:
    """A threshold as the decimal text that was meant: floats have no one form in a saved definition."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise UnfitError(Fault("wrong-type", f'takes a number such as "0.01", not {kind_of(value)}'))
    text = repr(value) if isinstance(value, float) else str(value).strip()
    try:
        finite = Decimal(text).is_finite() and math.isfinite(float(text))
    except InvalidOperation:
        finite = False
    if not finite or "_" in text:
        raise UnfitError(Fault("number-invalid", f"is not a number: {quoted(text)}", 'write "0.01"'))
    return text


def scalar_faults(label: str, value: object, field: str) -> list[Fault]:
    """What of a single value a saved definition could not hold exactly."""
    if isinstance(value, float) and not math.isfinite(value):
        return [Fault("number-invalid", f"{label} is {value}, which is no number in YAML", "", field)]
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return [Fault("number-invalid", f"{label} has more than 64 bits", "write it as text", field)]
    return []


def _as_tuple(value: object) -> object:
    if isinstance(value, list | Iterator):
        return tuple(value)
    if isinstance(value, tuple):
        return value
    raise ValueError  # what the field takes instead is known where the error is told


def _as_tuple_or_one(value: object) -> object:
    return (value,) if isinstance(value, str) else _as_tuple(value)


def _show_one_or_many(value: Any) -> str:
    return quoted(value[0]) if len(value) == 1 else f"[{', '.join(quoted(item) for item in value)}]"


Scalar: TypeAlias = "str | int | bool | float | None"

if TYPE_CHECKING:
    Many: TypeAlias = Sequence[X]
    OneOrMany: TypeAlias = str | Sequence[str]
    Seconds: TypeAlias = str | timedelta
    Number: TypeAlias = str | int | float | Decimal
    Function: TypeAlias = Callable[..., Any] | str
    Texts: TypeAlias = Mapping[str, str]
    Scalars: TypeAlias = Mapping[str, Scalar]
else:

    class Many:
        """A list of one kind of value, kept as a tuple. Text and sets are none: one hides, the other shuffles."""

        def __class_getitem__(cls, item: Any) -> Any:
            return Annotated[tuple[item, ...], BeforeValidator(_as_tuple), Takes(item=item)]

    OneOrMany = Annotated[
        tuple[str, ...], BeforeValidator(_as_tuple_or_one), Takes("text or a list of text", _show_one_or_many, item=str)
    ]
    Seconds = Annotated[
        int,
        BeforeValidator(seconds_of),
        Takes('a duration such as "24h"', lambda value: quoted(duration_text(value)), lambda value: f"{value}s"),
    ]
    Number = Annotated[str, BeforeValidator(_number_text), Takes('a number such as "0.01"')]
    Function = Annotated[str, BeforeValidator(function_reference), Takes("a module-level function")]
    Texts = dict[str, str]
    Scalars = dict[str, Scalar]
