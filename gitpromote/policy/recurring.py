"""What a recurrence rule gives: times on the wall, and stretches of time that begin there.

Every day of a period is held against the rule, so that a rule that never comes true ends with what is looked through,
and not with the calendar.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from gitpromote.model.recurrence import Day, Recurrence, parse_rrule
from gitpromote.policy import local_time
from gitpromote.policy.spans import Phase, Span, merged, phase_in

__all__ = ["occurrences", "recurring_phase"]

_DAY = timedelta(days=1)
#: How far is looked ahead: beyond that nobody waits.
_AHEAD = timedelta(days=5 * 366)
#: How many stretches are looked at, and how far behind the present one the next must lie to be one of its own.
_MOST, _APART = 400, 3 * 3600


@lru_cache(maxsize=256)
def recurring_phase(rrule: str, start: str, duration: int, tz: str, at: int) -> Phase:
    """Whether a stretch that begins with the rule is on. Whole days of it are days on the wall, the rest is seconds.

    :param start: the local time from which the rule counts
    :param duration: seconds
    :raises UnknownZoneError: this machine has no such time zone
    """
    rule, where = parse_rrule(rrule), local_time.zone(tz)
    if isinstance(rule, str):
        return Phase(False)
    if rule.until is not None and rule.until.tzinfo is not None:
        rule = replace(rule, until=rule.until.astimezone(where).replace(tzinfo=None))
    now = local_time.local(at, where)
    begin, end = now - timedelta(seconds=duration) - 2 * _DAY, now + _AHEAD
    spans: list[Span] = []
    known, last, ahead = _moment(end, where), at, False
    for shown in occurrences(rule, datetime.fromisoformat(start), begin=begin, end=end):
        span = _span(shown, duration, where)
        if len(spans) == _MOST or (ahead and span.start > last + _APART):
            known = span.start
            break
        spans.append(span)
        last, ahead = max(last, span.end), ahead or span.end > at
    return phase_in(merged(spans), at, known=Span(_moment(begin, where), known))


def _span(shown: datetime, duration: int, where: ZoneInfo) -> Span:
    days, rest = divmod(duration, 86400)
    return Span(_moment(shown, where), _moment(shown + timedelta(days=days), where) + rest)


def _moment(shown: datetime, where: ZoneInfo) -> int:
    """As the RFC reads what a clock skips: by the offset from before the change."""
    return int(shown.replace(tzinfo=where, fold=0).timestamp())


# -- the rule


def occurrences(rule: Recurrence, start: datetime, *, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The times on the wall that a rule gives, in order, from ``begin`` to ``end``.

    :param start: from when the rule counts; what it does not say itself is as there
    """
    last = end if rule.until is None else min(end, rule.until)
    fits = lru_cache(maxsize=2)(partial(_fits, rule, start))  # an hourly rule asks for each day again and again
    count = 0
    for first, until in _periods(rule, start, start if rule.count else max(start, begin), last):
        for shown in _within(rule, start, first, until, fits):
            if shown < start:
                continue
            if shown > last:
                return
            count += 1
            if shown >= begin:
                yield shown
            if count == rule.count:
                return


