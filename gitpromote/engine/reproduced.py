"""Whether what a plan would write is what the Freight renders to that it names: asked where an organisation judges.

Without this a plan file could carry one person's content under another's commit, past every gate that looks at Freight.
"""

from __future__ import annotations

from gitpromote.engine import plans
from gitpromote.engine.governed import govern_apply
from gitpromote.engine.world import World
from gitpromote.errors import PlanInvalid
from gitpromote.model.plan import EnvironmentPlan, Plan

__all__ = ["unreproduced"]


def unreproduced(world: World, plan: Plan) -> dict[str, PlanInvalid]:
    """Environment to the error, for those where planning again from what the plan knew gives other files.

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
        if planned.writes and (again is None or _written(again) != _written(planned)):
            found[planned.name] = _error(planned, again)
    return found


def _written(planned: EnvironmentPlan) -> tuple[object, ...]:
    files = sorted((write.path, write.action, write.after or "") for write in planned.writes)
    return planned.target, planned.result_tree, files


def _error(planned: EnvironmentPlan, again: EnvironmentPlan | None) -> PlanInvalid:
    now = {write.path: write.after for write in again.writes} if again is not None else {}
    then = {write.path: write.after for write in planned.writes}
    paths = sorted(path for path in now.keys() | then.keys() if now.get(path, "") != then.get(path, ""))
    told = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    return PlanInvalid(
        "The plan does not follow from its Freight",
        code="plan-not-reproduced",
        detail=f"{planned.name}: rendered again, {told or planned.target.ref} would be written otherwise.",
        hint="Somebody wrote this plan file, or what renders here is another program. Compare:\n"
        "  gitpromote plan --verify FILE",
    )
