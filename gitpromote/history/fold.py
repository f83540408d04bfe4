"""Records -> state: what the ledger's tree holds, rebuilt from its log by anyone."""

from __future__ import annotations

from typing import Any

from gitpromote.model.freight import Freight
from gitpromote.model.record import CONTENT_KINDS, GENERATION_KINDS, Record
from gitpromote.model.state import Approval, Content, EnvironmentState, FreightState, Held, LedgerState, Verified

#: How many verified Freight an Environment remembers in the ledger's tree; its log has them all.
REMEMBERED = 100


def apply_record(state: LedgerState, record: Record) -> LedgerState:
    """The state after one more Record."""
    if record.kind == "freight-created":
        return _with_freight(state, _created(state, record))
    if record.kind in ("freight-approved", "rejected"):
        return _with_freight(state, _judged(state, record))
    if record.environment is None:
        return state
    before = state.environment(record.environment)
    after = _environment(before, record)
    if after == before:
        return state
    return state.model_copy(update={"environments": {**state.environments, record.environment: after}})


def _environment(state: EnvironmentState, record: Record) -> EnvironmentState:
    changes: dict[str, Any] = {}
    if record.kind in GENERATION_KINDS:
        changes["generation"] = state.generation + 1
    if record.kind in CONTENT_KINDS:
        changes |= _content(state, record)
    if record.kind == "verified":
        changes["verified"] = _verified(state, record)
    if record.kind == "held":
        changes["held"] = Held(
            at=record.at,
            record=record.id,
            reason=str(record.data.get("reason", "")),
            actor=record.actor.claimed,
            freight=record.freight or state.freight,
        )
    if record.kind == "approved":
        changes["approvals"] = (*state.approvals, _approval(record))
    if record.kind == "released":
        changes["held"] = None
    if record.kind == "retired":
        changes |= {"retired": True, "freight": {}, "content": None}
    return state.model_copy(update=changes) if changes else state


def _content(state: EnvironmentState, record: Record) -> dict[str, Any]:
    content = Content(
        record=record.id,
        kind=record.kind,
        at=record.at,
        plan=record.plan,
        change_digest=record.change_digest,
        commit=record.commit,
        tree=record.tree,
        repository=str(record.data.get("repository", "home")),
        ref=record.data.get("ref"),
        path=record.data.get("path", ""),
        edits=tuple(record.data.get("edits", ())),
        omitted=tuple(record.data.get("omitted", ())),
        freight=record.freight,
        actor=record.actor.claimed,
        reason=str(record.data.get("reason", "")),
    )
    left = set(state.freight.values()) - set(record.freight.values())
    # Freight that was rolled away loses its verification: it must not go on downstream.
    kept = {key: value for key, value in state.verified.items() if record.kind != "rolled-back" or key not in left}
    # What was approved has been done: the same change, should it come again, is asked for again.
    left_over = tuple(one for one in state.approvals if one.change_digest != record.change_digest)
    return {
        "content": content,
        "freight": {**state.freight, **record.freight},
        "verified": kept,
        "approvals": left_over,
        "retired": False,
    }


def _approval(record: Record) -> Approval:
    return Approval(
        record=record.id,
        at=record.at,
        identity=str(record.data.get("identity", record.actor.claimed)),
        change_digest=record.change_digest or "",
        expires=record.data.get("expires"),
        signature=str(record.data.get("signature", "")),
    )


def _verified(state: EnvironmentState, record: Record) -> dict[str, Verified]:
    verdict = Verified(
        at=record.at, record=record.id, tree=record.tree, inherited=bool(record.data.get("inherited", False))
    )
    added = dict.fromkeys(record.freight.values(), verdict)
    # By time and id: the ledger's tree keeps no order, and what is forgotten must follow from what it keeps.
    others = sorted((value.at, key) for key, value in state.verified.items() if key not in added)
    return {key: state.verified[key] for _, key in others[-(REMEMBERED - len(added)) :]} | added


def _created(state: LedgerState, record: Record) -> FreightState:
    freight = Freight.model_validate(record.data["freight"])
    new = FreightState(freight=freight, created_at=record.at, sequence=len(state.freight) + 1)
    return state.freight.get(freight.id, new)


def _judged(state: LedgerState, record: Record) -> FreightState | None:
    known = state.freight.get(str(record.data.get("freight")))
    if known is None:
        return None
    if record.kind == "rejected":
        return known.model_copy(update={"rejected": str(record.data.get("reason", "rejected"))})
    approved = tuple(sorted({*known.approved_for, str(record.environment or "*")}))
    return known.model_copy(update={"approved_for": approved})


def _with_freight(state: LedgerState, freight: FreightState | None) -> LedgerState:
    if freight is None or (freight.freight.id in state.freight and state.freight[freight.freight.id] == freight):
        return state
    return state.model_copy(update={"freight": {**state.freight, freight.freight.id: freight}})
