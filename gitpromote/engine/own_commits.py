"""Of the commits that stand where a target differs from its last Record, those that are ours after all."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import takewhile

from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.history.moved import names_of
from gitpromote.model.observation import EnvironmentObservation, ForeignCommit
from gitpromote.model.record import CONTENT_KINDS

__all__ = ["with_own_commits"]

_WRITES = CONTENT_KINDS | {"retired"}


def with_own_commits(world: World, seen: Look, observed: EnvironmentObservation) -> EnvironmentObservation:
    """The same, where recorded commits are not foreign, and only plans that have something left to do are told.

    A branch that was put back holds what was recorded before. A plan goes on where the ledger has it, and no Record of
    what it wrote here: a run of it was cut short.
    """
    if not observed.foreign:
        return observed
    names = names_of(world.pipeline, observed.name)
    records = [one for one in world.ledger.records(seen.ledger.head) if one.environment in names]
    written = [one for one in records if one.kind in _WRITES]
    recorded = {one.commit for one in written}
    unfinished = set(world.ledger.plans(seen.ledger.head)) - {one.plan for one in written}
    first = observed.foreign[0].commit
    return replace(
        observed,
        foreign=tuple(_told(observed.foreign, recorded, unfinished)),
        put_back=first if first in recorded and observed.lost is not None else None,
    )


def _told(
    commits: Sequence[ForeignCommit], recorded: AbstractSet[str | None], unfinished: AbstractSet[str | None]
) -> Sequence[ForeignCommit]:
    """What came on top of the last that was recorded."""
    above = takewhile(lambda one: one.commit not in recorded, commits)
    return [one._replace(plan=one.plan if one.plan in unfinished else None) for one in above]
