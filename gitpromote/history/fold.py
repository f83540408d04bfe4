"""Records -> state: what the ledger's tree holds, rebuilt from its log by anyone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from gitpromote.history import stays
from gitpromote.model.freight import Freight
from gitpromote.model.record import CONTENT_KINDS, GENERATION_KINDS, NOT_LANDED, Record
from gitpromote.model.state import (
    Admission,
    Approval,
    Bypass,
    Content,
    EnvironmentState,
    FreightState,
    Held,
    Intent,
    LedgerState,
    Override,
    RolledBack,
    Verified,
)

REMEMBERED = stays.REMEMBERED
#: Kinds that bring Freight to an Environment; a point of control is told that it has passed.
_ARRIVALS = frozenset({*CONTENT_KINDS, "verified"})
#: How many promotions an Environment remembers the time of: as many as a ChangeBudget may count.
PROMOTIONS = 1000


def apply_record(state: LedgerState, record: Record) -> LedgerState:
    """The state after one more Record."""
    if record.kind == "freight-created":
        return _created(state, record)
    if record.kind in _OF_FREIGHT:
        return _with_freight(state, _judged(state, record))
    if record.kind == "requested":
        return _requested(state, record)
    if record.environment is None:
        return state
    before = _before(state, record)
    after = _with_bypassed(state, before, _environment(before, record), record)
    if after == before:
        return state
    return state.model_copy(update={"environments": {**state.environments, record.environment: after}})


def _with_bypassed(
    state: LedgerState, before: EnvironmentState, after: EnvironmentState, record: Record
) -> EnvironmentState:
    """Which Freight a hotfix alone has brought there.

    What may come by a hotfix has come by it, unless a Record says that it came the ordinary way, or it did before.
    """
    arrives = record.kind in _ARRIVALS
    let_in = {one for one in record.freight.values() if arrives and _has_bypass(state, one, after.name)}
    if not let_in and not before.bypassed:
        return after
    told = record.data.get("ordinary", ()) if arrives else ()
    ordinary = {str(one) for one in told} if isinstance(told, list | tuple) else set()
    came = let_in.difference(before.freight.values(), before.verified)
    here = {*after.freight.values(), *after.verified}
    found = tuple(sorted((({*before.bypassed} | came) - ordinary) & here))
    return after if found == after.bypassed else after.model_copy(update={"bypassed": found})


def _has_bypass(state: LedgerState, freight: str, environment: str) -> bool:
    known = state.freight.get(freight)
    return known is not None and environment in known.bypass


def _before(state: LedgerState, record: Record) -> EnvironmentState:
    """The Environment until now. One that was renamed goes on from what it was under its old name."""
    name = str(record.environment)
    old = record.data.get("moved")
    if name not in state.environments and isinstance(old, str) and old in state.environments:
        return state.environments[old].model_copy(update={"name": name, "moved": old})
    return state.environment(name)


def _environment(state: EnvironmentState, record: Record) -> EnvironmentState:
    now = max(record.at, state.clock)
    changes: dict[str, Any] = {}
    if record.at < state.clock:
        changes["verified"] = stays.cut(state.verified, at=record.at)
        state = state.model_copy(update=changes)
    if record.kind in GENERATION_KINDS:
        changes["generation"] = state.generation + 1
    if record.kind in _OF_ENVIRONMENT:
        changes |= _OF_ENVIRONMENT[record.kind](state, record, now)
    if not changes:
        return state
    return state.model_copy(update={**changes, "clock": now})


def _content(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    if record.data.get("apps"):
        return _written(state, record, now)  # of some Apps alone: the Freight is not there yet
    freight = _held_freight(state, record)
    leaving = {*state.freight.values()}.difference(freight.values())
    staying = {name for name, one in freight.items() if state.freight.get(name) == one}
    # Freight that was rolled away loses its verification and its stay: it must not go on downstream.
    away = leaving if record.kind == "rolled-back" else frozenset()
    verified = {key: value for key, value in state.verified.items() if key not in away}
    return {
        **_written(state, record, now),
        "freight": freight,
        "arrived": {name: state.arrived.get(name, now) if name in staying else now for name in freight},
        "verified": stays.remembered(stays.without(verified, leaving, now=now), held=freight.values()),
        "rolled_back": _rolled_back(state, record, away),
    }


def _held_freight(state: EnvironmentState, record: Record) -> dict[str, str]:
    """What the target holds after a Record of content: what it names, and nothing else.

    A Record names the Freight of every Warehouse that its files are made from, what moved and what stayed. What it does
    not name has left with the files, as that of a Warehouse which the Pipeline calls otherwise now. Who adopts content
    changes no Freight.
    """
    return {**state.freight, **record.freight} if record.kind == "adopted" else dict(record.freight)


def _rolled_back(state: EnvironmentState, record: Record, away: Collection[str]) -> dict[str, RolledBack]:
    """What was left by rollbacks: with what this one leaves, without what is here again."""
    reason = str(record.data.get("reason", ""))
    left = RolledBack(at=record.at, record=record.id, reason=reason, actor=record.actor.claimed)
    found = {**state.rolled_back, **dict.fromkeys(sorted(away), left)}
    known = sorted((one.at, key) for key, one in found.items() if key not in record.freight.values())
    return {key: found[key] for _, key in known[-REMEMBERED:]}


def _written(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    """What the target holds. What was approved has been done: the same change is asked for again if it comes again."""
    return {
        "content": state.content if _stays_adopted(state, record) else _recorded(state.content, record),
        "approvals": tuple(one for one in state.approvals if one.change_digest != record.change_digest),
        "overrides": tuple(one for one in state.overrides if one.change_digest != record.change_digest),
        "not_landed": _but(state.not_landed, record),
        "promoted": _promoted(state, record, now),
        "retired": False,
    }


def _stays_adopted(state: EnvironmentState, record: Record) -> bool:
    """Whether nothing was written, and what was adopted stays as it is: only other Freight ends that."""
    adopted = state.content is not None and state.content.kind == "adopted"
    nothing = record.kind == "written" and bool(record.data.get("inherited", False))
    return adopted and nothing and {**state.freight, **record.freight} == state.freight


def _promoted(state: EnvironmentState, record: Record, now: int) -> tuple[int, ...]:
    """When something was promoted that changed the target."""
    counts = record.kind == "written" and not record.data.get("inherited", False)
    return (*state.promoted, now)[-PROMOTIONS:] if counts else state.promoted


def _recorded(before: Content | None, record: Record) -> Content:
    adopted, apps = record.data.get("changed"), {str(one) for one in record.data.get("apps", ())}
    if apps and before is not None and before.freight == record.freight:
        apps |= {*before.apps}
    return Content(
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
        adopted=tuple((str(title), str(path)) for title, path in adopted) if adopted is not None else None,
        apps=tuple(sorted(apps)),
    )


def _verified(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    inherited = bool(record.data.get("inherited", False))
    found = dict(state.verified)
    for identifier in record.freight.values():
        told = {"at": record.at, "record": record.id, "tree": record.tree, "inherited": inherited}
        verdict = found.get(identifier, Verified(at=record.at, record=record.id)).model_copy(update=told)
        if stays.lives_here(state, identifier):
            verdict = stays.well(verdict.model_copy(update={"since": _since(verdict, now)}), now=now)
        found[identifier] = verdict
    held = {*state.freight.values(), *record.freight.values()}
    over = {"failed": _but(state.failed, record), "not_landed": _but(state.not_landed, record)}
    return {"verified": stays.remembered(found, held=held), **over}


def _but(failed: Mapping[str, int], record: Record) -> dict[str, int]:
    """Failures without those of the Freight that a Record names."""
    return {key: at for key, at in failed.items() if key not in record.freight.values()}


def _since(verified: Verified, now: int) -> int:
    return now if verified.since is None else verified.since


def _failed(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    """An alarm: of the Freight that it names, otherwise of all that is held. Of a write that failed it is none."""
    concerned = set((record.freight or state.freight).values())
    if record.data.get("code") in NOT_LANDED:
        latest = sorted((at, key) for key, at in {**state.not_landed, **dict.fromkeys(concerned, now)}.items())
        return {"not_landed": {key: at for at, key in latest[-REMEMBERED:]}}
    verified = {key: stays.alarmed(value) if key in concerned else value for key, value in state.verified.items()}
    failed = sorted((at, key) for key, at in {**state.failed, **dict.fromkeys(concerned, now)}.items())
    return {"verified": verified, "failed": {key: at for at, key in failed[-REMEMBERED:]}}


def _foreign(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    """What landed was changed by somebody at once: its Freight is not verified there, and goes no further."""
    concerned = set((record.freight or state.freight).values())
    return {"verified": {key: value for key, value in state.verified.items() if key not in concerned}}


def _healthy(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    """The end of an alarm, if there was one."""
    concerned = set((record.freight or state.freight).values())
    verified = {key: stays.well(value, now=now) if key in concerned else value for key, value in state.verified.items()}
    return {"verified": verified, "failed": {key: at for key, at in state.failed.items() if key not in concerned}}


def _held(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    held = Held(
        at=record.at,
        record=record.id,
        reason=str(record.data.get("reason", "")),
        actor=record.actor.claimed,
        freight=record.freight or state.freight,
    )
    return {"held": held}


def _released(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    return {"held": None}


def _approved(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    approval = Approval(
        record=record.id,
        at=record.at,
        identity=str(record.data.get("identity", record.actor.claimed)),
        change_digest=record.change_digest or "",
        expires=record.data.get("expires"),
        signature=str(record.data.get("signature", "")),
        plan=record.plan,
    )
    return {"approvals": (*state.approvals, approval)}


def _overridden(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    """One more, and those that are over no longer. What says no end is over at once."""
    told, expires = record.data, record.data.get("expires")
    override = Override(
        record=record.id,
        at=record.at,
        gate=str(told.get("gate", "")),
        identity=str(told.get("identity", record.actor.claimed)),
        change_digest=record.change_digest or "",
        reason=str(told.get("reason", "")),
        ticket=str(told.get("ticket", "")),
        expires=expires if isinstance(expires, int) else 0,
        signature=str(told.get("signature", "")),
    )
    return {"overrides": tuple(one for one in (*state.overrides, override) if one.expires > now)}


def _retired(state: EnvironmentState, record: Record, now: int) -> dict[str, Any]:
    verified = stays.without(state.verified, state.freight.values(), now=now)
    gone: dict[str, Any] = {"freight": {}, "arrived": {}, "content": None, "held": None}
    return {"retired": True, "verified": verified, **gone}


_OF_ENVIRONMENT: Mapping[str, Callable[[EnvironmentState, Record, int], dict[str, Any]]] = {
    **dict.fromkeys(CONTENT_KINDS, _content),
    "verified": _verified,
    "failed": _failed,
    "foreign-commit": _foreign,
    "healthy": _healthy,
    "held": _held,
    "released": _released,
    "approved": _approved,
    "overridden": _overridden,
    "retired": _retired,
}


# -- Freight


def _created(state: LedgerState, record: Record) -> LedgerState:
    """With a Freight: behind all others, or in front of the one that is newer by the history of their sources."""
    freight = Freight.model_validate(record.data["freight"])
    if freight.id in state.freight:
        return state
    newer = state.freight.get(freight.older_than or "")
    place = newer.sequence if newer is not None else len(state.freight) + 1
    told = freight if freight.older_than is None else freight.model_copy(update={"older_than": None})
    return state.model_copy(
        update={
            "freight": {
                **{key: _behind(one, place) for key, one in state.freight.items()},
                freight.id: FreightState(freight=told, created_at=record.at, sequence=place),
            }
        }
    )


def _behind(known: FreightState, place: int) -> FreightState:
    """One place further on, where another Freight takes its place or one before it."""
    return known if known.sequence < place else known.model_copy(update={"sequence": known.sequence + 1})


def _rejected(known: FreightState, record: Record) -> dict[str, Any]:
    return {"rejected": str(record.data.get("reason") or "rejected"), "rejected_by": record.actor.claimed}


def _admitted(known: FreightState, record: Record) -> dict[str, Any]:
    """By approval, which goes on from there; or by a hotfix, which does not."""
    if not record.data.get("bypass"):
        return _approved_for(known, record)
    if record.environment is None:
        return {}
    bypass = Bypass(
        at=record.at,
        record=record.id,
        reason=str(record.data.get("reason", "")),
        actor=record.actor.claimed,
        expires=record.data.get("expires"),
        identity=str(record.data.get("identity") or ""),
        signature=str(record.data.get("signature") or ""),
    )
    return {"bypass": {**known.bypass, record.environment: bypass}}


def _approved_for(known: FreightState, record: Record) -> dict[str, Any]:
    """One more Environment; what was signed stays beside it, and nothing that comes later takes its place."""
    environment, told = str(record.environment or "*"), record.data
    found: dict[str, Any] = {"approved_for": tuple(sorted({*known.approved_for, environment}))}
    if not told.get("signature"):
        return found
    admission = Admission(
        at=record.at,
        record=record.id,
        environment=environment,
        reason=str(told.get("reason", "")),
        identity=str(told.get("identity") or ""),
        signature=str(told["signature"]),
    )
    return found | {"admissions": (*known.admissions, admission)}


def _aliased(known: FreightState, record: Record) -> dict[str, Any]:
    return {"aliases": tuple(dict.fromkeys((*known.aliases, str(record.data.get("alias")))))}


def _labelled(known: FreightState, record: Record) -> dict[str, Any]:
    labels = {str(key): str(value) for key, value in record.data.get("labels", {}).items()}
    return {"freight": known.freight.model_copy(update={"labels": {**known.freight.labels, **labels}})}


_OF_FREIGHT: Mapping[str, Callable[[FreightState, Record], dict[str, Any]]] = {
    "rejected": _rejected,
    "freight-aliased": _aliased,
    "freight-labelled": _labelled,
    "freight-approved": _admitted,
}


def _judged(state: LedgerState, record: Record) -> FreightState | None:
    known = state.freight.get(str(record.data.get("freight")))
    return known.model_copy(update=_OF_FREIGHT[record.kind](known, record)) if known is not None else None


def _requested(state: LedgerState, record: Record) -> LedgerState:
    intent = Intent(
        at=record.at,
        record=record.id,
        target=record.data.get("target"),
        skip=tuple(record.data.get("skip", ())),
        reason=str(record.data.get("reason", "")),
        actor=record.actor.claimed,
    )
    for identifier in record.freight.values():
        known = state.freight.get(identifier)
        state = _with_freight(state, known.model_copy(update={"intent": intent}) if known else None)
    return state


def _with_freight(state: LedgerState, freight: FreightState | None) -> LedgerState:
    if freight is None or (freight.freight.id in state.freight and state.freight[freight.freight.id] == freight):
        return state
    return state.model_copy(update={"freight": {**state.freight, freight.freight.id: freight}})
