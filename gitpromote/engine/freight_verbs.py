"""What people say of Freight: where it may go, how far, by a hotfix, or nowhere. Each appends one Record.

Freight that the ledger does not know yet is recorded along with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitpromote.engine.append import append, event, freight_created
from gitpromote.engine.world import World
from gitpromote.errors import Blocked, UsageError
from gitpromote.model.freight import Freight
from gitpromote.model.record import Record
from gitpromote.model.state import LedgerState


def approve_freight(world: World, freight: Freight, environment: str, *, reason: str = "") -> Record:
    """Let a Freight enter an Environment although those before it have not verified it; it goes on from there.

    Gates such as Soak are judged all the same.

    :raises UsageError: there is no such Environment
    :raises Blocked: the Freight was rejected
    """
    world.known(environment)
    return _say(world, freight, "freight-approved", environment=environment, data=_told(freight, reason))


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
                detail=f"{freight.alias}: {known.rejected}",
            )

    return _say(world, freight, "rejected", check=check, data=_told(freight, reason))


def request_freight(
    world: World, freight: Freight, *, target: str | None = None, skip: Sequence[str] = (), reason: str = ""
) -> Record:
    """Say how far a Freight is to go; of several requests the latest counts.

    :param target: the Environment at which it stops: its way there, and nothing else; ``None`` for all
    :param skip: Environments to leave out, where a SkipPermission lets it
    :raises UsageError: there is no such Environment, or the target itself is to be left out
    :raises Blocked: the Freight was rejected
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
    data = {"target": target, "skip": list(dict.fromkeys(skip)), "reason": reason}
    return _say(world, freight, "requested", freight={freight.warehouse: freight.id}, data=data)


def hotfix(world: World, environment: str, freight: Freight, *, reason: str, expires: int) -> Record:
    """Let a Freight enter one Environment past those before it. It does not go on from there, and is told as debt.

    :param expires: seconds from now after which it no longer lets it in
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
    return _say(world, freight, "freight-approved", environment=environment, data=data)


def _told(freight: Freight, reason: str) -> dict[str, Any]:
    return {"freight": freight.id, "reason": reason}


def _say(world: World, said_of: Freight, kind: str, *, check: Any = None, **members: Any) -> Record:
    """Append what is said, and the Freight before it where the ledger does not know it."""

    def records(state: LedgerState) -> Sequence[Record]:
        (check or _not_rejected)(state)
        return [*freight_created(world, [said_of], state, plan=None), event(world, kind, **members)]

    def _not_rejected(state: LedgerState) -> None:
        known = state.freight.get(said_of.id)
        if known is not None and known.rejected:
            raise Blocked(
                "The Freight was rejected",
                code="freight-rejected",
                detail=f"{said_of.alias}: {known.rejected}",
                hint="Rejected Freight enters nothing any more; make another one.",
            )

    return append(world, records)[0][-1]
