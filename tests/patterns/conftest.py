"""A repository for each test, and images in a real registry."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
sys.path.insert(0, str(Path(__file__).parent))

from pattern_repository import Other, Repository
from pushing import Pusher
from real_registry import RealRegistry, running


class Images:
    """A corner of a registry that one test has for itself.

    :ivar at: what the patterns call ``ghcr.io/acme``
    """

    def __init__(self, registry: RealRegistry, corner: str) -> None:
        self._registry, self._corner = registry, corner
        self.at = f"{registry.host}/{corner}"

    def push(self, name: str, tag: str, **words: Any) -> str:
        """Build an image: what stands in it is its own, so that every tag has a digest of its own."""
        labels = {"version": tag, **words.pop("labels", {})}
        with Pusher(self._registry.url, f"{self._corner}/{name}") as pusher:
            return pusher.image(tag, labels=labels, **words)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    with running(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


_corners = count()


@pytest.fixture
def images(registry: RealRegistry) -> Images:
    return Images(registry, f"corner-{next(_corners)}")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only_our_settings: Path) -> Repository:
    with only_our_settings.open("a") as file:
        file.write("[user]\n\tname = Lea\n\temail = lea@acme.example\n")
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(tmp_path / "cache"))
    return Repository(tmp_path)


@pytest.fixture
def other(repository: Repository) -> Callable[[str], Other]:
    """Makes one more repository."""
    return lambda name: Other(repository.root, name)
