"""After a write: whether a target still holds what landed there, where its head is no commit of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gitpromote.engine.append import append
from gitpromote.engine.calling import Called
from gitpromote.engine.in_place import edits_hold
from gitpromote.engine.outcome_of import differences_text
from gitpromote.engine.target_now import difference_of
from gitpromote.engine.targets import files_of, whole_ids
from gitpromote.engine.world import World
from gitpromote.model.plan import EnvironmentPlan
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
    :ivar on_top: whether the head still contains it
    :ivar differences: what the target holds otherwise than we wrote it; none where that is the same
    """

    planned: EnvironmentPlan
    commit: str
    head: str | None
    on_top: bool
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
        return After(planned=planned, commit=commit, head=None, on_top=False, differs=True)
    changed = _edited(world, planned, commit, head) if planned.edits else _changed(world, planned, commit, head)
    found = [difference_of(world, planned, path, *ids, head) for path, ids in list(changed.items())[:_MOST]]
    on_top = world.repository(planned.target.repository).is_ancestor(commit, head)
    return After(
        planned=planned, commit=commit, head=head, on_top=on_top, differs=bool(changed), differences=tuple(found)
    )


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
    if edits_hold(repository, new, planned.edits):
        return {}
    edits = {str(edit["file"]): [one for one in planned.edits if one["file"] == edit["file"]] for edit in planned.edits}
    lost = [path for path, made in sorted(edits.items()) if not edits_hold(repository, new, made)]
    return {path: (_id(old, path), _id(new, path)) for path in lost}


def _id(files: Mapping[str, object], path: str) -> str | None:
    return getattr(files.get(path), "oid", None)


def read_back(world: World, result: EnvironmentResult, after: After, *, called: Called) -> EnvironmentResult:
    """What is told of an environment that was written, once its target was looked at again."""
    if not after.differs:
        return result.model_copy(update={"message": f"{result.message}; {_still(world, after)}, same content"})
    branch = after.planned.target.ref.removeprefix("refs/heads/")
    now = f"{branch} holds something else now" if after.head is not None else f"{branch} is gone"
    return result.model_copy(
        update={
            "status": "failed",
            "exit_code": 10,
            "code": LANDED_DIFFERS,
            "message": f"was written as {after.commit[:7]}, but {now}",
            "detail": differences_text(after.differences),
            "hint": f"Nothing goes on from there. Find out what writes there, then make a new plan:\n  {called.replan}",
        }
    )


def _still(world: World, after: After) -> str:
    if not after.on_top or after.head is None:
        return "rewritten since"
    [last, *_] = world.repository(after.planned.target.repository).log(after.head, limit=1)
    return f"{last.oid[:7]} of {last.email or last.author} on top"


def record_foreign(world: World, found: Mapping[str, After], *, plan: str, generations: Mapping[str, int]) -> None:
    """Tell the ledger what landed otherwise: its Freight is no longer verified there, so it goes no further.

    :param plan: the full digest
    :param generations: of the plan's basis
    :raises GitpromoteError: the remote refuses the ledger, or others write to it all the time
    """
    records = [_record(world, one, plan, generations.get(name, 0)) for name, one in found.items() if one.differs]
    if records:
        append(world, lambda _: records)


def _record(world: World, after: After, plan: str, generation: int) -> Record:
    planned, last = after.planned, after.last
    told = {"author": last.author, "subject": last.subject} if last is not None else {}
    return Record(
        id=planned_record_id(planned.change_digest, generation, planned.steps[0].id, "foreign-commit"),
        kind="foreign-commit",
        at=world.clock.now(),
        actor=Actor(claimed=world.actor),
        plan=plan,
        environment=planned.name,
        freight={warehouse: moving.id for warehouse, moving in planned.freight.items()},
        commit=after.head,
        change_digest=planned.change_digest,
        data={**told, "paths": [one.path for one in after.differences]},
    )
