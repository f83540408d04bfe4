"""A small GitOps repository with its remote, the whole command line in it, and a proof that nothing was written."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

import gitpromote
from gitpromote.cli.main import main
from gitpromote.cli.session import Session

WHO = ("-c", "user.name=Lea", "-c", "user.email=lea@acme.example", "-c", "protocol.file.allow=always")

PIPELINE = """\
from gitpromote import App, Branch, Environment, Pipeline, Plain

shop = Pipeline(
    "shop",
    apps=[App("shop", Plain("deploy/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test"), Environment("prod")],
)
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: {env}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/shop:1.0.0
"""


def git(*args: str, cwd: Path, check: bool = True, data: bytes = b"") -> str:
    done = subprocess.run(["git", *WHO, *args], cwd=cwd, input=data, capture_output=True, check=False)
    assert not check or done.returncode == 0, (args, done.stderr.decode())
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


class Stream(io.StringIO):
    """A stream in memory that may claim to be a terminal."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


@dataclass(frozen=True)
class Ended:
    """How a command line ended; ``err`` has the places of this run replaced by ``<tmp>``."""

    code: int
    out: str
    err: str


class Shop:
    """A clone in which somebody works, its bare remote, a cache, and what stands in them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.work = root / "work"
        self.remote = root / "remote.git"
        self.cache = root / "cache"

    # -- Git

    def git(self, *args: str, data: bytes = b"") -> str:
        return git(*args, cwd=self.work, data=data)

    def remote_git(self, *args: str, data: bytes = b"") -> str:
        return git(*args, cwd=self.remote, data=data)

    def write(self, path: str, content: str | bytes) -> Path:
        file = self.work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    @property
    def head(self) -> str:
        """The short id of what was pushed to main last."""
        return self.refs()["refs/heads/main"][:7]

    def push(self, files: Mapping[str, str | bytes] | None = None, *, message: str = "change") -> str:
        """Write, commit and push to main."""
        for path, content in (files or {}).items():
            self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", "origin", "HEAD:main")
        return self.git("rev-parse", "HEAD")

    def works_as(self, name: str) -> None:
        """Whose settings the clone has from now on."""
        self.git("config", "user.name", name)
        self.git("config", "user.email", f"{name.lower()}@acme.example")

    def foreign(self, branch: str, files: Mapping[str, str], *, message: str = "by hand", force: bool = False) -> str:
        """Somebody else's commit on a branch of the remote: onto its head, or instead of all of it."""
        parts = [b"commit refs/heads/%b\n" % branch.encode()]
        parts.append(b"committer Tom <tom@acme.example> 1763600001 +0000\n")
        parts.append(b"data %d\n%b\n" % (len(message), message.encode()))
        known = f"refs/heads/{branch}" in self.refs()
        if known and not force:
            parts.append(b"from refs/heads/%b^0\n" % branch.encode())
        if force:
            parts.insert(0, b"reset refs/heads/%b\n\n" % branch.encode())
        for path, text in files.items():
            parts.append(b"M 100644 inline %b\ndata %d\n%b\n" % (path.encode(), len(text.encode()), text.encode()))
        self.remote_git("fast-import", "--quiet", "--force", data=b"".join(parts))
        return self.refs()[f"refs/heads/{branch}"]

    def refs(self) -> dict[str, str]:
        """Every ref of the remote."""
        lines = self.remote_git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.rsplit(" ", 1) for line in lines)

    def hook(self, name: str, script: str) -> None:
        file = self.remote / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/sh\n" + script)
        file.chmod(0o755)

    # -- the command line

    def run(self, *words: str, answers: str | None = None, env: Mapping[str, str] | None = None) -> Ended:
        """One command line in this process; with answers it sits at a terminal."""
        out, err, asked = Stream(), Stream(), Stream(answers or "")
        out.terminal = err.terminal = asked.terminal = answers is not None
        environ = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "COLUMNS")}
        environ |= {"TERM": "dumb", **(env or {})}
        session = Session(stdin=asked, stdout=out, stderr=err, environ=environ, no_color=True)
        before = signal.getsignal(signal.SIGTERM)
        try:
            with contextlib.redirect_stdout(out):
                code = main(words, session=session)
        finally:
            signal.signal(signal.SIGTERM, before)
            gc.enable()
        return Ended(code, out.getvalue(), err.getvalue().replace(str(self.root), "<tmp>"))

    def program(
        self, *words: str, env: Mapping[str, str] | None = None, stdout: int | TextIO = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        """The real program in a process of its own, in the work tree."""
        # Where the package is, if it is not installed: the program runs in another folder.
        environ = {**os.environ, "PYTHONPATH": str(Path(gitpromote.__file__).parents[1]), **(env or {})}
        return subprocess.Popen(
            [sys.executable, "-m", "gitpromote", *words],
            cwd=self.work,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )

    def refused(self, *words: str, code: int, out: str = "") -> str:
        """A command line that must fail with this exit code and leave everything as it was; what it says of it.

        :param out: what it prints besides
        """
        before = self.everything()
        ended = self.run(*words)
        assert (ended.code, ended.out) == (code, out), ended.err
        assert self.everything() == before
        return ended.err

    def everything(self) -> dict[str, str]:
        """The refs of both repositories and every file of the work tree: what nothing that fails may change."""
        found = {f"remote {ref}": oid for ref, oid in self.refs().items()}
        local = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        found |= {f"local {line.rsplit(' ', 1)[0]}": line.rsplit(" ", 1)[1] for line in local}
        for folder, folders, files in os.walk(self.work):
            folders[:] = [name for name in folders if name != ".git"]
            for name in files:
                file = Path(folder, name)
                content = str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()
                found[str(file.relative_to(self.root))] = hashlib.sha256(content).hexdigest()
        return found

    # -- plans

    def plan(self, *words: str) -> Path:
        """Plan and save; the file."""
        file = self.root / "plan.json"
        ended = self.run("plan", *words, "--out", str(file))
        assert ended.code == 0, ended.err
        return file

    def digest(self, file: Path) -> str:
        return str(json.loads(file.read_bytes())["digest"])

    def apply(self, file: Path | None = None) -> None:
        """Carry out a plan to its end; it must succeed."""
        file = file or self.plan()
        ended = self.run("apply", str(file), "--expect-digest", self.digest(file))
        assert ended.code == 0, ended.err + ended.out


@pytest.fixture(autouse=True)
def alone(only_our_settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests, and a cache of the test's own."""
    with only_our_settings.open("a") as file:
        file.write("[user]\n\tname = Lea\n\temail = lea@acme.example\n[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository that every test starts from, made once."""
    shop = Shop(tmp_path_factory.mktemp("template"))
    git("init", "-q", "--bare", "--template=", "-b", "main", "remote.git", cwd=shop.root)
    git("init", "-q", "--template=", "-b", "main", "work", cwd=shop.root)
    shop.git("remote", "add", "origin", str(shop.remote))
    for env in ("test", "prod"):
        shop.write(f"deploy/{env}/deployment.yaml", DEPLOYMENT.format(env=env))
    shop.push({"pipeline.py": PIPELINE}, message="first")
    return shop.root


@pytest.fixture
def one(shop: Shop) -> Shop:
    """The same with one environment, so that a failure is told once."""
    shop.push({"pipeline.py": PIPELINE.replace('[Environment("test"), Environment("prod")]', '[Environment("test")]')})
    return shop


@pytest.fixture
def shop(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The repository, with the test inside its clone."""
    shop = Shop(tmp_path)
    shutil.copytree(template / "remote.git", shop.remote)
    shutil.copytree(template / "work", shop.work)
    config = shop.work / ".git" / "config"
    config.write_text(config.read_text().replace(str(template), str(tmp_path)))
    monkeypatch.chdir(shop.work)
    return shop


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Makes small file systems in memory; needs root."""
    places: list[Path] = []

    def mount(size: str) -> Path:
        place = tmp_path / f"mounted{len(places)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting needs root")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", "-l", str(place)], check=True)
