"""Release trains: whether what has arrived becomes Freight now, or later together with more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gitpromote.model.moments import duration, first_minute, instant
from gitpromote.model.schedule import weekly_minute

__all__ = ["Due", "cut_text", "due"]

_DAY = 86400
_WEEK = 7 * _DAY
#: 1970-01-01 was a Thursday: the first Monday is the 5th.
_FIRST_MONDAY = 4 * 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Whether Freight is made now. Times are epoch seconds.

    :ivar now: make it, of what had arrived at ``until``
    :ivar until: what arrived later waits for the next one; ``None``: all that there is
    :ivar next: when to look again, if nothing else arrives; ``None``: only news change anything
    :ivar reason: why not now, or an empty string
    """

    now: bool
    until: int | None = None
    next: int | None = None
    reason: str = ""


def due(
    *, arrivals: Iterable[int], now: int, cut: str | None = None, quiet: int | None = None, last: int | None = None
) -> Due:
    """Whether Freight is made at this moment.

    With a cut, Freight leaves once a week with what had arrived by then, also where that is noticed later; a cut that
    found nothing is none. With ``quiet`` it is made when nothing came for so long; with both, at the first moment after
    a cut at which what the cut takes along has been there for so long.

    :param arrivals: when each candidate was first seen that the last Freight does not hold. One that lies ahead of
        ``now`` is only just arriving: moments of plans are whole minutes, and clocks differ. One that lies more than a
        day ahead cannot be true and holds nothing back
    :param cut: a weekly time in UTC, ``"Tue 10:00"``
    :param quiet: seconds
    :param last: when the last Freight was made; ``None``: never
    """
    news = sorted(arrival if arrival <= now + _DAY else _always(now, quiet) for arrival in arrivals)
    if not news:
        return Due(now=False, reason="nothing new has arrived")
    if cut is None:
        return _when_quiet(news, now, quiet, until=None)
    return _at_cut(news, now, cut, quiet, last if last is None else min(last, now))


def _always(now: int, quiet: int | None) -> int:
    """A moment that is long enough ago for every cut and every quiet time."""
    return now - 2 * _WEEK - (quiet or 0)


def _when_quiet(news: list[int], now: int, quiet: int | None, *, until: int | None) -> Due:
    free = news[-1] + (quiet or 0)
    if free <= now:
        return Due(now=True, until=until)
    return Due(now=False, next=free, reason=_quiet_text(news[-1], free, now=now))


def _quiet_text(newest: int, free: int, *, now: int) -> str:
    """Both moments. Plans are of whole minutes: the first that sees it is the next whole one."""
    opens = first_minute(free, now=now)
    came, rest = instant(newest, now=now), duration(free - newest)
    return f"the newest came {came}; if nothing else comes for {rest}, at {opens}"


def _at_cut(news: list[int], now: int, cut: str, quiet: int | None, last: int | None) -> Due:
    before = _cut_before(now, cut)
    taken = [arrival for arrival in news if arrival <= before]
    if taken and (last is None or last < before):
        return _when_quiet(taken, now, quiet, until=before)
    return Due(now=False, next=before + _WEEK, reason=cut_text(now, cut))


def cut_text(now: int, cut: str) -> str:
    """``the next cut is Tue 24 Nov 10:00Z``."""
    return f"the next cut is {instant(_cut_before(now, cut) + _WEEK, now=now)}"


def _cut_before(now: int, cut: str) -> int:
    """The last moment of a weekly time that is not after ``now``."""
    offset = _FIRST_MONDAY + weekly_minute(cut) * 60
    return (now - offset) // _WEEK * _WEEK + offset
