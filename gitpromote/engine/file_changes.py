"""The files that an environment's commit changes: their bytes, at paths that mean the same in every checkout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.engine.assess import Fresh
from gitpromote.engine.world import World
from gitpromote.errors import Blocked
from gitpromote.model.plan import EnvironmentPlan, Plan, Write
from gitpromote.model.safepath import Collision, collisions, unsafe_path
from gitpromote.model.tree import LINK, SUBMODULE, Entry
from gitpromote.planning.planfile import blob_bytes

#: Path to (mode, bytes), or ``None`` to remove.
Changes = Mapping[str, tuple[str, bytes] | None]

_KINDS = {LINK: "link", SUBMODULE: "submodule"}


def files_there(world: World, repository: str, batch: Sequence[Fresh]) -> list[Mapping[str, Entry]]:
    """The files of the commits that a batch of environments of one repository builds upon, all read together."""
    heads = dict.fromkeys(fresh.head for fresh in batch if fresh.head is not None)
    found = dict(zip(heads, world.repository(repository).files([(head, "") for head in heads]), strict=True))
    return [found[fresh.head] if fresh.head is not None else {} for fresh in batch]


def file_changes(world: World, plan: Plan, fresh: Fresh, there: Mapping[str, Entry]) -> Changes:
    """What the commit of an environment changes, by path from the repository's root.

    :param there: the files that are there now, as :func:`files_there` has them
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
        path = f"{root}/{write.path}" if root else write.path
        reason = unsafe_path(path)
        if reason:
            raise _unsafe(planned, path, reason)
        changes[path] = _content(plan, write, secret)
    _refuse_meetings(fresh, changes, there)
    return changes


def _content(plan: Plan, write: Write, secret: Mapping[str, bytes]) -> tuple[str, bytes] | None:
    if write.action == "delete":
        return None
    data = secret[write.path] if write.sensitive else blob_bytes(plan.blobs[str(write.after)])
    return write.mode, data


def _refuse_meetings(fresh: Fresh, changes: Changes, there: Mapping[str, Entry]) -> None:
    """Refuse paths that some file system takes for another one, or that lie below something that is no folder."""
    ours = [path for path, change in changes.items() if change is not None]
    others, folders = _neighbours(changes, there)
    places = {*ours, *(path[:at] for path in ours for at, sign in enumerate(path) if sign == "/")}
    # A folder stands for itself by a name that no file has.
    for met in collisions([*ours, *others, *(f"{path}/." for path in folders)]):
        if met.first in places or met.second in places:
            raise _meeting(fresh.planned, met, others, places)


def _neighbours(changes: Changes, there: Mapping[str, Entry]) -> tuple[dict[str, Entry], set[str]]:
    """The files and the folders that stay beside our files, and beside the folders that lead to them."""
    stays = [path for path in there if path not in changes]
    around = {path[:at] for path in changes for at, sign in enumerate(path) if sign == "/"} | {""}
    folders = {path[:at] for path in stays for at, sign in enumerate(path) if sign == "/"}
    files = {path: there[path] for path in stays if path.rpartition("/")[0] in around}
    return files, {path for path in folders if path.rpartition("/")[0] in around}


def _meeting(planned: EnvironmentPlan, met: Collision, others: Mapping[str, Entry], places: set[str]) -> Blocked:
    if met.why == "folder" and met.second.endswith("/."):
        return _unsafe(planned, met.first, "is a folder there, in which something stays")
    if met.why == "folder":
        kind = _KINDS.get(others[met.first].mode, "file") if met.first in others else "file"
        return _unsafe(planned, met.second, f"lies below {met.first}, which is a {kind} there")
    ours, other = (met.first, met.second) if met.first in places else (met.second, met.first)
    return _unsafe(planned, ours, f"meets {other!r} on file systems that fold {met.why}")


def _unsafe(planned: EnvironmentPlan, path: str, reason: str) -> Blocked:
    return Blocked(
        "A path must not be written",
        code="unsafe-path",
        detail=f"{planned.name}: {path!r} {reason}",
        hint="Nothing was pushed for this environment.",
    )
