"""Files that a verb writes for the user: plans, drawings, manifests."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitpromote.errors import GitpromoteError

if TYPE_CHECKING:
    from gitpromote.project import Plan

#: How the file of a plan begins: its members are in the order of their names, and there is but one form of it.
_PLAN = re.compile(rb'\{"digest":"sha256:[0-9a-f]{64}","format":"gitpromote\.plan/')


def save(plan: Plan, out: str | None) -> str:
    """Save a plan; how its path is written from here.

    :param out: the file, or ``None`` for the usual place
    """
    refuse_nowhere(out)
    try:
        return from_here(plan.save(out))
    except OSError as error:
        raise _unwritable(out or str(error.filename or "plans"), error) from error


def refuse_nowhere(out: str | None) -> None:
    """What a slip names as the place of a plan; told before any work is done.

    A folder that nobody has made, as a variable that is not set gives it; a file that holds something else; ``-``.

    :raises GitpromoteError: no plan is saved there (``output-failed``); the folder of the default is made
    """
    if out is not None:
        _refuse_other_content(out)
    folder = Path(out or "plans/plan.json").parent
    if folder.exists() or folder == Path("plans"):
        return
    raise _refused(
        f"{out}: there is no folder {folder}",
        f"Name another place with --out, or make the folder:\n  mkdir -p {shlex.quote(str(folder))}",
    )


def _refuse_other_content(out: str) -> None:
    if out == "-":
        raise _refused(
            "-: a plan is saved in a file", "Name one with --out; to have it printed:\n  gitpromote plan --json"
        )
    if not _may_be_replaced(Path(out)):
        raise _refused(
            f"{out}: there is such a file, and it is no plan",
            "Name another file with --out; only a plan is replaced by a plan.",
        )


def _may_be_replaced(path: Path) -> bool:
    """Whether nothing is lost there but a plan, of whatever version. What cannot be a file at all is told later."""
    try:
        if not path.is_file():
            return True
    except OSError:
        return True
    try:
        with path.open("rb") as stream:
            start = stream.read(256)
    except OSError:
        return False
    return not start or _PLAN.match(start) is not None


def write(path: Path, data: bytes) -> None:
    """Write a file, its folder made where it is missing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise _unwritable(str(path), error) from error


def from_here(path: Any) -> str:
    """A path as one types it in this folder: relative where it lies below, otherwise whole."""
    whole = Path(path).resolve()
    here = Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def apply_command(path: str) -> str:
    """The command that applies a saved plan."""
    return f"gitpromote apply {shlex.quote(path)}"


def _refused(detail: str, hint: str) -> GitpromoteError:
    return GitpromoteError(
        "A file cannot be written", code="output-failed", detail=detail, hint=f"Nothing was changed. {hint}"
    )


def _unwritable(path: str, error: OSError) -> GitpromoteError:
    return GitpromoteError(
        "A file cannot be written",
        code="output-failed",
        detail=f"{path}: {error.strerror or error}",
        hint="Nothing else was changed. Make room, or name another place with --out.",
    )
