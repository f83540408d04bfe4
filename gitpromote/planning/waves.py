"""Waves and their budgets: how many of a wave may go now, and when a failure closes it.

Who is under way is told by the ledger: Freight that was written and neither verified nor failed since. What the remote
refused has failed, too, and what somebody changed as it landed. Who may go with
them is decided in the order of the Pipeline, over those that nothing else keeps back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitpromote.model.moments import duration
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.wave import Wave
from gitpromote.planning.availability import Journey

#: How the outcome of a wave's budget is called.
WAVE = "wave"


def members(journey: Journey, number: int) -> list[str]:
    """The Environments of a wave, in the Pipeline's order."""
    return [resolved.name for resolved in journey.waves.get(number, ())]


def under_way(journey: Journey, number: int) -> list[str]:
    """Those of a wave that hold Freight which is neither verified nor failed there yet."""
    return [name for name in members(journey, number) if _is_under_way(journey, name)]


def failed(journey: Journey, number: int, freight: Iterable[str]) -> list[str]:
    """Those of a wave in which this Freight has failed and has not recovered since."""
    wanted = set(freight)
    return [name for name in members(journey, number) if wanted & _failed(journey, name)]


def _failed(journey: Journey, name: str) -> set[str]:
    """The Freight that has failed in an Environment: it does not run well, or did not land."""
    state = journey.state(name)
    return {*state.failed, *state.not_landed}


def not_landed(journey: Journey, name: str, freight: Iterable[str]) -> bool:
    """Whether Freight did not land in an Environment: it may be tried there again, whatever its own failure closed."""
    return not journey.state(name).not_landed.keys().isdisjoint(freight)


def closed(journey: Journey, resolved: ResolvedEnvironment, freight: Sequence[str]) -> str:
    """Why nothing more enters a wave: too many failed in it or in one before it; otherwise an empty string.

    What did not land is tried again where that was, so that the wave can go on.
    """
    number = _closed(journey, resolved, freight)
    if number is None:
        return ""
    names, most = failed(journey, number, freight), _budget(journey, number).max_failed
    return f"wave {number} is closed: failed in {', '.join(names)}, and {most} may"


def _closed(journey: Journey, resolved: ResolvedEnvironment, freight: Sequence[str]) -> int | None:
    """The first wave that is closed and keeps an Environment back."""
    mine = resolved.wave.number if resolved.wave else 0
    for number in range(1, mine + 1):
        names = failed(journey, number, freight)
        if number == mine and not_landed(journey, resolved.name, freight):
            names = [name for name in names if not not_landed(journey, name, freight)]
        most = _budget(journey, number).max_failed
        if most is not None and len(names) > most:
            return number
    return None


def _remedy(journey: Journey, resolved: ResolvedEnvironment, freight: Sequence[str]) -> str:
    """What opens a wave again: where Freight did not land, to get it there."""
    number = _closed(journey, resolved, freight)
    names = failed(journey, number, freight) if number is not None else []
    again = [name for name in names if not_landed(journey, name, freight)]
    if not again:
        return ""
    pipeline, first = journey.pipeline.name, again[0]
    if not set(freight).isdisjoint(journey.state(first).freight.values()):
        return f"gitpromote explain {pipeline} {first}"  # it was written, and somebody else wrote there
    return f"gitpromote apply {pipeline} --env {','.join(again)}"


def wave_outcome(
    journey: Journey, resolved: ResolvedEnvironment, freight: Mapping[str, str], *, since: int | None, going: int = 0
) -> Outcome | None:
    """Whether the budget of an Environment's wave lets it go; ``None`` where it has none.

    :param freight: Warehouse to Freight id, what moves
    :param since: from when it might go by availability, epoch seconds; jitter counts from there
    :param going: how many of its wave go before it in the same moment
    """
    wave = resolved.wave
    if wave is None or not any(_budget(journey, number).has_budget for number in range(1, wave.number + 1)):
        return None
    ids = sorted(freight.values())
    reason = closed(journey, resolved, ids)
    if reason:
        closed_outcome = _outcome("pending", reason, {"closed": True})
        return closed_outcome.model_copy(update={"remedy": _remedy(journey, resolved, ids)})
    # Without jitter nothing begins later, and what was verified in the minute of the plan is verified.
    begins = since + jitter(wave, resolved.name, ids) if since is not None and wave.seconds else None
    if begins is not None and begins > journey.as_of:
        late = f"wave {wave.number}: begins up to {duration(wave.seconds)} later than it might"
        return _outcome("pending", late, {"jitter": wave.seconds}, at=begins)
    others = [name for name in under_way(journey, wave.number) if name != resolved.name]
    found = _crowd(journey, wave, others, going)
    return found.model_copy(update={"message": found.message + _failures(journey, wave, ids)})


def _failures(journey: Journey, wave: Wave, freight: Sequence[str]) -> str:
    """What is left of the failures that a wave may have."""
    if wave.max_failed is None:
        return ""
    names = failed(journey, wave.number, freight)
    told = f" ({', '.join(names)})" if names else ""
    return f"{':' if wave.max_parallel is None else ';'} {len(names)} failed{told}, {wave.max_failed} may"


def jitter(wave: Wave, environment: str, freight: Sequence[str]) -> int:
    """Seconds by which an Environment begins later: drawn from what goes where, so always the same."""
    if not wave.seconds:
        return 0
    drawn = hashlib.sha256("\n".join(["gitpromote-jitter-v1", environment, *freight]).encode()).digest()
    return int.from_bytes(drawn[:8], "big") % (wave.seconds + 1)


def crowded(journey: Journey, ready: Sequence[str]) -> dict[str, str]:
    """Those that have to wait for others of their wave, with the reason.

    :param ready: Environments that may go now for all else, in the Pipeline's order
    """
    waiting: dict[str, str] = {}
    going: dict[int, int] = {}
    for name in ready:
        resolved = journey.pipeline.resolved(name)
        wave = resolved.wave
        if wave is None:
            continue
        others = [one for one in under_way(journey, wave.number) if one not in ready]
        outcome = _crowd(journey, wave, others, going.get(wave.number, 0))
        if outcome.status == "pass":
            going[wave.number] = going.get(wave.number, 0) + 1
        else:
            waiting[name] = outcome.message
    return waiting


def _crowd(journey: Journey, wave: Wave, others: Sequence[str], going: int) -> Outcome:
    most, count = wave.max_parallel, len(others) + going
    if most is None:
        return _outcome("pass", f"wave {wave.number}", {"under_way": count})
    told = f" ({', '.join(others)})" if others else ""
    if count < most:
        return _outcome("pass", f"wave {wave.number}: {count} of {most} under way{told}", {"under_way": count})
    text = f"wave {wave.number}: {most} at a time, others go first{told}"
    return _outcome("pending", text, {"under_way": count, "max_parallel": most})


def _is_under_way(journey: Journey, name: str) -> bool:
    state = journey.state(name)
    if state.content is None:
        return False
    return any(one not in state.verified and one not in _failed(journey, name) for one in state.freight.values())


def _budget(journey: Journey, number: int) -> Wave:
    first = next(iter(journey.waves.get(number, ())), None)
    return (first.wave if first else None) or Wave(number)


def _outcome(status: Any, message: str, operands: dict[str, Any], *, at: int | None = None) -> Outcome:
    told = {"id": WAVE, "kind": "gate", "status": status, "message": message, "operands": operands, "from": at}
    return Outcome.model_validate(told)
