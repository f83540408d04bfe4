"""The files that an environment's commit changes: their bytes, at paths that mean the same in every checkout."""

from __future__ import annotations

from collections.abc import Mapping

from gitpromote.engine.assess import Fresh
from gitpromote.engine.sensitive import sensitive_bytes
from gitpromote.engine.world import World
from gitpromote.errors import VerificationFailed
from gitpromote.model.plan import EnvironmentPlan, Plan, Write
from gitpromote.model.safepath import Collision, collisions, unsafe_path
from gitpromote.model.tree import FOLDER, LINK, SUBMODULE, Entry
from gitpromote.planning.planfile import blob_bytes

#: Path to (mode, bytes), or ``None`` to remove.
Changes = Mapping[str, tuple[str, bytes] | None]

_KINDS = {LINK: "link", SUBMODULE: "submodule"}


def file_changes(world: World, plan: Plan, fresh: Fresh) -> Changes:
    """What the commit of an environment changes, by path from the repository's root.

    :raises VerificationFailed: a path that must not be written, or a file with secrets that came out differently
    """
    planned = fresh.planned
    redone = any(write.sensitive and write.action != "delete" for write in planned.writes)
    secret = sensitive_bytes(world, plan, planned) if redone else {}
    root = planned.target.path if planned.target.kind != "in-place" else ""
    changes: dict[str, tuple[str, bytes] | None] = {}
    for write in planned.writes:
        path = f"{root}/{write.path}" if root else write.path
        reason = unsafe_path(path)
        if reason:
            raise _unsafe(planned, path, reason)
        changes[path] = _content(plan, write, secret)
    _refuse_meetings(world, fresh, changes)
    return changes


def _content(plan: Plan, write: Write, secret: Mapping[str, bytes]) -> tuple[str, bytes] | None:
    if write.action == "delete":
        return None
    data = secret[write.path] if write.sensitive else blob_bytes(plan.blobs[str(write.after)])
    return write.mode, data


def _refuse_meetings(world: World, fresh: Fresh, changes: Changes) -> None:
    """Refuse paths that some file system takes for another one, or that lie below something that is no folder."""
    ours = [path for path, change in changes.items() if change is not None]
    others = _neighbours(world, fresh, changes) if any(fresh.planned.target.subtrees) else {}
    places = {*ours, *(path[:at] for path in ours for at, sign in enumerate(path) if sign == "/")}
    # A folder stands for itself by a name that no file has.
    names = [path if entry.mode != FOLDER else f"{path}/." for path, entry in others.items()]
    for met in collisions([*ours, *names]):
        if met.first in places or met.second in places:
            raise _meeting(fresh.planned, met, others, places)


def _neighbours(world: World, fresh: Fresh, changes: Changes) -> dict[str, Entry]:
    """What lies beside our files, and beside the folders that lead to them."""
    if fresh.head is None:
        return {}
    listing = world.repository(fresh.planned.target.repository).listing(fresh.head)
    folders = {path[:at] for path in changes for at, sign in enumerate(path) if sign == "/"} | {""}
    return {
        path: entry for path, entry in listing.items() if path not in changes and path.rpartition("/")[0] in folders
    }


def _meeting(
    planned: EnvironmentPlan, met: Collision, others: Mapping[str, Entry], places: set[str]
) -> VerificationFailed:
    if met.why == "folder":
        kind = _KINDS.get(others[met.first].mode, "file") if met.first in others else "file"
        return _unsafe(planned, met.second, f"lies below {met.first}, which is a {kind} there")
    ours, other = (met.first, met.second) if met.first in places else (met.second, met.first)
    return _unsafe(planned, ours, f"meets {other!r} on file systems that fold {met.why}")


def _unsafe(planned: EnvironmentPlan, path: str, reason: str) -> VerificationFailed:
    return VerificationFailed(
        "A path must not be written",
        code="unsafe-path",
        detail=f"{planned.name}: {path!r} {reason}",
        hint="Nothing was pushed for this environment.",
    )
