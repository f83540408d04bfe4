"""The ids of folders in commits, without what is kept there: asked for a thousand targets by every plan.

A commit never changes, so neither do these ids. They are kept in a file beside the objects that they come from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence

from gitpromote.adapters.git.objects import Objects
from gitpromote.adapters.git.store import Store
from gitpromote.adapters.remembered import recall, remember
from gitpromote.model.tree import Entry, empty_tree, tree_id

_NAME = "gitpromote-folders"
_MOST = 50_000  # ids in the file, about 6 MB

Place = tuple[str, str]
"""A commit and a folder in it; the root has the empty path."""


class Trimmed:
    """Answers for one mirror. Nothing is read before the first question."""

    def __init__(self, store: Store, objects: Objects) -> None:
        self._path = store.path / _NAME
        self._objects = objects
        self._known: dict[str, str | None] | None = None

    def ids(self, places: Sequence[Place], *, keep: Collection[str], object_format: str) -> list[str | None]:
        """The id of each folder without the kept names in it: the empty tree's where there is no folder, ``None`` where
        something is kept further down.
        """
        if self._known is None:
            self._known = _loaded(recall(self._path))
        kept = frozenset(path.rstrip("/") for path in keep)
        mark = hashlib.sha256("\n".join([object_format, *sorted(kept)]).encode()).hexdigest()[:16]
        names = [f"{mark} {commit}:{path}" for commit, path in places]
        unknown = {name: place for name, place in zip(names, places, strict=True) if name not in self._known}
        if unknown:
            tops = self._objects.trees([f"{commit}:{path}" for commit, path in unknown.values()])
            found = {name: _id(top, kept, object_format) for name, top in zip(unknown, tops, strict=True)}
            self._known = dict([*self._known.items(), *found.items()][-_MOST:])
            remember(self._path, json.dumps(self._known, separators=(",", ":")).encode())
        return [self._known[name] for name in names]


def _id(top: Mapping[str, Entry] | None, kept: Collection[str], object_format: str) -> str | None:
    if top is None:
        return empty_tree(object_format)
    if any("/" in path and path.partition("/")[0] in top for path in kept):
        return None
    return tree_id({name: entry for name, entry in top.items() if name not in kept}, object_format=object_format)


def _loaded(data: bytes | None) -> dict[str, str | None]:
    found = json.loads(data) if data else {}
    return found if isinstance(found, dict) else {}
