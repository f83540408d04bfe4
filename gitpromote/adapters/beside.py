"""What code names beside its own file: ``Path(__file__).parent / "rules.d"``, by the text alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from gitpromote.model.names import path_problem

__all__ = ["is_left_out", "named_beside", "packages_looked_into", "patterns_beside"]

_SIGNS = frozenset("*?[")
_LEFT_OUT = frozenset({".git", "__pycache__", ".DS_Store"})
_HOLDERS = (ast.stmt, ast.withitem, ast.arguments, ast.match_case)  # in these stand whole expressions


def is_left_out(entry: Path) -> bool:
    """Whether no code means it: what Git, Python and desktops keep for themselves."""
    return entry.name in _LEFT_OUT or (entry / "pyvenv.cfg").is_file()


def named_beside(file: Path, source: bytes, *, root: Path) -> Iterator[tuple[str, Path]]:
    """Files and folders that a module may read beside itself, or in a folder above, as far as they are there.

    A folder that is named is meant with all that it holds, links included that stay in the checkout. A name that is put
    together when the code runs is not found.

    :param root: of the checkout: what lies above it is another thing on every machine
    """
    for base, up, text in _named(file, source, root):
        for one in _matching(base, text.split("/")):
            if not _stays(one, root):
                continue
            if one.is_file():
                yield f"{up}{one.relative_to(base).as_posix()}", one
            elif one.is_dir() and not _SIGNS & {*text}:
                for inner in (one, *_everything_below(one, root)):
                    yield f"{up}{inner.relative_to(base).as_posix()}", inner


def patterns_beside(file: Path, source: bytes, *, root: Path) -> Iterator[Path]:
    """The patterns among what it names, from the folders that they may count from: all that fits them is found."""
    for base, _, text in _named(file, source, root):
        if _SIGNS & {*text}:
            yield base / text


def packages_looked_into(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Names whose ``__path__`` is asked for: whoever does that loads what the package holds."""
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr == "__path__" and isinstance(node.value, ast.Name):
            yield node.value.id


def _named(file: Path, source: bytes, root: Path) -> Iterator[tuple[Path, str, str]]:
    """Each text, with each folder that it may count from, and how that is written from the file's own."""
    texts, above = _names(source)
    folders = file.parents[: above + 1] if texts else ()
    for up, base in enumerate(folders):
        if base == file.parent or base.is_relative_to(root):
            yield from ((base, "../" * up, text) for text in texts)


def _matching(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """What the parts of a pattern name, below a folder."""
    head, *rest = parts
    if head == "**":
        yield from _matching(folder, rest) if rest else [folder]
        for entry in _entries(folder):
            if entry.is_dir() and not entry.is_symlink():
                yield from _matching(entry, parts)
        return
    is_pattern = bool(_SIGNS & {*head})
    for entry in [one for one in _entries(folder) if fnmatchcase(one.name, head)] if is_pattern else [folder / head]:
        if not rest:
            yield entry
        elif entry.is_dir():
            yield from _matching(entry, rest)


def _everything_below(folder: Path, root: Path, *, within: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """What a folder holds, and what links in it lead to; a link out of the checkout, or in a circle, is left out."""
    within |= {folder.resolve()}
    for entry in _entries(folder):
        if _stays(entry, root) and entry.resolve() not in within:
            yield entry
            if entry.is_dir():
                yield from _everything_below(entry, root, within=within)


def _entries(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not is_left_out(entry))


def _stays(entry: Path, root: Path) -> bool:
    """Whether it is there, and lies in the checkout wherever links lead."""
    return entry.exists() and (not entry.is_symlink() or entry.resolve().is_relative_to(root.resolve()))


class _Names(NamedTuple):
    """What a text names.

    :ivar above: how many folders above its own file it may go
    """

    texts: tuple[str, ...] = ()
    above: int = 0


@lru_cache(maxsize=512)
def _names(source: bytes) -> _Names:
    """The texts that stand in an expression with ``__file__``, or with a name that was made of it."""
    if b"__file__" not in source:
        return _Names()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return _Names()
    nodes = list(ast.walk(tree))
    made = {"__file__"}
    assigned = [node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value]
    while more := {name for one in assigned if _uses(one.value, made) for name in _targets(one)} - made:
        made |= more
    whole = [one for node in nodes if isinstance(node, _HOLDERS) for one in _expressions(node) if _uses(one, made)]
    texts = [text for one in whole for text in _texts(one)]
    above = sum(_ascent(node) for one in whole for node in ast.walk(one))
    return _Names(tuple(dict.fromkeys(text.strip("/") for text in texts if _is_path(text))), max(1, above - 1))


def _expressions(node: ast.AST) -> Sequence[ast.expr]:
    return [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]


def _uses(node: ast.AST | None, names: set[str]) -> bool:
    return node is not None and any(isinstance(one, ast.Name) and one.id in names for one in ast.walk(node))


def _targets(node: ast.AST) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
    yield from (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))


def _ascent(node: ast.AST) -> int:
    """How many folders up one step of an expression leads, at most."""
    if isinstance(node, ast.Constant):
        return node.value.split("/").count("..") if isinstance(node.value, str) else 0
    if isinstance(node, ast.Attribute):
        return int(node.attr == "parent")
    if isinstance(node, ast.Call):
        return int(getattr(node.func, "attr", getattr(node.func, "id", "")) == "dirname")
    if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "parents":
        at = getattr(node.slice, "value", 0)
        return at + 1 if isinstance(at, int) else 0
    return 0


def _texts(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield "/".join(part for part in one.value.split("/") if part != "..")
        elif isinstance(one, ast.Call) and getattr(one.func, "attr", "") == "rglob":
            yield from (f"**/{text}" for given in one.args for text in _texts(given))


def _is_path(text: str) -> bool:
    """Whether a text may name something below a folder: no sentence, and not all that there is."""
    path = text.strip("/")
    return bool(path.strip("*./")) and len(path) < 200 and not path_problem(path)
