"""A bare remote, a Pipeline in Python, a cache and a clock: a whole project in a few milliseconds."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gitpromote import App, Branch, Environment, Pipeline, Plain
from gitpromote.errors import GitpromoteError, RemoteFailed
from gitpromote.model.artifact import ImageArtifact
from gitpromote.model.candidate import ImageFacts
from gitpromote.model.result import ApplyResult
from gitpromote.ports import Reporter, SilentReporter
from gitpromote.project import Plan, Project
from gitpromote.project.wiring import Place, build_world
from tests.programs import needed

NOW = 1763600040  # Thu 20 Nov 2025 00:54Z, a whole minute

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: {env}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/shop:{version}
"""


def run(*args: str, cwd: Path, data: bytes = b"") -> str:
    done = subprocess.run(["git", *args], cwd=cwd, input=data, capture_output=True, check=False)
    assert done.returncode == 0, (args, done.stderr.decode())
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def deployment(env: str, *, version: str = "1.0.0", replicas: int = 1) -> str:
    """A Deployment as one of the small renderers gives it."""
    return DEPLOYMENT.format(env=env, version=version, replicas=replicas)


def sources(*envs: str, version: str = "1.0.0", replicas: int = 1) -> dict[str, str]:
    """``deploy/<env>/deployment.yaml`` for each environment."""
    return {f"deploy/{env}/deployment.yaml": deployment(env, version=version, replicas=replicas) for env in envs}


class Origin:
    """A bare repository that plays a remote."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            run("init", "-q", "--bare", "--template=", "-b", "main", str(path), cwd=path.parent)

    def git(self, *args: str, data: bytes = b"") -> str:
        return run(*args, cwd=self.path, data=data)

    def commit(
        self,
        files: Mapping[str, str | bytes | None] | None = None,
        *,
        branch: str = "main",
        message: str = "change",
        parent: str | None = "",
        author: str = "Tom <tom@acme.example>",
        at: int = NOW - 3600,
        mode: str = "100644",
        merge: str | None = None,
    ) -> str:
        """Somebody's commit on a branch: ``None`` removes a file; ``parent=None`` starts the branch anew.

        :param merge: a commit that it joins, as a second parent; files are those of the first, and ``files``
        """
        text = message.encode()
        head = self.head(branch) if parent == "" else parent
        parts = [b"reset refs/heads/%b\n\n" % branch.encode()] if head is None else []
        parts += [b"commit refs/heads/%b\nmark :1\n" % branch.encode()]
        parts += [b"committer %b %d +0000\ndata %d\n%b\n" % (author.encode(), at, len(text), text)]
        parts += [b"from %b\n" % head.encode()] if head else []
        parts += [b"merge %b\n" % merge.encode()] if merge else []
        for path, content in (files or {}).items():
            data = content.encode() if isinstance(content, str) else content
            name = b'"%b"' % path.encode()
            parts += [b"D %b\n" % name] if data is None else []
            parts += [] if data is None else [b"M %b inline %b\ndata %d\n%b\n" % (mode.encode(), name, len(data), data)]
        return self.git("fast-import", "--quiet", "--force", data=b"".join([*parts, b"get-mark :1\n"]))

    def refs(self) -> dict[str, str]:
        """Every ref by its full name."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.rsplit(" ", 1) for line in lines)

    def head(self, branch: str) -> str | None:
        """A branch's commit."""
        return self.refs().get(f"refs/heads/{branch}")

    def move(self, branch: str, oid: str | None) -> None:
        """Force a branch, or delete it."""
        self.git("update-ref", *(["-d"] if oid is None else []), f"refs/heads/{branch}", *([oid] if oid else []))

    def files(self, name: str) -> dict[str, str]:
        """Every file of a commit or branch, by path."""
        listed = self.git("ls-tree", "-r", "-z", "--name-only", "--full-tree", name)
        return {path: self.show(f"{name}:{path}") for path in listed.split("\0") if path}

    def show(self, name: str) -> str:
        done = subprocess.run(["git", "cat-file", "-p", name], cwd=self.path, capture_output=True, check=True)
        return done.stdout.decode()

    def trees(self) -> dict[str, str]:
        """The trees of every branch but the ledger's: the state that agents would see."""
        found = self.git("for-each-ref", "--format=%(refname) %(tree)", "refs/heads").splitlines()
        return dict(line.rsplit(" ", 1) for line in found if "/gitpromote/" not in line)

    def log(self, branch: str) -> list[str]:
        """The subjects of a branch's commits, newest first."""
        return self.git("log", "--format=%s", branch).splitlines()

    def hook(self, name: str, script: str) -> None:
        """What the server runs; an empty script takes it away."""
        file = self.path / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.unlink(missing_ok=True)
        if script:
            file.write_text("#!/bin/sh\n" + script)
            file.chmod(0o755)


