"""An Environment that the ledger knows nothing of, although its target's history names promotions of this Pipeline.

Its ledger was deleted, or is looked for in the wrong place. What a target holds is not lost with it; holds, rejections
and the times that soak counts from are. So nothing goes there by itself before somebody has looked.

Where the ledger has the plan of that promotion, nothing is lost: a run of it was killed before its Record was there.
"""

from __future__ import annotations

from dataclasses import replace

from gitpromote.engine.targets import folders_of
from gitpromote.engine.world import World
from gitpromote.history.moved import names_of
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import LedgerState
from gitpromote.planning.target_content import LEDGER_MISSING, cut_short_outcome
from gitpromote.ports import CommitFacts

__all__ = ["with_missing_ledger"]

#: How many commits of a target are searched for our own: others may have followed.
_LOOKED_THROUGH = 20


def with_missing_ledger(
    world: World, ledger: LedgerState, resolved: ResolvedEnvironment, observed: EnvironmentObservation
) -> EnvironmentObservation:
    """The same, blocked where the ledger lacks what was promoted there."""
    names = names_of(world.pipeline, resolved.name)
    if observed.head is None or not names.isdisjoint(ledger.environments):
        return observed
    written = _written(world, resolved, observed, names)
    if written is None:
        return observed
    plan = written.trailers.get("Gitpromote-Plan")
    recorded = plan is not None and plan in world.ledger.plans(ledger.head)
    told = cut_short_outcome(written.oid, str(plan)) if recorded else _lost(world, ledger, resolved, written)
    return replace(observed, blocking=(told, *observed.blocking))


def _lost(world: World, ledger: LedgerState, resolved: ResolvedEnvironment, written: CommitFacts) -> Outcome:
    where = world.ledger.ref.removeprefix("refs/heads/")
    text = (
        f"this pipeline wrote {written.oid[:7]} here, and its ledger {where} "
        f"{'does not say so' if ledger.head else 'does not exist'}: was it deleted? What it said of holds, rejections "
        "and soak is lost. Push it again from a repository that has it, or go on with what is here"
    )
    return Outcome(
        id=LEDGER_MISSING,
        kind="policy",
        level="hard",
        status="fail",
        message=text,
        operands={"commit": written.oid, "ledger": world.ledger.ref},
        remedy=f"gitpromote adopt {world.pipeline.name} {resolved.name} --reason …",
    )


def _written(
    world: World, resolved: ResolvedEnvironment, observed: EnvironmentObservation, names: frozenset[str]
) -> CommitFacts | None:
    """The last commit of this Pipeline that touched a target."""
    edited = sorted(observed.edited)
    if observed.head is None or not (edited or resolved.target.is_rendered):
        return None
    paths = edited or folders_of(resolved.target)
    found = world.repository(resolved.target.repository).log(observed.head, paths=paths, limit=_LOOKED_THROUGH)
    for commit in found:
        trailers = commit.trailers
        if trailers.get("Gitpromote-Pipeline") == world.pipeline.name:
            return commit if trailers.get("Gitpromote-Environment") in names else None
    return None
