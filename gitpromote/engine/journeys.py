"""What the ledger says of where Freight may go, now or at a moment."""

from __future__ import annotations

from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.model.state import LedgerState
from gitpromote.planning.availability import Journey


def journey_of(world: World, seen: Look) -> Journey:
    """What the ledger says now of where Freight may go."""
    return journey_at(world, seen.ledger, world.clock.now())


def journey_at(world: World, ledger: LedgerState, as_of: int) -> Journey:
    """What a ledger says, at a moment, of where Freight may go."""
    return Journey(pipeline=world.pipeline, ledger=ledger, as_of=as_of, ask=world.ask)
