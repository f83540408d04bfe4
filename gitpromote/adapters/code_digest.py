"""The digest of a function's code: of its file, of the user's modules that this file imports, of the folders and
clusters that these look for, and of what they name beside themselves.

Told by the text alone, nothing is run. What is installed and what belongs to Python is not looked at; names of modules
that are computed when the code runs, and such patterns, cannot be seen.
"""

from __future__ import annotations

import ast
import hashlib
import re
import stat
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from gitpromote.adapters.beside import named_beside, packages_looked_into, patterns_beside
from gitpromote.adapters.patterns import Search, checkout_of, looked_at

__all__ = [
    "CodeFiles",
    "digest_of_code",
    "files_of_code",
    "imports_of_code",
    "is_installed",
    "is_program",
    "roots_of",
    "search_path",
]

_OURS = "gitpromote"
_STANDARD = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_STANDARD_ARCHIVE = re.compile(r"python3\d+\.zip")
_BY_NAME = frozenset({"import_module", "__import__"})
_LOOKING = frozenset({"clusters", "folders"})


class _Module(NamedTuple):
    """A module of the user: the parts of its name, and its file."""

    parts: tuple[str, ...]
    file: Path


class _Import(NamedTuple):
    """One import: ``level`` counts the dots before the name, ``parts`` may end in a name that is no module."""

    level: int
    parts: tuple[str, ...]


class CodeFiles(NamedTuple):
    """What a function's code is made of.

    :ivar modules: the file of the function, and the files that it imports, archives of modules included
    :ivar data: the files that it finds by ``folders`` and ``clusters``, and that it names beside its modules
    :ivar folders: the folders that it finds so
    :ivar searches: what it looks for by ``folders`` and ``clusters``
    :ivar patterns: what it names beside its modules with ``*``, from the folders that these may count from
    """

    modules: tuple[Path, ...]
    data: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    searches: tuple[Search, ...] = ()
    patterns: tuple[Path, ...] = ()


def digest_of_code(file: Path, module: str, *, path: Sequence[str] | None = None) -> str:
    """``sha256:…`` of the file's bytes; where it imports modules that lie beside it, of theirs too.

    :param module: the name under which the file is imported
    :param path: where modules come from; default: the search path of this process
    :raises OSError: the file cannot be read
    """
    data = file.read_bytes()
    plain = f"sha256:{hashlib.sha256(data).hexdigest()}"
    others = _others(file, module, data, path)
    lines = [f"{'.'.join(one.parts)} {_of_file(one.file)}" for one in sorted(others)]
    lines += [f"{name} {_of_file(one)}{' program' * is_program(one)}" for name, one in _data(file, data, others)]
    if not lines:
        return plain
    whole = "\n".join([plain, *lines])
    return f"sha256:{hashlib.sha256(whole.encode('utf-8', 'surrogateescape')).hexdigest()}"


def files_of_code(file: Path, module: str) -> CodeFiles:
    """What the digest is of.

    :raises OSError: the file cannot be read
    """
    data = file.read_bytes()
    others = _others(file, module, data, None)
    found = dict.fromkeys(one for _, one in _data(file, data, others))
    texts, root = _texts(file, data, others), checkout_of(file)
    return CodeFiles(
        (file.absolute(), *sorted(one.file for one in others)),
        tuple(one for one in found if one.is_file()),
        tuple(one for one in found if one.is_dir()),
        tuple(dict.fromkeys(search for _, text in texts for search in _searches(text))),
        tuple(dict.fromkeys(one for at, text in texts for one in patterns_beside(at, text, root=root))),
    )


