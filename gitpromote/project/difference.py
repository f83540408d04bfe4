"""The first difference between two documents, in words: where it is, what stood there, and what stands there now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["first_difference"]

#: Members that only follow from others, and tell nobody what.
_CONSEQUENCES = frozenset({"after", "blobs", "change_digest", "definition_digest", "id", "result_tree", "summary"})
_LONGEST = 160  # characters of a value that are shown
_ABSENT = object()

Path = list[str | int]


def first_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """``environments.test.decision: "ready" -> "blocked"``; empty where there is none."""
    from deepdiff import DeepDiff

    # Element by element: the lists of a document have an order that means something.
    found = DeepDiff(old, new, view="tree", zip_ordered_iterables=True)
    levels = {tuple(level.path(output_format="list")): level for kind in found.values() for level in kind}
    if not levels:
        return ""
    members = [*old, *(name for name in new if name not in old)]
    where = min(levels, key=lambda path: (_follows(path), members.index(path[0]), [str(one) for one in path]))
    return f"{'.'.join(_called(list(where), old, new))}: {_said(old, where)} -> {_said(new, where)}"


def _follows(path: tuple[str | int, ...]) -> bool:
    return path[0] in _CONSEQUENCES or (path[-1] in _CONSEQUENCES and "changes" not in path)


def _called(where: Path, *sides: Any) -> list[str]:
    """The path with elements of lists by their name, where both sides have the same."""
    words = []
    for at, part in enumerate(where):
        found = [_at(side, where[: at + 1]) for side in sides] if isinstance(part, int) else []
        names = {one.get("name") or one.get("path") or one.get("id") for one in found if isinstance(one, dict)}
        name = names.pop() if len(names) == 1 else None
        words.append(name if isinstance(name, str) else str(part))
    return words


def _at(document: Any, where: Path) -> Any:
    """What stands at a path; ``_ABSENT`` if nothing does."""
    for part in where:
        try:
            document = document[part]
        except (LookupError, TypeError):
            return _ABSENT
    return document


def _said(document: Any, where: tuple[str | int, ...]) -> str:
    value = _at(document, list(where))
    if value is _ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
