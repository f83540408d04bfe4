"""Making plans: one look at the world, one Observation, one pure function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gitpromote.engine.asked import Asked
from gitpromote.engine.basis import basis_of
from gitpromote.engine.descent import with_descent
from gitpromote.engine.governed import govern, govern_again
from gitpromote.engine.journeys import journey_at
from gitpromote.engine.ledger_notices import ledger_notices
from gitpromote.engine.look import Look, look
from gitpromote.engine.observe import observe
from gitpromote.engine.shared_paths import with_shared_paths
from gitpromote.engine.unsafe_paths import with_unsafe_paths
from gitpromote.engine.world import World
from gitpromote.errors import UsageError
from gitpromote.model.ephemeral import EphemeralPipeline
from gitpromote.model.freight import Freight
from gitpromote.model.observation import Observation
from gitpromote.model.plan import Engine, EnvironmentPlan, Plan, PlanKind, PlannedPipeline, Request
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import LedgerState
from gitpromote.model.tree import FILE, Entry
from gitpromote.model.words import listed
from gitpromote.planning.availability import Leaving, planned_freight
from gitpromote.planning.facts import TEMPLATE
from gitpromote.planning.planfile import blob_bytes
from gitpromote.planning.planner import leaving_of, plan
from gitpromote.planning.target_content import ENOUGH, replaceable
from gitpromote.planning.verdicts import KEPT_AWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What every plan of a Pipeline says of its origin."""

    engine: Engine
    described: PlannedPipeline


def promotion(world: World, maker: Maker, asked: Asked, *, as_of: int) -> Plan:
    """A Freight's journey through the environments that were asked for."""
    govern(world, as_of=as_of)
    resolved = [world.pipeline.resolved(name) for name in world.pipeline.order()]
    # What a lock says is not looked for: where the branches are by now is nothing that such a plan knows.
    # A remote that cannot be asked keeps back what needs it, and is told by what finds that it does.
    seen = look(world, resolved, sources=asked.lock is None, regardless=True)
    world.notices += ledger_notices(world, seen.ledger)

    def planned(**known: Any) -> tuple[Observation, Plan]:
        found = observe(world, seen, asked, as_of=as_of, **known)
        observation = with_descent(world, with_shared_paths(found, resolved))
        _refuse_pointless_replace(asked, observation)
        return observation, _planned(world, maker, request_of(asked), observation, "promote")

    observation, made = planned()
    leaving = leaving_of(journey_at(world, seen.ledger, as_of), observation, made)
    if asked.freight or asked.by_hand or not _ends_what_it_waits_for(made, leaving):
        return made
    # It waits for what is over with its own first steps: newer Freight is on its way then.
    return planned(candidates=world.candidates, leaving=leaving)[1]


def _ends_what_it_waits_for(made: Plan, leaving: Leaving) -> bool:
    over = {name for one in made.environments for outcome in one.outcomes for name in outcome.operands.get("over", ())}
    return not over.isdisjoint(leaving)


def idle(world: World, maker: Maker, *, as_of: int) -> Plan:
    """The plan of a Pipeline that has no Environment at this moment: an ephemeral one of which nothing is alive."""
    seen = look(world, (), sources=False)
    observation = Observation(as_of=as_of, basis=basis_of(world, seen, ()), ledger=seen.ledger, environments={})
    return _planned(world, maker, Request(), observation, "promote")


def _refuse_pointless_replace(asked: Asked, observation: Observation) -> None:
    """Undoing somebody's work is asked for by name: the last foreign commit in the target."""
    for name, commit in asked.replace.items():
        observed = observation.environments.get(name)
        named = replaceable(observed) if observed is not None and observed.is_foreign else ()
        if len(commit) < ENOUGH or not any(one.startswith(commit) for one in named):
            there = f"name it by {named[0][:7]}" if named else "its target holds nothing foreign"
            if observed is not None and observed.gone:
                there = f"what was written has no place any more at {listed(observed.gone, limit=3)}"
            raise UsageError(
                "There is no such foreign content to replace",
                code="replace-unmatched",
                detail=f"{name}@{commit}: {there}",
                hint=f"Look at it first:\n  gitpromote explain {name}",
            )


def again(world: World, before: Plan) -> Plan:
    """The same plan once more, from what it knew: its basis, its Freight and its time."""
    govern_again(world, before)
    seen = _as_then(world, before)
    resolved = [world.pipeline.resolved(one.name) for one in before.environments]
    app = None if before.request.apps == ("*",) else before.request.apps[0]
    if before.kind == "rollback":
        [planned] = before.environments
        to = next((moving.id for moving in planned.freight.values() if moving.moving), None)
        observation = _rolled_back(world, seen, resolved[0], to=to, as_of=before.as_of)
    elif before.kind == "retire":
        observation = _retired(world, seen, resolved, app=app, as_of=before.as_of)
        observation = replace(observation, template=before.facts.get(TEMPLATE, {}))
    else:
        observation = _promoted(world, seen, before)
    maker = Maker(engine=before.engine, described=before.pipeline)
    return _planned(world, maker, before.request, observation, before.kind, before=before)


