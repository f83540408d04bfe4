"""An organisation's policies and boundaries, judged again just before something is written: as they are now.

What they look at is what the target holds at this moment with what the plan would write. A plan's own verdicts stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gitpromote.engine.court import Court, Judging, judging
from gitpromote.engine.others import Others, compares, others_of
from gitpromote.engine.policies import scene_of
from gitpromote.engine.policy_files import PolicyFiles
from gitpromote.engine.sensitive import sensitive_bytes
from gitpromote.engine.targets import app_of, holds_manifests, read_content
from gitpromote.engine.world import World
from gitpromote.errors import SourceInvalid
from gitpromote.model.change import RISKS, ObjectChange
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.observation import Content, EnvironmentObservation, Observation
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.standing import Standing
from gitpromote.model.state import LedgerState
from gitpromote.planning.availability import Journey, planned_freight
from gitpromote.planning.changed_objects import changes_of
from gitpromote.planning.planfile import blob_bytes
from gitpromote.policy.organisation import stricter

__all__ = ["rated_again", "with_organisation"]


def rated_again(
    world: World, journey: Journey, plan: Plan, planned: EnvironmentPlan, *, head: str | None
) -> tuple[ObjectChange, ...] | None:
    """A plan's changes, at least as risky as they are without what the Pipeline says to lower it.

    ``None`` where that cannot be another risk: nobody of the organisation asks by risk, or nothing lowers it.
    """
    resolved = journey.pipeline.resolved(planned.name)
    lowering = any(rule.lower for rule in journey.pipeline.risks)
    if not (lowering and planned.writes and resolved.organisation.reads_risk):
        return None
    seen = changes_of(_observed(world, plan, planned, resolved, head, journey.ledger), journey.pipeline)
    now = {(one.app, one.ref): one for one in seen}
    told = {(one.app, one.ref) for one in planned.changes}
    added = (one for key, one in now.items() if key not in told)
    return (*(_riskier(one, now.get((one.app, one.ref))) for one in planned.changes), *added)


def _riskier(told: ObjectChange, now: ObjectChange | None) -> ObjectChange:
    if now is None or RISKS.index(now.risk) <= RISKS.index(told.risk):
        return told
    return told.model_copy(update={"risk": now.risk, "notes": now.notes})


def with_organisation(
    world: World,
    journey: Journey,
    plan: Plan,
    planned: EnvironmentPlan,
    outcomes: tuple[Outcome, ...],
    *,
    head: str | None,
) -> tuple[Outcome, ...]:
    """A plan's verdicts, made stricter by what the organisation asks for now.

    :param head: what the target's ref names now
    """
    governing = world.governing
    if governing is None:
        return outcomes
    resolved = journey.pipeline.resolved(planned.name)
    asked = resolved.organisation
    if not (asked.policies or asked.boundaries) or not planned.writes:
        return outcomes
    observed = _observed(world, plan, planned, resolved, head, journey.ledger)
    observed = replace(observed, changes=changes_of(observed, journey.pipeline))
    scene = scene_of(journey, resolved, observed, kind=plan.kind)
    found = judging(observed, replace(scene, environment=replace(resolved, policies=())), planned.writes)
    if found is None:
        return outcomes
    found = _without_compared(world, plan, planned, found)
    others = _others(world, journey, plan, found)
    court = Court.over(world, [found], kind=plan.kind, files=PolicyFiles(), others=others)
    fresh = [_with_matched(one, asked) for one in court.organisations(found)]
    return stricter(outcomes, fresh, version=governing.version)


def _with_matched(outcome: Outcome, asked: Standing) -> Outcome:
    matched = asked.matched.get(outcome.id)
    if not matched:
        return outcome
    return outcome.model_copy(update={"operands": {**outcome.operands, "matched": dict(matched)}})


def _without_compared(world: World, plan: Plan, planned: EnvironmentPlan, found: Judging) -> Judging:
    """Without policies that compare with other Environments and were judged by the plan as they are now.

    Environments are written one after the other: halfway through, they differ more than the plan would let them.
    """
    governing = world.governing
    then = governing.then if governing is not None else None
    known = {one.name: one.policy for one in then.rules.policies} if then is not None else {}
    told = {outcome.id for outcome in planned.outcomes}
    policies = tuple(
        one
        for one in found.standing.policies
        if not (compares(one.policy) and known.get(one.name) == one.policy and one.id in told)
    )
    return replace(found, standing=replace(found.standing, policies=policies))


def _others(world: World, journey: Journey, plan: Plan, found: Judging) -> Others:
    if not any(compares(one.policy) for one in found.standing.policies):
        return Others(objects={found.observed.name: found.scene.objects})
    environments = {found.observed.name: found.observed}
    seen = Observation(as_of=journey.as_of, basis=plan.basis, ledger=journey.ledger, environments=environments)
    return others_of(world, seen)


# -- what would be there


def _observed(
    world: World,
    plan: Plan,
    planned: EnvironmentPlan,
    resolved: ResolvedEnvironment,
    head: str | None,
    ledger: LedgerState,
) -> EnvironmentObservation:
    freight = planned_freight(plan, planned)
    if planned.target.kind == "in-place":
        from gitpromote.engine.in_place import observe_sources  # it renders; a rendered target holds what it needs

        observed, _ = observe_sources(
            world, resolved, freight, head=head, state=ledger.environment(planned.name), overlay={}
        )
        return observed
    current = _current(world, planned, resolved, head)
    desired = _desired(world, plan, planned, resolved, current)
    return EnvironmentObservation(name=planned.name, freight=freight, head=head, current=current, desired=desired)


def _current(world: World, planned: EnvironmentPlan, resolved: ResolvedEnvironment, head: str | None) -> Content:
    return read_content(
        world.repository(planned.target.repository),
        head,
        resolved.target,
        apps=[app.name for app in resolved.apps],
        sensitive_paths=world.pipeline.sensitive_paths,
        parsed=world.parsed,
    )


def _desired(
    world: World, plan: Plan, planned: EnvironmentPlan, resolved: ResolvedEnvironment, current: Content
) -> Content:
    """What the target holds with the plan's files in it. Ids are the plan's: nothing is written from this."""
    secret: Mapping[str, bytes] = {}
    if any(write.sensitive and write.action != "delete" for write in planned.writes):
        secret = sensitive_bytes(world, plan, planned)
    written = {write.path for write in planned.writes}
    found = [one for one in (current.manifests or ManifestSet()).values() if one.file not in written]
    apps = [app.name for app in resolved.apps]
    for write in planned.writes:
        if write.action != "delete" and holds_manifests(write.path):
            data = secret[write.path] if write.sensitive else blob_bytes(plan.blobs[str(write.after)])
            found += _parsed(data, path=write.path, app=app_of(write.path, apps))
    tree = planned.result_tree or ""
    return Content(tree=tree, whole=tree, manifests=ManifestSet.from_iterable(found))


def _parsed(data: bytes, *, path: str, app: str) -> Iterable[Manifest]:
    from gitpromote.render.parse import parse_manifests  # YAML is loaded where something is judged

    try:
        return tuple(parse_manifests(data, file=path, app=app).manifests.values())
    except SourceInvalid:
        return ()  # what is no manifest is judged by nobody, as in the plan