def _of_file(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "folder"


def is_program(file: Path) -> bool:
    """Whether its mode lets its owner start it, as Git sees it."""
    return file.is_file() and bool(file.stat().st_mode & stat.S_IXUSR)


def imports_of_code(file: Path, module: str) -> frozenset[str]:
    """The names of what it imports, installed or not, as far as the first dot.

    :raises OSError: the file cannot be read
    """
    data = file.read_bytes()
    texts = _texts(file, data, _others(file, module, data, None))
    return frozenset(one.parts[0] for _, text in texts for one in _imports(text) if not one.level)


def is_installed(place: Path) -> bool:
    """Whether what lies there was installed or is Python's own, rather than written beside the pipeline."""
    if not _INSTALLED.isdisjoint(place.parts) or _STANDARD_ARCHIVE.fullmatch(place.name):
        return True
    return any(place.is_relative_to(folder) for folder in _STANDARD)


def search_path() -> list[str]:
    """Where this process takes modules from, for another one."""
    places = (*(Path(entry).absolute() for entry in sys.path), *_developed())
    return list(dict.fromkeys(map(str, places)))


def _others(file: Path, module: str, data: bytes, path: Sequence[str] | None) -> set[_Module]:
    """The modules that the file imports, and those that these import, of the user's own ones."""
    own = _Module(tuple(module.split(".")), file.absolute())
    if is_installed(file) or own.parts[0] in sys.stdlib_module_names:
        return set()
    roots = roots_of(file, module)
    # What lies above ``pipelines`` may import from there: who names the function has both on its path. And modules come
    # from wherever the search path leads that nothing was installed to: the working folder, what a variable names.
    entries = [Path(entry).absolute() for entry in (sys.path if path is None else path)]
    places = [entry for entry in entries if not is_installed(entry)]
    archives = {_Module((entry.name,), entry) for entry in places if entry.is_file()}
    return _reached(own, data, (*roots, roots[0] / "pipelines", *places, *_developed())) | archives


def _developed() -> Iterator[Path]:
    """Where packages lie that are installed as a link to where somebody works on them."""
    for finder in sys.meta_path:
        mapping = getattr(sys.modules.get(getattr(finder, "__module__", "") or ""), "MAPPING", {})
        for name, place in mapping.items():
            parts, path = tuple(name.split(".")), Path(place).with_suffix("")
            if path.parts[-len(parts) :] == parts != (_OURS,):
                yield path.parents[len(parts) - 1]


def _data(file: Path, data: bytes, others: set[_Module]) -> list[tuple[str, Path]]:
    """What its modules look for in the checkout, and what they name beside themselves, with a name that stays."""
    if is_installed(file):
        return []
    root = checkout_of(file)
    found: set[tuple[str, Path]] = set()
    for at, text in _texts(file, data, others):
        for search in _searches(text):
            found |= {(one.relative_to(root).as_posix(), one) for one in looked_at(root, search)}
        found |= {(f"{at.name}: {name}", one) for name, one in named_beside(at, text, root=root)}
    return sorted(found)


def _texts(file: Path, data: bytes, others: set[_Module]) -> list[tuple[Path, bytes]]:
    mine = [(one.file, one.file.read_bytes()) for one in sorted(others) if one.file.suffix == ".py"]
    return [(file.absolute(), data), *mine]


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
    nodes = _nodes(source)
    stated = [one for node in nodes for one in _stated(node)]
    stated += [_Import(0, (name, "*")) for name in packages_looked_into(nodes)]
    return tuple(dict.fromkeys(stated))


@lru_cache(maxsize=512)
def _searches(source: bytes) -> tuple[Search, ...]:
    """Every call of ``folders`` and ``clusters`` whose pattern stands in a text."""
    if b"folders" not in source and b"clusters" not in source:
        return ()
    calls = [node for node in _nodes(source) if isinstance(node, ast.Call) and _called(node.func) in _LOOKING]
    return tuple(Search(_called(call.func), _text(call, 0, "pattern"), _text(call, 1, "holding")) for call in calls)


def _nodes(source: bytes) -> list[ast.AST]:
    try:
        return list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return []  # it cannot be imported either


def _stated(node: ast.AST) -> Iterator[_Import]:
    if isinstance(node, ast.Import):
        yield from (_Import(0, tuple(alias.name.split("."))) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = tuple(node.module.split(".")) if node.module else ()
        yield from (_Import(node.level, (*base, alias.name)) for alias in node.names)
    elif isinstance(node, ast.Call) and _called(node.func) in _BY_NAME:
        name = _text(node, 0, "name")
        text = name.lstrip(".")
        package, above = _text(node, 1, "package").split("."), len(name) - len(text)
        if text and above and package != [""]:
            yield _Import(0, (*package[: len(package) - above + 1], *text.split(".")))
        elif text:
            yield _Import(above, tuple(text.split(".")))


def _text(call: ast.Call, at: int, name: str) -> str:
    """An argument that is a text in quotes; empty where it is worked out, or is not there."""
    given = call.args[at : at + 1] + [keyword.value for keyword in call.keywords if keyword.arg == name]
    value = given[0].value if given and isinstance(given[0], ast.Constant) else ""
    return value if isinstance(value, str) else ""


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""
