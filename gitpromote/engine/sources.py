"""The renders that an Environment's sources ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gitpromote.engine.ask import Ask
from gitpromote.engine.world import World
from gitpromote.model.freight import Freight
from gitpromote.model.resolved import ResolvedEnvironment


def rendered_asks(
    resolved: ResolvedEnvironment, commits: Mapping[str, str], world: World, freight: Iterable[Freight] = ()
) -> list[Ask]:
    """The renders of an Environment whose target holds rendered manifests, from source commits by repository."""
    if not resolved.target.is_rendered:
        return []
    freight = tuple(freight)
    asks = []
    for app in resolved.apps:
        repository = world.repository(app.repository)
        commit = commits.get(repository.canonical)
        if commit is not None:
            asks.append(
                Ask.of(
                    resolved,
                    app,
                    repository=repository,
                    commit=commit,
                    freight=freight,
                    functions=world.functions,
                    object_format=world.repository(resolved.target.repository).object_format,
                )
            )
    return asks


def commits_of(freight: Iterable[Freight]) -> dict[str, str]:
    """The commit that Freight holds of each repository."""
    return {
        artifact.repository: artifact.commit
        for one in freight
        for artifact in one.artifacts
        if artifact.kind == "commit"
    }
