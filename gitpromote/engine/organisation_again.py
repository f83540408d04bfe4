"""What an organisation asks for, judged again just before something is written: as it is now.

What its gates, policies and boundaries look at is what the target holds at this moment with what the plan would write.
What the plan itself says of its changes is nobody's evidence. Its verdicts stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitpromote.engine.court import Court, Judging, judging
from gitpromote.engine.look import Look
from gitpromote.engine.others import Others, compares, others_of
from gitpromote.engine.policies import scene_of
from gitpromote.engine.policy_files import PolicyFiles
from gitpromote.engine.sensitive import sensitive_bytes
from gitpromote.engine.still_to_come import still_to_come
from gitpromote.engine.targets import app_of, holds_manifests, read_content
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError, SourceInvalid
from gitpromote.model.change import RISKS, ObjectChange
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.observation import Content, EnvironmentObservation, Observation
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan, Write
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.standing import Standing
from gitpromote.model.state import LedgerState
from gitpromote.planning.availability import Journey, planned_freight
from gitpromote.planning.changed_objects import changes_of
from gitpromote.planning.planfile import blob_bytes
from gitpromote.policy.organisation import stricter

__all__ = ["SeenAgain", "changed_again", "seen_again", "with_organisation", "would_hold"]

#: The verdict on files that cannot be judged.
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAgain:
    """A target as it would be.

    :ivar unread: path to why a file that would be written cannot be read as manifests
    """

    observed: EnvironmentObservation
    unread: Mapping[str, str] = field(default_factory=dict)


def seen_again(
    world: World, journey: Journey, plan: Plan, planned: EnvironmentPlan, *, head: str | None
) -> SeenAgain | None:
    """A target with the plan's files in it; ``None`` where the organisation asks nothing of what would be written.

    :param head: what the target's ref names now
    """
    resolved = journey.pipeline.resolved(planned.name)
    if not (resolved.organisation and planned.writes):
        return None
    return _seen(world, plan, planned, resolved, head, journey.ledger)


def changed_again(
    journey: Journey, planned: EnvironmentPlan, there: SeenAgain | None
) -> tuple[ObjectChange, ...] | None:
    """What would change, worked out from what is there and what would be written.

    Of the plan's own word counts that something is riskier: a rule of risk may raise it.

    :returns: ``None``: the plan's changes are as good as any, since the target holds its files already, or nobody asks
    """
    if not planned.writes:
        return ()
    if there is None or _is_there(planned, there.observed):
        return None
    told = {(one.app, one.ref): one for one in planned.changes}
    seen = changes_of(there.observed, journey.pipeline)
    return tuple(_riskier(one, told.get((one.app, one.ref))) for one in seen)


def _is_there(planned: EnvironmentPlan, observed: EnvironmentObservation) -> bool:
    if planned.target.kind == "in-place":
        return not observed.edited
    files = observed.current.files if observed.current is not None else {}
    return all(_holds(write, files[write.path].oid if write.path in files else None) for write in planned.writes)


def _holds(write: Write, oid: str | None) -> bool:
    return oid is None if write.action == "delete" else oid is not None and (write.sensitive or oid == write.after)


def _riskier(now: ObjectChange, told: ObjectChange | None) -> ObjectChange:
    if told is None or RISKS.index(told.risk) <= RISKS.index(now.risk):
        return now
    return now.model_copy(update={"risk": told.risk, "notes": told.notes})


def with_organisation(
    world: World,
    journey: Journey,
    plan: Plan,
    planned: EnvironmentPlan,
    outcomes: tuple[Outcome, ...],
    *,
    there: SeenAgain | None,
    seen: Look,
) -> tuple[Outcome, ...]:
    """A plan's verdicts, made stricter by what the organisation asks for now."""
    governing = world.governing
    if governing is None or there is None:
        return outcomes
    outcomes = (*outcomes, *_unreadable(there))
    resolved = journey.pipeline.resolved(planned.name)
    asked = resolved.organisation
    if not (asked.policies or asked.boundaries):
        return outcomes
    observed = replace(there.observed, changes=changes_of(there.observed, journey.pipeline))
    scene = scene_of(journey, resolved, observed, kind=plan.kind)
    found = judging(observed, replace(scene, environment=replace(resolved, policies=())), planned.writes)
    if found is None:
        return outcomes
    others = _others(world, journey, plan, found, seen)
    court = Court.over(world, [found], kind=plan.kind, files=PolicyFiles(), others=others)
    fresh = [_with_matched(one, asked) for one in court.organisations(found)]
    return stricter(outcomes, fresh, version=governing.version)


