"""Whether a plan's change is what follows from its Freight: asked where an organisation judges.

Without this a plan file could carry one person's content under another's commit, past every gate that looks at Freight,
and show whoever approves it another diff than the one that lands.
"""

from __future__ import annotations

from gitpromote.engine import plans
from gitpromote.engine.governed import govern_apply
from gitpromote.engine.world import World
from gitpromote.errors import PlanInvalid
from gitpromote.model.plan import EnvironmentPlan, Plan

__all__ = ["unreproduced"]


def unreproduced(world: World, plan: Plan) -> dict[str, PlanInvalid]:
    """Environment to the error, for those where planning again from what the plan knew gives another change.

    Nobody is asked anything; what was rendered before on this machine is not rendered again.

    :raises GitpromoteError: it cannot be planned again here: a renderer or a source is missing
    """
    notices = list(world.notices)
    try:
        made = plans.again(world, plan)
    finally:
        world.notices[:] = notices
        govern_apply(world, plan)  # to plan again is to be judged as then
    found = {}
    for planned in plan.environments:
        again = made.environment(planned.name)
        if planned.writes and (again is None or again.change_digest != planned.change_digest):
            found[planned.name] = _error(planned, again)
    return found


def _error(planned: EnvironmentPlan, again: EnvironmentPlan | None) -> PlanInvalid:
    now = {write.path: write.after for write in again.writes} if again is not None else {}
    then = {write.path: write.after for write in planned.writes}
    paths = sorted(path for path in now.keys() | then.keys() if now.get(path, "") != then.get(path, ""))
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    told = f"{', '.join(paths[:3])}{more} would be written otherwise" if paths else "it is not the change that is shown"
    return PlanInvalid(
        "The plan does not follow from its Freight",
        code="plan-not-reproduced",
        detail=f"{planned.name}: planned again, {told}.",
        hint="Somebody wrote this plan file, or what renders here is another program. Compare:\n"
        "  gitpromote plan --verify FILE",
    )
