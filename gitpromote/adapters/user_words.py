"""What a user's function said last when it failed, and where in the user's own files that was: for both processes.

The child writes one line, as the last of its words; whoever started it reads that line, and knows other ends besides.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gitpromote.adapters.code_copy import original
from gitpromote.adapters.code_digest import is_installed, roots_of
from gitpromote.adapters.looked_for import unseen

__all__ = ["last_words", "tell_failure"]

_MARK = "gitpromote failure "
_OURS = Path(__file__).parents[1]
_LONGEST = 400  # characters of a function's last words


def tell_failure(error: BaseException, request: Mapping[str, Any]) -> None:
    """Write, as the last words of this process, what was raised, and the innermost line of the user's files.

    :param request: which function of which file was to be called, if any
    """
    noted = unseen()  # whatever came of it, that is what is to be mended
    told: dict[str, Any] = {"words": original(noted.words if noted else _words(error), request)}
    if request.get("file"):
        root = roots_of(Path(request["file"]), request["module"])[-1]
        asking = [(_shown(noted.file, root), noted.line)] if noted is not None and noted.file else []
        places = list(_places(error, root)) if noted is None else asking
        told |= {"file": places[-1][0], "line": places[-1][1]} if places else {}
    sys.stdout.flush()  # what was printed on the way stands before it
    sys.stderr.write(f"\n{_MARK}{json.dumps(told)}\n")


def last_words(said: str, status: int) -> str:
    """What a process said last, or how it ended; of a failure that was told, the words and the place."""
    if status < 0:
        return f"ended by signal {-status}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if not lines:
        return f"exit status {status}"
    if not lines[-1].startswith(_MARK):
        return lines[-1][:_LONGEST]
    try:
        told = json.loads(lines[-1].removeprefix(_MARK))
        words, where = str(told["words"]), f" ({told['file']}:{told['line']})" if "file" in told else ""
    except (ValueError, KeyError, TypeError, RecursionError):
        return lines[-1][:_LONGEST]
    return words[: _LONGEST - len(where)] + where


def _words(error: BaseException) -> str:
    """The exception's own words, on one line: neither notes nor the lines around a syntax error."""
    told = traceback.format_exception_only(error)
    return " ".join((told[-1] if isinstance(error, SyntaxError) else told[0]).split())


def _places(error: BaseException, root: Path) -> Iterator[tuple[str, int]]:
    """File, from that folder, and line of everything that was called there, innermost last."""
    for frame in traceback.extract_tb(error.__traceback__):
        if (shown := _shown(frame.filename, root)) and frame.lineno:
            yield shown, frame.lineno
    if isinstance(error, SyntaxError) and error.filename and (shown := _shown(error.filename, root)):
        yield shown, error.lineno or 1


def _shown(name: str, root: Path) -> str:
    """A file of the user's as it is shown; empty for what is installed, or is ours."""
    path = Path(name)
    if is_installed(path) or path.is_relative_to(_OURS):
        return ""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
