"""What stands in the way of the files that a plan would write: told by the plan, and not only by apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gitpromote.engine.world import World
from gitpromote.model.neighbours import Meeting, Neighbours, Newcomers
from gitpromote.model.observation import EnvironmentObservation, Observation
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedTarget
from gitpromote.planning.writes import edited_writes, writes_between

Place = tuple[str, str | None]  # repository key, commit


def with_unsafe_paths(world: World, observation: Observation) -> Observation:
    """The same, with a verdict for each Environment that would write where nothing can be written safely."""
    changing = {name: changed for name, one in observation.environments.items() if (changed := _changed(one))}
    if not changing:
        return observation
    targets = {name: world.pipeline.resolved(name).target for name in changing}
    places = {name: (targets[name].repository, observation.environments[name].head) for name in changing}
    there = _there(world, dict.fromkeys(places.values()))
    found = dict(observation.environments)
    newcomers: dict[tuple[str, str], Newcomers] = {}
    for name in (one for one in world.pipeline.order() if one in changing):
        target = targets[name]
        ours, gone = _paths(target, changing[name])
        beside = newcomers.setdefault((target.repository, target.ref), Newcomers()).meeting(name, ours)
        met = there[places[name]].meeting(ours, gone) or beside
        if met is not None:
            found[name] = replace(found[name], blocking=(*found[name].blocking, _outcome(met)))
    return replace(observation, environments=found)


def _changed(observed: EnvironmentObservation) -> dict[str, bool]:
    """The paths that would be written, or removed: false."""
    if observed.edited:
        writes = edited_writes(observed.edited)
    elif observed.current is not None and observed.desired is not None:
        writes = writes_between(observed.current, observed.desired)
    else:
        writes = ()
    return {write.path: write.action != "delete" for write in writes}


def _paths(target: ResolvedTarget, changed: Mapping[str, bool]) -> tuple[list[str], list[str]]:
    root = f"{target.path}/" if target.path and target.is_rendered else ""
    ours = [root + path for path, written in changed.items() if written]
    return ours, [root + path for path, written in changed.items() if not written]


def _there(world: World, places: Mapping[Place, None]) -> dict[Place, Neighbours]:
    """What stands in each commit, those of one repository read together."""
    found = {place: Neighbours({}) for place in places}
    for key in dict.fromkeys(key for key, _ in places):
        heads = [head for other, head in places if other == key and head is not None]
        files = world.repository(key).files([(head, "") for head in heads])
        found |= {(key, head): Neighbours(there) for head, there in zip(heads, files, strict=True)}
    return found


def _outcome(met: Meeting) -> Outcome:
    return Outcome(
        id="unsafe-path",
        kind="policy",
        level="hard",
        status="fail",
        message=f"{met.path!r} {met.why}. {met.remedy}",
        operands={"path": met.path},
    )
