"""Which paths of a repository are a target's own, and which files in it would be taken for sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

__all__ = ["SOURCES", "is_kept", "is_source", "owns"]

#: By these files an agent knows that it has to render a folder, in small letters.
SOURCES = frozenset({"kustomization.yaml", "kustomization.yml", "kustomization", "chart.yaml"})


class Owner(Protocol):
    """A target, as an Environment or as a plan has it."""

    @property
    def subtrees(self) -> tuple[str, ...]:
        """The folders that it owns, from the repository's root."""
        ...

    @property
    def keep(self) -> tuple[str, ...]:
        """Paths that stay as they are, relative to each of them."""
        ...


def owns(target: Owner, path: str) -> bool:
    """Whether a path, from the root of the repository, is in one of the target's folders and not kept."""
    for folder in target.subtrees:
        start = f"{folder}/" if folder else ""
        if path.startswith(start):
            return not is_kept(path[len(start) :], target.keep)
    return False


def is_kept(path: str, keep: Iterable[str]) -> bool:
    """Whether a path is one of those that stay as they are; an entry that ends in ``/`` is a folder."""
    return any(path == kept.rstrip("/") or path.startswith(kept.rstrip("/") + "/") for kept in keep)


def is_source(path: str) -> bool:
    """Whether an agent would render the folder of this file."""
    return path.rpartition("/")[2].lower() in SOURCES
