"""Which files of a target change: pure comparison of two file listings by id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gitpromote.model.observation import Content
from gitpromote.model.plan import Write
from gitpromote.model.tree import Entry


def writes_between(current: Content, desired: Content) -> tuple[Write, ...]:
    """The files to create, update and delete, sorted by path.

    What the target holds beyond the desired files is pruned; kept paths are in neither listing.
    """
    if current.whole == desired.whole:
        return ()
    sensitive = current.sensitive | desired.sensitive
    app_of = {**current.app_of, **desired.app_of}
    paths = sorted(current.files.keys() | desired.files.keys())
    return tuple(
        _write(path, current.files.get(path), desired.files.get(path), path in sensitive, app_of.get(path))
        for path in paths
        if current.files.get(path) != desired.files.get(path)
    )


def edited_writes(edited: Mapping[str, tuple[Entry | None, Entry]]) -> tuple[Write, ...]:
    """The source files that edits change in place, sorted by path."""
    return tuple(
        _write(path, before, after, False, None) for path, (before, after) in sorted(edited.items()) if before != after
    )


def _write(path: str, before: Entry | None, after: Entry | None, sensitive: bool, app: str | None) -> Write:
    action: Literal["create", "update", "delete"] = (
        "create" if before is None else "delete" if after is None else "update"
    )
    entry = after or before
    mode = entry.mode if entry is not None else "100644"
    return Write(
        path=path,
        mode=mode,
        before=None if sensitive or before is None else before.oid,
        after=None if sensitive or after is None else after.oid,
        sensitive=sensitive,
        action=action,
        app=app,
    )
