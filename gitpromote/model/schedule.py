"""Weekly hours and dates as people write them: parsed here, judged where gates are."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

from gitpromote.model.names import shown

__all__ = ["DAYS", "Hours", "day_problem", "has_time", "parse_hours", "weekly_minute", "weekly_problem"]

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIME = r"([01]?\d|2[0-4]):([0-5]\d)"
_ENTRY = re.compile(rf"(?:(?P<days>[A-Za-z]+(?:[-,][A-Za-z]+)*)(?:\s+|$))?(?P<times>{_TIME}-{_TIME})?")


class Hours(NamedTuple):
    """Open on these weekdays (0 is Monday) from ``start`` to ``end``, minutes after midnight.

    ``end`` beyond 1440 is on the next day.
    """

    days: tuple[int, ...]
    start: int
    end: int


def parse_hours(text: str) -> tuple[Hours, ...] | str:
    """``"Mon-Thu 09:00-16:00; Fri 09:00-12:00"`` taken apart, or why that is not possible.

    Days alone are whole days, times alone are every day; ``22:00-06:00`` ends on the next day.
    """
    found = []
    for entry in text.split(";"):
        hours = _entry(" ".join(entry.split()))
        if isinstance(hours, str):
            return hours
        found.append(hours)
    return tuple(found)


def _entry(text: str) -> Hours | str:
    text = re.sub(r"\s*([-,–])\s*", r"\1", text).replace("–", "-")
    match = _ENTRY.fullmatch(text)
    if match is None or not text:
        return f"{shown(text)} is not days and hours"
    days = _days(match["days"])
    if isinstance(days, str):
        return days
    if match["times"] is None:
        return Hours(days, 0, 1440)
    start, end = (int(hour) * 60 + int(minute) for hour, minute in (match.group(3, 4), match.group(5, 6)))
    if start >= 1440 or end > 1440 or start == end:
        return f"{match['times']} is not a stretch of a day"
    return Hours(days, start, end if end > start else end + 1440)


def _days(text: str | None) -> tuple[int, ...] | str:
    if text is None or text.lower() == "daily":
        return tuple(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        ends = [_day(word) for word in (first, last or first)]
        if None in ends:
            return f"{shown(part)} is not a day or a range of days"
        start, stop = (end or 0 for end in ends)
        found |= {day % 7 for day in range(start, stop + (8 if stop < start else 1))}
    return tuple(sorted(found))


def _day(word: str) -> int | None:
    """The number of a weekday from its name or the start of it, at least three letters."""
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    near = [number for number, name in enumerate(names) if len(word) > 2 and name.startswith(word.lower())]
    return near[0] if near else None


def weekly_problem(text: str) -> str | None:
    """Why a text is no weekly moment such as ``"Tue 10:00"``, or ``None``."""
    day, _, time = text.strip().partition(" ")
    if _day(day) is None or not re.fullmatch(_TIME, time.strip()) or time.strip().startswith("24"):
        return f"{shown(text)} is not a weekly time"
    return None


def weekly_minute(text: str) -> int:
    """Minutes after Monday 00:00 of a weekly moment such as ``"Tue 10:00"``.

    :raises ValueError: it is none; :func:`weekly_problem` says why
    """
    if weekly_problem(text):
        raise ValueError(f"not a weekly time: {text!r}")
    day, _, time = text.strip().partition(" ")
    hour, minute = time.strip().split(":")
    return (_day(day) or 0) * 1440 + int(hour) * 60 + int(minute)


def has_time(text: str) -> bool:
    """Whether a sound date names a time of day as well."""
    return "T" in text or " " in text


def day_problem(text: str) -> str | None:
    """Why a text is neither a date nor a local date and time, or ``None``."""
    try:
        moment = datetime.fromisoformat(text) if has_time(text) else date.fromisoformat(text)
    except ValueError:
        return f"{shown(text)} is not a date"
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return f"{shown(text)} has an offset of its own beside tz"
    return None
