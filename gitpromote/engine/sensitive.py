"""Files with sensitive values: the plan holds neither their bytes nor their ids, so apply renders them again."""

from __future__ import annotations

from gitpromote.engine.combine import app_prefix
from gitpromote.engine.rollback import RECORDED
from gitpromote.engine.sources import rendered_asks
from gitpromote.engine.targets import subtree
from gitpromote.engine.world import World
from gitpromote.errors import RenderFailed
from gitpromote.model.plan import EnvironmentPlan, Plan, PlannedSource
from gitpromote.planning.availability import planned_freight
from gitpromote.planning.planned_target import target_of


def sensitive_bytes(world: World, plan: Plan, planned: EnvironmentPlan) -> dict[str, bytes]:
    """The bytes of an environment's sensitive files, by path in the target, from the pinned sources.

    :raises RenderFailed: the render gives other files than were reviewed
    """
    recorded = next((one for one in planned.sources if one.renderer == RECORDED), None)
    if recorded is not None:
        return _recorded_bytes(world, planned, recorded)
    resolved = world.pipeline.resolved(planned.name)
    freight = planned_freight(plan, planned).values()
    commits = {world.repository(source.repository).canonical: source.commit for source in planned.sources}
    for source in planned.sources:
        world.repository(source.repository).ensure([source.commit])
    rendered = world.renderings.render(rendered_asks(resolved, commits, world, freight))
    files = {
        app_prefix(resolved, one.ask.app.folder) + path: entry
        for one in rendered
        for path, entry in one.kept.files.items()
    }
    drawn = {app_prefix(resolved, one.ask.app.folder) + path for one in rendered for path in one.kept.random}
    for write in planned.writes:
        found = files.get(write.path)
        expected = None if write.sensitive or write.path in drawn else write.after
        if expected is not None and (found is None or found.oid != expected):
            raise _differs(planned, write.path)
    wanted = {write.path for write in planned.writes if write.sensitive and write.action != "delete"}
    if wanted - files.keys():
        raise _differs(planned, min(wanted - files.keys()))
    blobs = world.renderings.blobs(files[path].oid for path in wanted)
    return {path: blobs[files[path].oid] for path in wanted}


def _recorded_bytes(world: World, planned: EnvironmentPlan, source: PlannedSource) -> dict[str, bytes]:
    """A rollback takes them from the commit that held them."""
    repository = world.repository(source.repository)
    repository.ensure([source.commit])
    files = subtree(repository.listing(source.commit), target_of(planned))
    wanted = [write.path for write in planned.writes if write.sensitive and write.action != "delete"]
    blobs = repository.blobs({files[path].oid for path in wanted})
    return {path: blobs[files[path].oid] for path in wanted}


def _differs(planned: EnvironmentPlan, path: str) -> RenderFailed:
    return RenderFailed(
        "A file with secrets was rendered again and came out differently",
        code="sensitive-differs",
        detail=f"{planned.name}: {path}",
        hint="The renderers of this machine may be others than the plan's. Nothing was pushed for this environment.",
    )
