"""What policies conclude of what would be written: files read, programs asked, verdicts put beside what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gitpromote.engine.court import Court, Judging, judging
from gitpromote.engine.others import Others, compares, others_of
from gitpromote.engine.policy_files import policy_files
from gitpromote.engine.world import World
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.observation import EnvironmentObservation, Observation
from gitpromote.model.plan import PlanKind
from gitpromote.model.policy_base import Policy
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.availability import Journey
from gitpromote.planning.changed_objects import changes_of
from gitpromote.planning.planner import writes_of
from gitpromote.planning.target_content import keeps_adopted
from gitpromote.planning.verdicts import asking_of
from gitpromote.policy.scene import Scene

__all__ = ["scene_of", "with_policies"]

_NONE = ManifestSet()


def with_policies(
    world: World, observation: Observation, *, kind: PlanKind, known: Mapping[str, Any] | None = None
) -> Observation:
    """The same with what the policies conclude of every Environment that would be written.

    :param known: what an earlier plan says that it was judged by: files are read where it read them, nobody is asked
    """
    journey = Journey(pipeline=world.pipeline, ledger=observation.ledger, as_of=observation.as_of, ask=world.ask)
    judged = [one for name in observation.environments if (one := _judging(journey, observation, name, kind))]
    if not judged:
        return observation
    policies = [policy for one in judged for policy in one.policies]
    files = policy_files(world, policies, commit=known.get("commit") if known else None)
    others = _others(world, observation, [policy for one in judged for policy in one.all_policies], judged, known)
    answers = None if known is None else known.get("answers", {})
    court = Court.over(world, judged, kind=kind, files=files, others=others, known=answers)
    environments = dict(observation.environments)
    for one in judged:
        environments[one.observed.name] = court.judged(one)
    facts = files.facts() | ({"answers": court.answers} if court.answers else {})
    facts |= {"others": dict(others.heads)} if others.heads else {}
    return replace(observation, environments=environments, policies=facts)


def _others(
    world: World,
    observation: Observation,
    policies: Iterable[Policy],
    judged: Iterable[Judging],
    known: Mapping[str, Any] | None,
) -> Others:
    """All Environments where a policy compares with them; otherwise those that are in memory already."""
    if any(compares(policy) for policy in policies):
        return others_of(world, observation, heads=None if known is None else known.get("others", {}))
    return Others(objects={one.observed.name: one.scene.objects for one in judged})


def _judging(journey: Journey, observation: Observation, name: str, kind: PlanKind) -> Judging | None:
    """Only what would be written is judged."""
    resolved, observed = journey.pipeline.resolved(name), observation.environments[name]
    asked = resolved.organisation
    if not (resolved.policies or asked.policies or asked.boundaries) or observed.missing:
        return None
    if not _would_be_written(journey, resolved, observed, kind):
        return None
    changes = changes_of(observed, journey.pipeline)
    scene = scene_of(journey, resolved, replace(observed, changes=changes), kind=kind)
    return judging(replace(observed, changes=changes), scene, writes_of(observed, resolved))


def _would_be_written(
    journey: Journey, resolved: ResolvedEnvironment, observed: EnvironmentObservation, kind: PlanKind
) -> bool:
    target = resolved.target
    state = journey.state(resolved.name).placed(repository=target.repository, ref=target.ref, path=target.path)
    keeps = kind == "promote" and keeps_adopted(observed, state)
    return not keeps and bool(writes_of(observed, resolved))


def scene_of(
    journey: Journey, resolved: ResolvedEnvironment, observed: EnvironmentObservation, *, kind: PlanKind
) -> Scene:
    """What policies look at in an Environment. Where things only go away, what stays is not judged again."""
    asking = asking_of(journey, resolved, observed, kind)
    before = observed.current.manifests if observed.current else None
    after = observed.desired.manifests if observed.desired and kind != "retire" else None
    return Scene(
        pipeline=journey.pipeline.name,
        environment=resolved,
        occasion=asking.occasion,
        objects=after or _NONE,
        before=before or _NONE,
        changes=changes_of(observed, journey.pipeline),
        # What expressions call ``freight`` is the first of them.
        freight={**asking.entering, **observed.freight},
    )
