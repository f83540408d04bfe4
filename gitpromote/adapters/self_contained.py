"""Whether a pipeline file says the same wherever and whenever it runs, told by its text alone.

Such a file names definitions of gitpromote and computes with what it holds itself. One that reads a variable, a file or
the time, or imports anything else, may say something else tomorrow with the same text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

# What of Python's own words gives the same for the same arguments in every process.
_PURE = frozenset(
    "abs all any bool dict divmod enumerate filter float format frozenset int isinstance len list map max min ord "
    "range repr reversed round slice sorted str sum tuple zip True False None".split()
)
# A set's order differs from process to process; what stands in a class or is awaited is nothing that definitions need.
_REFUSED = (
    ast.Import,
    ast.Set,
    ast.SetComp,
    ast.Global,
    ast.Nonlocal,
    ast.ClassDef,
    ast.Await,
    ast.AsyncFunctionDef,
    ast.Try,
)


def is_self_contained(source: bytes, *, is_definition: Callable[[str], bool]) -> bool:
    """Whether running it again gives what it gave.

    :param is_definition: whether a name of the package is a definition, which reads nothing
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    nodes = list(ast.walk(tree))
    own = {name for node in nodes for name in _bound(node)}
    return all(_is_plain(node, own, is_definition) for node in nodes)


def _bound(node: ast.AST) -> list[str]:
    """The names that a node gives a meaning to."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    return [node.arg] if isinstance(node, ast.arg) else []


def _is_plain(node: ast.AST, own: set[str], is_definition: Callable[[str], bool]) -> bool:
    if isinstance(node, _REFUSED):
        return False
    if isinstance(node, ast.ImportFrom):
        known = node.module == "gitpromote" and node.level == 0
        return node.module == "__future__" or (known and all(is_definition(alias.name) for alias in node.names))
    if isinstance(node, ast.Name):
        return node.id in own or node.id in _PURE
    # What begins with an underscore leads out of the file: to modules, globals, code.
    return not (isinstance(node, ast.Attribute) and node.attr.startswith("_"))
