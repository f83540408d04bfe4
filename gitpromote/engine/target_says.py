"""What a target itself says that it holds: by the trailers of the last commit of ours there.

Who may write the ledger need not be who may write production's branch: what a decision of people rests on is asked of
both.
"""

from __future__ import annotations

import re
from typing import Any

from gitpromote.engine.targets import folders_of
from gitpromote.engine.world import World
from gitpromote.history.moved import names_of
from gitpromote.model.freight import Freight, freight_id
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import LedgerState
from gitpromote.ports import CommitFacts

__all__ = ["freight_said", "ids_of"]

#: How many commits of a target are searched for our own.
_LOOKED_THROUGH = 500

_FREIGHT = re.compile(r"^Gitpromote-Freight: ([0-9a-f]{64})$", re.MULTILINE)


def freight_said(world: World, here: ResolvedEnvironment, ledger: LedgerState) -> dict[str, Freight]:
    """Warehouse to the Freight that the target's own history names; empty where it names none.

    Freight is known by its content: the ledger is asked for the artifacts alone, which the id has to fit.
    """
    last = _last_of_ours(world, here)
    known = [ledger.freight[one].freight for one in (ids_of(last) if last else ()) if one in ledger.freight]
    sound = (one for one in known if freight_id(one.warehouse, one.artifacts) == one.id)
    return {one.warehouse: one for one in sound}


def ids_of(commit: CommitFacts) -> frozenset[str]:
    """The ids of the Freight that a commit of ours brought."""
    return frozenset(_FREIGHT.findall(commit.message))


def _last_of_ours(world: World, here: ResolvedEnvironment) -> CommitFacts | None:
    target, names = here.target, names_of(world.pipeline, here.name)
    if not target.ref:
        return None
    repository = world.repository(target.repository)
    head = repository.fetch([target.ref]).get(target.ref)
    if head is None:
        return None
    found = repository.log(head, paths=folders_of(target), limit=_LOOKED_THROUGH)
    return next((one for one in found if _is_ours(one.trailers, world.pipeline.name, names)), None)


def _is_ours(trailers: Any, pipeline: str, names: frozenset[str]) -> bool:
    return trailers.get("Gitpromote-Pipeline") == pipeline and trailers.get("Gitpromote-Environment") in names
