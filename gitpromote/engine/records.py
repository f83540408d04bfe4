"""The Records that a plan's environments leave behind: what was there, what was done, by whom, with which objects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from gitpromote.engine.append import freight_created, planned
from gitpromote.engine.assess import Fresh
from gitpromote.engine.journeys import journey_at, journey_of
from gitpromote.engine.judged import judged_data
from gitpromote.engine.judged_again import ordinary_now
from gitpromote.engine.look import Look
from gitpromote.engine.source_order import recorded_since
from gitpromote.engine.world import World
from gitpromote.model.freight import Freight
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.record import Actor, Record, RecordKind, planned_record_id
from gitpromote.planning.availability import planned_freight
from gitpromote.planning.supersede import passed_over
from gitpromote.planning.telling import PARTIAL

#: What a plan's push is called in the ledger.
_CONTENT: Mapping[str, RecordKind] = {"rollback": "rolled-back", "adopt": "adopted", "retire": "retired"}


def records_for(
    world: World,
    plan: Plan,
    digest: str,
    document: bytes,
    batch: Sequence[Fresh],
    commits: Mapping[str, str],
    seen: Look,
    *,
    present: Collection[str] = (),
) -> tuple[tuple[Record, ...], dict[str, bytes]]:
    """The Records of a batch in their order, and the plan document if the ledger does not have it.

    :param present: ids of Records that the ledger has already: none is appended twice
    """
    if not batch:
        return (), {}
    freight = [entry.freight() for identifier, entry in plan.freight.items()]
    since = recorded_since(world, plan, seen.ledger)
    records = freight_created(world, freight, seen.ledger, plan=digest, since=since)
    recorded = planned(world, plan, digest, world.ledger.plans(seen.ledger.head))
    records += recorded
    for fresh in batch:
        records += _environment(world, plan, digest, fresh, commits.get(fresh.planned.name), seen)
    return tuple(one for one in records if one.id not in present), ({digest: document} if recorded else {})


def _environment(world: World, plan: Plan, digest: str, fresh: Fresh, commit: str | None, seen: Look) -> list[Record]:
    kind = _CONTENT.get(plan.kind, "written")
    if plan.kind == "retire" and plan.request.apps != ("*",):
        kind = "written"  # an App is gone, its Environment stays
    kinds: list[RecordKind] = [kind] if fresh.planned.target.ref else []
    if apps_alone(fresh.planned):
        return _with_judged([_record(world, plan, digest, fresh, one, commit) for one in kinds], fresh, ())
    if holds_afterwards(plan, fresh.planned):
        kinds.append("held")
    if kind != "retired" and (commit is not None or _was_verified(fresh.planned, seen)):
        kinds.append("verified")
    found = [_record(world, plan, digest, fresh, one, commit) for one in kinds]
    found = _with_judged(found, fresh, _ordinary(world, plan, fresh, seen))
    return [*found, *(_superseded(world, plan, digest, fresh, seen) if plan.kind == "promote" else ())]


def _with_judged(found: list[Record], fresh: Fresh, ordinary: Sequence[str]) -> list[Record]:
    """What it was judged by, told once: by the Record that says what was done.

    :param ordinary: Freight that is no hotfix there any more
    """
    if found and fresh.judged is not None:
        told = {"ordinary": list(ordinary)} if ordinary else {}
        data = {**found[0].data, "judged": judged_data(fresh.outcomes, fresh.judged), **told}
        found[0] = found[0].model_copy(update={"data": data})
    return found


def _ordinary(world: World, plan: Plan, fresh: Fresh, seen: Look) -> Sequence[str]:
    """The Freight that comes the ordinary way where a hotfix would let it in, as it was judged."""
    if plan.kind != "promote" or fresh.judged is None:
        return ()
    return ordinary_now(journey_at(world, seen.ledger, fresh.judged.at), plan, fresh.planned)


def apps_alone(planned: EnvironmentPlan) -> tuple[str, ...]:
    """The Apps that are promoted alone, where others would change as well: then the Freight is not there yet."""
    return next((tuple(one.operands["apps"]) for one in planned.outcomes if one.id == PARTIAL), ())


def holds_afterwards(plan: Plan, planned: EnvironmentPlan) -> bool:
    """Whether what a plan brings stays until somebody releases it: a rollback, or older Freight that a person named."""
    older = any(outcome.id == "older" for outcome in planned.outcomes)
    return not apps_alone(planned) and (plan.kind == "rollback" or older)


def _was_verified(planned: EnvironmentPlan, seen: Look) -> bool:
    """Where nothing changes, the result is inherited: of what failed there is none to inherit."""
    state = seen.ledger.environment(planned.name)
    return not state.failed.keys() & set(state.freight.values())


def _superseded(world: World, plan: Plan, digest: str, fresh: Fresh, seen: Look) -> list[Record]:
    """Older Freight that was on its way there too, and no longer is."""
    planned, journey = fresh.planned, journey_of(world, seen)
    moves = [one for name, one in planned_freight(plan, planned).items() if planned.freight[name].moving]
    return [
        _passed_over(world, plan, digest, planned, older, newer)
        for newer in moves
        for older in passed_over(journey, planned.name, newer)
    ]


def _passed_over(
    world: World, plan: Plan, digest: str, planned: EnvironmentPlan, older: Freight, newer: Freight
) -> Record:
    generation = plan.basis.ledger.generations.get(planned.name, 0)
    step = f"{planned.steps[0].id} {older.id}"
    return Record(
        id=planned_record_id(planned.change_digest, generation, step, "superseded"),
        kind="superseded",
        at=world.clock.now(),
        actor=Actor(claimed=world.actor),
        plan=digest,
        environment=planned.name,
        freight={older.warehouse: older.id},
        data={"by": newer.id},
    )


def _record(world: World, plan: Plan, digest: str, fresh: Fresh, kind: RecordKind, commit: str | None) -> Record:
    environment = fresh.planned
    generation = plan.basis.ledger.generations.get(environment.name, 0)
    step = environment.steps[-1].id if kind == "verified" else environment.steps[0].id
    return Record(
        id=planned_record_id(environment.change_digest, generation, step, kind),
        kind=kind,
        at=world.clock.now(),
        actor=Actor(claimed=world.actor),
        plan=digest,
        environment=environment.name,
        freight={warehouse: moving.id for warehouse, moving in environment.freight.items()},
        source=_sources(environment),
        tree=environment.result_tree,
        commit=commit or (fresh.head if environment.target.ref else None),
        change_digest=environment.change_digest,
        data=_data(plan, fresh, kind, inherited=commit is None),
    )


def _sources(environment: EnvironmentPlan) -> dict[str, str]:
    return {source.app: source.commit for source in environment.sources}


def _data(plan: Plan, fresh: Fresh, kind: RecordKind, *, inherited: bool) -> dict[str, object]:
    environment = fresh.planned
    data: dict[str, object] = {}
    if kind in ("written", "rolled-back", "adopted"):
        target = environment.target
        data = {"ref": target.ref, "repository": target.repository, "path": target.path}
        data |= {"subtrees": list(target.subtrees), "keep": list(target.keep), "omitted": list(environment.omitted)}
        data |= {"edits": [dict(edit) for edit in environment.edits]}
        data |= {"apps": list(apps)} if (apps := apps_alone(environment)) else {}
    if inherited and kind != "held":
        data["inherited"] = True
    if kind == "held" and plan.kind == "promote":
        data["reason"] = "older Freight was promoted by hand"
    if plan.request.reason and kind in ("rolled-back", "held", "adopted", "retired"):
        data["reason"] = plan.request.reason
    if fresh.judgement.verdict == "reanchor":
        data["reanchored"] = fresh.judgement.message
    return data
