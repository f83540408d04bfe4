"""What a plan knew when it was made."""

from __future__ import annotations

from collections.abc import Sequence

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
    generations = {one.name: seen.ledger.environment(one.name).generation for one in environments}
    return Basis(repositories=repositories, ledger=LedgerBasis(head=seen.ledger.head, generations=generations))
