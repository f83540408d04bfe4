"""A clone with a pipeline file, its bare remote and a cache: what somebody at a desk has."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from gitpromote.project import Project

PIPELINE = """\
from gitpromote import App, Branch, Environment, Pipeline, Plain

shop = Pipeline(
    "shop",
    apps=[App("shop", Plain("deploy/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test"), Environment("prod")],
)
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: {env}}}\ndata: {{v: '{value}'}}\n"


def git(*args: str, cwd: Path) -> str:
    done = subprocess.run(["git", *args], cwd=cwd, capture_output=True, check=False)
    assert done.returncode == 0, (args, done.stderr.decode())
    return done.stdout.decode().removesuffix("\n")


class Desk:
    """Somebody's clone."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.remote = root / "remote.git"
        self.work = root / "work"
        git("init", "-q", "--bare", "--template=", "-b", "main", "remote.git", cwd=root)
        git("init", "-q", "--template=", "-b", "main", "work", cwd=root)
        git("remote", "add", "origin", str(self.remote), cwd=self.work)

    def git(self, *args: str) -> str:
        return git(*args, cwd=self.work)

    def push(self, files: Mapping[str, str], *, message: str = "change") -> str:
        """Write, commit and push."""
        for path, text in files.items():
            (self.work / path).parent.mkdir(parents=True, exist_ok=True)
            (self.work / path).write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", "origin", "main")
        return self.git("rev-parse", "HEAD")

    def sources(self, value: str = "1", *envs: str) -> dict[str, str]:
        return {f"deploy/{env}/c.yaml": CONFIG.format(env=env, value=value) for env in envs or ("test", "prod")}

    def project(self, file: str | None = None, *, cache: str = "cache", **words: str) -> Project:
        return Project.load(file or self.work / "pipeline.py", cache_dir=self.root / cache, **words)

    def show(self, name: str) -> str:
        """A file of the remote."""
        return git("cat-file", "-p", name, cwd=self.remote)

    def refs(self) -> dict[str, str]:
        lines = git("for-each-ref", "--format=%(refname) %(objectname)", cwd=self.remote).splitlines()
        return dict(line.rsplit(" ", 1) for line in lines)


@pytest.fixture(autouse=True)
def alone(only_our_settings: Path) -> None:
    """No setting of whoever runs the tests."""
    with only_our_settings.open("a") as file:
        file.write("[user]\n\tname = Ada\n\temail = ada@acme.example\n")


@pytest.fixture
def empty(tmp_path: Path) -> Desk:
    """A clone in which nothing is yet."""
    return Desk(tmp_path)


@pytest.fixture
def desk(empty: Desk) -> Desk:
    """A clone with a pipeline file and its sources."""
    empty.push({"pipeline.py": PIPELINE, **empty.sources()}, message="first")
    return empty
