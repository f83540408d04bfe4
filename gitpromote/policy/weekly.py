"""Weekly hours on the clocks of a time zone, as stretches of time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from gitpromote.model.schedule import Hours, parse_hours
from gitpromote.policy import local_time
from gitpromote.policy.spans import Phase, Span, merged, phase_in

__all__ = ["weekly_phase"]

#: Days that are looked back and ahead: a week, and one more where the clock skips the only hour of the first.
_BACK, _AHEAD = 8, 16


def weekly_phase(hours: str, tz: str, at: int, *, late: bool = False) -> Phase:
    """Whether these hours are on.

    :param hours: as a Window has them
    :param late: an end that the clock shows twice is the last of the two
    :raises UnknownZoneError: this machine has no such time zone
    """
    today = local_time.local(at, local_time.zone(tz)).date()
    wanted = local_time.days(today - timedelta(days=_BACK), _BACK + _AHEAD)
    spans = merged(span for day in wanted for span in _spans(hours, tz, day, late=late))
    ends = [local_time.midnight(day, local_time.zone(tz)) for day in (wanted[0], wanted[-1] + timedelta(days=1))]
    return phase_in(spans, at, known=Span(ends[0], ends[1]))


@lru_cache(maxsize=4096)
def _spans(hours: str, tz: str, day: date, *, late: bool) -> tuple[Span, ...]:
    parsed = parse_hours(hours)
    if isinstance(parsed, str):
        return ()
    return tuple(_span(one, tz, day, late=late) for one in parsed if day.weekday() in one.days)


def _span(hours: Hours, tz: str, day: date, *, late: bool) -> Span:
    where = local_time.zone(tz)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (a time on the wall)
    start, end = (midnight + timedelta(minutes=minutes) for minutes in (hours.start, hours.end))
    return Span(local_time.moment(start, where), local_time.moment(end, where, last=late))
