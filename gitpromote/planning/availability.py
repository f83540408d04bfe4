"""Which Freight may enter which Environment, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from gitpromote.model.freight import Freight
from gitpromote.model.outcome import Outcome
from gitpromote.model.state import EnvironmentState, FreightState, LedgerState

Join = Literal["all", "any"]


def upstream_outcome(
    after: Sequence[str], join: Join, freight: Mapping[str, str], states: Mapping[str, EnvironmentState]
) -> Outcome:
    """Whether Freight has been verified upstream: in all of ``after``, or in any of them.

    :param freight: Warehouse to Freight id, what would move
    """
    verdicts = {name: _verified_at(states.get(name), freight.values()) for name in after}
    seen = {name: at for name, at in verdicts.items() if at is not None}
    if not after:
        return _outcome("pass", "takes Freight directly", {}, None)
    missing = [name for name in after if name not in seen]
    holds = bool(seen) if join == "any" else not missing
    if holds:
        at = min(seen.values()) if join == "any" else max(seen.values())
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
