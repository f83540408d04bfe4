"""Which commits descend from those of hotfixes: a plan has to know that to say whether trunk contains them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gitpromote.engine.journeys import journey_at
from gitpromote.engine.world import World
from gitpromote.errors import RemoteFailed
from gitpromote.model.artifact import CommitArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.observation import EnvironmentObservation, Observation
from gitpromote.model.resolved import HOME, ResolvedEnvironment
from gitpromote.planning.debt import hotfixes


def with_descent(world: World, observation: Observation) -> Observation:
    """The same, with the descent of the commits of hotfixes that trunk does not contain yet."""
    if not any(state.bypass for state in observation.ledger.freight.values()):
        return observation
    journey = journey_at(world, observation.ledger, observation.as_of)
    found = {}
    for name, observed in observation.environments.items():
        fixes = hotfixes(journey, name)
        resolved = world.pipeline.resolved(name)
        found[name] = replace(observed, later=_later(world, resolved, fixes, observed)) if fixes else observed
    return replace(observation, environments=found)


def _later(
    world: World, resolved: ResolvedEnvironment, fixes: Iterable[Freight], observed: EnvironmentObservation
) -> frozenset[tuple[str, str]]:
    keys = {world.repository(key).canonical: key for key in (HOME, *(app.repository for app in resolved.apps))}
    comes = [one for freight in observed.freight.values() for one in freight.artifacts]
    return frozenset(
        (old.commit, new.commit)
        for fix in fixes
        for old in fix.artifacts
        for new in comes
        if isinstance(old, CommitArtifact) and isinstance(new, CommitArtifact)
        if old.repository == new.repository and old.repository in keys
        if _descends(world, keys[old.repository], old.commit, new.commit)
    )


def _descends(world: World, key: str, old: str, new: str) -> bool:
    """Whether a commit contains another one; one that the remote no longer has is in none."""
    repository = world.repository(key)
    try:
        repository.ensure([old, new])
    except RemoteFailed:
        return False
    return repository.is_ancestor(old, new)
