"""What one render looks at in a source tree, noted as it looks.

Every question that the closure's algorithm asks of the listing is noted here with its answer: files by id, folders that
are read whole by id, paths that were not there. The algorithm asks nothing else, so wherever all the answers are the
same again, so is the closure.

Bytes are not fetched one file at a time. The functions are generators: they yield the paths whose bytes they need and
are sent a mapping from path to bytes, so that a caller can ask for those of a thousand environments at once.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Generator, Iterable, Mapping
from typing import NamedTuple, NoReturn, TypeVar

from gitpromote.errors import SourceInvalid
from gitpromote.model.render import Closure
from gitpromote.model.tree import FOLDER, LINK, SUBMODULE, Entry
from gitpromote.render.listing import Listing
from gitpromote.render.pointers import refuse_submodule

T = TypeVar("T")

#: Yields the paths that are needed, is sent their bytes, returns a result.
Asking = Generator[frozenset[str], Mapping[str, bytes], T]

_LONGEST_CHAIN = 40  # of symbolic links, as the kernel counts


class Place(NamedTuple):
    """Who refers to a path: for messages only.

    :ivar text: the file's content, to find the line in
    :ivar words: how the path is written there
    """

    file: str = ""
    text: bytes = b""
    words: str = ""

    def saying(self, words: str) -> Place:
        """The same file, where it says this."""
        return self._replace(words=words)

    def refers_to(self, path: str) -> str:
        """``file:line: refers to path``, or the path alone where nobody refers to it."""
        return f"{self._where()}: refers to {path}" if self.file else path

    def _where(self) -> str:
        if self.words:
            words = re.escape(self.words.encode("utf-8", "surrogateescape"))
            whole = re.compile(rb"(?<![\w./-])" + words + rb"(?![\w./-])")
            for number, line in enumerate(self.text.splitlines(), start=1):
                if whole.search(line):
                    return f"{self.file}:{number}"
        return self.file


class Found(NamedTuple):
    """Where a path leads once its symbolic links are followed."""

    path: str
    entry: Entry

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, which may also be the root."""
        return self.entry.mode == FOLDER


def joined(folder: str, path: str) -> str:
    """``path`` as seen from ``folder``, relative to the root: ``..`` at its start means outside, the root is empty."""
    whole = posixpath.normpath(posixpath.join(folder, path))
    return "" if whole == "." else whole


def is_outside(path: str) -> bool:
    """Whether a joined path leaves the tree."""
    return path.startswith(("../", "/")) or path == ".."


