"""Making plans: one look at the world, one Observation, one pure function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitpromote.engine.asked import Asked
from gitpromote.engine.descent import with_descent
from gitpromote.engine.look import Look, look
from gitpromote.engine.observe import basis_of, observe
from gitpromote.engine.shared_paths import with_shared_paths
from gitpromote.engine.world import World
from gitpromote.errors import UsageError
from gitpromote.model.observation import Observation
from gitpromote.model.plan import Engine, EnvironmentPlan, Plan, PlanKind, PlannedPipeline, Request
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.tree import FILE, Entry
from gitpromote.planning.availability import planned_freight
from gitpromote.planning.planfile import blob_bytes
from gitpromote.planning.planner import plan
from gitpromote.planning.verdicts import ENOUGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What every plan of a Pipeline says of its origin."""

    engine: Engine
    described: PlannedPipeline


def promotion(world: World, maker: Maker, asked: Asked, *, as_of: int) -> Plan:
    """A Freight's journey through the environments that were asked for."""
    resolved = [world.pipeline.resolved(name) for name in world.pipeline.order()]
    seen = look(world, resolved)
    observation = with_descent(world, with_shared_paths(observe(world, seen, asked, as_of=as_of), resolved))
    _refuse_pointless_replace(asked, observation)
    return _planned(world, maker, request_of(asked), observation, "promote")


def _refuse_pointless_replace(asked: Asked, observation: Observation) -> None:
    """Undoing somebody's work is asked for by name: the foreign commit that is at the target's head."""
    for name, commit in asked.replace.items():
        observed = observation.environments.get(name)
        # A branch that was deleted is named by what it held last.
        head = (observed.head or observed.lost) if observed is not None and observed.is_foreign else None
        if head is None or len(commit) < ENOUGH or not head.startswith(commit):
            there = f"its head is {head[:7]}" if head else "its target holds nothing foreign"
            raise UsageError(
                "There is no such foreign content to replace",
                code="replace-unmatched",
                detail=f"{name}@{commit}: {there}",
                hint=f"Look at it first:\n  gitpromote explain {name}",
            )


def again(world: World, before: Plan) -> Plan:
    """The same plan once more, from what it knew: its basis, its Freight and its time."""
    seen = _as_then(world, before)
    resolved = [world.pipeline.resolved(one.name) for one in before.environments]
    app = None if before.request.apps == ("*",) else before.request.apps[0]
    if before.kind == "rollback":
        [planned] = before.environments
        to = next((moving.id for moving in planned.freight.values() if moving.moving), None)
        observation = _rolled_back(world, seen, resolved[0], to=to, as_of=before.as_of)
    elif before.kind == "retire":
        observation = _retired(world, seen, resolved, app=app, as_of=before.as_of)
    else:
        observation = _promoted(world, seen, before)
    maker = Maker(engine=before.engine, described=before.pipeline)
    return _planned(world, maker, before.request, observation, before.kind)


def rollback(world: World, maker: Maker, environment: str, *, reason: str, to: str | None, as_of: int) -> Plan:
    """Back to the Environment's last different verified Freight."""
    resolved = world.pipeline.resolved(environment)
    observation = _rolled_back(world, look(world, [resolved], sources=False), resolved, to=to, as_of=as_of)
    request = Request(environments=(environment,), complete=False, reason=reason)
    return _planned(world, maker, request, observation, "rollback")


def retirement(
    world: World, maker: Maker, *, environments: tuple[str, ...], app: str | None, reason: str, as_of: int
) -> Plan:
    """The deletion of what an Environment, or an App in all of them, has left in the targets."""
    resolved = [world.pipeline.resolved(name) for name in environments]
    observation = _retired(world, look(world, resolved, sources=False), resolved, app=app, as_of=as_of)
    request = Request(environments=environments, apps=(app,) if app else ("*",), complete=False, reason=reason)
    return _planned(world, maker, request, observation, "retire")


