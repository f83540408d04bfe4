"""Windows and freezes: open exactly where no deny is active and, where there are windows that allow, one of them is.

Each is told by itself. Windows that allow are judged together, so that two of them make two openings and not none; one
opens for those that are as binding as it is, or less. An end that a clock shows twice is the first for what allows, and
the last for what denies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from gitpromote.model.gate_time import Freeze, Window
from gitpromote.model.outcome import Outcome
from gitpromote.model.schedule import has_time
from gitpromote.policy import local_time
from gitpromote.policy.answers import verdict
from gitpromote.policy.conditional import not_asked
from gitpromote.policy.gate_context import GateContext
from gitpromote.policy.recurring import recurring_phase
from gitpromote.policy.spans import Phase, Span, either, phase_in
from gitpromote.policy.weekly import weekly_phase

__all__ = ["Timed", "blocked", "edges", "judge_freeze", "judge_window", "phase"]

Timed: TypeAlias = Window | Freeze

_RANK = {"advisory": 0, "soft": 1, "hard": 2}


def phase(gate: Timed, at: int) -> Phase:
    """Whether a window's hours are on, or a freeze lasts.

    :raises UnknownZoneError: this machine does not know its time zone
    """
    if isinstance(gate, Freeze):
        span = _frozen(gate)
        return phase_in([span], at, known=Span(min(span.start, at) - 1, max(span.end, at) + 1))
    if gate.rrule:
        return recurring_phase(gate.rrule, gate.start, gate.seconds, gate.tz, at)
    return weekly_phase(gate.hours, gate.tz, at, late=gate.deny)


def blocks(gate: Timed, at: int) -> bool:
    """Whether it shuts by itself: a window that allows and is closed, one that denies and is on, a freeze that lasts.

    :raises UnknownZoneError: this machine does not know its time zone
    """
    return phase(gate, at).active is (isinstance(gate, Freeze) or gate.deny)


def _frozen(gate: Freeze) -> Span:
    where = local_time.zone(gate.tz)
    start, end = datetime.fromisoformat(gate.start), datetime.fromisoformat(gate.until)
    end = end if has_time(gate.until) else end + timedelta(days=1)
    return Span(local_time.moment(start, where), local_time.moment(end, where, last=True))


# -- verdicts


def judge_freeze(gate: Freeze, context: GateContext) -> Outcome:
    """Pending while it lasts."""
    reason = f": {gate.reason}" if gate.reason else ""
    return _denial(gate, context, f"frozen {gate.told}{reason}", f"no freeze now; {gate.told}{reason}")


def judge_window(gate: Window, context: GateContext) -> Outcome:
    """Pending while it, and every other that allows, is closed; one that denies, while it is on."""
    if gate.deny:
        return _denial(gate, context, f"no changes {gate.told}", f"no changes {gate.told}; not now")
    try:
        own = phase(gate, context.as_of)
        peers = _peers(gate, context)
        whole = either(lambda at: [phase(one, at) for one in peers], context.as_of)
        others = _others(gate, peers, context.as_of, own, whole)
        if not whole.active:
            told = f"closed{f', and {others} opens first' if others else ''}"
            until = _closing(peers, whole.until)
            return _verdict(gate, "pending", f"{gate.told}; {told}", whole, opens=whole.until, until=until)
    except local_time.UnknownZoneError as error:
        return verdict(gate, "error", str(error))
    told = "open" if own.active else f"closed, and {others} is open"
    return _verdict(gate, "pass", f"{gate.told}; {told}", whole, opens=whole.since, until=whole.until)


def _denial(gate: Timed, context: GateContext, shut: str, free: str) -> Outcome:
    try:
        now = phase(gate, context.as_of)
    except local_time.UnknownZoneError as error:
        return verdict(gate, "error", str(error))
    if now.active:
        until = phase(gate, now.until).until if now.until is not None else None
        return _verdict(gate, "pending", shut, now, opens=now.until, until=until)
    return _verdict(gate, "pass", free, now, opens=now.since, until=now.until)


def _verdict(gate: Timed, status: Any, message: str, now: Phase, *, opens: int | None, until: int | None) -> Outcome:
    operands = {"window": gate.told, "active": now.active, "changes": now.until}
    never = "; it does not open again in the next years" if status == "pending" and opens is None else ""
    return verdict(gate, status, message + never, operands=operands, opens=opens, until=until, threshold=gate.told)


def _peers(gate: Window, context: GateContext) -> Sequence[Window]:
    """The windows that open for this one, itself included."""
    wanted = _RANK[gate.level]
    allowing = [one for one in context.environment.gates if isinstance(one, Window) and not one.deny]
    known = [one for one in allowing if context.occasion in one.applies_to and _RANK[one.level] >= wanted]
    return [one for one in known if one is gate or not_asked(one, context) is None] or [gate]


def _others(gate: Window, peers: Sequence[Window], at: int, own: Phase, whole: Phase) -> str:
    """Those that are open while this one is closed, or open before it does."""
    if own.active or (not whole.active and own.until == whole.until):
        return ""
    phases = {one.name: phase(one, at) for one in peers if one is not gate}
    found = [name for name, one in phases.items() if one.active or (not whole.active and one.until == whole.until)]
    return " and ".join(found)


def _closing(peers: Sequence[Window], opens: int | None) -> int | None:
    """When the next opening ends."""
    if opens is None:
        return None
    return either(lambda at: [phase(one, at) for one in peers], opens).until


# -- facts


def blocked(windows: Mapping[str, Sequence[Timed]], at: int) -> Mapping[str, bool | None]:
    """``changewindow``: name to whether it shuts; ``None`` where that cannot be told, or those of a name disagree."""
    found: dict[str, bool | None] = {}
    for name, gates in windows.items():
        told = {_blocks_or_unknown(gate, at) for gate in gates}
        found[name] = told.pop() if len(told) == 1 else None
    return found


def edges(gate: Timed, at: int, ahead: int) -> Iterator[int]:
    """When it changes within so many seconds; nothing where its time zone is not known."""
    try:
        until = phase(gate, at).until
        while until is not None and until <= at + ahead:
            yield until
            until = phase(gate, until).until
    except local_time.UnknownZoneError:
        return


def _blocks_or_unknown(gate: Timed, at: int) -> bool | None:
    try:
        return blocks(gate, at)
    except local_time.UnknownZoneError:
        return None