class Reads:
    """The notebook of one closure.

    :ivar copies: folders that the render wants in a second place too: (source, target)
    :ivar charts: charts that are to be fetched: (address, version, path), each once
    """

    __slots__ = ("_folders", "_missing", "_read", "charts", "copies", "listing")

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.copies: list[tuple[str, str]] = []
        self.charts: dict[tuple[str, str, str], None] = {}
        self._read: dict[str, Entry] = {}
        self._folders: dict[str, Entry] = {}
        self._missing: set[str] = set()

    def find(self, path: str, *, place: Place) -> Asking[Found | None]:
        """Follow a path, relative to the root, through symbolic links; ``None`` where nothing is.

        :raises SourceInvalid: it leads outside (``source-outside``), into a submodule, or round in circles
        """
        asked = path
        for _ in range(_LONGEST_CHAIN):
            if is_outside(path):
                _outside(asked, path, place)
            entry = self.listing.at(path)
            if entry is None or entry.mode in (LINK, SUBMODULE):
                crossed = self._first_crossing(path)
                if crossed is None:
                    return None
                path = yield from self._through(crossed, path, place)
                continue
            return Found(path, entry)
        raise SourceInvalid(
            "A symbolic link leads round in circles", code="source-link-loop", detail=place.refers_to(asked)
        )

    def _first_crossing(self, path: str) -> str | None:
        """The first part of the path that is a link or a submodule; ``None``, and noted, where a part is missing."""
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            part = "/".join(parts[:count])
            entry = self.listing.get(part)
            if entry is None:
                self._missing.add(part)
                return None
            if entry.mode in (LINK, SUBMODULE):
                return part
        return None

    def _through(self, crossed: str, path: str, place: Place) -> Asking[str]:
        entry = self.listing[crossed]
        if entry.mode == SUBMODULE:
            refuse_submodule(place.refers_to(crossed))
        self._read[crossed] = entry
        blobs = yield frozenset([crossed])
        target = blobs[crossed].decode("utf-8", "surrogateescape")
        return joined(posixpath.dirname(crossed), target + path[len(crossed) :])

    def file(self, found: Found) -> None:
        """Note a file that is read."""
        self._read[found.path] = found.entry

    def folder(self, found: Found, *, place: Place, is_strict: bool = False) -> Asking[None]:
        """Note a folder that is read whole, and what the symbolic links in it lead to.

        :param is_strict: a link that leads to nothing is an error too: what it stood for would silently go
        :raises SourceInvalid: a submodule stands in it, or a link leads outside
        """
        pending = [found]
        while pending:
            top = pending.pop()
            if top.path in self._folders:
                continue
            self._folders[top.path] = top.entry
            for path, entry in self.listing.below(top.path):
                if entry.mode == SUBMODULE:
                    refuse_submodule(place.refers_to(path))
                if entry.mode == LINK:
                    target = yield from self.find(path, place=Place(path))
                    if target is not None and target.is_folder:
                        pending.append(target)
                    elif target is not None:
                        self.file(target)
                    elif is_strict and not posixpath.basename(path).startswith("."):
                        _refuse_dangling(path)

    def bytes_of(self, paths: Iterable[str]) -> Asking[Mapping[str, bytes]]:
        """The bytes of files that were found."""
        wanted = frozenset(paths)
        return (yield wanted) if wanted else {}

    def closure(self, *, whole_tree: str = "", tools: tuple[str, ...] = ()) -> Closure:
        """What was noted. ``whole_tree`` is the reason for which all of the tree counts as read."""
        copies, charts = tuple(self.copies), tuple(self.charts)
        if whole_tree:
            root = self.listing.root
            return Closure((("", root.mode, root.oid),), (), True, whole_tree, tools, copies, charts)
        folders = {path: entry for path, entry in self._folders.items() if not self._is_covered(path)}
        files = {path: entry for path, entry in self._read.items() if not self._is_covered(path)}
        reads = sorted((path, entry.mode, entry.oid) for path, entry in (folders | files).items())
        return Closure(tuple(reads), tuple(sorted(self._missing)), False, "", tools, copies, charts)

    def _is_covered(self, path: str) -> bool:
        """Whether a folder above is read whole."""
        if not self._folders or path == "":
            return False
        parts = path.split("/")
        return "" in self._folders or any("/".join(parts[:count]) in self._folders for count in range(1, len(parts)))


def closure_files(closure: Closure, listing: Listing) -> dict[str, Entry]:
    """The files of a closure, to fetch and to put into the render's folder; sorted by path."""
    files: dict[str, Entry] = {}
    for path, mode, oid in closure.reads:
        if mode == FOLDER:
            files.update((inner, entry) for inner, entry in listing.below(path) if entry.mode != FOLDER)
        else:
            files[path] = Entry(mode, oid)
    return files


def missing(path: str, *, place: Place, listing: Listing) -> NoReturn:
    """Refuse a path that is not in the source tree, naming who refers to it."""
    close = _close(path, listing)
    raise SourceInvalid(
        "A source path does not exist at this commit",
        code="source-missing",
        detail=place.refers_to(path),
        hint=f"Did you mean {close}?" if close else "Commit and push it, or mend the path where it is named.",
    )


def _close(path: str, listing: Listing) -> str:
    """What stands beside the first part of a path that is missing, and is called nearly so."""
    from difflib import get_close_matches

    parts = path.split("/")
    starts = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    absent = next((start for start in starts if start not in listing), path)
    parent = posixpath.dirname(absent)
    near = [posixpath.basename(other) for other, _ in listing.below(parent) if posixpath.dirname(other) == parent]
    found = get_close_matches(posixpath.basename(absent), near, n=1, cutoff=0.7)
    close = posixpath.join(parent, found[0]) if found else ""
    return close + path[len(absent) :] if close + path[len(absent) :] in listing else close


def _refuse_dangling(path: str) -> NoReturn:
    raise SourceInvalid(
        "A symbolic link leads to nothing",
        code="source-link-dangling",
        detail=path,
        hint="Commit what it refers to, or remove the link.",
    )


def _outside(asked: str, path: str, place: Place) -> NoReturn:
    raise SourceInvalid(
        "A source path leads out of the repository",
        code="source-outside",
        detail=place.refers_to(asked if asked == path else f"{asked} -> {path}"),
        hint="A render reads the files of its own commit and nothing else.",
    )