class Clock:
    """A clock that moves only when somebody sleeps, or a test says so."""

    def __init__(self, now: int = NOW) -> None:
        self.time = float(now)
        self.slept: list[float] = []

    def now(self) -> int:
        return int(self.time)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class Heard:
    """A Reporter that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def event(self, kind: str, **data: Any) -> None:
        self.events.append((kind, data))


class Shelf:
    """A registry in memory: images as a test puts them there, ``repository:tag@digest`` each.

    :ivar asked: every question, in order
    """

    def __init__(self) -> None:
        self.images: dict[str, dict[str, ImageFacts]] = {}
        self.asked: list[str] = []

    def put(self, *images: str, **members: Any) -> None:
        for text in images:
            one = ImageArtifact.parse(text)
            found = ImageFacts(repository=one.repository, tag=one.tag or "", digest=one.digest or "", **members)
            self.images.setdefault(one.repository, {})[found.tag] = found

    def tags(self, repository: str) -> tuple[str, ...]:
        self.asked.append(f"tags {repository}")
        return tuple(self.images.get(repository, {}))

    def image(self, repository: str, tag: str, *, platform: str | None = None, fresh: bool = True) -> ImageFacts:
        self.asked.append(f"image {repository}:{tag}")
        known = self.images.get(repository, {}).values()
        found = next((one for one in known if tag in (one.tag, one.digest)), None)
        if found is None:
            raise RemoteFailed("A tag does not exist", code="registry-tag-not-found", detail=f"{repository}:{tag}")
        return found

    def seen(self, repository: str, tag: str) -> str | None:
        return None

    def together(self, questions: Sequence[Callable[[], Any]]) -> list[Any]:
        return [_answer(question) for question in questions]


def _answer(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except GitpromoteError as error:
        return error


class Site:
    """A home repository with sources for test, uat and prod, and whoever works with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.shelf: Any = Shelf()  # None: the registries of the world
        self.home = Origin(root / "home.git")
        self.clock = Clock()

    def other(self, name: str) -> Origin:
        """One more repository."""
        return Origin(self.root / name)

    def pipeline(self, *environments: Environment, **members: Any) -> Pipeline:
        """``shop``: plain manifests, a branch per environment, test before uat before prod."""
        given = {"apps": [App("shop", Plain("deploy/$env"))], "target": Branch("env/$env"), **members}
        names = environments or (Environment("test"), Environment("uat"), Environment("prod"))
        return Pipeline(given.pop("name", "shop"), environments=list(names), **given)

    def project(
        self,
        pipeline: Pipeline | None = None,
        *,
        who: str = "Ada <ada@acme.example>",
        cache: str = "cache",
        clock: Any = None,
        reporter: Reporter | None = None,
    ) -> Project:
        """A Project as somebody has it; another ``cache`` is another machine."""
        chosen = pipeline or self.pipeline()
        place = Place(home_url=str(self.home.path))
        tell = reporter or SilentReporter()
        world = build_world(chosen, place, cache_dir=self.root / cache, reporter=tell)
        world.clock = clock or self.clock
        if self.shelf is not None:
            world.open_registry = lambda: self.shelf
        world.who = lambda: who
        return Project(chosen, place, world, source=None, reporter=tell, cache_dir=self.root / cache)

    def apply(self, plan: Plan | None = None, *, project: Project | None = None, **options: Any) -> ApplyResult:
        """Apply with a person's yes, in a fresh process's stead."""
        project = project or self.project()
        return project.apply(plan or project.plan(), **{"confirmed": True, **options})

    def plan(self, pipeline: Pipeline | None = None, **asked: Any) -> Plan:
        """Plan. Images that are named are in the registry from then on."""
        if self.shelf is not None:
            self.shelf.put(*asked.get("images", ()))
        return self.project(pipeline).plan(**asked)

    def promote(self, pipeline: Pipeline | None = None, **asked: Any) -> Plan:
        """Plan and apply to the end; the plan. Images that are named are in the registry from then on."""
        if self.shelf is not None:
            self.shelf.put(*asked.get("images", ()))
        project = self.project(pipeline)
        plan = project.plan(**asked)
        result = project.apply(plan, confirmed=True)
        assert result.exit_code == 0, result
        return plan

    sources = staticmethod(sources)
    deployment = staticmethod(deployment)

    @staticmethod
    def told(result: ApplyResult) -> dict[str, str]:
        """Environment to how it ended, with its own exit code where that is not 0."""
        return {one.name: f"{one.status} {one.exit_code or ''}".strip() for one in result.environments}

    @staticmethod
    def decisions(plan: Plan) -> dict[str, str]:
        """Environment to decision and reason."""
        return {one.name: f"{one.decision} {one.reason}".strip() for one in plan.data.environments}

    def saved(self) -> Callable[[], Site]:
        """Something that makes the site as it is now, again and again."""
        kept = self.root.with_name("saved")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.root, kept)

        def again() -> Site:
            shutil.rmtree(self.root)
            shutil.copytree(kept, self.root)
            return Site(self.root)

        return again

    def records(self, *kinds: str, pipeline: str = "shop") -> list[tuple[str, str | None]]:
        """(kind, environment) of the ledger's Records, oldest first."""
        head = self.home.head(f"gitpromote/ledger/{pipeline}")
        if head is None:
            return []
        subjects = self.home.git("log", "--reverse", "--format=%s", head).splitlines()
        pairs = [(words[0], words[1] if len(words) > 1 else None) for words in map(str.split, subjects)]
        return [pair for pair in pairs if not kinds or pair[0] in kinds]


