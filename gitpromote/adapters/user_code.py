"""Running a user's Python file and what it imports, so that nothing of it stays behind in this process."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from gitpromote.adapters.code_digest import digest_of_code
from gitpromote.errors import ConfigurationError
from gitpromote.model.problems import collecting

__all__ = [
    "UserFunction",
    "execute",
    "find_function",
    "folders_of",
    "function_in",
    "isolated",
    "module_name",
]

#: Modules, import paths and import hooks belong to the process: one file at a time.
_lock = threading.RLock()

_OURS = "gitpromote"
#: The search path without what the user's file adds to it: functions run without that.
_search_path: ContextVar[Sequence[str] | None] = ContextVar("gitpromote_search_path", default=None)


@dataclass(frozen=True, slots=True)
class UserFunction:
    """A function that a definition names, with the file that it comes from.

    :ivar reference: ``module:name``
    :ivar sha256: ``sha256:…`` of its code: see :func:`.digest_of_code`
    """

    reference: str
    function: Callable[..., Any]
    path: Path
    sha256: str


class _Siblings(MetaPathFinder):
    """Finds the modules that lie beside the user's file, before installed ones, but behind the standard library."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [str(folder) for folder in folders]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is not None or fullname == _OURS or fullname in sys.stdlib_module_names:
            return None
        spec = PathFinder.find_spec(fullname, self._folders, target)
        # A folder without __init__.py has no origin, and must not hide an installed package of its name.
        return spec if spec is not None and spec.origin is not None else None


def folders_of(path: Path) -> tuple[Path, ...]:
    """Where a pipeline file may import from: its folder, and the one above where that is ``pipelines``."""
    folder = path.resolve().parent
    return (folder, folder.parent) if folder.name == "pipelines" else (folder,)


def module_name(path: Path) -> str:
    """What the file is called as a module: its own name, unless that belongs to Python or to us."""
    stem = path.name.removesuffix(".py")
    loaded = sys.modules.get(stem)
    taken = stem == _OURS or stem in sys.stdlib_module_names or (loaded is not None and _is_installed(loaded))
    return f"{stem}_pipeline" if taken else stem


@contextmanager
def isolated(path: Path) -> Iterator[None]:
    """While this is open, modules beside the file are imported anew; afterwards all is as it was before.

    Nothing is written beside the sources, byte code neither. What the file does to the environment's variables is
    undone: they say what an organisation asks for, and are not its to change.
    """
    folders = folders_of(path)
    with _lock:
        finder = _Siblings(folders)
        hidden = {name: sys.modules.pop(name) for name in _siblings_loaded(folders, {module_name(path)})}
        saved_path, saved_flag, variables = list(sys.path), sys.dont_write_bytecode, dict(os.environ)
        sys.meta_path.insert(0, finder)
        sys.path.extend(str(folder) for folder in folders)
        sys.dont_write_bytecode = True
        importlib.invalidate_caches()
        token = _search_path.set(saved_path)
        try:
            yield
        finally:
            _search_path.reset(token)
            if variables != dict(os.environ):
                os.environ.clear()
                os.environ.update(variables)
            sys.dont_write_bytecode = saved_flag
            sys.path[:] = saved_path
            sys.meta_path[:] = [one for one in sys.meta_path if one is not finder]
            for name in _siblings_loaded(folders, {module_name(path)}):
                del sys.modules[name]
            sys.modules.update(hidden)


def _siblings_loaded(folders: Iterable[Path], also: set[str]) -> list[str]:
    """The modules of this process that the user's file would take for the ones beside it, with their parts."""
    names = {name for name in sys.modules if "." not in name and name != _OURS and name not in sys.stdlib_module_names}
    beside = {entry.name.removesuffix(".py") for folder in folders for entry in os.scandir(folder)}
    tops = {name for name in names if _lies_in(sys.modules[name], folders)}
    tops |= {name for name in names & (beside | also) if not _is_installed(sys.modules[name])}
    return [name for name in sys.modules if name.partition(".")[0] in tops]


def _is_installed(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None) or ""
    return "site-packages" in file or "dist-packages" in file


def _lies_in(module: ModuleType, folders: Iterable[Path]) -> bool:
    file = getattr(module, "__file__", None)
    if file is not None:
        place = Path(file)
        home = place.parent.parent if place.name == "__init__.py" else place.parent
        return home in folders
    return any(Path(part).parent in folders for part in getattr(module, "__path__", ()))


def execute(path: Path, source: bytes, *, shown_as: str) -> ModuleType:
    """Run a file as a module, inside :func:`isolated`. Whatever it raises comes out as it is.

    :param shown_as: the file's name in messages
    """
    module = ModuleType(module_name(path))
    module.__file__ = str(path.resolve())
    module.__package__ = ""
    sys.modules[module.__name__] = module
    code = compile(source, shown_as, "exec", dont_inherit=True)
    exec(code, module.__dict__)
    return module


def function_in(reference: str) -> UserFunction:
    """A function by its reference, inside :func:`isolated`; its module is imported where it is not loaded.

    :raises ConfigurationError: there is none (``callable-missing``)
    """
    name, _, attribute = reference.partition(":")
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise _missing(reference, f"the module {name} cannot be imported: {error}") from error
    function = getattr(module, attribute, None)
    if not callable(function):
        raise _missing(reference, f"the module {name} has no function {attribute}")
    file = getattr(module, "__file__", None)
    if file is None:
        raise _missing(reference, f"the module {name} comes from no file")
    return UserFunction(reference, function, Path(file), digest_of_code(Path(file), name, path=_search_path.get()))


def find_function(reference: str, *, beside: Path) -> UserFunction:
    """A function that a plan names, imported as the pipeline file would import it.

    :param beside: the pipeline file, which may hold the function itself
    :raises ConfigurationError: there is none (``callable-missing``)
    """
    with isolated(beside), collecting():
        if reference.partition(":")[0] == module_name(beside) and beside.is_file():
            execute(beside, beside.read_bytes(), shown_as=str(beside))
        return function_in(reference)


def _missing(reference: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        "A function that the pipeline names is not there", code="callable-missing", detail=f"{reference}: {why}"
    )
