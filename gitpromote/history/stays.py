"""How long Freight has lived in an Environment: intervals of its verified stays and of its health, from Records.

Clocks of machines differ, and may run backwards. Within an Environment a moment is never before one that was told
earlier, so that a stay begins no sooner than what came before it. Where a Record tells an earlier time than the one
before it, one of the two clocks is wrong; which one, nobody knows: stays that ended later than that are cut short. What
is counted is thus never negative and never more than has passed by any of the clocks; it may be less, and then waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gitpromote.model.state import EnvironmentState, Interval, Verified

#: How many verified Freight an Environment remembers beside what it holds; the ledger's log has them all.
REMEMBERED = 100


def length(interval: Interval | None, *, now: int | None = None) -> int:
    """Seconds of an interval, as far as they have passed."""
    if interval is None:
        return 0
    until = interval[1] if now is None else min(interval[1], now)
    return max(0, until - interval[0])


def longer(one: Interval | None, other: Interval) -> Interval:
    """The longer of two; the earlier one where they are equal."""
    return one if one is not None and length(one) >= length(other) else other


def left(verified: Verified, *, now: int) -> Verified:
    """After the Freight has gone elsewhere: what it has lived counts, the present stretch is over."""
    changes: dict[str, object] = {"since": None, "healthy": None}
    if verified.since is not None:
        changes["stayed"] = longer(verified.stayed, (verified.since, max(verified.since, now)))
    if verified.healthy is not None:
        changes["baked"] = longer(verified.baked, (verified.healthy, max(verified.healthy, now)))
    return verified.model_copy(update=changes)


def alarmed(verified: Verified) -> Verified:
    """After an alarm: health counts anew, wherever it was counted."""
    return verified.model_copy(update={"healthy": None, "baked": None})


def well(verified: Verified, *, now: int) -> Verified:
    """After the end of an alarm; what does not live here is not well either."""
    if verified.since is None or verified.healthy is not None:
        return verified
    return verified.model_copy(update={"healthy": now})


def without(verified: Mapping[str, Verified], freight: Iterable[str], *, now: int) -> dict[str, Verified]:
    """After this Freight has left."""
    gone = set(freight)
    return {key: left(value, now=now) if key in gone else value for key, value in verified.items()}


def cut(verified: Mapping[str, Verified], *, at: int) -> dict[str, Verified]:
    """After a Record that tells an earlier time than one before it."""
    return {key: _cut(value, at) for key, value in verified.items()}


def _cut(verified: Verified, at: int) -> Verified:
    late = {
        name: (interval[0], max(interval[0], at))
        for name, interval in (("stayed", verified.stayed), ("baked", verified.baked))
        if interval is not None and interval[1] > at
    }
    return verified.model_copy(update=late) if late else verified


def remembered(verified: Mapping[str, Verified], *, held: Iterable[str]) -> dict[str, Verified]:
    """What is held, and the latest of the others.

    By time and id: the ledger's tree keeps no order, and what is forgotten must follow from what it keeps.
    """
    kept = set(held)
    others = sorted((value.at, key) for key, value in verified.items() if key not in kept)
    forgotten = {key for _, key in others[:-REMEMBERED]}
    return {key: value for key, value in verified.items() if key not in forgotten}


def lives_here(state: EnvironmentState, freight: str) -> bool:
    """Whether a Freight is what the Environment holds. Nothing leaves a point of control: what passed it stays."""
    return freight in state.freight.values() or (state.content is None and not state.retired)
