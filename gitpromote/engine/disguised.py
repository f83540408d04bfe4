"""Whether a plan of some kind does what that kind does, and nothing else: anybody can write into a file what it is.

Fewer gates judge what goes back and what goes away than what comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gitpromote.engine.look import Look
from gitpromote.engine.rollback import RECORDED, records_of, to_go_back_to
from gitpromote.engine.rollback_in_place import refuse_halves, unrecorded
from gitpromote.engine.still_to_come import still_to_come
from gitpromote.engine.targets import subtree
from gitpromote.engine.world import World
from gitpromote.errors import Blocked, ConfigurationError, SourceInvalid
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.record import Record
from gitpromote.model.tree import Entry, blob_id
from gitpromote.planning.availability import planned_freight
from gitpromote.planning.planned_target import target_of
from gitpromote.planning.soundness import unsound

__all__ = ["refuse_disguised"]


def refuse_disguised(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, head: str | None, *, name: str
) -> None:
    """Refuse a plan that would write something else than its kind, or the edits of its Freight, lead to.

    :param head: what the target's ref names now: it is as it was planned
    :param name: what the plan is called in messages
    :raises PlanInvalid: ``plan-unsound``, with everything that is amiss
    """
    found = [f"{planned.name}: {text}" for text in _problems(world, plan, planned, seen, head)]
    if found:
        raise unsound(name, f"It is no {_NAMES[plan.kind]}.", found, pipeline=plan.pipeline.name)


_NAMES = {"promote": "promotion of its Freight", "rollback": "rollback", "retire": "deletion of what is its own"}


def _problems(world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, head: str | None) -> Iterator[str]:
    if plan.kind == "rollback":
        yield from _rollback(world, planned, seen, head)
    elif plan.kind == "retire":
        yield from _retirement(world, plan, planned, seen, head)
    if planned.target.kind == "in-place" and planned.writes and head is not None:
        if plan.kind == "promote":
            yield from _not_of_freight(world, plan, planned, head)
        yield from _other_bytes(world, plan, planned, head)


# -- going back


def _rollback(world: World, planned: EnvironmentPlan, seen: Look, head: str | None) -> Iterator[str]:
    """What a Record says that was there, with its Freight, and nothing of what is there now."""
    ids = {name: moving.id for name, moving in planned.freight.items()}
    known = to_go_back_to(world, seen, world.pipeline.resolved(planned.name))
    records = [one for one in known if one.freight == ids and _is_meant(one, planned)]
    if not records:
        yield "the ledger has no Record that this Freight was there, verified, as the plan says it was"
    elif planned.target.kind == "in-place" and unrecorded(records[0], seen.ledger.environment(planned.name)):
        yield "its Record does not tell the values that were there"
    elif planned.target.kind == "in-place":
        yield from _half(world, planned, seen, records[0], head)
    else:
        yield from _otherwise(world, planned, head, str(records[0].commit))


def _half(world: World, planned: EnvironmentPlan, seen: Look, record: Record, head: str | None) -> Iterator[str]:
    """What was written since in places of which the Record does not tell would stay."""
    resolved = world.pipeline.resolved(planned.name)
    try:
        if head is not None:
            refuse_halves(world, resolved, record, records_of(world, seen, resolved), head)
    except Blocked as error:
        yield error.detail.removeprefix(f"{planned.name}: ").removesuffix(". Nothing was written.")
    except (ConfigurationError, SourceInvalid):
        return  # told with the bytes that it would write


def _is_meant(record: Record, planned: EnvironmentPlan) -> bool:
    if planned.target.kind == "in-place":
        return [dict(one) for one in record.data.get("edits", ())] == [dict(one) for one in planned.edits]
    return [(one.renderer, one.commit) for one in planned.sources] == [(RECORDED, record.commit)]


def _otherwise(world: World, planned: EnvironmentPlan, head: str | None, commit: str) -> Iterator[str]:
    """Files that would become something else than a commit has."""
    world.repository(planned.target.repository).ensure([commit])
    before, after = (_files(world, planned, one) for one in (head, commit))
    yield from _other_writes(planned, before, after)


# -- going away


def _retirement(world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, head: str | None) -> Iterator[str]:
    """All of what an Environment or one App has there, and nothing comes."""
    from gitpromote.engine.combine import app_prefix  # few plans delete

    state, resolved = seen.ledger.environment(planned.name), world.pipeline.resolved(planned.name)
    held = {name: one for name, one in state.freight.items() if one in seen.ledger.freight}
    if {name: moving.id for name, moving in planned.freight.items()} != held:
        yield "its Freight is not what the ledger says that is there"
    if not resolved.target.is_rendered:
        yield "its target holds sources, which nobody deletes"
        return
    prefixes: dict[tuple[str, ...], str] = {(app.name,): app_prefix(resolved, app.folder) for app in resolved.apps}
    prefixes[("*",)] = ""
    prefix = prefixes.get(plan.request.apps)
    if prefix is None:
        yield f"there is no App {', '.join(plan.request.apps)}"
        return
    before = _files(world, planned, head)
    after = {path: entry for path, entry in before.items() if not path.startswith(prefix)}
    yield from _other_writes(planned, before, after)


def _files(world: World, planned: EnvironmentPlan, commit: str | None) -> Mapping[str, Entry]:
    if commit is None:
        return {}
    return subtree(world.repository(planned.target.repository).listing(commit), target_of(planned))


def _other_writes(planned: EnvironmentPlan, before: Mapping[str, Entry], after: Mapping[str, Entry]) -> Iterator[str]:
    differing = (path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    yield from _compared(planned, {path: after.get(path) for path in differing})


def _compared(planned: EnvironmentPlan, wanted: Mapping[str, Entry | None]) -> Iterator[str]:
    """Paths at which a plan would write something else than is wanted there: ``None`` for nothing."""
    writes = {write.path: write for write in planned.writes}
    for path in sorted(writes.keys() | wanted.keys()):
        entry, write = wanted.get(path), writes.get(path)
        if write is None:
            yield f"{path!r} stays as it is"
        elif path not in wanted:
            yield f"{path!r} has nothing to do with it"
        elif (write.action == "delete") != (entry is None):
            yield f"{path!r} would be {'deleted' if entry is not None else 'written'}"
        elif entry is not None and (write.mode, write.after or entry.oid) != (entry.mode, entry.oid):
            yield f"{path!r} would hold something else"


# -- edits in place


def _not_of_freight(world: World, plan: Plan, planned: EnvironmentPlan, head: str) -> Iterator[str]:
    from gitpromote.engine.in_place import edits_of  # it reads what the renders read

    resolved, freight = world.pipeline.resolved(planned.name), planned_freight(plan, planned)
    overlay = still_to_come(world, plan, planned, head)
    if edits_of(world, resolved, freight, head, overlay) != planned.edits:
        yield "its edits are not those that its Freight leads to"


def _other_bytes(world: World, plan: Plan, planned: EnvironmentPlan, head: str) -> Iterator[str]:
    from gitpromote.render.freight_edits import apply_edits  # YAML is loaded where something is edited

    repository, overlay = world.repository(planned.target.repository), still_to_come(world, plan, planned, head)
    named = sorted(_named(planned))
    listing = repository.listing(head)
    read = repository.blobs({listing[path].oid for path in named if path in listing})
    sources = {path: read[listing[path].oid] for path in named if path in listing}
    try:
        changed = apply_edits({**sources, **{path: overlay[path] for path in named if path in overlay}}, planned.edits)
    except SourceInvalid as error:
        yield f"its edits cannot be made: {error.detail or error.summary}"
        return
    made = {
        path: Entry(listing[path].mode, blob_id(data, object_format=repository.object_format))
        for path, data in changed.items()
    }
    yield from _compared(planned, made)


def _named(planned: EnvironmentPlan) -> Iterable[str]:
    return {str(edit.get("file")) for edit in planned.edits}
