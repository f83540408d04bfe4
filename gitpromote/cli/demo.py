"""``gitpromote demo``: a whole promotion, in a repository of its own making."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from gitpromote.cli.demo_repository import DemoRepository, quiet_git
from gitpromote.cli.options import json_into, no_color, together, verbose
from gitpromote.cli.parsing import verb
from gitpromote.cli.saving import from_here
from gitpromote.cli.session import Session
from gitpromote.errors import UsageError
from gitpromote.views.lines import Line, Span, line

_FOLDER = "gitpromote-demo"
_PLAN = "plan.json"


@verb("demo", examples=("gitpromote demo", "gitpromote demo /tmp/look"))
@click.argument("folder", required=False, metavar="[DIR]")
@together(json_into, no_color, verbose)
@click.pass_obj
def command(session: Session, /, folder: str | None) -> int:
    """Show a whole promotion: plan, show, apply, status, history, with real Git, kustomize and helm.

    Everything happens offline and inside DIR, a new folder; the default is ./gitpromote-demo.
    """
    place = _new_folder(Path(folder or _FOLDER))
    shown = from_here(place)
    with _inside(place):
        repository = DemoRepository(place)
        repository.make()
        _say(
            session,
            "A bare repository and a clone, with a kustomize app and a helm chart for three environments.",
        )
        code = _Walk(session, repository).run()
    if code == 0:
        session.show(_next(shown))
    return code


class _Walk:
    """The commands, as a person would type them, each carried out by the command line itself."""

    def __init__(self, session: Session, repository: DemoRepository) -> None:
        self.session = session
        self.repository = repository

    def run(self) -> int:
        """All of them; the first exit code that is not 0, or 0."""
        with contextlib.chdir(self.repository.clone):
            return self._first() or self._second()

    def _first(self) -> int:
        _say(self.session, "1. The first plan: nothing is there yet, so every object is created.")
        code = self._type("validate") or self._type("plan", f"-out={_PLAN}")
        if code:
            return code
        _say(self.session, "   Production is opened by a person's yes, or by the digest of the plan that was reviewed:")
        return self._type("apply", _PLAN, "--expect-digest", self._digest())

    def _second(self) -> int:
        _say(self.session, "2. Lea commits a new image, a switch, and cleans up in production. What would that do?")
        Path(_PLAN).unlink()
        self.repository.commit("demo-change", "web 1.42.0, feature X on; drop the legacy endpoint")
        code = self._type("plan", f"-out={_PLAN}") or self._type("show", _PLAN, "--format", "markdown")
        if code:
            return code
        _say(self.session, "3. The same file is applied step by step: test first, then whatever is open by then.")
        return (
            self._type("apply", _PLAN, "--env", "test")
            or self._type("explain", "prod")
            or self._type("apply", _PLAN, "--expect-digest", self._digest())
            or self._type("status")
            or self._type("history")
        )

    def _type(self, *words: str) -> int:
        from gitpromote.cli.main import main

        self.session.show([(), line("$ ", Span(" ".join(("gitpromote", *words)), "command"))])
        outer = self.session
        inner = Session(
            stdin=outer.stdin,
            stdout=outer.stdout,
            stderr=outer.stderr,
            environ=outer.environ,
            no_color=outer.no_color,
            verbose=outer.verbose,
        )
        return main(words, session=inner)

    def _digest(self) -> str:
        from gitpromote.project import open_plan

        return open_plan(_PLAN).digest


def _new_folder(place: Path) -> Path:
    whole = place.resolve()
    if whole.exists() and (not whole.is_dir() or any(whole.iterdir())):
        raise UsageError(
            "There is something in that folder already",
            code="not-empty",
            detail=str(whole),
            hint="Name a new folder, or remove this one:\n  gitpromote demo DIR",
        )
    try:
        whole.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            "The folder cannot be made",
            code="output-failed",
            detail=f"{whole}: {error.strerror}",
            hint="Name another one.",
        ) from error
    return whole


@contextlib.contextmanager
def _inside(place: Path) -> Iterator[None]:
    """Nothing of this run lies outside of the folder: the cache, temporary files, git's settings."""
    before, temporary = dict(os.environ), tempfile.tempdir
    hidden = place / ".cache"
    (hidden / "tmp").mkdir(parents=True)
    os.environ.clear()
    os.environ.update(quiet_git(before))
    os.environ.update(GITPROMOTE_CACHE_DIR=str(hidden / "gitpromote"), TMPDIR=str(hidden / "tmp"))
    tempfile.tempdir = str(hidden / "tmp")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        tempfile.tempdir = temporary


def _say(session: Session, words: str) -> None:
    session.show([(), line(Span(words, "strong"))])


def _on_path() -> list[str]:
    """What makes ``gitpromote`` a command here, where it was started by its path."""
    program = Path(sys.argv[0])
    if program.name != "gitpromote" or shutil.which("gitpromote") is not None:
        return []
    return [f"export PATH={shlex.quote(str(program.resolve().parent))}:$PATH"]


def _next(shown: str) -> list[Line]:
    commands = (
        *_on_path(),
        f"cd {shown}/shop",
        'gitpromote rollback prod --reason "trying it out"',
        "gitpromote plan",
        "gitpromote release prod",
        "git fetch && git log --format=full origin/env/prod",
        "gitpromote verify",
    )
    head = line(Span("That was all of it. To go on by hand:", "strong"))
    return [(), head, *(line("  ", Span(each, "command")) for each in commands)]
