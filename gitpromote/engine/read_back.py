"""After a write: whether a target still holds what landed there, where its head is no commit of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass

from gitpromote.engine.append import append
from gitpromote.engine.calling import Called
from gitpromote.engine.edited_places import still_holds
from gitpromote.engine.not_landed import NotLanded, failed_record
from gitpromote.engine.outcome_of import differences_text
from gitpromote.engine.target_now import difference_of, is_there, result_holds
from gitpromote.engine.targets import files_of, whole_ids
from gitpromote.engine.world import World
from gitpromote.model.plan import EnvironmentPlan, PlanFile
from gitpromote.model.record import Actor, Record, planned_record_id
from gitpromote.model.result import LANDED_DIFFERS, EnvironmentResult
from gitpromote.planning.planned_target import target_of
from gitpromote.planning.staleness import Difference

#: How many paths are told of what somebody changed.
_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """What became of a commit of ours once it had landed.

    :ivar commit: ours; ``head`` is what the target's ref holds now, ``None`` where it is gone
    :ivar differences: what the target holds otherwise than we wrote it; none where that is the same
    """

    planned: EnvironmentPlan
    commit: str
    head: str | None
    differs: bool
    differences: tuple[Difference, ...] = ()

    @property
    def last(self) -> Difference | None:
        """The first difference that some commit made, if one is known."""
        return next((one for one in self.differences if one.commit), None)


def after_landing(world: World, planned: EnvironmentPlan, commit: str, head: str | None) -> After:
    """Compare a target with what we wrote there, files with secrets and all; what is kept belongs to others.

    The tree of our own commit was proven before it was pushed, so it stands for the plan.
    """
    if head is None:
        return After(planned=planned, commit=commit, head=None, differs=True)
    if not is_there(world.repository(planned.target.repository), commit):  # forced away, and gone for good
        return After(planned=planned, commit=commit, head=head, differs=not result_holds(world, planned, head))
    changed = _edited(world, planned, commit, head) if planned.edits else _changed(world, planned, commit, head)
    found = [difference_of(world, planned, path, *ids, head) for path, ids in list(changed.items())[:_MOST]]
    return After(planned=planned, commit=commit, head=head, differs=bool(changed), differences=tuple(found))


_Ids = tuple[str | None, str | None]


def _changed(world: World, planned: EnvironmentPlan, commit: str, head: str) -> dict[str, _Ids]:
    """The paths of a rendered target that are others now: id as we wrote it, and id now."""
    repository, target = world.repository(planned.target.repository), target_of(planned)
    places = [(commit, target), (head, target)]
    ours, theirs = whole_ids(repository, places)
    if ours is not None and ours == theirs:
        return {}
    old, new = files_of(repository, places)
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    return {path: (_id(old, path), _id(new, path)) for path in paths}


def _edited(world: World, planned: EnvironmentPlan, commit: str, head: str) -> dict[str, _Ids]:
    """The edited files in which our edits no longer hold; whatever else others write in them is theirs."""
    repository = world.repository(planned.target.repository)
    old, new = (repository.listing(one) for one in (commit, head))
    if still_holds(repository, head, planned.edits, since=commit):
        return {}
    edits = {str(edit["file"]): [one for one in planned.edits if one["file"] == edit["file"]] for edit in planned.edits}
    lost = [path for path, made in sorted(edits.items()) if not still_holds(repository, head, made, since=commit)]
    return {path: (_id(old, path), _id(new, path)) for path in lost}


def _id(files: Mapping[str, object], path: str) -> str | None:
    return getattr(files.get(path), "oid", None)


def tell(
    world: World,
    file: PlanFile,
    found: Iterable[After],
    results: MutableMapping[str, EnvironmentResult],
    *,
    called: Called,
) -> bool:
    """Say of environments that were written what their targets hold; whether that is what was written.

    What landed otherwise is told to the ledger: its Freight is no longer verified there, so it goes no further.

    :param results: of these environments, as written; they are replaced
    :raises GitpromoteError: the remote refuses the ledger, or others write to it all the time
    """
    differing = []
    for after in found:
        result = results[after.planned.name]
        results[after.planned.name] = (_differs if after.differs else _same)(world, result, after, called)
        differing += [after] if after.differs else []
    if differing:
        records = [record for one in differing for record in _records(world, file, one)]
        append(world, lambda _: records)
    return not differing


def _same(world: World, result: EnvironmentResult, after: After, _: Called) -> EnvironmentResult:
    return result.model_copy(update={"message": f"{result.message}; {_still(world, after)}, same content"})


def _differs(_: World, result: EnvironmentResult, after: After, called: Called) -> EnvironmentResult:
    return result.model_copy(
        update={
            "status": "failed",
            "exit_code": 10,
            "code": LANDED_DIFFERS,
            "message": f"was written as {after.commit[:7]}, but {_now(after)}",
            "detail": differences_text(after.differences),
            "hint": f"Nothing goes on from there. Find out what writes there, then make a new plan:\n  {called.replan}",
        }
    )


def _still(world: World, after: After) -> str:
    repository = world.repository(after.planned.target.repository)
    if after.head is None or not is_there(repository, after.commit):
        return "rewritten since"
    if not repository.is_ancestor(after.commit, after.head):
        return "rewritten since"
    [last, *_] = repository.log(after.head, limit=1)
    return f"{last.oid[:7]} of {last.email or last.author} on top"


def _records(world: World, file: PlanFile, after: After) -> list[Record]:
    """That its Freight has failed there, and whose commit it is."""
    generation = file.plan.basis.ledger.generations.get(after.planned.name, 0)
    lost = NotLanded(planned=after.planned, code=LANDED_DIFFERS, reason=_now(after), generation=generation)
    failed = failed_record(world, file, lost, commit=after.head)
    return [*([failed] if failed is not None else []), _record(world, file, after)]


def _is_before(world: World, after: After) -> bool:
    repository = world.repository(after.planned.target.repository)
    return is_there(repository, after.commit) and repository.is_ancestor(str(after.head), after.commit)


def _now(after: After) -> str:
    branch = after.planned.target.ref.removeprefix("refs/heads/")
    return f"{branch} holds something else now" if after.head is not None else f"{branch} is gone"


def _record(world: World, file: PlanFile, after: After) -> Record:
    planned, last = after.planned, after.last
    generation = file.plan.basis.ledger.generations.get(planned.name, 0)
    # Where it was put back to what stood before, the last who touched it is not who did that.
    back = after.head is not None and _is_before(world, after)
    told = {"author": last.author, "subject": last.subject} if last is not None and not back else {}
    return Record(
        id=planned_record_id(planned.change_digest, generation, planned.steps[0].id, "foreign-commit"),
        kind="foreign-commit",
        at=world.clock.now(),
        actor=Actor(claimed=world.actor),
        plan=file.digest,
        environment=planned.name,
        freight={warehouse: moving.id for warehouse, moving in planned.freight.items()},
        commit=after.head,
        change_digest=planned.change_digest,
        data={**told, "paths": [one.path for one in after.differences]},
    )
