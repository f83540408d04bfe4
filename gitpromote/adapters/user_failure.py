"""What went wrong in a user's Python file, as a problem with file and line."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from traceback import walk_tb

import gitpromote
from gitpromote.errors import Problem
from gitpromote.model.literals import without_secrets
from gitpromote.model.names import did_you_mean

__all__ = ["is_consequence", "raised"]


def raised(error: BaseException, *, path: str, folders: Sequence[Path], is_first: bool) -> Problem:
    """The problem of a file that could not be run to its end.

    :param path: the file, as it is shown
    :param folders: where the user's modules lie: the file's own folder, and more that Python does not know of by itself
    :param is_first: whether nothing else is wrong before it, which Python alone would end at
    """
    if isinstance(error, SyntaxError) and error.filename is not None and error.lineno is not None:
        return Problem("pipeline-file-raised", _syntax(error), path=str(error.filename), line=error.lineno or 1)
    file, line = _last_line(error, path, [str(folder) for folder in folders])
    hint = _hint(error) or (_whole(error, path, folders[1:]) if is_first else "")
    return Problem("pipeline-file-raised", _text(error), path=file, line=line, hint=hint)


def _syntax(error: SyntaxError) -> str:
    where = f", column {error.offset}" if error.offset else ""
    return f"not Python: {_one_line(error.msg)}{where}"


def _text(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"the file ends Python: SystemExit({error.code!r})"
    text = _one_line(str(error))
    return f"the file raised {type(error).__name__}{': ' if text else ''}{text}"


def _one_line(text: str) -> str:
    flat = " ".join(without_secrets(text).split())
    return flat if len(flat) <= 300 else flat[:299] + "…"


def _last_line(error: BaseException, path: str, folders: list[str]) -> tuple[str, int]:
    """The innermost frame that is in the user's code: the file itself or a module beside it."""
    found = (path, 0)
    for frame, line in walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name == path or (any(name.startswith(folder) for folder in folders) and not _is_installed(name)):
            found = (name, line)
    return found


def _is_installed(name: str) -> bool:
    package = str(Path(gitpromote.__file__).parent)
    return name.startswith(package) or "site-packages" in name or "dist-packages" in name


def _hint(error: BaseException) -> str:
    if isinstance(error, NameError) and error.name:
        if error.name in gitpromote.__all__:
            return f"from gitpromote import {error.name}"
        return did_you_mean(error.name, gitpromote.__all__)
    if isinstance(error, ImportError) and error.name == "gitpromote":
        match = re.search(r"cannot import name '(\w+)'", str(error))
        return did_you_mean(match[1], gitpromote.__all__) if match else ""
    if isinstance(error, ImportError) and "relative import" in str(error):
        return "import the modules beside it by their names: import common"
    return ""


def _whole(error: BaseException, path: str, others: Sequence[Path]) -> str:
    """How to see all that Python says."""
    if isinstance(error, SystemExit):
        return ""
    known = [":$PYTHONPATH"] if others and os.environ.get("PYTHONPATH") else []
    variable = "".join(["PYTHONPATH=", ":".join(map(_from_here, others)), *known, " "]) if others else ""
    return f"{variable}python {shlex.quote(path)} shows the way there"


def _from_here(folder: Path) -> str:
    here = Path.cwd()
    return shlex.quote(str(folder.relative_to(here) if folder.is_relative_to(here) else folder))


def is_consequence(error: BaseException) -> bool:
    """Whether an exception may come from a placeholder for something that was told already."""
    return not isinstance(error, SyntaxError | NameError | ImportError | SystemExit)
