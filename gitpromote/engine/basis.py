"""What a plan knew when it was made."""

from __future__ import annotations

from collections.abc import Sequence

from gitpromote.engine.journeys import journey_of
from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.model.plan import Basis, LedgerBasis, RepositoryBasis
from gitpromote.model.resolved import HOME, ResolvedEnvironment


def basis_of(world: World, seen: Look, environments: Sequence[ResolvedEnvironment]) -> Basis:
    """What the plan knew: the refs that it may write and those that Freight came from."""
    refs: dict[str, dict[str, str | None]] = {HOME: {}}
    for resolved in environments:
        target = resolved.target
        if target.ref and target.repository not in seen.failed:
            refs.setdefault(target.repository, {})[target.ref] = seen.head(target.repository, target.ref)
    for key, found in seen.sources.items():
        refs.setdefault(key, {}).update(found.values())
    repositories = {
        key: RepositoryBasis(
            url=world.repository(key).url, object_format=world.repository(key).object_format, refs=known
        )
        for key, known in refs.items()
    }
    generations = {one.name: _generation(world, seen, one) for one in environments}
    return Basis(repositories=repositories, ledger=LedgerBasis(head=seen.ledger.head, generations=generations))


def _generation(world: World, seen: Look, resolved: ResolvedEnvironment) -> int:
    """How often an Environment has changed.

    A point of control never does. Where Freight has passed it that counts no more, since it was taken away before it,
    those before it tell: what comes through the point again is recorded again.
    """
    state = seen.ledger.environment(resolved.name)
    if not resolved.is_control_flow or not state.verified:
        return state.generation
    if journey_of(world, seen).state(resolved.name).verified.keys() == state.verified.keys():
        return state.generation
    return sum(seen.ledger.environment(name).generation for name in world.pipeline.up_to([resolved.name]))