def _unreadable(there: SeenAgain) -> list[Outcome]:
    """What nobody can judge is not written where somebody wants to: an agent may read it otherwise than we do."""
    if not there.unread:
        return []
    told = "; ".join(there.unread.values())
    message = f"cannot be read as manifests, so that nobody can judge it: {told}"
    operands = {"files": sorted(there.unread)}
    return [Outcome(id=UNREADABLE, kind="policy", status="fail", message=message, operands=operands)]


def _with_matched(outcome: Outcome, asked: Standing) -> Outcome:
    matched = asked.matched.get(outcome.id)
    if not matched:
        return outcome
    return outcome.model_copy(update={"operands": {**outcome.operands, "matched": dict(matched)}})


def _others(world: World, journey: Journey, plan: Plan, found: Judging, seen: Look) -> Others:
    """Environments as this plan makes them, as when it was planned: they are written one after the other."""
    if not any(compares(one.policy) for one in found.standing.policies):
        return Others(objects={found.observed.name: found.scene.objects})
    environments = {found.observed.name: found.observed}
    try:
        for one in plan.environments:
            if one.name != found.observed.name and (one.writes or (one.target.kind == "in-place" and one.freight)):
                head = seen.head(one.target.repository, one.target.ref)
                resolved = journey.pipeline.resolved(one.name)
                environments[one.name] = _seen(world, plan, one, resolved, head, journey.ledger).observed
    except GitpromoteError as error:
        return Others(unread=f"{one.name} cannot be read: {error.detail or error.summary}")
    known = Observation(as_of=journey.as_of, basis=plan.basis, ledger=journey.ledger, environments=environments)
    return others_of(world, known)


# -- what would be there


def would_hold(
    world: World, journey: Journey, plan: Plan, planned: EnvironmentPlan, *, head: str | None
) -> ManifestSet | None:
    """All objects that a target holds once a plan is carried out; ``head``: what its ref names now."""
    resolved = journey.pipeline.resolved(planned.name)
    desired = _seen(world, plan, planned, resolved, head, journey.ledger).observed.desired
    return desired.manifests if desired is not None else None


def _seen(
    world: World,
    plan: Plan,
    planned: EnvironmentPlan,
    resolved: ResolvedEnvironment,
    head: str | None,
    ledger: LedgerState,
) -> SeenAgain:
    freight = planned_freight(plan, planned)
    if planned.target.kind == "in-place":
        from gitpromote.engine.in_place import observe_sources  # it renders; a rendered target holds what it needs

        # That the plan's files are what these edits make is checked before anything is written.
        overlay, state = still_to_come(world, plan, planned, head), ledger.environment(planned.name)
        edits = planned.edits if plan.kind == "rollback" else None
        found, _ = observe_sources(world, resolved, freight, head=head, state=state, overlay=overlay, edits=edits)
        return SeenAgain(observed=found)
    current = _current(world, planned, resolved, head)
    desired, unread = _desired(world, plan, planned, resolved, current)
    observed = EnvironmentObservation(name=planned.name, freight=freight, head=head, current=current, desired=desired)
    return SeenAgain(observed=observed, unread=unread)


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
) -> tuple[Content, dict[str, str]]:
    """What the target holds with the plan's files in it. Ids are the plan's: nothing is written from this.

    :returns: and by path why a file cannot be read
    """
    secret: Mapping[str, bytes] = {}
    if any(write.sensitive and write.action != "delete" for write in planned.writes):
        secret = sensitive_bytes(world, plan, planned)
    written = {write.path for write in planned.writes}
    found = [one for one in (current.manifests or ManifestSet()).values() if one.file not in written]
    unread: dict[str, str] = {}
    apps = [app.name for app in resolved.apps]
    for write in planned.writes:
        if write.action != "delete" and holds_manifests(write.path):
            data = secret[write.path] if write.sensitive else blob_bytes(plan.blobs[str(write.after)])
            try:
                found += _parsed(data, path=write.path, app=app_of(write.path, apps))
            except SourceInvalid as error:
                unread[write.path] = error.detail or error.summary
    tree = planned.result_tree or ""
    return Content(tree=tree, whole=tree, manifests=ManifestSet.from_iterable(found)), unread


def _parsed(data: bytes, *, path: str, app: str) -> Sequence[Manifest]:
    from gitpromote.render.parse import parse_manifests  # YAML is loaded where something is judged

    return tuple(parse_manifests(data, file=path, app=app).manifests.values())