def _periods(rule: Recurrence, start: datetime, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Each period in which the rule may give something, as its beginning and end."""
    number = max(0, _number(rule, start, first) // rule.interval)
    while True:
        found, until = _period(rule, start, number * rule.interval)
        if found > last:
            return
        yield found, until
        number += 1


def _number(rule: Recurrence, start: datetime, at: datetime) -> int:
    """How many periods a time lies behind the one of the start."""
    match rule.freq:
        case "YEARLY":
            return at.year - start.year
        case "MONTHLY":
            return (at.year - start.year) * 12 + at.month - start.month
        case "WEEKLY":
            return (_week(at.date(), rule) - _week(start.date(), rule)).days // 7
        case "DAILY":
            return (at.date() - start.date()).days
    return (_hour(at) - _hour(start)) // timedelta(hours=1)


def _period(rule: Recurrence, start: datetime, number: int) -> tuple[datetime, datetime]:
    match rule.freq:
        case "YEARLY":
            return datetime(start.year + number, 1, 1), datetime(start.year + number + 1, 1, 1)  # noqa: DTZ001
        case "MONTHLY":
            return _month(start, number), _month(start, number + 1)
        case "WEEKLY":
            week = datetime.combine(_week(start.date(), rule), time()) + timedelta(weeks=number)
            return week, week + timedelta(weeks=1)
        case "DAILY":
            day = datetime.combine(start.date(), time()) + timedelta(days=number)
            return day, day + _DAY
    hour = _hour(start) + timedelta(hours=number)
    return hour, hour + timedelta(hours=1)


def _week(day: date, rule: Recurrence) -> date:
    return day - timedelta(days=(day.weekday() - rule.week_start) % 7)


def _month(start: datetime, number: int) -> datetime:
    years, month = divmod(start.month - 1 + number, 12)
    return datetime(start.year + years, month + 1, 1)  # noqa: DTZ001 (a time on the wall)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _within(
    rule: Recurrence, start: datetime, first: datetime, until: datetime, fits: Callable[[date], bool]
) -> Sequence[datetime]:
    """The times of one period."""
    hours = rule.by.get("BYHOUR", (start.hour,))
    if rule.freq == "HOURLY":
        hours = [first.hour] if first.hour in rule.by.get("BYHOUR", (first.hour,)) else []
    times = [time(hour, minute, start.second) for hour in hours for minute in rule.by.get("BYMINUTE", (start.minute,))]
    days = local_time.days(first.date(), max((until - first).days, 1)) if times else []
    found = [datetime.combine(day, at) for day in days if fits(day) for at in times]
    places = rule.by.get("BYSETPOS")
    if places is None:
        return found
    chosen = {place - 1 if place > 0 else len(found) + place for place in places}
    return [found[at] for at in sorted(chosen) if 0 <= at < len(found)]


# -- days


def _fits(rule: Recurrence, start: datetime, day: date) -> bool:
    """Whether the rule gives something on a day of one of its periods."""
    by = rule.by
    if "BYMONTH" in by and day.month not in by["BYMONTH"]:
        return False
    if not _implied(rule, start, day):
        return False
    month, year = monthrange(day.year, day.month)[1], 365 + isleap(day.year)
    yearday = day.timetuple().tm_yday
    return (
        _among(by.get("BYMONTHDAY"), day.day, month)
        and _among(by.get("BYYEARDAY"), yearday, year)
        and ("BYWEEKNO" not in by or _among(by["BYWEEKNO"], *_week_number(day, rule)))
        and ("BYDAY" not in by or any(_is_day(rule, one, day, month=month, year=year) for one in by["BYDAY"]))
    )


def _implied(rule: Recurrence, start: datetime, day: date) -> bool:
    """What the rule leaves open is as it was at the start."""
    if rule.freq in ("DAILY", "HOURLY") or rule.by.keys() & {"BYMONTHDAY", "BYYEARDAY", "BYDAY"}:
        return True
    if rule.freq == "WEEKLY" or "BYWEEKNO" in rule.by:
        return day.weekday() == start.weekday()
    return day.day == start.day and (rule.freq == "MONTHLY" or "BYMONTH" in rule.by or day.month == start.month)


def _among(wanted: Sequence[int] | None, number: int, size: int) -> bool:
    return wanted is None or number in wanted or number - size - 1 in wanted


def _is_day(rule: Recurrence, wanted: Day, day: date, *, month: int, year: int) -> bool:
    if wanted.weekday != day.weekday():
        return False
    if not wanted.number:
        return True
    in_month = rule.freq == "MONTHLY" or "BYMONTH" in rule.by
    at, size = (day.day, month) if in_month else (day.timetuple().tm_yday, year)
    return wanted.number in ((at - 1) // 7 + 1, -((size - at) // 7 + 1))


def _week_number(day: date, rule: Recurrence) -> tuple[int, int]:
    """The number of a day's week, and how many weeks its year has; the first week has four days of it at least."""
    middle = _week(day, rule) + timedelta(days=3)
    year = middle.year
    first, after = (_week(date(one, 1, 4), rule) for one in (year, year + 1))
    return (_week(day, rule) - first).days // 7 + 1, (after - first).days // 7
