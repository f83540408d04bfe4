"""Times as clocks on the wall show them, as moments: epoch seconds, across every change of the clock.

A time that the clock skips is the moment of the change. A time that it shows twice is the first of the two, or the last
where that is asked for.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gitpromote.model.moments import LAST

__all__ = ["UnknownZoneError", "days", "local", "midnight", "moment", "schedule", "zone"]

#: Moments between which calendars are looked at: with room on both sides for what is looked back and ahead.
_EARLIEST, _LATEST = 0, LAST - 10 * 366 * 86400

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class UnknownZoneError(Exception):
    """This machine does not know a time zone."""

    def __init__(self, name: str) -> None:
        super().__init__(f"this machine has no time zone {name}")


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """An IANA time zone.

    :raises UnknownZoneError: this machine has none of this name
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZoneError(name) from error


def local(at: int, where: tzinfo) -> datetime:
    """What the clock shows at a moment; without a zone, so that it may be reckoned with."""
    return datetime.fromtimestamp(min(max(at, _EARLIEST), _LATEST), where).replace(tzinfo=None)


def moment(shown: datetime, where: tzinfo, *, last: bool = False) -> int:
    """When the clock shows this time."""
    before, after = (shown.replace(tzinfo=where, fold=fold) for fold in (0, 1))
    first, second = (int(one.timestamp()) for one in (before, after))
    if first > second:  # skipped: each of the two readings lies on the other side of the change
        return _change(second, first, where)
    return second if last else first


def midnight(day: date, where: tzinfo) -> int:
    """When a day begins."""
    return moment(datetime(day.year, day.month, day.day), where)  # noqa: DTZ001 (a time on the wall)


def _change(low: int, high: int, where: tzinfo) -> int:
    """The moment between two at which the clock is changed."""
    offset = datetime.fromtimestamp(low, where).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, where).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


def schedule(at: int, where: tzinfo) -> dict[str, object]:
    """A moment as ``schedule``."""
    shown = local(at, where)
    return {
        "isWeekend": shown.weekday() >= 5,
        "hour": shown.hour,
        "minute": shown.minute,
        "dayOfWeek": _DAYS[shown.weekday()],
        "date": f"{shown:%Y-%m-%d}",
    }


def days(first: date, count: int) -> list[date]:
    """So many days, one after the other."""
    return [first + timedelta(days=number) for number in range(count)]
