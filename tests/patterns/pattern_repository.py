"""A repository in which a pattern of ``docs/patterns`` lies, and what the branches of its remote hold, in few words."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gitpromote.project import Project

PATTERNS = Path(__file__).parents[2] / "docs" / "patterns"

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: main, image: "{image}"}}]}}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{v: '{value}'}}\n"


def git(*args: str, cwd: Path) -> str:
    done = subprocess.run(["git", *args], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (args, done.stderr)
    return done.stdout.removesuffix("\n")


class Clock:
    """The real time, and what a test adds to it: seconds."""

    def __init__(self) -> None:
        self.ahead = 0

    def now(self) -> int:
        return int(time.time()) + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += int(seconds)


class Remote:
    """A bare repository."""

    def __init__(self, path: Path) -> None:
        self.path = path
        git("init", "-q", "--bare", "--template=", "-b", "main", str(path), cwd=path.parent)

    def branches(self) -> list[str]:
        """All but the ledgers."""
        names = git("for-each-ref", "--format=%(refname:short)", "refs/heads", cwd=self.path).splitlines()
        return [name for name in names if not name.startswith("gitpromote/")]

    def holds(self, branch: str) -> dict[str, str]:
        """Path to what each file of a branch holds."""
        paths = git("ls-tree", "-r", "--name-only", branch, cwd=self.path).splitlines()
        return {path: git("cat-file", "-p", f"{branch}:{path}", cwd=self.path) for path in paths}

    def says(self, branch: str) -> dict[str, str]:
        """Path to what each manifest of a branch comes down to: ``shop:1.4.0``, or the value of a ConfigMap."""
        return {path: _said(path, text) for path, text in self.holds(branch).items()}

    def log(self, branch: str) -> list[str]:
        """The subjects of a branch's commits, newest first, with the environment alone of our own."""
        subjects = git("log", "--format=%s", branch, cwd=self.path).splitlines()
        return [subject.partition(":")[0] for subject in subjects]


def _said(path: str, text: str) -> str:
    """An image without its registry, by the tag before its digest, which must be there."""
    manifest = yaml.safe_load(text) if path.endswith(".yaml") else None
    if not isinstance(manifest, dict) or manifest.get("kind") not in ("Deployment", "ConfigMap"):
        return text
    if manifest["kind"] == "ConfigMap":
        return str(manifest["data"]["v"])
    image = manifest["spec"]["template"]["spec"]["containers"][0]["image"].rpartition("/")[2]
    name, _, digest = image.partition("@")
    return name if digest else f"{name} without a digest"


class Repository(Remote):
    """The remote of a clone in which a pattern lies as ``pipeline.py``."""

    def __init__(self, root: Path) -> None:
        super().__init__(root / "remote.git")
        self.root, self.work = root, root / "work"
        self.clock = Clock()
        git("init", "-q", "--template=", "-b", "main", str(self.work), cwd=root)
        git("remote", "add", "origin", str(self.path), cwd=self.work)

    def use(self, pattern: str, files: Mapping[str, str] | None = None, *, images_at: str = "") -> None:
        """Put the pattern into the repository, with sources beside it.

        :param images_at: where the images are that the pattern has at ``ghcr.io/acme``
        """
        shutil.copy(PATTERNS / pattern, self.work / "pipeline.py")
        if images_at:
            text = (self.work / "pipeline.py").read_text()
            (self.work / "pipeline.py").write_text(text.replace("ghcr.io/acme", images_at))
        self.push(files or {})

    def push(self, files: Mapping[str, str | None], *, to: str = "main") -> str:
        """Write, commit and push, on top of what is there; to another branch than main it is begun from there."""
        git("fetch", "-q", "origin", cwd=self.work)
        if to in self.branches():
            git("switch", "-q", "-C", to, f"origin/{to}", cwd=self.work)
        else:
            git("switch", "-q", "-C", to, cwd=self.work)
        change(self.work, files)
        git("push", "-q", "origin", f"HEAD:refs/heads/{to}", cwd=self.work)
        commit = git("rev-parse", "HEAD", cwd=self.work)
        git("switch", "-q", "main", cwd=self.work)
        return commit

    def project(self, name: str | None = None) -> Project:
        project = Project.load(self.work / "pipeline.py", pipeline=name, cache_dir=self.root / "cache")
        project._wired.clock = self.clock
        return project

    def promote(self, name: str | None = None, **words: Any) -> dict[str, str]:
        """Plan, apply by a person, and what came of each environment."""
        project = self.project(name)
        plan = project.plan(**words)
        result = project.apply(plan, expect_digest=plan.digest)
        assert result.exit_code in (0, 3, 13), result
        return {one.name: one.status for one in result.environments}

    def run(self, name: str | None = None) -> dict[str, str]:
        """What goes by itself, as under ``gitpromote run --once``: the environments that moved, and how."""
        ran = self.project(name).run_once()
        return {turn.name: turn.status for turn in ran.turns if turn.wrote}

    def decisions(self, name: str | None = None, **words: Any) -> dict[str, str]:
        """Environment to decision and reason, as a plan has them now."""
        plan = self.project(name).plan(**words)
        return {one.name: f"{one.decision} {one.reason}".strip() for one in plan.data.environments}


def change(work: Path, files: Mapping[str, str | None]) -> None:
    """Write files, or delete them, and commit."""
    for path, text in files.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            (work / path).unlink()
        else:
            (work / path).write_text(text)
    git("add", "-A", cwd=work)
    git("commit", "-q", "--allow-empty", "-m", "change", cwd=work)


class Other(Remote):
    """One more repository, which the pattern calls ``https://git.acme.example/<name>.git``."""

    def __init__(self, root: Path, name: str) -> None:
        super().__init__(root / f"{name}.git")
        self.work = root / name
        git("clone", "-q", str(self.path), str(self.work), cwd=root)
        key = f"url.{self.path}.insteadOf"
        git("config", "--global", key, f"https://git.acme.example/{name}.git", cwd=root)

    def push(self, files: Mapping[str, str | None]) -> None:
        change(self.work, files)
        git("push", "-q", "origin", "HEAD:refs/heads/main", cwd=self.work)


# -- sources


def config(folder: str, value: str = "1", *, name: str = "settings") -> dict[str, str]:
    """A kustomization of a ConfigMap."""
    text = CONFIG.format(name=name, value=value)
    return {f"{folder}/kustomization.yaml": "resources: [config.yaml]\n", f"{folder}/config.yaml": text}


def service(folder: str, image: str, *, value: str = "1") -> dict[str, str]:
    """A kustomization of a Deployment and a ConfigMap, called like the image."""
    name = image.rpartition("/")[2].partition(":")[0]
    return {
        f"{folder}/kustomization.yaml": "resources: [deployment.yaml, config.yaml]\n",
        f"{folder}/deployment.yaml": DEPLOYMENT.format(name=name, image=image),
        f"{folder}/config.yaml": CONFIG.format(name=f"{name}-settings", value=value),
    }


def overlays(folder: str, *names: str, base: str = "../../base") -> dict[str, str]:
    """A kustomization of a base for each environment."""
    return {f"{folder}/{name}/kustomization.yaml": f"resources: [{base}]\n" for name in names}


def layered(folder: str, image: str, *names: str, value: str = "1") -> dict[str, str]:
    """``base`` and ``overlays`` below a folder."""
    return {**service(f"{folder}/base", image, value=value), **overlays(f"{folder}/overlays", *names)}
