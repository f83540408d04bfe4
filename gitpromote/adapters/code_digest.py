"""The digest of a function's code: of its file, and of the user's modules that this file imports.

Told by the text of the import statements alone, nothing is run. What is installed and what belongs to Python is not
looked at; names of modules that are computed when the code runs cannot be seen.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

__all__ = ["digest_of_code", "files_of_code", "is_installed", "roots_of"]

_OURS = "gitpromote"
_STANDARD = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_BY_NAME = frozenset({"import_module", "__import__"})


class _Module(NamedTuple):
    """A module of the user: the parts of its name, and its file."""

    parts: tuple[str, ...]
    file: Path


class _Import(NamedTuple):
    """One import: ``level`` counts the dots before the name, ``parts`` may end in a name that is no module."""

    level: int
    parts: tuple[str, ...]


def digest_of_code(file: Path, module: str) -> str:
    """``sha256:…`` of the file's bytes; where it imports modules that lie beside it, of theirs too.

    :param module: the name under which the file is imported
    :raises OSError: the file cannot be read
    """
    data = file.read_bytes()
    plain = f"sha256:{hashlib.sha256(data).hexdigest()}"
    others = _others(file, module, data)
    if not others:
        return plain
    lines = [f"{'.'.join(one.parts)} {hashlib.sha256(one.file.read_bytes()).hexdigest()}" for one in sorted(others)]
    whole = "\n".join([plain, *lines])
    return f"sha256:{hashlib.sha256(whole.encode('utf-8', 'surrogateescape')).hexdigest()}"


def files_of_code(file: Path, module: str) -> tuple[Path, ...]:
    """The files that the digest is of.

    :raises OSError: the file cannot be read
    """
    return (file.absolute(), *sorted(one.file for one in _others(file, module, file.read_bytes())))


def is_installed(place: Path) -> bool:
    """Whether what lies there was installed or is Python's own, rather than written beside the pipeline."""
    if not _INSTALLED.isdisjoint(place.parts) or place.suffix == ".zip":
        return True
    return any(place.is_relative_to(folder) for folder in _STANDARD)


def _others(file: Path, module: str, data: bytes) -> set[_Module]:
    """The modules that the file imports, and those that these import, of the user's own ones."""
    own = _Module(tuple(module.split(".")), file.absolute())
    if is_installed(file) or own.parts[0] in sys.stdlib_module_names:
        return set()
    roots = roots_of(file, module)
    # What lies above ``pipelines`` may import from there: who names the function has both on its path. And modules come
    # from wherever the search path leads that nothing was installed to: the working folder, what a variable names.
    places = (Path(entry).absolute() for entry in sys.path if not is_installed(Path(entry)))
    return _reached(own, data, (*roots, roots[0] / "pipelines", *places))


def roots_of(file: Path, module: str) -> tuple[Path, ...]:
    """The folders that a file of this name is imported from; all files in ``pipelines`` import what lies above it."""
    above = module.count(".") + (1 if file.name == "__init__.py" else 0)
    root = file.absolute().parents[above]
    return (root, root.parent) if root.name == "pipelines" else (root,)


def _reached(own: _Module, data: bytes, roots: tuple[Path, ...]) -> set[_Module]:
    """The modules below these folders that a file imports, and those that these import."""
    found: dict[Path, _Module] = {}
    pending = [(own, data)]
    while pending:
        at, text = pending.pop()
        for one in _imports(text):
            for module in _found(_absolute(one, at), roots):
                if module.file not in found and module.file != own.file:
                    found[module.file] = module
                    pending.append((module, module.file.read_bytes()))
    return set(found.values())


def _absolute(one: _Import, at: _Module) -> tuple[str, ...]:
    """The whole name of what a module imports."""
    if not one.level:
        return one.parts
    package = at.parts if at.file.name == "__init__.py" else at.parts[:-1]
    kept = len(package) - (one.level - 1)
    return (*package[:kept], *one.parts) if kept > 0 else ()


def _found(parts: tuple[str, ...], roots: tuple[Path, ...]) -> list[_Module]:
    """The files that Python runs for a name, packages above included; none where it does not lie in these folders."""
    if not parts or parts[0] == _OURS or parts[0] in sys.stdlib_module_names:
        return []
    return next((found for root in roots if (found := list(_below(root, parts)))), [])


def _below(folder: Path, parts: tuple[str, ...]) -> Iterator[_Module]:
    for count, part in enumerate(parts, start=1):
        if part == "*":
            inside = sorted(folder.glob("*.py"))
            yield from (_Module((*parts[: count - 1], one.stem), one) for one in inside if one.name != "__init__.py")
            return
        package, module = folder / part / "__init__.py", folder / f"{part}.py"
        if package.is_file():
            yield _Module(parts[:count], package)
        elif module.is_file():
            yield _Module(parts[:count], module)
            return
        elif not (folder / part).is_dir():
            return
        folder /= part


@lru_cache(maxsize=512)
def _imports(source: bytes) -> tuple[_Import, ...]:
    """Every import that a text states, wherever it stands in it."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return ()  # it cannot be imported either
    return tuple(dict.fromkeys(one for node in nodes for one in _stated(node)))


def _stated(node: ast.AST) -> Iterator[_Import]:
    if isinstance(node, ast.Import):
        yield from (_Import(0, tuple(alias.name.split("."))) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = tuple(node.module.split(".")) if node.module else ()
        yield from (_Import(node.level, (*base, alias.name)) for alias in node.names)
    elif isinstance(node, ast.Call) and _called(node.func) in _BY_NAME and node.args:
        name = node.args[0]
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.strip("."):
            text = name.value.lstrip(".")
            yield _Import(len(name.value) - len(text), tuple(text.split(".")))


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""
