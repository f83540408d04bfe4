"""What an ephemeral Pipeline stands for at this moment."""

from __future__ import annotations

from collections.abc import Mapping

from gitpromote.engine.previews import previews, told
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError
from gitpromote.model.ephemeral import EphemeralPipeline, expanded
from gitpromote.model.pipeline import Pipeline

__all__ = ["alive", "left_out", "standing_for"]


def standing_for(world: World, template: EphemeralPipeline) -> Pipeline:
    """The ordinary Pipeline of all that is alive now.

    :raises ConfigurationError: nothing is (``previews-none``)
    """
    found = previews(world, template, as_of=world.clock.now())
    if not found.alive:
        raise ConfigurationError(
            "There is nothing that this pipeline could stand for",
            code="previews-none",
            detail=told(found.left_out, found.left_out) or f"  {world.home.url} has no {template.of}",
            hint="What is left of former ones is taken away by:\n"
            f"  gitpromote retire {template.name} --gone --reason …",
        )
    return expanded(template, found.alive)


def alive(world: World) -> Pipeline | None:
    """The Pipeline as it is now; ``None`` where an ephemeral one stands for nothing."""
    if not isinstance(world.pipeline, EphemeralPipeline):
        return world.pipeline
    found = previews(world, world.pipeline, as_of=world.clock.now())
    return expanded(world.pipeline, found.alive) if found.alive else None


def left_out(world: World, template: Pipeline) -> Mapping[str, str]:
    """The Environments of what an ephemeral Pipeline does not stand for now, with the reason."""
    if not isinstance(template, EphemeralPipeline):
        return {}
    found = previews(world, template, as_of=world.clock.now()).left_out
    return {f"{one.name}-{key}": reason for one in template.environments for key, reason in found.items()}
