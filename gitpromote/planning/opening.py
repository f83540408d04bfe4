"""When a waiting Environment may go: the intersection of what every verdict says of time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from gitpromote.model.moments import first_minute
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Decision, EnvironmentPlan, Opens

Again: TypeAlias = Callable[[int], Sequence[Outcome]]
"""A moment (epoch seconds) -> the verdicts of the journey then, all else being as it is."""

#: The operand by which the verdict of a window or a freeze is known.
WINDOW = "window"
#: The operand with the Environments that a hotfix alone brought Freight to: that they verify it lets it in nowhere.
BYPASSED = "bypassed"
#: The operand by which a verdict says how far ahead it was looked, and time alone does not open it.
NEVER = "never"
#: How often another moment is tried.
_MOST = 100


def opens(
    decision: Decision,
    outcomes: Sequence[Outcome],
    *,
    as_of: int,
    at: Again | None = None,
    coming: Mapping[str, int] | None = None,
) -> Opens | None:
    """When it may go: an instant where all that is pending says when, otherwise the conditions.

    What opens at different times is tried together: a window that is open now and closed when the soak ends is not
    open. Without ``at`` a verdict that holds now and no longer at that instant makes it a condition as well.

    :param at: judges again at another moment
    :param coming: Environment to when what a hotfix brought there comes the ordinary way, see :func:`when_it_comes`
    """
    if decision == "ready":
        return Opens(earliest=as_of)
    if decision != "waiting":
        return None
    pending = [one for one in outcomes if one.binding and one.status == "pending"]
    earliest = _instant(outcomes, pending, as_of=as_of, at=at)
    if earliest is not None:
        return Opens(earliest=earliest)
    never = _never(outcomes, pending, as_of=as_of, at=at)
    if never is not None:
        return Opens(earliest=None, conditions=(never,))
    conditions = _time_then_others(pending, as_of=as_of, at=at) or _conditions(
        outcomes, pending, as_of=as_of, coming=coming or {}
    )
    return Opens(earliest=None, conditions=tuple(conditions))


def when_it_comes(planned: Sequence[EnvironmentPlan], freight: Collection[str]) -> dict[str, int]:
    """Environment to when Freight comes there without a change, where that waits for time alone. Epoch seconds."""
    return {
        one.name: one.opens.earliest
        for one in planned
        if one.opens is not None and one.opens.earliest is not None and one.steps and not one.writes
        if freight and {moving.id for moving in one.freight.values()}.issuperset(freight)
    }


def _time_then_others(pending: Sequence[Outcome], *, as_of: int, at: Again | None) -> list[dict[str, Any]]:
    """The moment at which time stands in the way no more, and the gates that say nothing of time: people, for one.

    Nothing where one of these will take its own time once it can tell.
    """
    unknown = [one for one in pending if one.from_ is None]
    moments = [one.from_ for one in pending if one.from_ is not None]
    if at is None or not moments or any(_need(one) or "missing" in one.operands for one in unknown):
        return []
    names = dict.fromkeys(one.id for one in unknown)
    moment = together(lambda time: [one for one in at(time) if one.id not in names], max([as_of, *moments]))
    return [{"at": moment}, *({"gate": name} for name in names)] if moment is not None else []


def _instant(outcomes: Sequence[Outcome], pending: Sequence[Outcome], *, as_of: int, at: Again | None) -> int | None:
    """When it opens by time alone; ``None`` where it does not."""
    moments = [one.from_ for one in pending if one.from_ is not None]
    if not moments or len(moments) < len(pending):
        return None
    earliest = max([as_of, *moments])
    closing = _closing(outcomes, earliest)
    if not closing and (at is None or len(moments) == 1):
        return earliest
    return together(at, earliest) if at is not None else None


def together(at: Again, start: int) -> int | None:
    """The first moment from a start on at which nothing is pending; ``None`` where time alone does not lead there."""
    moment = start
    for _ in range(_MOST):
        standing = [one for one in at(moment) if one.binding and one.status in ("pending", "fail", "error")]
        later = [one.from_ for one in standing if one.status == "pending" and one.from_ is not None]
        if len(later) < len(standing):
            return None
        if not later:
            return moment
        moment = max(moment + 1, *later)
    return None


def _never(
    outcomes: Sequence[Outcome], pending: Sequence[Outcome], *, as_of: int, at: Again | None
) -> dict[str, Any] | None:
    """How far ahead no moment was found at which all that time opens is open, and what shuts in turn."""
    shut = [one for one in pending if NEVER in one.operands]
    if shut:
        return {"never": min(int(one.operands[NEVER]) for one in shut), "gates": [one.id for one in shut]}
    over = [one.id for one in pending if WINDOW in one.operands and one.from_ is None]
    if over:
        return {"never": None, "gates": over}  # windows look years ahead
    moments = [one.from_ for one in pending if one.from_ is not None]
    timed = {one.id for one in outcomes if one.from_ is not None or one.until is not None}
    if at is None or not moments:
        return None
    moment, turns = max([as_of, *moments]), dict[str, None]()
    for _ in range(_MOST):
        standing = [one for one in at(moment) if one.id in timed and one.binding and one.status == "pending"]
        # What time does not open, such as an approval that is over by then, opens nothing that time shuts.
        standing = [one for one in standing if one.from_ is not None]
        later = [one.from_ for one in standing if one.from_ is not None]
        if not later or max(later) <= moment:
            return None
        turns |= dict.fromkeys(one.id for one in standing)
        moment = max(later)
    return {"never": moment, "gates": list(turns)}


def _need(outcome: Outcome) -> int:
    """How long it asks for, in seconds; what counts people asks for no time."""
    return 0 if "have" in outcome.operands else int(outcome.operands.get("need", 0))


def _closing(outcomes: Sequence[Outcome], earliest: int) -> list[Outcome]:
    """What holds now, or before that moment, and no longer then."""
    return [one for one in outcomes if one.binding and one.until is not None and one.until <= earliest]


def _conditions(
    outcomes: Sequence[Outcome], pending: Sequence[Outcome], *, as_of: int, coming: Mapping[str, int]
) -> list[dict[str, Any]]:
    """What has to come true, in the order in which it is told: Environments, moments, windows, other gates."""
    unknown = [one for one in pending if one.from_ is None]
    moments = [one.from_ for one in pending if one.from_ is not None and WINDOW not in one.operands]
    needs = [_need(one) for one in unknown]
    closing = _closing(outcomes, max([as_of + max(needs, default=0), *moments]))
    windows = [one for one in outcomes if one.binding and WINDOW in one.operands and _matters(one, closing)]
    bypassed = _bypassed(unknown)
    named = [one for one in unknown if "missing" not in one.operands or one.operands.get("over")]
    named += [one for one in unknown if _need(one) and bypassed.issuperset(one.operands.get("missing") or [""])]
    others = [one.id for one in [*named, *closing] if one not in windows]
    return [
        *_ordinarily(unknown, coming, as_of=as_of),
        *_verified(unknown, bypassed),
        *([{"at": max([as_of, *moments])}] if moments else []),
        *({"window": one.id} for one in windows),
        *({"gate": name} for name in dict.fromkeys(others)),
    ]


def _matters(window: Outcome, closing: Sequence[Outcome]) -> bool:
    """Whether a window may be closed by then: one that is closed, or opens and closes; not what denies some day."""
    opens_and_closes = bool(window.operands.get("active")) and window.until is not None
    return window.status == "pending" or window in closing or opens_and_closes


def _bypassed(unknown: Sequence[Outcome]) -> set[str]:
    return {name for one in unknown for name in one.operands.get(BYPASSED, ())}


def _ordinarily(unknown: Sequence[Outcome], coming: Mapping[str, int], *, as_of: int) -> list[dict[str, Any]]:
    """What takes a hotfix on: where any Environment is enough, those that it did not come to are waited for instead."""
    found = [one for one in unknown if BYPASSED in one.operands]
    names = [
        name
        for one in found
        for name in one.operands[BYPASSED]
        if one.operands.get("join") != "any" or {*one.operands["missing"]} <= {*one.operands[BYPASSED]}
    ]
    told = " and ".join(dict.fromkeys(names))
    moments = [coming[name] for name in names if name in coming]
    first = f", {first_minute(max(moments), now=as_of)} at the earliest" if moments else ""
    return [{"text": f"when it comes to {told} the ordinary way{first}, or is approved here"}] if told else []


def _verified(unknown: Sequence[Outcome], bypassed: Collection[str]) -> list[dict[str, Any]]:
    """``uat verified + 24h``: for each set of Environments the longest time that anything asks for after it."""
    longest: dict[tuple[str, str], int] = {}
    for outcome in unknown:
        names = [name for name in outcome.operands.get("missing") or () if name not in bypassed]
        if names and not outcome.operands.get("over"):
            word = "any_verified" if outcome.operands.get("join") == "any" and len(names) > 1 else "verified"
            for key in _keys(word, names):
                longest[key] = max(longest.get(key, 0), _need(outcome))
    return _joined(longest)


def _keys(word: str, names: Sequence[str]) -> list[tuple[str, str]]:
    return [(word, "\n".join(names))] if word == "any_verified" else [(word, name) for name in names]


def _joined(longest: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Those that ask for the same time together."""
    groups: dict[tuple[str, int], list[str]] = {}
    for (word, names), plus in longest.items():
        groups.setdefault((word, plus), []).extend(names.split("\n"))
    return [{word: names if len(names) > 1 else names[0], "plus": plus} for (word, plus), names in groups.items()]


