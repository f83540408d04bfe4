"""What a plan's target holds now, and who changed it since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.engine.edited_places import still_holds
from gitpromote.engine.journeys import journey_of
from gitpromote.engine.look import Look
from gitpromote.engine.source_order import created_in, in_history
from gitpromote.engine.targets import subtree
from gitpromote.engine.world import World
from gitpromote.errors import RemoteFailed
from gitpromote.history.moved import names_of
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.record import Record
from gitpromote.model.tree import Entry, empty_tree, tree_id
from gitpromote.planning.availability import planned_freight
from gitpromote.planning.facts import TEMPLATE
from gitpromote.planning.planned_target import target_of
from gitpromote.planning.staleness import Difference, FreshLook
from gitpromote.planning.supersede import superseded_since
from gitpromote.ports import Repository

#: How many commits since the plan are searched for our own.
_LOOKED_THROUGH = 200


def fresh_look(
    world: World,
    plan: Plan,
    planned: EnvironmentPlan,
    seen: Look,
    records: Sequence[Record],
    head: str | None,
    *,
    digest: str,
) -> FreshLook:
    """What is there now, for one environment of the plan with this digest."""
    target = planned.target
    basis = plan.basis.repositories.get(target.repository)
    planned_head = basis.refs.get(target.ref) if basis and target.ref else None
    names = names_of(world.pipeline, planned.name)  # renamed meanwhile: others may have written under the old one
    here = [record for record in records if record.environment in names]
    functions = plan.pipeline.source.callables if plan.pipeline.source else {}
    common = {
        "head": head,
        "planned_head": planned_head,
        "records": here,
        "superseded": _superseded(world, plan, planned, seen, records),
        "held": _held(world, plan, planned, seen),
        "alive": _alive(world, plan, seen).get(planned.name, ""),
        "changed_callables": world.changed_callables(functions),
    }
    if head == planned_head or not target.ref:
        return FreshLook(reads=planned.reads, result_holds=not planned.writes, **common)  # type: ignore[arg-type]
    listing = world.repository(target.repository).listing(head) if head else {}
    reads = _reads_now(planned, listing, world.repository(target.repository).object_format)
    others, ours = _commits_between(world, target.repository, planned_head, head, digest=digest)
    return FreshLook(
        reads=reads,
        earlier=_earlier(plan, planned),
        result_holds=_holds(world, planned, listing, reads, head=head, since=planned_head),
        unrelated=others,
        ours_alone=ours > 0 and not others,
        differences=_differences(world, planned, reads, listing, head, planned_head),
        **common,  # type: ignore[arg-type]
    )


def _reads_now(
    planned: EnvironmentPlan, listing: Mapping[str, Entry], object_format: str
) -> tuple[tuple[str, str, str | None], ...]:
    if planned.target.kind != "in-place":
        files = subtree(listing, target_of(planned))
        shown = {path: entry for path, entry in files.items() if path not in planned.omitted}
        oid = tree_id(shown, object_format=object_format) if files else None
        return (("", "tree" if files else "absent", oid),)
    return tuple((path, kind, listing[path].oid if path in listing else None) for path, kind, _ in planned.reads)


def _holds(
    world: World,
    planned: EnvironmentPlan,
    listing: Mapping[str, Entry],
    reads: Sequence[tuple[str, str, str | None]],
    *,
    head: str | None,
    since: str | None,
) -> bool:
    """Whether the target holds what this plan would write. Sources: whether the edited values are there.

    :param since: the commit that the plan was made for; it tells which setter comments there were
    """
    if planned.target.kind != "in-place":
        files = subtree(listing, target_of(planned))
        hidden = [write for write in planned.writes if write.sensitive]
        present = all((write.path in files) == (write.action != "delete") for write in hidden)
        nothing = empty_tree(world.repository(planned.target.repository).object_format)
        return present and (reads[0][2] or nothing) == (planned.result_tree or nothing)
    if not planned.writes or head is None:
        return not planned.writes
    return still_holds(world.repository(planned.target.repository), head, planned.edits, since=since)


def result_holds(world: World, planned: EnvironmentPlan, head: str) -> bool:
    """Whether a commit of the target holds what this plan would write. Sources: whether the edited values are there."""
    repository = world.repository(planned.target.repository)
    listing = repository.listing(head)
    reads = _reads_now(planned, listing, repository.object_format)
    return _holds(world, planned, listing, reads, head=head, since=None)


def holds_as_seen(world: World, planned: EnvironmentPlan, head: str | None, *, since: str | None) -> bool:
    """Whether a commit of the target holds what the plan saw and left. Sources: whether the edited values are there.

    :param since: the commit that the plan saw
    """
    repository = world.repository(planned.target.repository)
    listing = repository.listing(head) if head else {}
    if _reads_now(planned, listing, repository.object_format) == planned.reads:
        return True
    if planned.target.kind != "in-place" or head is None:
        return False
    return still_holds(repository, head, planned.edits, since=since)


def _earlier(plan: Plan, planned: EnvironmentPlan) -> dict[str, frozenset[str | None]]:
    """Ids that environments before this one, on the same branch, put at paths."""
    found: dict[str, set[str | None]] = {}
    for other in plan.environments:
        if other.name == planned.name:
            break
        if (other.target.repository, other.target.ref) == (planned.target.repository, planned.target.ref):
            for write in other.writes:
                found.setdefault(write.path, set()).add(write.after)
    return {path: frozenset(ids) for path, ids in found.items()}


def _commits_between(
    world: World, repository: str, before: str | None, after: str | None, *, digest: str
) -> tuple[int, int]:
    """How many commits have come since, of others and of this very plan; of a rewritten branch that is not known."""
    if after is None or (before is not None and not world.repository(repository).is_ancestor(before, after)):
        return 0, 0
    # All of a new branch is new; a long one is not ours alone.
    limit = None if before is not None else _LOOKED_THROUGH
    found = world.repository(repository).log(after, since=before, limit=limit)
    ours = sum(one.trailers.get("Gitpromote-Plan") == digest for one in found)
    return len(found) - ours, ours if before is not None or len(found) < _LOOKED_THROUGH else 0


def _differences(
    world: World,
    planned: EnvironmentPlan,
    reads: Sequence[tuple[str, str, str | None]],
    listing: Mapping[str, Entry],
    head: str | None,
    planned_head: str | None,
) -> tuple[Difference, ...]:
    """What changed and who did it, where Git still knows."""
    repository = world.repository(planned.target.repository)
    changed = [
        (path, before, now)
        for (path, _, before), (_, _, now) in zip(planned.reads, reads, strict=True)
        if before != now
    ]
    known = planned_head is None or is_there(repository, planned_head)
    if planned.target.kind != "in-place" and changed and known:
        old = subtree(repository.listing(planned_head), target_of(planned)) if planned_head else {}
        new = subtree(listing, target_of(planned))
        changed = [
            (path, old[path].oid if path in old else None, new[path].oid if path in new else None)
            for path in sorted(old.keys() | new.keys())
            if old.get(path) != new.get(path) and path not in planned.omitted
        ]
    return tuple(difference_of(world, planned, path, before, now, head) for path, before, now in changed[:20])


def is_there(repository: Repository, commit: str) -> bool:
    """Whether the remote still has a commit; one that was forced away may be gone for good."""
    try:
        repository.ensure([commit])
    except RemoteFailed:
        return False
    return True


def difference_of(
    world: World, planned: EnvironmentPlan, path: str, before: str | None, now: str | None, head: str | None
) -> Difference:
    """One id that is another now, with the commit that touched the path last, as far as Git knows."""
    root = "" if planned.target.kind == "in-place" else planned.target.path
    whole = "/".join(part for part in (root, path) if part)
    found = (
        world.repository(planned.target.repository).log(head, paths=[whole] if whole else [], limit=1) if head else []
    )
    last = found[0] if found else None
    return Difference(
        path=path,
        planned=before,
        now=now,
        commit=last.oid if last else None,
        author=(last.email or last.author) if last else "",
        subject=last.subject if last else "",
        at=last.committed_at if last else None,
    )


def _alive(world: World, plan: Plan, seen: Look) -> Mapping[str, str]:
    """Environments that live again although the plan takes them for over."""
    if TEMPLATE not in plan.facts:
        return {}
    from gitpromote.engine.living_again import living_again  # hardly any plan ends previews

    return living_again(world, plan, seen)


def _held(world: World, plan: Plan, planned: EnvironmentPlan, seen: Look) -> str:
    """Why what is there stays, whatever the plan made of that; a rollback holds it anew, and what is gone goes."""
    held = seen.ledger.environment(planned.name).held
    if not world.pipeline.resolved(planned.name).takes_freight:
        return ""
    return f'held by {held.actor}: "{held.reason}"' if held is not None and plan.kind != "rollback" else ""


def _superseded(world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, records: Sequence[Record]) -> str:
    """Why what the plan would move there may no longer go there: availability, judged again."""
    for moving in planned.freight.values():
        known = seen.ledger.freight.get(moving.id)
        if known is not None and known.rejected:
            return f"the Freight was rejected: {known.rejected}"
    if plan.kind != "promote":
        return ""
    journey = journey_of(world, seen)
    moves = [one for name, one in planned_freight(plan, planned).items() if planned.freight[name].moving]
    if later := created_in(plan, seen.ledger, records):
        moves = [in_history(world, one, seen.ledger, since=later) for one in moves]
    told = {outcome.id for outcome in planned.outcomes}
    for freight in moves:
        verdict = journey.verdict(planned.name, freight)
        if verdict.refused and verdict.way not in told:
            return f"{freight.alias}: {verdict.message}"
    by = [one for outcome in planned.outcomes if outcome.id == "superseded" for one in outcome.operands.get("by", ())]
    since = superseded_since(journey, planned.name, moves, told=by)
    return f"{since[0].alias} was superseded by {since[1].alias} since" if since else ""


def ours_at(world: World, planned: EnvironmentPlan, head: str, planned_head: str | None) -> str | None:
    """The commit in which this very change was made since the plan, although its Record got lost on the way."""
    repository = world.repository(planned.target.repository)
    since = planned_head if planned_head and repository.is_ancestor(planned_head, head) else None
    found = repository.log(head, since=since, limit=_LOOKED_THROUGH)
    return next((one.oid for one in found if one.trailers.get("Gitpromote-Change") == planned.change_digest), None)
