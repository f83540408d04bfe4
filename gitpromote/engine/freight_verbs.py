"""What people say of Freight: where it may go, how far, by a hotfix, or nowhere. Each appends one Record.

Freight that the ledger does not know yet is recorded along with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gitpromote.engine.admissions import signed_admission
from gitpromote.engine.append import append, event, freight_created
from gitpromote.engine.freight_named import refuse_rejected
from gitpromote.engine.hotfixes import signature_for
from gitpromote.engine.world import World
from gitpromote.errors import UsageError
from gitpromote.model.freight import Freight
from gitpromote.model.record import Actor, Record
from gitpromote.model.state import Admission, Bypass, LedgerState


def approve_freight(
    world: World, freight: Freight, environment: str, *, reason: str = "", key: str | None = None
) -> Record:
    """Let a Freight enter an Environment although those before it have not verified it; it goes on from there.

    Gates such as Soak are judged all the same. Where the Pipeline or its organisation names signers, it is signed.

    :param key: the file of an SSH key; ``None``: the one that git signs with
    :raises ConfigurationError: the signature would not count
    :raises UsageError: there is no such Environment
    :raises Blocked: the Freight was rejected
    """
    world.known(environment)
    drafted = Admission(
        at=0, record="", environment=environment, reason=reason, identity=world.actor_address, signature=""
    )
    signed, proof = signed_admission(world, freight.id, drafted, key=key)
    record = event(world, "freight-approved", environment=environment, data={**_told(freight, reason), **signed})
    return _say(world, freight, record.model_copy(update={"actor": Actor(claimed=world.actor, proven_by=proof)}))


def reject_freight(world: World, freight: Freight, *, reason: str) -> Record:
    """Ban a Freight everywhere. What runs already stays until something else comes.

    :raises UsageError: it has been rejected already
    """

    def check(state: LedgerState) -> None:
        known = state.freight.get(freight.id)
        if known is not None and known.rejected:
            raise UsageError(
                "The Freight has been rejected already",
                code="rejected-already",
                detail=f"{freight.alias}: {known.rejection}",
            )

    return _say(world, freight, event(world, "rejected", data=_told(freight, reason)), check=check)


def request_freight(
    world: World, freight: Freight, *, target: str | None = None, skip: Sequence[str] = (), reason: str = ""
) -> Record:
    """Say how far a Freight is to go; of several requests the latest counts.

    :param target: the Environment at which it stops: its way there, and nothing else; ``None`` for all
    :param skip: Environments to leave out, where a SkipPermission lets it
    :raises UsageError: there is no such Environment, or the target itself is to be left out
    :raises Blocked: the Freight was rejected
    """
    refuse_skipped_target(world, freight, target=target, skip=skip)
    return _say(world, freight, requested(world, freight, target=target, skip=skip, reason=reason))


def requested(world: World, freight: Freight, *, target: str | None, skip: Sequence[str], reason: str = "") -> Record:
    """The Record of a request."""
    data = {"target": target, "skip": list(dict.fromkeys(skip)), "reason": reason}
    return event(world, "requested", freight={freight.warehouse: freight.id}, data=data)


def refuse_skipped_target(world: World, freight: Freight, *, target: str | None, skip: Sequence[str]) -> None:
    """A request that cannot be followed.

    :raises UsageError: there is no such Environment, or the target itself is to be left out
    """
    for name in (*skip, *([target] if target is not None else [])):
        world.known(name)
    if target is not None and target in skip:
        raise UsageError(
            "A request cannot leave out where it goes",
            code="target-skipped",
            detail=f"{freight.alias}: {target} is both its target and to be skipped.",
            hint="Name another target, or take it out of skip.",
        )


def hotfix(
    world: World, environment: str, freight: Freight, *, reason: str, expires: int, key: str | None = None
) -> Record:
    """Let a Freight enter one Environment past those before it. It does not go on from there, and is told as debt.

    Where the Pipeline names its signers, that is signed for production.

    :param expires: seconds from now after which it no longer lets it in
    :param key: the file of an SSH key; ``None``: the one that git signs with
    :raises ConfigurationError: the signature would not count
    :raises UsageError: there is no such Environment, no reason, or no time
    :raises Blocked: the Freight was rejected
    """
    world.known(environment)
    if not reason.strip() or expires < 1:
        raise UsageError(
            "A hotfix says why, and for how long",
            code="hotfix-incomplete",
            detail=f"{environment}: reason {reason!r}, {expires} seconds",
            hint="Write --reason and --expires 24h.",
        )
    until = world.clock.now() + expires
    data = {**_told(freight, reason), "bypass": True, "expires": until}
    draft = Bypass(at=0, record="", reason=reason, actor=world.actor, expires=until, identity=world.actor_address)
    signature, proof = signature_for(world, environment, freight.id, draft, key=key)
    data |= {"identity": draft.identity, "signature": signature} if signature else {}
    record = event(world, "freight-approved", environment=environment, data=data)
    proven = record.model_copy(update={"actor": Actor(claimed=world.actor, proven_by=proof)})
    return _say(world, freight, proven)


def _told(freight: Freight, reason: str) -> dict[str, Any]:
    return {"freight": freight.id, "reason": reason}


def _say(
    world: World, said_of: Freight, record: Record, *, check: Callable[[LedgerState], None] | None = None
) -> Record:
    """Append what is said, and the Freight before it where the ledger does not know it.

    :param check: what refuses it at the state at hand; default: rejected Freight
    """

    def records(state: LedgerState) -> Sequence[Record]:
        if check is not None:
            check(state)
        else:
            refuse_rejected(state, said_of)
        return [*freight_created(world, [said_of], state, plan=None), record]

    return append(world, records)[0][-1]
