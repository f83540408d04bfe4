"""What an organisation asks of a Pipeline, in words."""

from __future__ import annotations

from gitpromote.engine.governing import govern
from gitpromote.engine.organisation_place import OrgPlace
from gitpromote.engine.world import World
from gitpromote.model.standing import Standing

__all__ = ["report"]


def report(world: World, place: OrgPlace) -> str:
    """Where it stands, what of it each Environment has to keep to, and what does not count.

    :raises ConfigurationError: it cannot be read, or is not valid
    """
    now = world.clock.now()
    governing = govern(world, place, as_of=now)
    found = governing.now
    exemptions = len(governing.exemptions)
    excused = [f"{exemptions} exemption{'s' * (exemptions != 1)}"] if exemptions else []
    home = ["it stands in the team's own repository: the team can change it"] if found.is_home else []
    return "; ".join([found.told, *_asked(world), *excused, *home, *found.void(now), *found.doubts()])


def _asked(world: World) -> list[str]:
    """Environments of which the same is asked, with what that is."""
    told: dict[str, list[str]] = {}
    for name in world.pipeline.order():
        told.setdefault(_names(world.pipeline.resolved(name).organisation), []).append(name)
    return [f"{', '.join(names)}: {asked or 'nothing'}" for asked, names in told.items()]


def _names(asked: Standing) -> str:
    phases = [one.id + ("" if one.phase == "enforce" else f" ({one.phase})") for one in asked.policies]
    return ", ".join([*(gate.name for gate in asked.gates), *phases, *asked.boundaries])
