"""What was named by hand, checked against what the Warehouses subscribe to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gitpromote.engine.asked import Asked
from gitpromote.engine.look import git_sources
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, UsageError
from gitpromote.model.artifact import Artifact, ChartArtifact, CommitArtifact, ImageArtifact, canonical_repository
from gitpromote.model.resolved import HOME
from gitpromote.model.subscription import Chart, Image

_Typed = TypeVar("_Typed", ImageArtifact, ChartArtifact)


def given_of(world: World, asked: Asked) -> dict[str, Artifact]:
    """What was named by hand, by canonical repository.

    :raises UsageError: something that no Warehouse subscribes to, or that is no image, chart or revision
    """
    subscribed = {
        ("image", canonical_repository(one.repo))
        if isinstance(one, Image)
        else ("chart", canonical_repository(one.address))
        for warehouse in world.pipeline.warehouses
        if asked.warehouse in (None, warehouse.name)
        for one in warehouse.subscriptions
        if isinstance(one, Image | Chart)
    }
    found: dict[str, Artifact] = {}
    artifacts: list[ImageArtifact | ChartArtifact] = [_typed(ImageArtifact.parse, text) for text in asked.images]
    artifacts += [_typed(ChartArtifact.parse, text) for text in asked.charts]
    for artifact in artifacts:
        repository = canonical_repository(artifact.repository)
        if (artifact.kind, repository) not in subscribed:
            known = ", ".join(sorted({address for _, address in subscribed})) or "none"
            raise UsageError(
                "No Warehouse subscribes to this repository",
                code="artifact-unsubscribed",
                detail=f"{artifact.repository}; subscribed: {known}",
                hint=f'Add a subscription to the pipeline: {artifact.kind.capitalize()}("{artifact.repository}")',
            )
        if found.setdefault(repository, artifact) != artifact:
            raise UsageError(
                "One repository is named with two versions",
                code="artifact-named-twice",
                detail=f"{found[repository]} and {artifact}",
                hint="Freight holds one of them: name that one.",
            )
    if asked.commit is not None:
        home = world.repository(HOME)
        found[home.canonical] = CommitArtifact(repository=home.canonical, commit=home.resolve(asked.commit))
    return found


def _typed(parse: Callable[[str], _Typed], text: str) -> _Typed:
    """What a word of the command line says: a wrong one is a matter of usage, and of no file."""
    try:
        return parse(text)
    except ConfigurationError as error:
        raise UsageError(error.summary, code=error.code, detail=error.detail, hint=error.hint) from error


def refuse_idle_commit(world: World, asked: Asked) -> None:
    """A commit that was named where nothing takes it would change nothing.

    :raises UsageError: no Warehouse that is asked follows the commits of the home repository
    """
    if asked.commit is not None and HOME not in {key for key, _ in git_sources(world, warehouse=asked.warehouse)}:
        raise UsageError(
            "No Warehouse follows the commits of this repository",
            code="commit-unsubscribed",
            detail=f"--commit {asked.commit} would change nothing: Freight of {world.pipeline.name} holds no commit.",
            hint="Leave it out; where sources are edited in place, those of the branch itself are rendered.",
        )
