"""Files that a verb writes for the user: plans, drawings, manifests."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitpromote.errors import GitpromoteError

if TYPE_CHECKING:
    from gitpromote.project import Plan


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
    """A folder that nobody has made is a slip, as a variable that is not set gives it; tell it before any work is done.

    :raises GitpromoteError: there is none (``output-failed``); the one where plans are saved by default is made
    """
    folder = Path(out or "plans/plan.json").parent
    if folder.exists() or folder == Path("plans"):
        return
    raise GitpromoteError(
        "A file cannot be written",
        code="output-failed",
        detail=f"{out}: there is no folder {folder}",
        hint=f"Nothing was changed. Name another place with --out, or make the folder:\n"
        f"  mkdir -p {shlex.quote(str(folder))}",
    )


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


def _unwritable(path: str, error: OSError) -> GitpromoteError:
    return GitpromoteError(
        "A file cannot be written",
        code="output-failed",
        detail=f"{path}: {error.strerror or error}",
        hint="Nothing else was changed. Make room, or name another place with --out.",
    )
