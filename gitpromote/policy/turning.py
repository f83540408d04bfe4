"""When an expression turns by the passing of time alone: tried at the moments at which what it reads of time changes.

Those are the hours and days of ``schedule`` on the clocks of the time zone, the edges of change windows, and the
moments at which a soak reaches a number that the expression holds. All else is taken to stay as it is. What is not
found within two weeks is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, tzinfo
from typing import TYPE_CHECKING, Any

from gitpromote.policy import local_time
from gitpromote.policy.windows import Timed, edges

if TYPE_CHECKING:
    from gitpromote.cel.expression import Expression
    from gitpromote.cel.tree import Node

__all__ = ["turn"]

_DAYS = 15
AHEAD = 14 * 86400
_SOAKS = ("soakMinutes", "upstreamSoakMinutes")


def turn(
    expression: Expression,
    holds: Callable[[int], bool],
    *,
    now: int,
    where: tzinfo,
    values: Mapping[str, Any],
    windows: Mapping[str, Sequence[Timed]],
) -> int | None:
    """When it holds no longer, or holds at last; ``None`` where that is not by time, or not soon. Epoch seconds.

    :param holds: whether it does at a moment
    :param values: the text of each path that it reads, with what stands there now
    :param windows: the change windows that it may name
    """
    paths = [use.path for use in expression.uses]
    numbers = sorted(_numbers(expression.text))
    soaks = [values.get(use.text) for use in expression.uses if use.path[-1] in _SOAKS]
    moments = {*_of_schedule(paths, numbers, now, where), *_of_windows(paths, windows, now), *_of(soaks, numbers, now)}
    present, before = holds(now), now
    for moment in sorted(moment for moment in moments if now < moment <= now + AHEAD):
        if holds(moment) is not present:
            return _edge(holds, before, moment) if soaks else moment
        before = moment
    return None


def _of(soaks: Sequence[Any], numbers: Sequence[int], now: int) -> Iterator[int]:
    """When a soak has reached a number, or is more: up to a minute later than that is, since it is told in minutes."""
    for soak in soaks:
        if isinstance(soak, int) and not isinstance(soak, bool):
            for number in numbers:
                yield from (now + (number + more - soak) * 60 for more in (0, 1))


def _edge(holds: Callable[[int], bool], before: int, after: int) -> int:
    """The moment between two, or in the minute before the later one, at which it turns, to the second."""
    wanted = holds(after)
    before = max(before, after - 60)
    while after - before > 1:
        middle = (before + after) // 2
        if holds(middle) is wanted:
            after = middle
        else:
            before = middle
    return after


def _of_schedule(paths: Sequence[Sequence[str]], numbers: Sequence[int], now: int, where: tzinfo) -> Iterator[int]:
    read = {path[-1] for path in paths if path[0] == "schedule"}
    if not read:
        return
    minutes = sorted({one for number in numbers for one in (number, number + 1) if one < 60} | {0})
    times = [
        time(hour, minute)
        for hour in (range(24) if read & {"hour", "minute"} else (0,))
        for minute in (minutes if "minute" in read else (0,))
    ]
    for day in local_time.days(local_time.local(now, where).date(), _DAYS):
        for at in times:
            yield local_time.moment(datetime.combine(day, at), where)
            yield local_time.moment(datetime.combine(day, at), where, last=True)


def _of_windows(paths: Sequence[Sequence[str]], windows: Mapping[str, Sequence[Timed]], now: int) -> Iterator[int]:
    for path in paths:
        for gate in windows.get(path[1], ()) if path[0] == "changewindow" and len(path) > 1 else ():
            yield from edges(gate, now, AHEAD)


def _numbers(text: str) -> set[int]:
    """The whole numbers that an expression holds."""
    from gitpromote.cel.parse import parse

    return set(_literals(text, parse(text)))


def _literals(text: str, node: Node) -> Iterator[int]:
    from gitpromote.cel.tree import Literal, children

    if isinstance(node, Literal) and node.kind == "int":
        digits = text[node.start : node.end].strip("() ")
        if digits.isdecimal() and len(digits) < 8:
            yield int(digits)
    for child in children(node):
        yield from _literals(text, child)
