"""When a waiting Environment may go: the intersection of what every verdict says of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Decision, Opens


def opens(decision: Decision, outcomes: Sequence[Outcome], *, as_of: int) -> Opens | None:
    """When it may go: an instant where all that is pending says when, otherwise the conditions.

    A verdict that holds now and no longer at that instant makes it a condition as well.
    """
    if decision == "ready":
        return Opens(earliest=as_of)
    if decision != "waiting":
        return None
    binding = [outcome for outcome in outcomes if outcome.binding]
    pending = [outcome for outcome in binding if outcome.status == "pending"]
    moments = [outcome.from_ for outcome in pending if outcome.from_ is not None]
    earliest = max([as_of, *moments])
    closing = [one for one in binding if one.until is not None and one.until <= earliest and one.status != "fail"]
    unknown = [outcome for outcome in pending if outcome.from_ is None]
    if moments and not unknown and not closing:
        return Opens(earliest=earliest)
    conditions = _verified(unknown)
    conditions += [{"at": earliest}] if moments else []
    named = [one.id for one in pending if one in unknown and "missing" not in one.operands]
    conditions += [{"gate": name} for name in dict.fromkeys([*named, *(one.id for one in closing)])]
    return Opens(earliest=None, conditions=tuple(conditions))


def _verified(unknown: Sequence[Outcome]) -> list[dict[str, Any]]:
    """``uat verified + 24h``: for each set of Environments the longest time that anything asks for after it."""
    longest: dict[tuple[str, str], int] = {}
    for outcome in unknown:
        names = outcome.operands.get("missing")
        if names:
            word = "any_verified" if outcome.operands.get("join") == "any" and len(names) > 1 else "verified"
            for key in _keys(word, names):
                longest[key] = max(longest.get(key, 0), int(outcome.operands.get("need", 0)))
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
    """Whether waiting alone may end it: time goes by, or other Environments get there."""
    pending = [outcome for outcome in outcomes if outcome.binding and outcome.status == "pending"]
    before = any(outcome.id == "upstream" for outcome in pending)
    return all(_passes(outcome, before) for outcome in pending)


def _passes(outcome: Outcome, before: bool) -> bool:
    if outcome.kind == "availability" or outcome.from_ is not None:
        return True
    return "under_way" in outcome.operands or (before and bool(outcome.operands.get("missing")))


def earliest_possible(
    decision: Decision, opening: Opens | None, outcomes: Sequence[Outcome], before: Sequence[int], *, as_of: int
) -> int:
    """The first moment at which an Environment could go, if all goes well: what must pass before it is summed up.

    :param before: the same of the Environments before it
    """
    if opening is not None and opening.earliest is not None:
        return max(opening.earliest, as_of)
    moments = [outcome.from_ or 0 for outcome in outcomes if outcome.status == "pending"]
    start = max([as_of, *before]) if decision == "waiting" else as_of
    needs = [int(one.operands.get("need", 0)) for one in outcomes if one.status == "pending" and one.from_ is None]
    return max([start + max(needs, default=0), *moments])