@pytest.fixture(autouse=True)
def alone(only_our_settings: Path) -> None:
    """No setting of whoever runs the tests."""


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name to the file of an SSH key."""
    folder = tmp_path_factory.mktemp("keys")
    files = {name: folder / name for name in ("cleo", "dora")}
    for file in files.values():
        words = [needed("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", file.name, "-f", str(file)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    return files


@pytest.fixture
def bare(tmp_path: Path) -> Site:
    """A site whose home repository is empty."""
    return Site(tmp_path)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every site stands: Freight names its source's path, so that copies must lie where the original was."""
    return tmp_path_factory.mktemp("stage")


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sites as tests start with them, made when the first test asks."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def site(only_our_settings: Path, stage: Path, templates: Path) -> Site:
    """A site with one commit of sources."""
    return _from_template(stage, templates / "fresh", _fresh)


@pytest.fixture
def promoted(only_our_settings: Path, stage: Path, templates: Path) -> Site:
    """A site whose Freight is everywhere; its sources have a newer version, 1.1.0."""
    return _from_template(stage, templates / "promoted", _promoted)


def _from_template(stage: Path, template: Path, make: Callable[[Path], Site]) -> Site:
    shutil.rmtree(stage)
    if not template.is_dir():
        stage.mkdir()
        make(stage)
        shutil.copytree(stage, template)
        return Site(stage)
    shutil.copytree(template, stage)
    return Site(stage)


def _fresh(root: Path) -> Site:
    site = Site(root)
    site.home.commit(sources("test", "uat", "prod"), message="first", author="Lea <lea@acme.example>")
    return site


def _promoted(root: Path) -> Site:
    site = _fresh(root)
    site.promote()
    site.home.commit(sources("test", "uat", "prod", version="1.1.0"), message="newer")
    return site
