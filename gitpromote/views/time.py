"""Instants and durations as people say them and write them. UTC where no zone is named; no clock is read."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from gitpromote.errors import UsageError
from gitpromote.model.moments import DAYS, LAST, ago, day, duration, first_minute, instant, iso

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["ago", "day", "duration", "first_minute", "instant", "iso", "parse_duration", "parse_instant"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:\d+[smhdw])+|\d+")


def parse_duration(text: str) -> int:
    """Seconds of ``30s``, ``5m``, ``1h30m``, ``7d``; a bare number counts seconds.

    :raises UsageError: for anything else
    """
    word = text.strip().lower()
    if not _DURATION.fullmatch(word):
        raise UsageError(
            "This is no duration", code="bad-duration", detail=f'"{text}"', hint="Write it like 30s, 5m, 1h30m or 7d."
        )
    if word.isdigit():
        return int(word)
    return sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)([smhdw])", word))


def parse_instant(text: str, *, now: int, tz: str = "UTC") -> int:
    """Epoch seconds of an ISO 8601 time, an epoch number, or a day of the coming week (``Sat 15:00``).

    ``now`` is where ``now`` and days of the week are counted from.

    :param tz: the IANA time zone of what names none
    :raises UsageError: for anything else
    """
    word, where = text.strip(), _zone(tz)
    if word.lower() == "now":
        return now
    number = word.isdigit() and len(word) >= 9
    found = int(word) if number else _weekday(word, now, where) or _iso(word, where)
    if found is None or not 0 <= found <= LAST:
        raise UsageError(
            "This is no point in time",
            code="bad-time",
            detail=f'"{text}"',
            hint=f"Write it like 2026-11-20T09:30Z, 2026-11-20 or Sat 15:00; without a zone it is {tz}.",
        )
    return found


def _zone(name: str) -> ZoneInfo:
    from gitpromote.policy import local_time  # most runs are asked for no moment, and time zones are a lot

    try:
        return local_time.zone(name)
    except local_time.UnknownZoneError as error:
        raise UsageError(
            "There is no such time zone",
            code="bad-time-zone",
            detail=str(error),
            hint="Name it as IANA does, such as Europe/Berlin or UTC.",
        ) from error


def _iso(word: str, where: ZoneInfo) -> int | None:
    from gitpromote.policy import local_time

    try:
        moment = datetime.fromisoformat(word)
        return int(moment.timestamp()) if moment.tzinfo else local_time.moment(moment, where)
    except (ValueError, OverflowError):
        return None


def _weekday(word: str, now: int, where: ZoneInfo) -> int | None:
    """The next such moment from ``now`` on; with a ``Z`` behind it, in UTC whatever the zone."""
    from gitpromote.policy import local_time

    found = re.fullmatch(r"([A-Za-z]{3})[a-z]* +(\d{1,2}):(\d{2}) *(Z?)", word)
    if not found or found[1].title() not in DAYS or int(found[2]) > 23 or int(found[3]) > 59:
        return None
    zone = _zone("UTC") if found[4] else where
    today = local_time.local(now, zone)
    first = today.date() + timedelta(days=(DAYS.index(found[1].title()) - today.weekday()) % 7)
    clock = time(int(found[2]), int(found[3]))
    moments = (local_time.moment(datetime.combine(first + timedelta(days=7 * week), clock), zone) for week in range(2))
    return next((moment for moment in moments if moment >= now), None)
