"""An error on the screen, as data, and the report of what is our own bug."""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gitpromote.errors import ConfigurationError, GitpromoteError, InternalError
from gitpromote.model.words import clean
from gitpromote.views.lines import Line, Span, line
from gitpromote.views.text import clean_lines

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")
_TOKEN = re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|eyJ)[A-Za-z0-9_\-.]{12,}")


def error_lines(error: GitpromoteError) -> list[Line]:
    """What was wrong, why and where, what to do: three parts, the commands on lines of their own."""
    head = line(Span("Error: ", "bad"), Span(clean(error.summary), "strong"), "  ", Span(f"[{error.code}]", "faint"))
    lines: list[Line] = [head]
    if error.detail:
        lines += [(), *_block(error.detail)]
    if error.hint:
        lines += [(), *_block(error.hint, commands=True)]
    return lines


def in_own_words(error: GitpromoteError, words: Sequence[str]) -> GitpromoteError:
    """The same error, whose command is the one that was typed, with what helps it."""
    kept = error.hint.rpartition("\n")[0]
    error.hint = f"{kept}\n  {shlex.join(['gitpromote', *words, *error.more])}"
    return error


def error_data(error: GitpromoteError) -> dict[str, Any]:
    """The same as data."""
    data: dict[str, Any] = {
        "code": error.code,
        "exit_code": error.exit_code,
        "summary": error.summary,
        "detail": error.detail,
        "hint": error.hint,
    }
    if isinstance(error, ConfigurationError) and error.problems:
        data["problems"] = [
            {"code": each.code, "message": each.message, "path": each.path, "line": each.line, "hint": each.hint}
            for each in error.problems
        ]
    return data


def bug(error: Exception, *, verb: str, environ: Mapping[str, str]) -> InternalError:
    """Our bug as an error that says where its report lies."""
    where = _save(_report(error, verb), environ)
    return InternalError(
        "This is a bug in gitpromote",
        code="internal-error",
        detail=scrubbed(f"{type(error).__name__}: {error}"),
        hint=f"The report lies in\n  {where}\nPlease attach it to an issue; it holds no values, only where it happened."
        if where
        else "The report could not be saved.",
    )


def scrubbed(text: str) -> str:
    """The text without passwords in addresses and without what looks like a token."""
    return _TOKEN.sub("(token)", _CREDENTIALS.sub("", text))


def _block(text: str, *, commands: bool = False) -> list[Line]:
    lines = []
    for every in clean_lines(text).rstrip().split("\n"):
        style = "command" if commands and every.startswith("  ") else ""
        lines.append(line(Span(every, style)))
    return lines


def _report(error: Exception, verb: str) -> str:
    """Places, types and messages; no source lines and no variables, since either may be the user's."""
    from gitpromote import __version__

    python = sys.version.split()[0]
    head = f"gitpromote {__version__}, Python {python} on {sys.platform}\nverb: {verb or '-'}\n"
    chain: list[BaseException] = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and before not in chain:
        chain.append(before)
    return scrubbed(head + "".join(_told(each) for each in chain))


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = "".join(f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in frames)
    return f"\n{type(error).__name__}: {error}\n{places}"


def _save(report: str, environ: Mapping[str, str]) -> Path | None:
    name = f"gitpromote-report-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.txt"
    for folder in _folders(environ):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / name
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(report)
        except OSError:
            continue
        return path
    return None


def _folders(environ: Mapping[str, str]) -> list[Path]:
    state = environ.get("XDG_STATE_HOME")
    home = environ.get("HOME")
    found = [Path(state) / "gitpromote"] if state else [Path(home) / ".local" / "state" / "gitpromote"] if home else []
    return [*found, Path(tempfile.gettempdir())]
