"""Who asked for a change: whoever planned it, in this plan or another one, and whoever requested its Freight.

Names are claimed, so another plan of the same change under another name must not hide the first: what the ledger has
of this change counts whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from gitpromote.engine.inquiry import Inquiry
from gitpromote.model.record import Record
from gitpromote.model.state import Approval

__all__ = ["names_by_key", "planned_by", "requesters"]

#: What one does with somebody else's plan. Such a Record may bring the plan to the ledger.
_CONSENTS = ("approved", "overridden")


def requesters(inquiry: Inquiry, approval: Approval) -> frozenset[str]:
    """The addresses, in small letters, of all who asked for the change that an approval is of."""
    by = planned_by(inquiry, approval.plan) if approval.plan is not None else ()
    every = (*inquiry.context.requested_by, *by, *_planners(inquiry, approval.change_digest))
    return frozenset(address for address in map(_address, every) if address)


def names_by_key(inquiry: Inquiry, key: str) -> frozenset[str]:
    """Under which addresses a key (``SHA256:…``) has signed Records of the ledger."""
    proof = f"ssh:{key}"
    return frozenset(_address(one.actor.claimed) for one in _records(inquiry) if one.actor.proven_by == proof)


def planned_by(inquiry: Inquiry, plan: str) -> tuple[str, ...]:
    """Who made a plan, as its document says; where it does not, who recorded it; empty: the ledger does not have it."""
    by = _maker(_document(inquiry, plan))
    recorded = (one for one in _records(inquiry) if (one.kind, one.plan) == ("planned", plan)) if not by else ()
    return (by,) if by else tuple(one.actor.claimed for one in recorded)


def _planners(inquiry: Inquiry, change: str) -> tuple[str, ...]:
    """Who made or recorded any plan of this very change; who only brought it along to consent has asked for nothing."""
    place = ("planners", inquiry.context.environment.name, change)
    if place not in inquiry.known:
        inquiry.known[place] = tuple(_found(inquiry, change))
    found: tuple[str, ...] = inquiry.known[place]
    return found


def _found(inquiry: Inquiry, change: str) -> Iterator[str]:
    for record, following in pairwise([*_records(inquiry), None]):
        if record is None or record.kind != "planned" or not _is_of(inquiry, record, change):
            continue
        if by := _maker(_document(inquiry, str(record.plan))):
            yield by
        if not (by and _is_consent(record, following)):
            yield record.actor.claimed


def _is_consent(record: Record, following: Record | None) -> bool:
    """Whether somebody recorded a plan in order to approve it, or to override a gate of it."""
    if following is None or following.kind not in _CONSENTS:
        return False
    return (following.plan, following.actor.claimed) == (record.plan, record.actor.claimed)


def _is_of(inquiry: Inquiry, record: Record, change: str) -> bool:
    """Whether a recorded plan makes this change in the Environment."""
    name, told = inquiry.context.environment.name, record.data.get("changes")
    if isinstance(told, Mapping):
        return told.get(name) == change
    environments = _document(inquiry, str(record.plan)).get("environments")
    listed = environments if isinstance(environments, list) else []
    return any((one.get("name"), one.get("change_digest")) == (name, change) for one in listed)


def _records(inquiry: Inquiry) -> Sequence[Record]:
    if ("records",) not in inquiry.known:
        inquiry.known["records",] = inquiry.world.ledger.records(inquiry.context.ledger)
    found: Sequence[Record] = inquiry.known["records",]
    return found


def _document(inquiry: Inquiry, plan: str) -> Mapping[str, Any]:
    """A plan as the ledger has it; empty where it has none that can be read."""
    place = ("plan", plan)
    if place not in inquiry.known:
        try:
            told = json.loads(inquiry.world.ledger.plan_bytes(inquiry.context.ledger, plan) or b"{}")
        except (ValueError, RecursionError):
            told = {}
        wanted = ("environments", "observations")  # the rest of it is large
        inquiry.known[place] = {name: told.get(name) for name in wanted} if isinstance(told, Mapping) else {}
    found: Mapping[str, Any] = inquiry.known[place]
    return found


def _maker(document: Mapping[str, Any]) -> str:
    observations = document.get("observations")
    by = observations.get("created_by") if isinstance(observations, Mapping) else None
    return by if isinstance(by, str) else ""


def _address(actor: str) -> str:
    return actor.rpartition("<")[2].rstrip(">").strip().casefold()
