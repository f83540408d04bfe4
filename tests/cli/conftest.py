"""Running the command line in this process, with streams that say what they are."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from gitpromote.cli.main import main
from gitpromote.cli.session import Session


class Stream(io.StringIO):
    """A stream in memory that may claim to be a terminal."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: object) -> Run:
    """Run one command line: ``run("plan", "--json", answers="yes\\n")``. Answers make it a terminal."""

    def run_(*words: str, answers: str | None = None, env: Mapping[str, str] | None = None) -> Ended:
        terminal = answers is not None
        environ = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "COLUMNS")}
        session = Session(
            stdin=Stream(answers or "", terminal=terminal),
            stdout=Stream(terminal=terminal),
            stderr=Stream(terminal=terminal),
            environ={**environ, "HOME": str(tmp_path), "XDG_STATE_HOME": f"{tmp_path}/state", **(env or {})},
            no_color=True,
        )
        with contextlib.redirect_stdout(session.stdout):
            code = main(words, session=session)
        return Ended(code, session.stdout.getvalue(), session.stderr.getvalue())  # type: ignore[attr-defined]

    return run_
