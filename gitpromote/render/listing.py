"""A source tree by path: what one ``git ls-tree -r -t`` says of a commit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.tree import FOLDER, Entry, tree_id


class Listing(Mapping[str, Entry]):
    """Every file *and folder* of a tree, by path. The root itself has the empty path.

    :ivar entries: the same as a plain mapping, for those who ask ten thousand times
    """

    __slots__ = ("_order", "_root", "entries")

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries
        self._order: list[str] | None = None
        self._root: Entry | None = None

    @classmethod
    def of(cls, files: Mapping[str, Entry]) -> Listing:
        """A listing of files alone: their folders are added, with the ids that Git would give them."""
        inside: dict[str, dict[str, Entry]] = {}
        for path, entry in files.items():
            at = path.find("/")
            while at >= 0:
                inside.setdefault(path[:at], {})[path[at + 1 :]] = entry
                at = path.find("/", at + 1)
        folders = {folder: Entry(FOLDER, _tree_id(below)) for folder, below in inside.items()}
        return cls({**files, **folders})

    def __getitem__(self, path: str) -> Entry:
        return self.entries[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def get(self, path: str, default: Any = None) -> Any:
        """The entry of a path; ``default`` where there is none."""
        return self.entries.get(path, default)

    @property
    def root(self) -> Entry:
        """The root folder, whose id is computed from what stands in it."""
        if self._root is None:
            top = {path: entry for path, entry in self.entries.items() if "/" not in path}
            self._root = Entry(FOLDER, _tree_id(top))
        return self._root

    def at(self, path: str) -> Entry | None:
        """The entry of a path, the root included."""
        return self.entries.get(path) if path else self.root

    def below(self, folder: str) -> Iterator[tuple[str, Entry]]:
        """What stands in a folder and its folders, sorted by path."""
        if self._order is None:
            self._order = sorted(self.entries)
        start = bisect_left(self._order, folder + "/") if folder else 0
        end = bisect_left(self._order, folder + "0") if folder else len(self._order)  # "0" follows "/"
        for path in self._order[start:end]:
            yield path, self.entries[path]


def _tree_id(entries: Mapping[str, Entry]) -> str:
    size = next((len(entry.oid) for entry in entries.values()), 40)
    return tree_id(entries, object_format="sha1" if size == 40 else "sha256")
