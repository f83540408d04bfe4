"""What the environments before one leave in its branch, as far as they have not done so yet."""

from __future__ import annotations

from gitpromote.engine.world import World
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.planning.planfile import blob_bytes

__all__ = ["still_to_come"]


def still_to_come(world: World, plan: Plan, planned: EnvironmentPlan, head: str | None) -> dict[str, bytes]:
    """Files as environments before this one will leave them, as far as they have not done so yet."""
    listing = world.repository(planned.target.repository).listing(head) if head else {}
    found: dict[str, bytes] = {}
    ids = {path: entry.oid for path, entry in listing.items()}
    for other in plan.environments:
        if other.name == planned.name:
            break
        if (other.target.repository, other.target.ref) == (planned.target.repository, planned.target.ref):
            for write in other.writes:
                if ids.get(write.path) == write.before and write.after is not None:
                    ids[write.path] = write.after
                    found[write.path] = blob_bytes(plan.blobs[write.after])
    return found
