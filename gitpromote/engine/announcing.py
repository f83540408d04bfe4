"""The plan in the ledger before the first target, where the two do not move at once."""

from __future__ import annotations

from dataclasses import replace

from gitpromote.engine.append import record_plan
from gitpromote.engine.look import Look, read_ledger
from gitpromote.engine.transition import Transition
from gitpromote.engine.world import World
from gitpromote.model.plan import PlanFile
from gitpromote.model.resolved import HOME

__all__ = ["announce", "announced"]

#: What a ledger is told of a plan before anything is done.
_AHEAD = frozenset({"freight-created", "planned"})


def announce(world: World, file: PlanFile, document: bytes, seen: Look) -> Look | None:
    """Put a plan and its Freight into the ledger.

    :returns: what was seen, with the ledger as it is now; ``None`` where somebody has recorded something else since
    :raises AccessDenied: the remote refuses the ledger
    """
    head = record_plan(world, file.plan, file.digest, document)
    since = world.ledger.records(head, since=seen.ledger.head)
    if head is None or any(one.plan != file.digest or one.kind not in _AHEAD for one in since):
        return None
    refs = {**seen.refs, HOME: {**seen.refs[HOME], world.ledger.ref: head}}
    return replace(seen, refs=refs, ledger=read_ledger(world, head))


def announced(transition: Transition) -> Transition:
    """The same, without what the ledger has been told already."""
    return replace(transition, records=tuple(one for one in transition.records if one.kind not in _AHEAD), documents={})