def request_of(asked: Asked) -> Request:
    """What was asked for, as it stands in the plan."""
    by_hand = [*asked.images, *asked.charts, *([asked.commit] if asked.commit else [])]
    return Request(
        freight=asked.freight or (" ".join(by_hand) or None),
        environments=asked.environments or ("*",),
        apps=asked.apps or ("*",),
        complete=asked.environments is None and asked.apps is None,
        replace=dict(asked.replace),
    )


def _planned(world: World, maker: Maker, request: Request, observation: Observation, kind: PlanKind) -> Plan:
    return plan(
        world.pipeline,
        request,
        observation,
        engine=maker.engine,
        described=maker.described,
        kind=kind,
        ask=world.ask,
    )


def _promoted(world: World, seen: Look, before: Plan) -> Observation:
    asked = Asked(
        environments=tuple(one.name for one in before.environments),
        apps=None if before.request.apps == ("*",) else before.request.apps,
        replace=before.request.replace,
    )
    freight = {one.name: planned_freight(before, one) for one in before.environments}
    missing = {one.name: one.reason for one in before.environments if one.decision == "unavailable"}
    discovery = before.facts.get("discovery", {})
    drawn = {one.name: _written(before, one) for one in before.environments if one.target.kind != "in-place"}
    world.renderings.lend({oid: blob_bytes(before.blobs[oid]) for oid in _blob_ids(drawn.values())})
    observation = observe(
        world,
        seen,
        asked,
        as_of=before.as_of,
        given=freight,
        missing=missing,
        discovery=discovery,
        drawn=drawn,
    )
    resolved = [world.pipeline.resolved(one.name) for one in before.environments]
    return with_descent(world, with_shared_paths(observation, resolved))


def _written(before: Plan, planned: EnvironmentPlan) -> dict[str, Entry]:
    """The files that a plan would write, as far as it holds them."""
    return {
        write.path: Entry(write.mode or FILE, write.after)
        for write in planned.writes
        if write.after is not None and write.after in before.blobs
    }


def _blob_ids(files: Iterable[Mapping[str, Entry]]) -> set[str]:
    return {entry.oid for one in files for entry in one.values()}


def _rolled_back(world: World, seen: Look, resolved: ResolvedEnvironment, *, to: str | None, as_of: int) -> Observation:
    from gitpromote.engine.rollback import observe_rollback

    observed, blobs = observe_rollback(world, seen, resolved, to=to)
    return Observation(
        as_of=as_of,
        basis=basis_of(world, seen, [resolved]),
        ledger=seen.ledger,
        environments={observed.name: observed},
        blobs=blobs,
    )


def _retired(
    world: World, seen: Look, resolved: Sequence[ResolvedEnvironment], *, app: str | None, as_of: int
) -> Observation:
    from gitpromote.engine.retire import observe_retired

    observed = {one.name: observe_retired(world, seen, one, app=app) for one in resolved}
    basis = basis_of(world, seen, resolved)
    return Observation(as_of=as_of, basis=basis, ledger=seen.ledger, environments=observed)


def _as_then(world: World, before: Plan) -> Look:
    """The refs and the ledger that a plan saw, whatever they are now."""
    refs = {
        key: {ref: oid for ref, oid in basis.refs.items() if oid is not None}
        for key, basis in before.basis.repositories.items()
    }
    for key, known in refs.items():
        repository = world.repository(key)
        repository.fetch(["HEAD", *sorted(known)])
        repository.ensure(known.values())
    for key, commit in sorted({(one.repository, one.commit) for env in before.environments for one in env.sources}):
        world.repository(key).ensure([commit])
    head = before.basis.ledger.head
    if head is not None:
        world.home.ensure([head])
    # Which of them Freight came from does not matter here: it is known. That the plan knew them does.
    sources: dict[str, dict[str | None, tuple[str, str]]] = {
        key: {ref: (ref, oid) for ref, oid in known.items()} for key, known in refs.items()
    }
    return Look(refs=refs, sources=sources, ledger=world.ledger.read(head))
