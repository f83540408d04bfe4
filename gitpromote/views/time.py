"""Instants and durations as people say them and write them. UTC where no zone is named; no clock is read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from gitpromote.errors import UsageError
from gitpromote.model.moments import DAYS, LAST, ago, day, duration, instant, iso, utc

__all__ = ["ago", "day", "duration", "instant", "iso", "parse_duration", "parse_instant"]

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


def parse_instant(text: str, *, now: int) -> int:
    """Epoch seconds of an ISO 8601 time, an epoch number, or a day of the coming week (``Sat 15:00``).

    What names no zone is UTC. ``now`` is where ``now`` and days of the week are counted from.

    :raises UsageError: for anything else
    """
    word = text.strip()
    if word.lower() == "now":
        return now
    found = int(word) if word.isdigit() and len(word) >= 9 else _weekday(word, now) or _iso(word)
    if found is None or not 0 <= found <= LAST:
        raise UsageError(
            "This is no point in time",
            code="bad-time",
            detail=f'"{text}"',
            hint="Write it like 2026-11-20T09:30Z, 2026-11-20 or Sat 15:00; without a zone it is UTC.",
        )
    return found


def _iso(word: str) -> int | None:
    try:
        moment = datetime.fromisoformat(word)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def _weekday(word: str, now: int) -> int | None:
    found = re.fullmatch(r"([A-Za-z]{3})[a-z]* +(\d{1,2}):(\d{2}) *Z?", word)
    if not found or found[1].title() not in DAYS or int(found[2]) > 23 or int(found[3]) > 59:
        return None
    start = utc(now)
    days = (DAYS.index(found[1].title()) - start.weekday()) % 7
    moment = (start + timedelta(days=days)).replace(hour=int(found[2]), minute=int(found[3]), second=0)
    return int((moment if moment >= start else moment + timedelta(days=7)).timestamp())
