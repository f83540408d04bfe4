"""Sources that changed since a plan was reviewed: rendered again, and compared with what was."""

from __future__ import annotations

from dataclasses import replace

from gitpromote.engine.in_place import observe_sources
from gitpromote.engine.look import Look
from gitpromote.engine.target_now import is_there
from gitpromote.engine.unplaced import MISSING
from gitpromote.engine.world import World
from gitpromote.model.change import ObjectChange
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.planning.availability import planned_freight
from gitpromote.planning.changed_objects import changes_of
from gitpromote.planning.staleness import Judgement


def rerendered(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, head: str | None, before: Judgement
) -> Judgement:
    """Something that the render reads has changed, but not what is edited: does the same change come out?"""
    observed = _predicted(world, plan, planned, seen, head)
    same_result = observed.desired is None or observed.desired.tree == planned.result_tree
    if same_result and _has_places(observed) and _same_change(planned, observed, world.pipeline):
        return Judgement(verdict="reanchor", message="rendered again: the same change")
    text = "what it renders is no longer what was reviewed"
    return Judgement(
        verdict="stale",
        code="plan-stale",
        message=text,
        differences=before.differences,
        rendered=_since_review(world, plan, planned, seen, observed),
    )


def _predicted(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, head: str | None
) -> EnvironmentObservation:
    """What the planned edits would render to at a commit of the target."""
    from gitpromote.engine.still_to_come import still_to_come  # few targets move while a plan waits

    resolved, state = world.pipeline.resolved(planned.name), seen.ledger.environment(planned.name)
    overlay = still_to_come(world, plan, planned, head)
    freight = planned_freight(plan, planned)
    return observe_sources(world, resolved, freight, head=head, state=state, overlay=overlay)[0]


def _since_review(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, now: EnvironmentObservation
) -> tuple[ObjectChange, ...]:
    """What would come now against what was reviewed; nothing where the commit that was reviewed is gone."""
    basis = plan.basis.repositories.get(planned.target.repository)
    reviewed = basis.refs.get(planned.target.ref) if basis else None
    if reviewed is None or not is_there(world.repository(planned.target.repository), reviewed):
        return ()
    then = _predicted(world, plan, planned, seen, reviewed)
    return changes_of(replace(now, current=then.desired), world.pipeline)


def _has_places(observed: EnvironmentObservation) -> bool:
    """Whether what was written there, and what comes, still has its places in the sources."""
    return not observed.gone and all(outcome.id != MISSING for outcome in observed.blocking)


def _same_change(planned: EnvironmentPlan, observed: EnvironmentObservation, pipeline: Pipeline) -> bool:
    written = {path: after.oid for path, (_, after) in observed.edited.items()}
    expected = {write.path: write.after for write in planned.writes}
    return written == expected and changes_of(observed, pipeline) == planned.changes
