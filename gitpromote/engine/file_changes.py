"""The files that an environment's commit changes: their bytes, at paths that mean the same in every checkout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.engine.assess import Fresh
from gitpromote.engine.world import World
from gitpromote.errors import Blocked
from gitpromote.model.neighbours import Meeting, Neighbours, Newcomers
from gitpromote.model.plan import EnvironmentPlan, Plan, Write
from gitpromote.planning.planfile import blob_bytes

#: Path to (mode, bytes), or ``None`` to remove.
Changes = Mapping[str, tuple[str, bytes] | None]


def files_there(world: World, repository: str, batch: Sequence[Fresh]) -> list[Neighbours]:
    """The files of the commits that a batch of environments of one repository builds upon, all read together."""
    heads = dict.fromkeys(fresh.head for fresh in batch if fresh.head is not None)
    files = world.repository(repository).files([(head, "") for head in heads])
    found = {head: Neighbours(there) for head, there in zip(heads, files, strict=True)}
    empty = Neighbours({})
    return [found[fresh.head] if fresh.head is not None else empty for fresh in batch]


def file_changes(world: World, plan: Plan, fresh: Fresh, there: Neighbours, newcomers: Newcomers) -> Changes:
    """What the commit of an environment changes, by path from the repository's root.

    :param there: the files that are there now, as :func:`files_there` has them
    :param newcomers: the files that others of the same batch write on that branch
    :raises Blocked: a path that must not be written
    :raises VerificationFailed: a file with secrets came out differently
    """
    planned = fresh.planned
    secret: Mapping[str, bytes] = {}
    if any(write.sensitive and write.action != "delete" for write in planned.writes):
        from gitpromote.engine.sensitive import sensitive_bytes  # renders again; nothing else here does

        secret = sensitive_bytes(world, plan, planned)
    root = planned.target.path if planned.target.kind != "in-place" else ""
    changes: dict[str, tuple[str, bytes] | None] = {}
    for write in planned.writes:
        changes[f"{root}/{write.path}" if root else write.path] = _content(plan, write, secret)
    ours = [path for path, change in changes.items() if change is not None]
    gone = [path for path, change in changes.items() if change is None]
    met = there.meeting(ours, gone) or newcomers.meeting(planned.name, ours)
    if met is not None:
        raise _unsafe(planned, met, plan.pipeline.name)
    return changes


def _content(plan: Plan, write: Write, secret: Mapping[str, bytes]) -> tuple[str, bytes] | None:
    if write.action == "delete":
        return None
    data = secret[write.path] if write.sensitive else blob_bytes(plan.blobs[str(write.after)])
    return write.mode, data


def _unsafe(planned: EnvironmentPlan, met: Meeting, pipeline: str) -> Blocked:
    return Blocked(
        "A path must not be written",
        code="unsafe-path",
        detail=f"{planned.name}: {met.path!r} {met.why}",
        hint=f"Nothing was pushed for this environment. {met.remedy} Then plan again:\n  gitpromote plan {pipeline}",
    )
