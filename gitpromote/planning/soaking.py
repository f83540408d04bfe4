"""Soak and Bake: how long Freight has lived in the Environments before, and when that is enough.

Soak takes the longest stay that has ended, or the present one. Bake takes the present stretch without an alarm, or the
one at whose end the Freight left; an alarm makes it begin anew. What a plan itself moves on ends a stay as well, at the
moment of the plan. Of several Environments before, all must have it, or any where that is enough for availability. What
takes Freight directly has nothing before it to soak in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from gitpromote.model.freight import Freight
from gitpromote.model.gate_time import Bake, Soak
from gitpromote.model.moments import duration, first_minute
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Interval, Verified
from gitpromote.planning.availability import LEFT_OUT, Journey
from gitpromote.planning.requirement import Place, Requirement

TimeGate: TypeAlias = Soak | Bake


class Lived(NamedTuple):
    """What counts of one Freight in one Environment.

    :ivar seconds: so far
    :ivar opens: when it is enough, or was; ``None`` where it will not be enough by the passing of time alone
    :ivar note: why not
    :ivar over: it was too short, and is over
    """

    seconds: int
    opens: int | None
    note: str = ""
    over: bool = False


def time_gates(resolved: ResolvedEnvironment, occasion: str) -> list[TimeGate]:
    """An Environment's gates of these kinds."""
    return [gate for gate in resolved.all_gates if isinstance(gate, Soak | Bake) and occasion in gate.applies_to]


def lived(journey: Journey, gate: TimeGate, place: Place, freight: Freight) -> Lived:
    """What counts of a Freight in an Environment before."""
    verified = journey.state(place.name).verified.get(freight.id)
    if place.at is None or verified is None:
        return Lived(0, place.at if place.note == LEFT_OUT else None, place.note or "not verified yet")
    over, present = (verified.baked, verified.healthy) if isinstance(gate, Bake) else (verified.stayed, verified.since)
    next_one = journey.leaving.get(place.name, {}).get(freight.id)
    ends = None if next_one is None else journey.as_of if journey.leaves_at is None else journey.leaves_at
    found = _counted(gate, over, present, journey.as_of, ends=ends)
    if found.opens is not None:
        return found
    gone = verified.since is None or next_one is not None
    return found._replace(note=_why_not(gate, verified, next_one), over=gone)


def _counted(gate: TimeGate, over: Interval | None, present: int | None, now: int, *, ends: int | None) -> Lived:
    """What counts by the intervals alone.

    :param ends: when the present one will be over; ``None``: nobody knows
    """
    past = max(0, min(over[1], now) - over[0]) if over else 0
    here = max(0, (now if ends is None else min(now, ends)) - present) if present is not None else 0
    moments = [over[0] + gate.seconds] if over and over[1] - over[0] >= gate.seconds else []
    if present is not None and (ends is None or ends - present >= gate.seconds):
        moments.append(present + gate.seconds)
    return Lived(max(past, here), min(moments, default=None))


def _why_not(gate: TimeGate, verified: Verified, next_one: Freight | None) -> str:
    if verified.since is None:
        return "then it left"
    if next_one is not None:
        return f"and this plan moves {next_one.alias} there"
    return "an alarm" if isinstance(gate, Bake) else ""