def rollback(world: World, maker: Maker, environment: str, *, reason: str, to: str | None, as_of: int) -> Plan:
    """Back to the Environment's last different verified Freight."""
    govern(world, as_of=as_of)
    resolved = world.pipeline.resolved(environment)
    observation = _rolled_back(world, look(world, [resolved], sources=False), resolved, to=to, as_of=as_of)
    request = Request(environments=(environment,), complete=False, reason=reason)
    return _planned(world, maker, request, observation, "rollback")


def retirement(
    world: World,
    maker: Maker,
    *,
    environments: tuple[str, ...],
    app: str | None,
    reason: str,
    as_of: int,
    template: EphemeralPipeline | None = None,
) -> Plan:
    """The deletion of what an Environment, or an App in all of them, has left in the targets.

    :param template: the ephemeral Pipeline that stands for them no more: what lives again by then is not deleted
    """
    govern(world, as_of=as_of)
    resolved = [world.pipeline.resolved(name) for name in environments]
    observation = _retired(world, look(world, resolved, sources=False), resolved, app=app, as_of=as_of)
    observation = replace(observation, template=template.to_data() if template is not None else {})
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
        images=asked.images,
        charts=asked.charts,
        commit=asked.commit,
        unpinned=asked.unpinned,
    )


def _planned(
    world: World,
    maker: Maker,
    request: Request,
    observation: Observation,
    kind: PlanKind,
    *,
    before: Plan | None = None,
) -> Plan:
    """The plan of what was seen.

    :param before: the plan that is made again, from what it says of policies and of answers
    """
    observation = with_unsafe_paths(world, observation)
    if any(one.edits for one in observation.environments.values()):
        from gitpromote.engine.shared_edits import with_shared_edits  # it renders; most targets hold what was rendered

        observation = with_shared_edits(world, observation)
    if world.governing is not None:
        observation = replace(observation, organisation=world.governing.facts())
    if world.governing is not None or _has_policies(world):
        from gitpromote.engine.policies import with_policies  # few pipelines have any

        judged_by = before.facts.get("policies", {}) if before else None
        observation = with_policies(world, observation, kind=kind, known=judged_by)
    if any(gate.asks for name in observation.environments for gate in world.pipeline.resolved(name).all_gates):
        from gitpromote.engine.evidence import with_answers, with_evidence

        observation = with_answers(observation, before) if before else with_evidence(world, observation, kind)
    made = plan(
        world.pipeline,
        request,
        _with_overrides(world, observation, before),
        engine=maker.engine,
        described=maker.described,
        kind=kind,
        ask=world.ask,
    )
    if world.governing is not None:
        from gitpromote.policy.forecast import forecast

        world.notices += forecast((one.name, outcome) for one in made.environments for outcome in one.outcomes)
    return made


def _has_policies(world: World) -> bool:
    return bool(world.pipeline.policies) or any(one.policies for one in world.pipeline.environments)


def _with_overrides(world: World, observation: Observation, before: Plan | None) -> Observation:
    """With what somebody overrode: of a plan that is made again, what it says."""
    if before is not None and "overrides" in before.facts:
        from gitpromote.engine.overrides import with_known_overrides

        return with_known_overrides(observation, before)
    if before is None and any(one.overrides for one in observation.ledger.environments.values()):
        from gitpromote.engine.overrides import with_overrides

        return with_overrides(world, observation)
    return observation


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
        refused=_refused(seen, before),
        discovery=discovery,
        drawn=drawn,
    )
    resolved = [world.pipeline.resolved(one.name) for one in before.environments]
    return with_descent(world, with_shared_paths(observation, resolved))


def _refused(seen: Look, before: Plan) -> dict[str, Freight]:
    """The Environments that a request kept Freight away from, with that Freight."""
    return {
        one.name: known.freight
        for one in before.environments
        for outcome in one.outcomes
        if (known := seen.ledger.freight.get(str(outcome.operands.get(KEPT_AWAY)))) is not None
    }


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
    return Look(refs=refs, sources=sources, ledger=_ledger_then(world, before, head))


def _ledger_then(world: World, before: Plan, head: str | None) -> LedgerState:
    state = world.ledger.read(head)
    if any(one.bypass for one in state.freight.values()):
        from gitpromote.engine.hotfixes import as_a_plan_knew  # hardly ever

        state = as_a_plan_knew(before, state)
    if any(one.approved_for for one in state.freight.values()):
        from gitpromote.engine.admissions import admissions_as_known  # hardly ever

        state = admissions_as_known(before, state)
    return state
