"""What code names beside its own file: ``Path(__file__).parent / "rules.d"``, by the text alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from gitpromote.adapters.patterns import everything_below, walk
from gitpromote.model.names import path_problem

__all__ = ["named_beside", "packages_looked_into"]

_SIGNS = frozenset("*?[")


def named_beside(file: Path, source: bytes, *, root: Path) -> Iterator[tuple[str, Path]]:
    """Files and folders that a module may read beside itself, or one folder above, as far as they are there.

    A folder that is named is meant with all that it holds. A name that is put together when the code runs is not found.

    :param root: of the checkout: what lies above it is another thing on every machine
    """
    bases = [(file.parent, "")]
    bases += [(file.parent.parent, "../")] if file.parent.parent.is_relative_to(root) else []
    for text in _names(source):
        for base, up in bases:
            for one in walk(base, text.split("/")):
                if one.is_file():
                    yield f"{up}{one.relative_to(base).as_posix()}", one
                elif one.is_dir() and not _SIGNS & {*text}:
                    for inner in (one, *everything_below(one)):
                        yield f"{up}{inner.relative_to(base).as_posix()}", inner


def packages_looked_into(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Names whose ``__path__`` is asked for: whoever does that loads what the package holds."""
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr == "__path__" and isinstance(node.value, ast.Name):
            yield node.value.id


@lru_cache(maxsize=512)
def _names(source: bytes) -> tuple[str, ...]:
    """The texts that stand in an expression with ``__file__``, or with a name that was made of it."""
    if b"__file__" not in source:
        return ()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ()
    nodes = list(ast.walk(tree))
    made = {"__file__"}
    assigned = [node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value]
    while more := {name for one in assigned if _uses(one.value, made) for name in _targets(one)} - made:
        made |= more
    whole = [node for node in nodes if isinstance(node, ast.stmt) for node in _expressions(node)]
    texts = [text for one in whole if _uses(one, made) for text in _texts(one)]
    return tuple(dict.fromkeys(text.strip("/") for text in texts if _is_path(text)))


def _expressions(statement: ast.stmt) -> Sequence[ast.expr]:
    return [one for one in ast.iter_child_nodes(statement) if isinstance(one, ast.expr)]


def _uses(node: ast.AST | None, names: set[str]) -> bool:
    return node is not None and any(isinstance(one, ast.Name) and one.id in names for one in ast.walk(node))


def _targets(node: ast.AST) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
    yield from (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))


def _texts(node: ast.AST) -> Iterator[str]:
    constants = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    yield from (value for value in constants if isinstance(value, str))


def _is_path(text: str) -> bool:
    """Whether a text may name something below a folder: no sentence, and not all that there is."""
    path = text.strip("/")
    return bool(path.strip("*./")) and "**" not in path and len(path) < 200 and not path_problem(path)