def opening(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> int | None:
    """When the Soak and Bake of an Environment let a Freight in, now at the earliest; ``None``: not by time alone."""
    verdict = journey.verdict(resolved.name, freight)
    gates = time_gates(resolved, verdict.occasion)
    moments = [_opens(journey, gate, verdict.requirement, freight) for gate in gates]
    if None in moments:
        return None
    return max([journey.as_of, *(moment for moment in moments if moment is not None)])


def gate_outcome(
    journey: Journey, resolved: ResolvedEnvironment, gate: TimeGate, freight: Iterable[Freight]
) -> Outcome:
    """The verdict of a Soak or a Bake over everything that moves."""
    freight = list(freight)
    needs = [(one, _requirement(journey, resolved, one)) for one in _asked(freight, resolved)]
    if not freight and not resolved.direct:
        return _outcome(gate, "skip", "no Freight comes here: nothing to wait for", {"need": gate.seconds})
    if not needs:
        return _outcome(gate, "pass", "takes Freight directly: nothing before it to wait in", {"need": gate.seconds})
    moments = [_opens(journey, gate, need, one) for one, need in needs]
    opens = None if None in moments else max(moment for moment in moments if moment is not None)
    here = _told(journey, gate, needs)
    operands = {
        "need": gate.seconds,
        "seconds": {name: one.seconds for name, one in here.items()},
        "missing": [name for name, one in here.items() if one.opens is None and not one.over],
        "join": resolved.join,
        **({"over": over} if (over := [name for name, one in here.items() if one.over]) else {}),
    }
    if opens is not None and opens <= journey.as_of:
        return _outcome(gate, "pass", _message(gate, _enough(here, journey.as_of)), operands, opens)
    return _outcome(gate, "pending", _message(gate, here), operands, opens)


def gate_text(journey: Journey, resolved: ResolvedEnvironment, gate: TimeGate, freight: Freight) -> str:
    """``soak 24h not reached, opens 14:32Z``."""
    words = f"{gate.name} {duration(gate.seconds)}"
    if not _asked([freight], resolved):
        return f"{words} does not apply"
    opens = _opens(journey, gate, _requirement(journey, resolved, freight), freight)
    if opens is not None and opens <= journey.as_of:
        return f"{words} reached"
    return f"{words} not reached" + (f", opens {first_minute(opens, now=journey.as_of)}" if opens is not None else "")


def explained(journey: Journey, environment: str, freight: Freight) -> str:
    """The whole verdict in one line: ``test: verified 2h ago; soak 24h not reached, opens 14:32Z``."""
    resolved, verdict = journey.pipeline.resolved(environment), journey.verdict(environment, freight)
    gates = [] if verdict.refused else time_gates(resolved, verdict.occasion)
    told = [gate_text(journey, resolved, gate, freight) for gate in gates]
    return "; ".join([verdict.text(now=journey.as_of), *told])


# -- what it needs of those before


def _asked(freight: Iterable[Freight], resolved: ResolvedEnvironment) -> list[Freight]:
    return [one for one in freight if one.warehouse not in resolved.direct]


def _requirement(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> Requirement:
    return journey.verdict(resolved.name, freight).requirement


def _opens(journey: Journey, gate: TimeGate, need: Requirement, freight: Freight) -> int | None:
    return need.moment(lambda place: lived(journey, gate, place, freight).opens)


def _told(journey: Journey, gate: TimeGate, needs: Iterable[tuple[Freight, Requirement]]) -> dict[str, Lived]:
    """Each Environment before with what counts there: of several Freight the one that has it last."""
    found: dict[str, list[Lived]] = {}
    for freight, need in needs:
        for place in need.places:
            found.setdefault(place.name, []).append(lived(journey, gate, place, freight))
    return {name: max(several, key=_lateness) for name, several in found.items()}


def _lateness(one: Lived) -> tuple[bool, int]:
    return one.opens is None, one.opens or 0


def _enough(here: Mapping[str, Lived], now: int) -> dict[str, Lived]:
    return {name: one for name, one in here.items() if one.opens is not None and one.opens <= now}


def _message(gate: TimeGate, here: Mapping[str, Lived]) -> str:
    """``4h32m of 24h in uat``; ``uat: not verified yet; needs 24h`` where nothing counts yet."""
    need = duration(gate.seconds)
    counted = [f"{duration(one.seconds)} of {need} in {name}{_because(one)}" for name, one in _begun(here)]
    others = [f"{name}: {one.note}" for name, one in here.items() if not _has_begun(one)]
    return "; ".join([*counted, *([f"{', '.join(others)}; needs {need}"] if others else [])])


def _begun(here: Mapping[str, Lived]) -> Sequence[tuple[str, Lived]]:
    return [(name, one) for name, one in here.items() if _has_begun(one)]


def _has_begun(one: Lived) -> bool:
    return one.opens is not None or one.seconds > 0


def _because(one: Lived) -> str:
    return f", {one.note}" if one.note and one.opens is None else ""


def _outcome(gate: TimeGate, status: Any, message: str, operands: dict[str, Any], at: int | None = None) -> Outcome:
    return Outcome.model_validate(
        {
            "id": gate.name,
            "kind": "gate",
            "level": gate.level,
            "status": status,
            "message": message,
            "operands": operands,
            "from": at,
        }
    )
