"""RRULE: how something repeats, as RFC 5545 writes it. Taken apart and checked here, reckoned where gates are.

https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

from gitpromote.model.names import did_you_mean, one_of, shown

__all__ = ["MOST_TIMES", "WEEKDAYS", "Day", "Recurrence", "parse_rrule"]

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
#: The highest COUNT, and the highest INTERVAL.
MOST_TIMES = 10_000

_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?")


class Day(NamedTuple):
    """A weekday (0 is Monday), of a month or year the so-manieth: ``2TU``, ``-1FR``; 0: each."""

    weekday: int
    number: int = 0


Parts: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A rule that was checked.

    :ivar count: how often it comes; ``None`` for ever
    :ivar until: the last moment; naive for a time on the wall, with UTC for one that says so
    :ivar by: ``BYDAY`` to its Days, every other ``BY…`` to its numbers
    """

    freq: str
    interval: int
    count: int | None
    until: datetime | None
    week_start: int
    by: Parts


def parse_rrule(text: str) -> Recurrence | str:
    """``"FREQ=MONTHLY;BYDAY=2TU"`` taken apart, or why that is not possible."""
    given: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, sign, value = (one.strip() for one in part.partition("="))
        if not sign or not value:
            return f"{shown(part)} is not NAME=value"
        if name not in _READERS:
            near = did_you_mean(name, _READERS)
            return f"there is no {shown(name)}{f'; {near}' if near else ''}"
        if name in given:
            return f"{name} stands twice"
        given[name] = value
    return _whole(given)


def _whole(given: Mapping[str, str]) -> Recurrence | str:
    if "FREQ" not in given:
        return "it says no FREQ"
    parts: dict[str, Any] = {}
    for name, value in given.items():
        try:
            parts[name] = _READERS[name](value)
        except ValueError as error:
            return f"{name}={value}: {error}" if str(error) else f"{name}={value} is not possible"
    problem = _unfit(parts)
    if problem:
        return problem
    by = {name: value for name, value in parts.items() if name.startswith("BY")}
    return Recurrence(
        freq=parts["FREQ"],
        interval=parts.get("INTERVAL", 1),
        count=parts.get("COUNT"),
        until=parts.get("UNTIL"),
        week_start=parts.get("WKST", 0),
        by=by,
    )


def _unfit(parts: Parts) -> str:
    """What does not go together, by the table of the RFC."""
    freq = parts["FREQ"]
    if "COUNT" in parts and "UNTIL" in parts:
        return "COUNT and UNTIL do not go together"
    if "BYWEEKNO" in parts and freq != "YEARLY":
        return "BYWEEKNO goes with FREQ=YEARLY alone"
    if "BYYEARDAY" in parts and freq in ("DAILY", "WEEKLY", "MONTHLY"):
        return f"BYYEARDAY does not go with FREQ={freq}"
    if "BYMONTHDAY" in parts and freq == "WEEKLY":
        return "BYMONTHDAY does not go with FREQ=WEEKLY"
    numbered = any(day.number for day in parts.get("BYDAY", ()))
    if numbered and (freq not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts):
        return "BYDAY with a number goes with FREQ=MONTHLY and FREQ=YEARLY alone"
    if "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
        return "BYSETPOS chooses among what another BY… gives, and there is none"
    return ""


# -- the parts


def _word(*known: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value in ("MINUTELY", "SECONDLY"):
            raise ValueError("a window does not open that often")
        if value not in known:
            raise ValueError(did_you_mean(value, known) or f"there is {one_of(known)}")
        return value

    return read


def _one(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,6}", value) or not low <= int(value) <= high:
            raise ValueError(f"takes {low} to {high}")
        return int(value)

    return read


def _several(low: int, high: int, *, negative: bool = False) -> Callable[[str], tuple[int, ...]]:
    def read(value: str) -> tuple[int, ...]:
        numbers = [_one(-high if negative else low, high)(item.strip()) for item in value.split(",")]
        if negative and 0 in numbers:
            raise ValueError("there is no 0")
        return tuple(sorted(set(numbers)))

    return read


def _days(value: str) -> tuple[Day, ...]:
    found = []
    for item in value.split(","):
        match = _DAY.fullmatch(item.strip())
        if match is None or abs(int(match[1] or 1)) > 53 or int(match[1] or 1) == 0:
            raise ValueError(f"takes {', '.join(WEEKDAYS)}, or the so-manieth such as 2TU and -1FR")
        found.append(Day(WEEKDAYS.index(match[2]), int(match[1] or 0)))
    return tuple(sorted(set(found)))


def _week_start(value: str) -> int:
    return WEEKDAYS.index(_word(*WEEKDAYS)(value))


def _until(value: str) -> datetime:
    match = _UNTIL.fullmatch(value)
    if match is None:
        raise ValueError("takes 20261231, 20261231T170000 or 20261231T160000Z")
    year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups()[:6])
    assert year is not None and month is not None and day is not None
    if hour is None:
        return datetime(year, month, day, 23, 59, 59)  # noqa: DTZ001 (a time on the wall)
    found = datetime(year, month, day, hour, minute or 0, second or 0)  # noqa: DTZ001
    return found.replace(tzinfo=UTC) if match[7] else found


_READERS: Mapping[str, Callable[[str], Any]] = {
    "FREQ": _word(*FREQUENCIES),
    "INTERVAL": _one(1, MOST_TIMES),
    "COUNT": _one(1, MOST_TIMES),
    "UNTIL": _until,
    "WKST": _week_start,
    "BYSETPOS": _several(1, 366, negative=True),
    "BYMONTH": _several(1, 12),
    "BYMONTHDAY": _several(1, 31, negative=True),
    "BYYEARDAY": _several(1, 366, negative=True),
    "BYWEEKNO": _several(1, 53, negative=True),
    "BYDAY": _days,
    "BYHOUR": _several(0, 23),
    "BYMINUTE": _several(0, 59),
}