def passes_by_itself(outcomes: Sequence[Outcome]) -> bool:
    """Whether waiting alone may end it: time goes by, other Environments get there, what is asked answers otherwise."""
    standing = _standing(outcomes)
    before = any(outcome.id == "upstream" for outcome in standing)
    return all(_passes(outcome, before) for outcome in standing)


def time_alone(outcomes: Sequence[Outcome]) -> int | None:
    """When all that stands in the way says that it opens, at the earliest; ``None`` where something does not say it."""
    moments = [outcome.from_ for outcome in _standing(outcomes)]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


def _standing(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.binding and outcome.status in ("pending", "error")]


def _passes(outcome: Outcome, before: bool) -> bool:
    if outcome.kind == "availability" or outcome.from_ is not None:
        return True
    if outcome.operands.get("over"):
        return False
    if outcome.reads == "live":
        return WINDOW not in outcome.operands  # a window that says no moment does not open again
    return "under_way" in outcome.operands or (before and bool(outcome.operands.get("missing")))


def earliest_possible(
    decision: Decision,
    opening: Opens | None,
    outcomes: Sequence[Outcome],
    before: Sequence[int],
    *,
    as_of: int,
    at: Again | None = None,
) -> int:
    """The first moment at which an Environment could go, if all goes well: what must pass before it is summed up.

    :param before: the same of the Environments before it
    :param at: judges again at another moment
    """
    if opening is not None and opening.earliest is not None:
        return max(opening.earliest, as_of)
    moments = [outcome.from_ or 0 for outcome in outcomes if outcome.status == "pending"]
    start = max([as_of, *before]) if decision == "waiting" else as_of
    needs = [_need(one) for one in outcomes if one.status == "pending" and one.from_ is None]
    moment = max([start + max(needs, default=0), *moments])
    return _after(at, moment) if at is not None and decision == "waiting" and _may_close(outcomes) else moment


def _may_close(outcomes: Sequence[Outcome]) -> bool:
    return any(one.binding and one.until is not None for one in outcomes)


def _after(at: Again, moment: int) -> int:
    """The first moment from there on at which nothing waits for time."""
    for _ in range(_MOST):
        pending = [one for one in at(moment) if one.binding and one.status == "pending"]
        later = [one.from_ for one in pending if one.from_ is not None and one.from_ > moment]
        if not later:
            break
        moment = max(later)
    return moment
