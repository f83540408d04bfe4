"""Which Freight may enter which Environment, and why not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from gitpromote.model.freight import Freight
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.state import EnvironmentState, FreightState, LedgerState

Join = Literal["all", "any"]


def upstream_outcome(
    after: Sequence[str],
    join: Join,
    freight: Mapping[str, str],
    states: Mapping[str, EnvironmentState],
    *,
    carried: Mapping[str, Collection[str]] | None = None,
) -> Outcome:
    """Whether Freight has been verified upstream: in all of ``after``, or in any of them.

    :param freight: Warehouse to Freight id, what would move
    :param carried: Environment to the Warehouses whose Freight gets there; of others it says nothing
    """
    if not after:
        return _outcome("pass", "takes Freight directly", {}, None)
    asked = {
        name: ids
        for name in after
        if (ids := [one for warehouse, one in freight.items() if carried is None or warehouse in carried[name]])
    }
    verdicts = {name: _verified_at(states.get(name), ids) for name, ids in asked.items()}
    seen = {name: at for name, at in verdicts.items() if at is not None}
    missing = [name for name in asked if name not in seen]
    times = [_first(asked, states, one) for one in freight.values()] if join == "any" else list(verdicts.values())
    at = max((time for time in times if time is not None), default=None)
    if at is not None and None not in times:
        return _outcome("pass", _join(seen, "verified"), {"verified": seen, "join": join}, at)
    message = _join(missing, "not verified yet", " or " if join == "any" else ", ")
    return _outcome("pending", message, {"verified": seen, "missing": missing, "join": join}, None)


def _outcome(status: Literal["pass", "pending"], message: str, operands: dict[str, Any], at: int | None) -> Outcome:
    return Outcome.model_validate(
        {
            "id": "upstream",
            "kind": "availability",
            "level": "hard",
            "status": status,
            "message": message,
            "operands": operands,
            "from": at,
        }
    )


def _join(names: Iterable[str], words: str, joiner: str = ", ") -> str:
    return f"{joiner.join(names)}: {words}"


def _verified_at(state: EnvironmentState | None, freight: Iterable[str]) -> int | None:
    """When all of this Freight had been verified there, or ``None``."""
    if state is None:
        return None
    times = [state.verified[identifier].at if identifier in state.verified else None for identifier in freight]
    if not times or None in times:
        return None
    return max(at for at in times if at is not None)


def _first(asked: Mapping[str, Sequence[str]], states: Mapping[str, EnvironmentState], freight: str) -> int | None:
    """When a Freight was verified for the first time in any of them, or ``None``."""
    here = [states[name].verified for name, ids in asked.items() if freight in ids and name in states]
    return min((verified[freight].at for verified in here if freight in verified), default=None)


def planned_freight(plan: Plan, planned: EnvironmentPlan) -> dict[str, Freight]:
    """Warehouse to Freight of an environment's plan; what moves comes last: where two hold one artifact, it speaks."""
    ordered = sorted(planned.freight.items(), key=lambda item: item[1].moving)
    return {warehouse: plan.freight[moving.id].freight() for warehouse, moving in ordered}


def newest_first(ledger: LedgerState, warehouse: str) -> list[FreightState]:
    """The Freight of a Warehouse that the ledger knows, the latest arrival first; rejected ones left out."""
    known = [state for state in ledger.freight.values() if state.freight.warehouse == warehouse]
    return sorted((state for state in known if not state.rejected), key=lambda state: -state.sequence)


def choose(
    candidates: Sequence[Freight],
    *,
    after: Sequence[str],
    join: Join,
    current: str | None,
    approved: Iterable[str],
    states: Mapping[str, EnvironmentState],
) -> Freight | None:
    """Which Freight an Environment's plan looks at.

    The newest that is available there and newer than what it holds; if nothing newer is available, the newest on its
    way; if it holds the newest, that one.

    :param candidates: of one Warehouse, newest first
    :param approved: Freight ids that are available here by approval
    """
    approved = frozenset(approved)
    for freight in candidates:
        if freight.id == current:
            break
        verdict = upstream_outcome(after, join, {freight.warehouse: freight.id}, states)
        if verdict.status == "pass" or freight.id in approved:
            return freight
    return candidates[0] if candidates else None
