"""What an organisation asks of a Pipeline, in words."""

from __future__ import annotations

from gitpromote.engine.governing import govern
from gitpromote.engine.organisation_place import OrgPlace
from gitpromote.engine.world import World

__all__ = ["report"]


def report(world: World, place: OrgPlace) -> str:
    """Where it stands, what of it each Environment has to keep to, and what does not count.

    :raises ConfigurationError: it cannot be read, or is not valid
    """
    now = world.clock.now()
    governing = govern(world, place, as_of=now)
    found = governing.now
    lines = [f"{found.told}  {_counts(len(governing.exemptions), found.rules)}"]
    for name in world.pipeline.order():
        asked = world.pipeline.resolved(name).organisation
        phases = {one.id: "" if one.phase == "enforce" else f" ({one.phase})" for one in asked.policies}
        names = [gate.name for gate in asked.gates] + [one + phase for one, phase in phases.items()]
        names += list(asked.boundaries)
        lines.append(f"{name}: {', '.join(names) or 'nothing'}")
    home = ["it stands in the team's own repository: the team can change it"] if found.is_home else []
    return "\n".join([*lines, *home, *found.void(now)])


def _counts(exemptions: int, rules: object) -> str:
    named = [(name, len(getattr(rules, name))) for name in ("policies", "gates", "boundaries")]
    told = [f"{number} {name}" for name, number in [*named, ("exemptions", exemptions)] if number]
    return ", ".join(told) or "asks for nothing"
