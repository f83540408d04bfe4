"""Previews that a plan takes for over, and that live again: Git says so, and no pipeline file is run."""

from __future__ import annotations

from collections.abc import Mapping

from gitpromote.engine.look import Look
from gitpromote.engine.previews import previews
from gitpromote.engine.world import World
from gitpromote.model.ephemeral import EphemeralPipeline
from gitpromote.model.plan import Plan
from gitpromote.planning.facts import TEMPLATE

__all__ = ["living_again"]


def living_again(world: World, plan: Plan, seen: Look) -> Mapping[str, str]:
    """Environment to why it lives; by the plan's own template, once per look."""
    if world.living is None or world.living[0] is not seen:
        template = EphemeralPipeline.from_data(plan.facts[TEMPLATE])
        assert isinstance(template, EphemeralPipeline)
        found = previews(world, template, as_of=world.clock.now()).alive
        names = [one.name for one in template.environments]
        told = {f"{name}-{one.key}": f"it lives again: the branch {one.branch}" for one in found for name in names}
        world.living = (seen, told)
    return world.living[1]
