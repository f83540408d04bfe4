"""The demonstration's repository: a bare remote and a clone of it, the same ids on every machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitpromote.adapters.git.process import call_git
from gitpromote.cli.saving import write
from gitpromote.cli.scaffold import example_files
from gitpromote.errors import GitpromoteError

PERSON = ("Lea Demo", "lea@acme.example")
_START = 1_763_629_200  # 20 November 2025, 09:00 UTC


class DemoRepository:
    """A folder with ``shop.git`` in it, and ``shop``, a clone to work in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = folder / "shop.git"
        self.clone = folder / "shop"
        self._commits = 0

    def make(self) -> None:
        """Make both, with the sources of two apps for three environments, pushed."""
        _git(["init", "--quiet", "--bare", "--initial-branch=main", str(self.origin)], self.folder)
        _git(["init", "--quiet", "--initial-branch=main", str(self.clone)], self.folder)
        for name, value in (("user.name", PERSON[0]), ("user.email", PERSON[1]), ("commit.gpgSign", "false")):
            _git(["config", name, value], self.clone)
        _git(["remote", "add", "origin", str(self.origin)], self.clone)
        self.commit("demo", "add web and api")

    def commit(self, example: str, subject: str) -> None:
        """Write an example's files over what is there, commit, and push."""
        for path, data in example_files(example).items():
            write(self.clone / path, data)
        _git(["add", "--all"], self.clone)
        moment = f"{_START + 3600 * self._commits} +0000"
        self._commits += 1
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        _git(["commit", "--quiet", "--message", subject], self.clone, dates)
        _git(["push", "--quiet", "--set-upstream", "origin", "main"], self.clone)


def quiet_git(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which git reads no settings of this machine or user, and keeps to the folder it is in."""
    kept = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}


def _git(words: Sequence[str], folder: Path, extra: Mapping[str, str] | None = None) -> None:
    done = call_git(words, cwd=folder, env=quiet_git(os.environ), extra=extra)
    if done.status != 0:
        raise GitpromoteError(
            "The demonstration's repository could not be made",
            code="demo-failed",
            detail=f"git {words[0]}: {done.words.strip()}",
        )
