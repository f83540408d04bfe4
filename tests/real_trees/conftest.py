"""A repository for a tree, its bare remote, and the command line in it."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitpromote.cli.main import main
from gitpromote.cli.session import Session


def git(*args: str, cwd: Path) -> str:
    done = subprocess.run(["git", *args], cwd=cwd, capture_output=True, check=False)
    assert done.returncode == 0, (args, done.stderr.decode())
    return done.stdout.decode().removesuffix("\n")


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str


class Repository:
    """A clone in which somebody works, and its bare remote."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.work = root / "work"
        self.remote = root / "remote.git"
        git("init", "-q", "--bare", "--template=", "-b", "main", str(self.remote), cwd=root)
        git("init", "-q", "--template=", "-b", "main", str(self.work), cwd=root)
        git("remote", "add", "origin", str(self.remote), cwd=self.work)

    def push(self) -> None:
        git("add", "--all", cwd=self.work)
        git("commit", "-q", "--allow-empty", "-m", "change", cwd=self.work)
        git("push", "-q", "origin", "HEAD:main", cwd=self.work)

    def clone(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        git("clone", "-q", str(self.remote), str(folder), cwd=self.root)

    def branches(self) -> set[str]:
        return set(git("for-each-ref", "--format=%(refname:short)", "refs/heads", cwd=self.remote).splitlines())

    def branch(self, name: str) -> dict[str, bytes]:
        """Every file of a branch."""
        paths = git("ls-tree", "-r", "--name-only", name, cwd=self.remote).splitlines()
        show = ["git", "cat-file", "blob"]
        return {
            path: subprocess.run([*show, f"{name}:{path}"], cwd=self.remote, capture_output=True, check=True).stdout
            for path in paths
        }

    def rendered(self) -> dict[str, dict[str, bytes]]:
        """Environment to the files that ``render`` writes for it."""
        out = self.root / "rendered"
        ended = self.run("render", "--out", str(out))
        assert ended.code == 0, ended.err
        found: dict[str, dict[str, bytes]] = {}
        for path in sorted(path for path in out.rglob("*") if path.is_file()):
            env, _, name = path.relative_to(out).as_posix().partition("/")
            found.setdefault(env, {})[name] = path.read_bytes()
        return found

    def run(self, *words: str) -> Ended:
        """One command line in this process; nobody sits at a terminal."""
        out, err = io.StringIO(), io.StringIO()
        environ = {name: value for name, value in os.environ.items() if name not in ("CI", "COLUMNS")}
        session = Session(stdin=io.StringIO(), stdout=out, stderr=err, environ=environ, no_color=True)
        before = signal.getsignal(signal.SIGTERM)
        try:
            with contextlib.redirect_stdout(out):
                code = main(words, session=session)
        finally:
            signal.signal(signal.SIGTERM, before)
            gc.enable()
        return Ended(code, out.getvalue(), err.getvalue())


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only_our_settings: Path) -> Repository:
    """An empty one, with the test inside its clone, and no setting of whoever runs the tests."""
    with only_our_settings.open("a") as file:
        file.write("[user]\n\tname = Lea\n\temail = lea@acme.example\n")
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(tmp_path / "cache"))
    repository = Repository(tmp_path)
    monkeypatch.chdir(repository.work)
    return repository
