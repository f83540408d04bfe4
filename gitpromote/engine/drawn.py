"""Values that every render draws anew: an object that differs in nothing else keeps what the target holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from gitpromote.engine.ask import RenderedApp
from gitpromote.engine.combine import app_prefix
from gitpromote.engine.renderings import Renderings
from gitpromote.errors import SourceInvalid
from gitpromote.model.observation import Content
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.tree import Entry, tree_id
from gitpromote.ports import Repository
from gitpromote.render.parse import parse_manifests

Where = tuple[str | int, ...]


def keep_present(
    current: Content,
    desired: Content,
    resolved: ResolvedEnvironment,
    rendered: Sequence[RenderedApp],
    *,
    repository: Repository,
    renderings: Renderings,
    planned: Mapping[str, Entry] | None = None,
) -> Content:
    """The desired files, those of which nothing but drawn values would change taken from the target.

    :param planned: what an earlier plan would write, by path: of that, what was drawn is taken before the target's
    """
    drawn = {
        app_prefix(resolved, one.ask.app.folder) + path: fields
        for one in rendered
        for path, fields in one.kept.random.items()
    }
    offered = {**current.files, **(planned or {})} if drawn else {}
    present = {path: offered[path] for path in drawn if path in offered and path in desired.files}
    if not present:
        return desired
    before = renderings.blobs({entry.oid for entry in present.values()})
    before |= repository.blobs({entry.oid for entry in present.values()} - before.keys())
    after = renderings.blobs({desired.files[path].oid for path in present})
    kept = {
        path: entry
        for path, entry in present.items()
        if _same_but(drawn[path], before[entry.oid], after[desired.files[path].oid])
    }
    files: dict[str, Entry] = {**desired.files, **kept}
    shown = {path: entry for path, entry in files.items() if path not in desired.sensitive}
    object_format = repository.object_format
    return replace(
        desired,
        files=files,
        whole=tree_id(files, object_format=object_format),
        tree=tree_id(shown, object_format=object_format),
    )


def _same_but(fields: Sequence[Where], before: bytes, after: bytes) -> bool:
    """Whether two files hold the same objects once the drawn places are left out."""
    try:
        pair = [[one.data for one in parse_manifests(data, file="").manifests.values()] for data in (before, after)]
    except SourceInvalid:
        return False
    return _blanked(pair[0], fields) == _blanked(pair[1], fields)


def _blanked(objects: Sequence[Mapping[str, Any]], fields: Sequence[Where]) -> list[Any]:
    found: list[Any] = deepcopy(list(objects))
    for one in found:
        for where in fields:
            _blank(one, where)
    return found


def _blank(value: Any, where: Where) -> None:
    try:
        for element in where[:-1]:
            value = value[element]
        if where:
            value[where[-1]] = None
    except (KeyError, IndexError, TypeError):
        return  # the object has no such place: then there is nothing to leave out
