"""Stretches of time and what holds now: whether something is active, since when, and until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

__all__ = ["Phase", "Span", "either", "merged", "phase_in"]

#: How often a union of several may change before it counts as lasting.
_MOST = 1000


class Span(NamedTuple):
    """From one moment up to another, which does not belong to it. Epoch seconds."""

    start: int
    end: int


class Phase(NamedTuple):
    """What holds at a moment.

    :ivar since: from when it has; ``None``: for longer than was looked back
    :ivar until: when it changes; ``None``: not for as long as was looked ahead
    """

    active: bool
    since: int | None = None
    until: int | None = None


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order; what touches or overlaps is one. Empty ones are left out."""
    found: list[Span] = []
    for span in sorted(one for one in spans if one.start < one.end):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def phase_in(spans: Sequence[Span], at: int, *, known: Span) -> Phase:
    """What holds at a moment, by merged spans that are complete within ``known``."""
    before = known.start
    for start, end in spans:
        if start > at:
            return Phase(False, _past(before, known), start)
        if at < end:
            return Phase(True, _past(start, known), end if end < known.end else None)
        before = end
    return Phase(False, _past(before, known), None)


def _past(moment: int, known: Span) -> int | None:
    return moment if moment > known.start else None


def either(phases: Callable[[int], Sequence[Phase]], at: int) -> Phase:
    """What holds of several together: active while any of them is.

    :param phases: a moment to the phase of each
    """
    now = phases(at)
    active = [one for one in now if one.active]
    if not active:
        return Phase(False, _latest([one.since for one in now]), _first([one.until for one in now]))
    since = [one.since for one in active]
    return Phase(True, None if None in since else _first(since), _end(phases, active))


def _end(phases: Callable[[int], Sequence[Phase]], active: Sequence[Phase]) -> int | None:
    until: int | None = None
    for _ in range(_MOST):
        ends = [one.until for one in active]
        if None in ends:
            return None
        until = max(end for end in ends if end is not None)
        active = [one for one in phases(until) if one.active]
        if not active:
            return until
    return None


def _first(moments: Iterable[int | None]) -> int | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _latest(moments: Sequence[int | None]) -> int | None:
    return None if None in moments else max((moment for moment in moments if moment is not None), default=None)
