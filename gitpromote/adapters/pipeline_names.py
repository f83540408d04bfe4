"""Which Pipelines a pipeline file defines, read off its text: nothing of it is run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

from gitpromote.adapters.pipeline_search import files_of

__all__ = ["written_names"]

_CLASSES = ("Pipeline", "EphemeralPipeline")
_OURS = "gitpromote"


def written_names(path: Path) -> frozenset[str] | None:
    """The names of all Pipelines of a file or folder; ``None`` where running it may give others.

    Sure is only what every call says by a literal text, in files that take nothing from other files of the user.
    """
    found: set[str] = set()
    for file in files_of(path):
        names = _names_in(file)
        if names is None:
            return None
        found |= names
    return frozenset(found) or None


def _names_in(file: Path) -> set[str] | None:
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if any(_brings_more(node) for node in nodes):
        return None
    called = {imported.asname or imported.name for imported in _imported(nodes)} | {*_CLASSES}
    calls = [node for node in nodes if isinstance(node, ast.Call) and _called(node.func) in called]
    mentions = [node for node in nodes if isinstance(node, ast.Name) and node.id in called]
    # Pipeline.from_data(…), a subclass, another name for it: who knows what comes of that.
    if len(mentions) > sum(isinstance(call.func, ast.Name) for call in calls):
        return None
    names = [_name_of(call) for call in calls]
    return None if None in names else {name for name in names if name is not None}


def _imported(nodes: Iterable[ast.AST]) -> list[ast.alias]:
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return [one for node in imports for one in node.names if one.name in _CLASSES]


def _brings_more(node: ast.AST) -> bool:
    """Whether this takes something from another file of the user, or makes a Pipeline out of another one."""
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or _is_users(node.module or "")
    if isinstance(node, ast.Import):
        return any(_is_users(one.name) for one in node.names)
    renames = isinstance(node, ast.Call) and _called(node.func) in ("replace", "model_copy", "from_data")
    return renames or (isinstance(node, ast.Name) and node.id in ("exec", "eval", "globals", "__import__"))


def _is_users(module: str) -> bool:
    root = module.partition(".")[0]
    return root != _OURS and root not in sys.stdlib_module_names


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _name_of(call: ast.Call) -> str | None:
    given = call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "name"), None)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None
