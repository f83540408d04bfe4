"""A plain difference of two manifests as text, for whoever wants to see every line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import unified_diff
from typing import Any

from gitpromote.diff.labels import Labels
from gitpromote.diff.redact import Redactor
from gitpromote.model.manifest import Manifest

__all__ = ["unified"]

#: Above this many lines on both sides together, lines are not matched: that may take quadratic time.
_MATCH_UP_TO = 20_000


def unified(
    before: Manifest | None,
    after: Manifest | None,
    *,
    redactor: Redactor,
    dump: Callable[[Mapping[str, Any]], str],
    labels: Labels | None = None,
    context: int = 3,
) -> str:
    """The difference in unified format, masked; empty if the masked texts are equal.

    :param before: ``None`` for an object that is created
    :param after: ``None`` for one that is deleted
    :param dump: writes plain data as YAML
    :param labels: the numbering of masked values to go on with
    :param context: how many equal lines stand around a difference
    """
    labels = labels or Labels()
    old, new = (_lines(side, redactor, dump, labels) for side in (before, after))
    if len(old) + len(new) > _MATCH_UP_TO:
        return "".join(_whole(old, new, _head(before), _head(after))) if old != new else ""
    return "".join(unified_diff(old, new, _head(before), _head(after), n=context))


def _lines(
    manifest: Manifest | None, redactor: Redactor, dump: Callable[[Mapping[str, Any]], str], labels: Labels
) -> list[str]:
    if manifest is None:
        return []
    return [f"{line}\n" for line in dump(redactor.masked(manifest, labels=labels).data).splitlines()]


def _head(manifest: Manifest | None) -> str:
    return "/dev/null" if manifest is None else f"{manifest.title} ({manifest.place})"


def _whole(old: list[str], new: list[str], before: str, after: str) -> list[str]:
    counts = f"@@ -{_range(old)} +{_range(new)} @@\n"
    head = [f"--- {before}\n", f"+++ {after}\n", counts]
    return [*head, *(f"-{line}" for line in old), *(f"+{line}" for line in new)]


def _range(lines: list[str]) -> str:
    return f"{1 if lines else 0},{len(lines)}"
