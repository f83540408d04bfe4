"""Real registries, made once per worker, and readers with a cache, a clock and a Docker configuration of their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))

from odd_server import Behaviour, OddServer, serving
from pushing import Pusher
from real_registry import BASIC, RealRegistry, htpasswd_auth, running
from token_server import TokenServer

from gitpromote.adapters.http import Http
from gitpromote.adapters.patience import Patience
from gitpromote.adapters.registries.docker_config import DockerCredentials
from gitpromote.adapters.registries.kept import Kept
from gitpromote.adapters.registries.registry import HttpRegistry
from gitpromote.errors import GitpromoteError

NOW = 1_790_000_000


class Clock:
    """A clock that moves only when somebody sleeps, or a test says so."""

    def __init__(self) -> None:
        self.time = float(NOW)
        self.slept: list[float] = []

    def now(self) -> int:
        return int(self.time)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class Desk:
    """One user's machine: HOME with Docker's configuration, a cache, a clock. ``again()`` is the next run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.env = {"HOME": str(folder), "PATH": str(folder / "bin")}
        self.patience = Patience()
        self.opened: list[HttpRegistry] = []

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def again(self) -> HttpRegistry:
        registry = HttpRegistry(
            Http(clock=self.clock, patience=self.patience),
            credentials=DockerCredentials(self.env),
            kept=Kept.open(self.cache),
            archives=self.cache / "charts",
            clock=self.clock,
        )
        self.opened.append(registry)
        return registry

    def docker_config(self, config: Any) -> Path:
        file = self.folder / ".docker" / "config.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(config if isinstance(config, str) else json.dumps(config))
        return file

    def log_in(self, host: str, authorization: str = BASIC) -> None:
        self.docker_config({"auths": {host: {"auth": authorization.removeprefix("Basic ")}}})

    def helper(self, name: str, script: str) -> None:
        file = self.folder / "bin" / f"docker-credential-{name}"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    for registry in desk.opened:
        registry.close()


@pytest.fixture
def registry(desk: Desk) -> HttpRegistry:
    return desk.again()


@pytest.fixture
def error() -> Callable[..., GitpromoteError]:
    """The error that a call raises."""

    def raised(call: Callable[..., Any], *words: Any, **others: Any) -> GitpromoteError:
        with pytest.raises(GitpromoteError) as caught:
            call(*words, **others)
        return caught.value

    return raised


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    """A registry that is open to all."""
    with running(tmp_path_factory.mktemp("open")) as registry:
        yield registry


@pytest.fixture(scope="session")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    """A registry that only ada may read, with one image in it."""
    folder = tmp_path_factory.mktemp("closed")
    with running(folder, auth=htpasswd_auth(folder)) as registry:
        with Pusher(registry.url, "acme/shop", authorization=BASIC) as pusher:
            pusher.image("1.0.0")
        yield registry


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RealRegistry, TokenServer]]:
    """A registry with a token server, and an image that ada pushed."""
    folder = tmp_path_factory.mktemp("tokens")
    source = TokenServer(folder)
    source.users.add(BASIC)
    with serving(source.answer) as server:
        source.server = server
        with running(folder, auth=source.auth(f"{server.url}/token")) as registry:
            import urllib.request

            for repository in ("acme/shop", "public/shop"):
                asked = urllib.request.Request(
                    f"{server.url}/token?service=test&scope=repository:{repository}:pull,push",
                    headers={"Authorization": BASIC},
                )
                with urllib.request.urlopen(asked) as answer:
                    token = json.load(answer)["token"]
                with Pusher(registry.url, repository, authorization=f"Bearer {token}") as pusher:
                    pusher.image("1.0.0")
            yield registry, source


@pytest.fixture
def odd() -> Iterator[Callable[[Behaviour], OddServer]]:
    """Starts servers that misbehave."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda behaviour, host="127.0.0.1": stack.enter_context(serving(behaviour, host=host))
