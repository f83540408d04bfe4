"""Environments that edit one file: each one's bytes are made on top of those of the one before it."""

from __future__ import annotations

from collections.abc import Sequence

from gitpromote.engine.assess import Fresh
from gitpromote.engine.world import World
from gitpromote.model.plan import Plan


def unfounded(world: World, plan: Plan, ready: Sequence[Fresh]) -> dict[str, str]:
    """Environments whose files are not what their edits start from, to the file and who has to come first.

    Writing them would bring along what another environment has not been cleared for.

    :param ready: those that would be pushed together, in their order
    """
    found: dict[str, str] = {}
    ids: dict[tuple[str, str, str], str | None] = {}
    for fresh in ready:
        target = fresh.planned.target
        if target.kind != "in-place" or fresh.ours or fresh.head is None:
            continue
        listing = world.repository(target.repository).listing(fresh.head)
        present = {path: entry.oid for path, entry in listing.items()}
        places = {write.path: (target.repository, target.ref, write.path) for write in fresh.planned.writes}
        odd = [
            write.path
            for write in fresh.planned.writes
            if ids.get(places[write.path], present.get(write.path)) != write.before
        ]
        if odd:
            found[fresh.planned.name] = f"{odd[0]} is edited by {_before(plan, fresh, odd[0])} first"
        else:
            ids |= {places[write.path]: write.after for write in fresh.planned.writes}
    return found


def _before(plan: Plan, fresh: Fresh, path: str) -> str:
    """The environments of the plan that edit a file before this one."""
    names = []
    for other in plan.environments:
        if other.name == fresh.planned.name:
            break
        if other.target == fresh.planned.target and path in {write.path for write in other.writes}:
            names.append(other.name)
    return ", ".join(names) or "somebody else"
