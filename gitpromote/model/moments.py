"""Instants and durations as people say them. Epoch seconds in, UTC out; no clock is read and no locale counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["DAYS", "LAST", "ago", "day", "duration", "first_minute", "instant", "iso", "utc"]

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: The last second that calendars have.
LAST = 253_402_300_799

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NEAR = timedelta(days=180)


def instant(epoch: int, *, now: int | None = None) -> str:
    """``09:31Z`` on the same day, ``Fri 20 Nov 09:31Z`` near it, ``20 Nov 2024 09:31Z`` otherwise."""
    moment = utc(epoch)
    clock = f"{moment:%H:%M}Z"
    if now is not None and moment.date() == utc(now).date():
        return clock
    return f"{day(epoch, now=now)} {clock}"


def first_minute(epoch: int, *, now: int | None = None) -> str:
    """The same for what begins: the first whole minute that is not before it, so that nobody comes too early."""
    return instant(-(-epoch // 60) * 60, now=now)


def day(epoch: int, *, now: int | None = None) -> str:
    """``Thu 19 Nov`` near now, ``19 Nov 2024`` otherwise."""
    moment = utc(epoch)
    date = f"{moment.day} {_MONTHS[moment.month - 1]}"
    if now is None or abs(moment - utc(now)) > _NEAR:
        return f"{date} {moment.year}"
    return f"{DAYS[moment.weekday()]} {date}"


def iso(epoch: int) -> str:
    """``2025-11-20T00:53:20Z``."""
    return f"{utc(epoch):%Y-%m-%dT%H:%M:%SZ}"


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


def utc(epoch: int) -> datetime:
    """The moment in UTC; what no calendar has is its nearest end, for a saved document may hold any integer."""
    return datetime.fromtimestamp(min(max(epoch, 0), LAST), UTC)


def _two(seconds: int, big: int, big_unit: str, small: int, small_unit: str) -> str:
    whole, rest = divmod(seconds, big)
    part = rest // small
    return f"{whole}{big_unit}{part}{small_unit}" if part else f"{whole}{big_unit}"
