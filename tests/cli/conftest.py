"""Running the command line in this process, with streams that say what they are."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitpromote.cli.main import main
from gitpromote.cli.scaffold import example_files, write_new
from gitpromote.cli.session import Session


class Stream(io.StringIO):
    """A stream in memory that may claim to be a terminal."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def readline(self, size: int = -1, /) -> str:
        """A line that was typed; Ctrl-C interrupts."""
        text = super().readline(size)
        if "\x03" in text:
            raise KeyboardInterrupt
        return text


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
            environ={
                **environ,
                "TERM": "dumb",
                "HOME": str(tmp_path),
                "XDG_STATE_HOME": f"{tmp_path}/state",
                **(env or {}),
            },
            no_color=True,
        )
        with contextlib.redirect_stdout(session.stdout):
            code = main(words, session=session)
        return Ended(code, session.stdout.getvalue(), session.stderr.getvalue())  # type: ignore[attr-defined]

    return run_


def git(folder: Path, *words: str) -> str:
    """Run git in a folder, with no settings of this machine."""
    moment = "1763629200 +0000"
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": moment,
        "GIT_COMMITTER_DATE": moment,
    }
    done = subprocess.run(["git", *words], cwd=folder, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Repository:
    """A bare remote and a clone of it."""

    def __init__(self, folder: Path) -> None:
        self.remote = folder / "notes.git"
        self.clone = folder / "notes"
        git(folder, "init", "-q", "--bare", "--initial-branch=main", str(self.remote))
        git(folder, "init", "-q", "--initial-branch=main", str(self.clone))
        for name, value in (("user.name", "Lea Demo"), ("user.email", "lea@acme.example")):
            git(self.clone, "config", name, value)
        git(self.clone, "remote", "add", "origin", str(self.remote))

    def commit(self, subject: str) -> str:
        """Commit what is there, and push."""
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "-q", "--allow-empty", "-m", subject)
        git(self.clone, "push", "-q", "origin", "main")
        return git(self.clone, "rev-parse", "HEAD")

    def replace(self, path: str, before: str, after: str) -> None:
        """Change a file."""
        file = self.clone / path
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))

    def refs(self) -> dict[str, str]:
        """Every ref of the remote."""
        lines = git(self.remote, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(each.split(" ") for each in lines)  # type: ignore[misc]

    def write_elsewhere(self, branch: str, path: str, text: str) -> str:
        """A commit of somebody else on a branch of the remote."""
        git(self.clone, "fetch", "-q", "origin", branch)
        git(self.clone, "worktree", "add", "-q", "--detach", "../elsewhere", "FETCH_HEAD")
        other = self.clone.parent / "elsewhere"
        (other / path).write_text(text)
        git(other, "add", "--all")
        git(other, "-c", "user.name=Tom", "-c", "user.email=tom@acme.example", "commit", "-q", "-m", "double replicas")
        git(other, "push", "-q", "origin", f"HEAD:{branch}")
        commit = git(other, "rev-parse", "HEAD")
        git(self.clone, "worktree", "remove", "--force", str(other))
        return commit


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository without a commit, entered, with a cache of its own."""
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    repository = Repository(tmp_path)
    monkeypatch.chdir(repository.clone)
    return repository


@pytest.fixture
def notes(empty: Repository) -> Repository:
    """A repository with a pipeline of plain manifests."""
    write_new(empty.clone, example_files("plain"))
    empty.commit("first")
    return empty


@pytest.fixture
def normal(tmp_path: Path) -> Callable[[str], str]:
    """Make an output the same in every run: ids, names drawn from them, times and folders get numbers."""
    patterns = (
        (r"sha256:[0-9a-f]{64}", "DIGEST"),
        (r"\b[a-z]+-[a-z]+-[0-9a-f]{4}\b", "FREIGHT"),
        (r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{12}|[0-9a-f]{7})\b", "ID"),
        (r"\b\d\d:\d\dZ", "TIME"),
        (r"\b(?:[A-Z][a-z]{2} )?\d{1,2} [A-Z][a-z]{2}(?: \d{4})? TIME", "TIME"),
        (r"\b[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2}\b", "TIME"),
    )

    def normal_(text: str) -> str:
        text = text.replace(str(tmp_path), "FOLDER")
        for pattern, word in patterns:
            seen: dict[str, str] = {}
            numbered = word != "TIME"
            text = re.sub(
                pattern,
                lambda found, seen=seen, word=word, numbered=numbered: (  # type: ignore[misc]
                    seen.setdefault(found.group(), f"{word}-{len(seen) + 1}") if numbered else word
                ),
                text,
            )
        return re.sub(r"(?<=\S) {2,}", "  ", text)  # columns are as wide as what stands in them

    return normal_
