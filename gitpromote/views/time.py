"""Instants and durations as people say them. Epoch seconds in, UTC out; no clock is read and no locale counts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from gitpromote.errors import UsageError

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:\d+[smhdw])+|\d+")
_NEAR = timedelta(days=180)
_LAST = 253_402_300_799


def instant(epoch: int, *, now: int | None = None) -> str:
    """``09:31Z`` on the same day, ``Fri 20 Nov 09:31Z`` near it, ``20 Nov 2024 09:31Z`` otherwise."""
    moment = _utc(epoch)
    clock = f"{moment:%H:%M}Z"
    if now is None or abs(moment - _utc(now)) > _NEAR:
        return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year} {clock}"
    if moment.date() == _utc(now).date():
        return clock
    return f"{_DAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]} {clock}"


def iso(epoch: int) -> str:
    """``2025-11-20T00:53:20Z``."""
    return f"{_utc(epoch):%Y-%m-%dT%H:%M:%SZ}"


def duration(seconds: int) -> str:
    """``41s``, ``12m``, ``4h32m``, ``24h``, ``7d``: two units at most."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return _two(seconds, 60, "m", 1, "s")
    if seconds < 3 * 86400:
        return _two(seconds, 3600, "h", 60, "m")
    return _two(seconds, 86400, "d", 3600, "h")


def ago(epoch: int, *, now: int) -> str:
    """``4h32m ago``; ``just now`` within a minute."""
    passed = now - epoch
    return "just now" if -60 < passed < 60 else f"{duration(passed)} ago" if passed > 0 else f"in {duration(-passed)}"


def parse_duration(text: str) -> int:
    """Seconds of ``30s``, ``5m``, ``1h30m``, ``7d``; a bare number counts seconds.

    :raises UsageError: for anything else
    """
    word = text.strip().lower()
    if not _DURATION.fullmatch(word):
        raise UsageError(
            "This is no duration.", code="bad-duration", detail=f'"{text}"', hint="Write it like 30s, 5m, 1h30m or 7d."
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
    if found is None or not 0 <= found <= _LAST:
        raise UsageError(
            "This is no point in time.",
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
    if not found or found[1].title() not in _DAYS or int(found[2]) > 23 or int(found[3]) > 59:
        return None
    start = _utc(now)
    days = (_DAYS.index(found[1].title()) - start.weekday()) % 7
    moment = (start + timedelta(days=days)).replace(hour=int(found[2]), minute=int(found[3]), second=0)
    return int((moment if moment >= start else moment + timedelta(days=7)).timestamp())


def _two(seconds: int, big: int, big_unit: str, small: int, small_unit: str) -> str:
    whole, rest = divmod(seconds, big)
    part = rest // small
    return f"{whole}{big_unit}{part}{small_unit}" if part else f"{whole}{big_unit}"


def _utc(epoch: int) -> datetime:
    # A saved document may hold any integer; what no calendar has is shown as its nearest end.
    return datetime.fromtimestamp(min(max(epoch, 0), _LAST), UTC)
