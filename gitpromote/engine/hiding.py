"""Which files of a target hold secrets: those of all Apps and of both sides are looked for in all files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gitpromote.model.manifest import ManifestSet
from gitpromote.model.observation import Content
from gitpromote.model.tree import tree_id


def copies_hidden(
    current: Content, desired: Content, *, sensitive_paths: Iterable[str], object_format: str
) -> tuple[Content, Content]:
    """Both sides, with those files hidden too that hold a copy of another App's secret, or of the other side's.

    Each App was rendered by itself, and what the target holds was read by itself.
    """
    if not current.sensitive and not desired.sensitive:
        return current, desired
    from gitpromote.diff.redact import Redactor  # most plans have nothing to compare in most environments

    sides = [content.manifests or ManifestSet() for content in (current, desired)]
    redactor = Redactor(*sides, sensitive_paths=sensitive_paths)
    hidden = {one.file for side in sides for one in side.values() if redactor.is_sensitive(one)}
    return (
        without(current, hidden, object_format=object_format),
        without(desired, hidden, object_format=object_format),
    )


def without(content: Content, paths: Iterable[str], *, object_format: str) -> Content:
    """The same files, with these counted as sensitive too: no id tells anything of them."""
    # What is known already need not be looked up: the files may cost something.
    sensitive = content.sensitive | {path for path in set(paths) - content.sensitive if path in content.files}
    if sensitive == content.sensitive:
        return content
    return replace(content, sensitive=sensitive, tree=_tree(content, sensitive, object_format=object_format))


def tree_without(content: Content, paths: Iterable[str], *, object_format: str) -> str:
    """The id over all files but exactly these, whatever counts as sensitive now."""
    return _tree(content, frozenset(paths), object_format=object_format)


def _tree(content: Content, paths: frozenset[str], *, object_format: str) -> str:
    shown = {path: entry for path, entry in content.files.items() if path not in paths}
    return tree_id(shown, object_format=object_format)
