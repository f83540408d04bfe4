"""A repository with many environments, made for the benchmarks: kustomize overlays on one base, a bare remote, a cache.

Whole processes are measured, as people start them. They get an environment of their own: no settings of the user's,
byte code in a folder that all rounds share, so that compiling is not what is measured.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.render_many import sources

PACKAGE = Path(__file__).parents[1]
PYTHON = sys.executable

BRANCHES = 'Branch("env/$env")'
FOLDERS = 'Directory("builds/$env", branch="rendered")'
_PIPELINE = """\
from gitpromote import App, Branch, Directory, Environment, Kustomize, Pipeline

shop = Pipeline(
    "shop",
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target={target},
    environments=[
        Environment(f"env-{{number:04}}", after=[], auto=True, production=False) for number in range(1, {count} + 1)
    ],
)
"""


class Taken(NamedTuple):
    """What a process took: seconds on the clock and of processor time, its children's included."""

    wall: float
    cpu: float
    output: str


@dataclass(frozen=True)
class Place:
    """Where everything is: a bare remote, a clone that somebody works in, and a cache, which others may share."""

    root: Path
    shared: Path | None = None

    @property
    def remote(self) -> Path:
        return self.root / "remote.git"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def cache(self) -> Path:
        return self.shared or self.root / "cache"

    @property
    def env(self) -> dict[str, str]:
        """The variables of every process here."""
        return environment(self.root, cache=self.cache)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one benchmark."""
    folder = Path(tempfile.mkdtemp(prefix="gitpromote-benchmark-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(root: Path, *, cache: Path | None = None) -> dict[str, str]:
    """The variables of every process that is measured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "GITPROMOTE_"))}
    tools = os.pathsep.join([str(Path(PYTHON).parent), kept.get("PATH", os.defpath)])
    return {
        **kept,
        "PATH": tools,
        "PYTHONPATH": str(PACKAGE),
        "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "gitpromote-benchmark-bytecode"),
        "GITPROMOTE_CACHE_DIR": str(cache or root / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@b.example",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@b.example",
    }


def run(*words: str, cwd: Path, env: dict[str, str]) -> Taken:
    """Run a program, and say what it took. One that fails ends the benchmark with its words."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode:
        sys.exit(f"{' '.join(words)}: {ended.returncode}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ended.stdout)


def gitpromote(place: Place, *words: str, env: dict[str, str] | None = None) -> Taken:
    """Run ``python -m gitpromote`` as a whole process."""
    return run(PYTHON, "-m", "gitpromote", *words, cwd=place.work, env=env or place.env)


def made(root: Path, *, count: int, target: str, cache: Path | None = None) -> Place:
    """The repository with its pipeline file; nothing is rendered or promoted yet."""
    place = Place(root, cache)
    env = place.env
    root.mkdir(parents=True, exist_ok=True)
    run("git", "init", "-q", "--bare", "-b", "main", str(place.remote), cwd=root, env=env)
    run("git", "clone", "-q", str(place.remote), str(place.work), cwd=root, env=env)
    files = {**sources(count), "pipeline.py": _PIPELINE.format(target=target, count=count).encode()}
    for path, data in files.items():
        file = place.work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    publish(place, "First")
    return place


def publish(place: Place, message: str) -> None:
    """Commit and push everything in the clone."""
    env = place.env
    for words in (["add", "-A"], ["commit", "-q", "-m", message], ["push", "-q", "origin", "HEAD:main"]):
        run("git", *words, cwd=place.work, env=env)


def promoted(place: Place) -> Place:
    """The same with every environment holding what its sources render to, and a plan made since."""
    plan = place.root / "plan.json"
    gitpromote(place, "plan", "-out", str(plan))
    gitpromote(place, "apply", str(plan), "-auto-approve")
    assert unchanged(gitpromote(place, "plan").output)
    return place


def unchanged(output: str) -> bool:
    """Whether a plan says that nothing is to be done."""
    return "No changes." in output


def planned(output: str) -> int:
    """How many environments a plan would promote."""
    found = re.search(r"Plan: (\d+) environments? to promote", output)
    return int(found[1]) if found else 0
