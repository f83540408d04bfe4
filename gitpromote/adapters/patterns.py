"""Patterns of folders and files in a checkout: ``*`` is one name or a part of it, ``**`` any number of folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from gitpromote.model.names import path_problem

__all__ = ["DATA", "Search", "checkout_of", "looked_at", "only", "permitted", "walk"]

#: How files with values are called.
DATA = (".yaml", ".yml", ".json")


class Search(NamedTuple):
    """A call of ``folders`` or ``clusters``: its pattern, and what the folders are to hold."""

    word: str
    pattern: str
    holding: str


class Permitted(NamedTuple):
    """What the process of a function may look for.

    :ivar root: what patterns count from
    """

    root: Path
    searches: frozenset[Search]


_permitted: list[Permitted] = []


def only(root: Path, searches: Iterable[Search]) -> None:
    """From here on nothing else is looked for in this process: what its code depends on besides is in no digest."""
    _permitted[:] = [Permitted(root, frozenset(searches))]


def permitted() -> Permitted | None:
    """What this process may look for; ``None``: whatever it likes."""
    return _permitted[0] if _permitted else None


def checkout_of(file: Path) -> Path:
    """The root of the repository that holds a file; where there is none, the file's folder."""
    folder = file.absolute().parent
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def looked_at(root: Path, search: Search) -> Iterator[Path]:
    """What a call of ``folders`` or ``clusters`` depends on: the folders that it finds, and the files that it reads."""
    word, pattern, holding = search
    if not pattern or path_problem(pattern):
        return
    for path in walk(root, pattern.strip("/").split("/")):
        if path.is_symlink():
            continue
        if word == "clusters" and path.is_file() and path.name.endswith(DATA):
            yield path
        elif word == "folders" and path.is_dir():
            yield path
            if holding and (path / holding).is_file():
                yield path / holding


def walk(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """What the parts of a pattern name, below a folder."""
    head, *rest = parts
    if head == "**":
        yield from walk(folder, rest) if rest else [folder]
        for entry in _entries(folder):
            if entry.is_dir() and not entry.is_symlink():
                yield from walk(entry, parts)
        return
    is_pattern = any(sign in head for sign in "*?[")
    found = [one for one in _entries(folder) if fnmatchcase(one.name, head)] if is_pattern else [folder / head]
    for entry in found:
        if not rest:
            yield entry
        elif entry.is_dir() and not entry.is_symlink():
            yield from walk(entry, rest)


def _entries(folder: Path) -> Iterable[Path]:
    return [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
