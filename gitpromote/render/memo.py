"""What was learnt by the last plan, so that the next one proves in milliseconds that nothing has changed.

An entry holds a render's closure with the ids of everything it looked at. While they are the same in a new listing, so
are the closure, and with the same tools and edits the key and the output: no file is read, no process started. It is
like the dependency file of a compiler, except that it also knows which files were *not* there.

Paths stand once in a table, however many environments read them, and each is compared once per listing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitpromote.model.render import Closure, RenderSpec
from gitpromote.render.listing import Listing

_FORMAT = "gitpromote.render-memo/2"
_AS_TEXT = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


#: A path that is read, with mode and id; or one that is absent, alone.
_Path = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class MemoEntry:
    """One render as it was last time.

    :ivar spec: what was asked, as :func:`spec_text` gives it
    :ivar result: what the caller wants to know again, as plain data: the key, the id of the output's tree
    """

    spec: str
    closure: Closure
    result: Mapping[str, Any] = field(default_factory=dict)


def spec_text(spec: RenderSpec) -> str:
    """A spec as text, to compare."""
    return _AS_TEXT(spec.data())


class Memo:
    """Entries by a name that the caller chooses, like ``prod/shop``. Frozen: :meth:`updated` gives another one."""

    __slots__ = ("_paths", "_rows")

    def __init__(self, paths: Sequence[_Path] = (), rows: Mapping[str, Any] | None = None) -> None:
        self._paths = paths
        self._rows = rows or {}

    @classmethod
    def loads(cls, text: str | bytes) -> Memo:
        """Read a memo. One that is damaged, or of another version, is as good as none."""
        try:
            data = json.loads(text)
            paths, rows = list(map(tuple, data["paths"])), data["entries"]
            sound = data["format"] == _FORMAT and all(len(path) in (1, 3) for path in paths)
            sound = sound and all(_is_sound(row, len(paths)) for row in rows.values())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return cls()
        return cls(paths, rows) if sound else cls()

    def dumps(self) -> str:
        """The memo as text. A path that is no UTF-8 stands in it as escaped surrogates."""
        return json.dumps({"format": _FORMAT, "paths": self._paths, "entries": self._rows}, separators=(",", ":"))

    def __len__(self) -> int:
        return len(self._rows)

    def updated(self, entries: Mapping[str, MemoEntry], *, without: Iterable[str] = ()) -> Memo:
        """The memo with these entries, new or in place of the old ones, and without those named."""
        left_out = {*without, *entries}
        table: dict[_Path, int] = {}
        rows = {name: self._moved(row, table) for name, row in self._rows.items() if name not in left_out}
        rows.update((name, _row(entry, table)) for name, entry in entries.items())
        return Memo(list(table), rows)

    def entry(self, name: str, spec: str) -> MemoEntry | None:
        """The entry of this name, if it was made for this spec; whether it holds in a tree, :meth:`against` tells."""
        row = self._rows.get(name)
        return _entry(row, self._paths) if row is not None and row[0] == spec else None

    def against(self, listing: Listing) -> MemoView:
        """The memo as seen from a source tree: only what holds there."""
        return MemoView(self._paths, self._rows, listing)

    def _moved(self, row: Any, table: dict[_Path, int]) -> list[Any]:
        reads, absent = ([table.setdefault(self._paths[at], len(table)) for at in row[part]] for part in (1, 2))
        return [row[0], reads, absent, *row[3:]]


class MemoView:
    """Which entries hold in one source tree."""

    __slots__ = ("_checked", "_entries", "_listing", "_paths", "_rows")

    def __init__(self, paths: Sequence[_Path], rows: Mapping[str, Any], listing: Listing) -> None:
        self._paths = paths
        self._rows = rows
        self._listing = listing
        self._entries = listing.entries
        self._checked: dict[int, bool] = {}

    def get(self, name: str, spec: str) -> MemoEntry | None:
        """The entry of this name, if it was made for this spec and everything that it looked at is the same here."""
        row = self._rows.get(name)
        if row is None or row[0] != spec:
            return None
        checked, check = self._checked, self._check
        for part in (row[1], row[2]):
            for at in part:
                if not (checked[at] if at in checked else check(at)):
                    return None
        return _entry(row, self._paths)

    def _check(self, at: int) -> bool:
        path = self._paths[at]
        found = self._entries.get(path[0]) if path[0] else self._listing.root
        same = self._checked[at] = (found or ()) == path[1:]
        return same


def _entry(row: Any, paths: Sequence[_Path]) -> MemoEntry:
    spec, reads, absent, whole, reason, tools, copies, charts, result = row
    found = tuple(map(paths.__getitem__, reads))
    gone = tuple([paths[at][0] for at in absent])
    pairs = tuple([(source, target) for source, target in copies])
    fetched = tuple([(address, version, path) for address, version, path in charts])
    return MemoEntry(spec, Closure(found, gone, whole, reason, tuple(tools), pairs, fetched), result)


def _is_sound(row: Sequence[Any], count: int) -> bool:
    return len(row) == 9 and all(0 <= at < count for part in (row[1], row[2]) for at in part)


def _row(entry: MemoEntry, table: dict[_Path, int]) -> list[Any]:
    closure = entry.closure
    reads = [table.setdefault(read, len(table)) for read in closure.reads]
    absent = [table.setdefault((path,), len(table)) for path in closure.absent]
    return [
        entry.spec,
        reads,
        absent,
        closure.whole_tree,
        closure.reason,
        closure.tools,
        closure.copies,
        closure.charts,
        entry.result,
    ]
