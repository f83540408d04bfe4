"""Whether what Records say was written stands in the targets: in their history, by commits that say the same.

The ledger alone proves nothing of a target: whoever may push to it may add a Record. Targets are asked themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from gitpromote.engine.target_says import ids_of
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.history.fold import apply_record
from gitpromote.history.moved import moves_of, with_moved
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.record import CONTENT_KINDS, Record
from gitpromote.model.report import VerifyFinding
from gitpromote.model.resolved import HOME
from gitpromote.model.state import LedgerState
from gitpromote.ports import CommitFacts

__all__ = ["commit_findings"]

#: What somebody adopts takes no plan.
_KINDS = {"written": ("promote", "hotfix", "retire"), "rolled-back": ("rollback",)}


def commit_findings(
    world: World, records: Sequence[Record], plans: Mapping[str | None, Plan], *, listed: Collection[str]
) -> list[VerifyFinding]:
    """What does not hold of the commits that Records name, Record by Record.

    :param plans: full digest to plan, of those that are sound
    :param listed: the digests of all that the ledger has: what is not sound is told by itself
    """
    written = [one for one in records if one.kind in CONTENT_KINDS]
    before = _before(world, records)
    gone = {one.environment for one in records if one.kind == "retired"}
    called = _called(world, written, plans)
    histories: dict[tuple[str, str], frozenset[str] | None] = {}
    found = []
    for at, record in enumerate(written):
        if record.kind == "adopted":
            why = (
                ""
                if record.freight.items() <= before[record.id].items()
                else "who adopts content changes no Freight, and this does"
            )
        else:
            known = record.plan in plans or record.plan not in listed
            why = _unplanned(record, plans.get(record.plan)) if known else ""
        why = why or _unheld(world, record, gone, histories, later=written[at + 1 :])
        why = why or _otherwise(world, record, _planned(record, plans.get(record.plan)), called=called[record.id])
        if why:
            subject = f"{record.kind} {record.environment} {(record.commit or '')[:7]}"
            found.append(VerifyFinding(subject=subject, ok=False, message=why))
    return found


def _called(world: World, written: Sequence[Record], plans: Mapping[str | None, Plan]) -> dict[str, str]:
    """What the pipeline was called when each Record was written: as its plan says, until the present name was there."""
    found: dict[str, str] = {}
    now, renamed = world.pipeline.name, False
    for record in written:
        plan = plans.get(record.plan)
        then = plan.pipeline.name if plan is not None else now
        renamed = renamed or (plan is not None and then == now)
        found[record.id] = now if renamed else then
    return found


def _before(world: World, records: Sequence[Record]) -> dict[str, dict[str, str]]:
    """What an Environment held by the log, before each Record that adopts what is there."""
    found: dict[str, dict[str, str]] = {}
    if all(one.kind != "adopted" for one in records):
        return found
    state, moves = LedgerState(), moves_of(world.pipeline)
    for record in records:
        if record.kind == "adopted":
            found[record.id] = with_moved(state, moves).environment(str(record.environment)).freight
        state = apply_record(state, record)
    return found


def _planned(record: Record, plan: Plan | None) -> EnvironmentPlan | None:
    return plan.environment(record.environment) if plan is not None and record.environment else None


def _unplanned(record: Record, plan: Plan | None) -> str:
    """Why no plan that the ledger has lets it be; what the two say otherwise is told elsewhere."""
    if plan is None or record.change_digest is None or record.environment is None:
        return "the ledger has no plan that did it"
    if plan.kind not in _KINDS[record.kind]:
        return f"its plan is no such plan: {plan.kind}"
    planned = _planned(record, plan)
    if planned is not None and planned.writes and record.data.get("inherited"):
        return "its plan writes something, and the Record says that there was nothing to write"
    return ""


def _unheld(
    world: World,
    record: Record,
    gone: set[str | None],
    histories: dict[tuple[str, str], frozenset[str] | None],
    *,
    later: Sequence[Record],
) -> str:
    """Why its commit is not in the history of its target.

    A branch that was deleted or rewritten is made again by a reviewed plan: what stood before that may be missing.
    """
    place = _place(record)
    if record.commit is None or not place[1]:
        return ""
    if place not in histories:
        histories[place] = _history(world, *place)
    history, branch = histories[place], place[1].removeprefix("refs/heads/")
    if history is None:
        left = record.environment in gone or place not in _targets(world)
        return "" if left or not _is_there(world, place[0], record.commit) else f"{branch} is not there any more"
    held = record.commit in history or not _is_there(world, place[0], record.commit)
    held = held or any(_place(one) == place and one.commit in history for one in later)
    return "" if held else f"its commit is not in the history of {branch}"


def _place(record: Record) -> tuple[str, str]:
    return str(record.data.get("repository", HOME)), str(record.data.get("ref") or "")


def _is_there(world: World, key: str, commit: str) -> bool:
    """Whether a commit is; what is gone is told by itself."""
    try:
        world.repository(key).ensure([commit])
    except GitpromoteError:
        return False
    return True


def _targets(world: World) -> set[tuple[str, str]]:
    """Where Environments are written now; what was left behind may be gone."""
    targets = (world.pipeline.resolved(name).target for name in world.pipeline.order())
    return {(one.repository, one.ref) for one in targets}


def _history(world: World, key: str, ref: str) -> frozenset[str] | None:
    repository = world.repository(key)
    head = None
    with suppress(GitpromoteError):  # what cannot be fetched is told with each commit that is missing
        head = repository.fetch([ref]).get(ref)
    return frozenset(one.oid for one in repository.log(head)) if head is not None else None


def _otherwise(world: World, record: Record, planned: EnvironmentPlan | None, *, called: str) -> str:
    """What its commit says otherwise; where nothing was to be written it is somebody else's, or an earlier one."""
    if record.commit is None or planned is None or not planned.writes:
        return ""
    try:
        commit = world.repository(str(record.data.get("repository", HOME))).commits([record.commit])[record.commit]
    except GitpromoteError:
        return ""  # it is gone, which is told by itself
    differs = [name for name, said in _said(record, commit, called=called).items() if not said]
    return f"its commit says another {' and '.join(differs)}" if differs else ""


def _said(record: Record, commit: CommitFacts, *, called: str) -> dict[str, bool]:
    told = {name: commit.trailers.get(f"Gitpromote-{name}") for name in ("Pipeline", "Environment", "Change", "Plan")}
    return {
        "pipeline": told["Pipeline"] == called,
        "environment": told["Environment"] == record.environment,
        "change": told["Change"] == record.change_digest,
        "plan": told["Plan"] == record.plan,
        "Freight": ids_of(commit) == frozenset(record.freight.values()),
    }
