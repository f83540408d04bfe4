"""What runs in the process of a Python renderer: load the function, call it, print what it gave as YAML.

Started as a script, with the path of a request and the seconds that it may live as its arguments.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import json
import linecache
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

#: What ends the output: code that ends this process on its own way has not given all that it was to give.
END = b"\n# all of it\n"


def main(request: Mapping[str, Any]) -> int:
    """Serve one request; the status is 0 unless the function or its loading failed."""
    from gitpromote.adapters.looked_for import refuse_unseen

    # Whatever the function prints is for people; the manifests go out by the descriptor that is kept here.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    function = None
    try:
        function = function_of(request)
        made = function(Path(request["source"]), **_wanted(function, request["parameters"]))
        text = _as_yaml(made, request)
        refuse_unseen()
    except BaseException as error:  # noqa: BLE001 - user code may raise anything, and its place is what helps
        tell(error, request, function)
        return 1
    with output:
        output.write(text + END)
    return 0


def function_of(request: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that a request names, from the very code whose digest it has."""
    module = _module(request)
    found: Any = module
    for part in request["name"].split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{request['module']}:{request['name']} is no function")
    function: Callable[..., Any] = found
    return function


def _module(request: Mapping[str, Any]) -> ModuleType:
    """The module from the very code whose digest stands in the plan."""
    from gitpromote.adapters.code_digest import digest_of_code, roots_of  # the search path is the request's

    name, file, code = request["module"], request["file"], request["code"]
    if not file:
        return importlib.import_module(name)
    now = digest_of_code(Path(file), name).removeprefix("sha256:") if code else ""
    if now != code.removeprefix("sha256:"):
        alone = now == hashlib.sha256(Path(file).read_bytes()).hexdigest()
        what = file if alone else f"{file}, or a module that it imports,"
        raise ImportError(f"{what} has changed since the pipeline was loaded")
    # Behind what belongs to Python: a pipeline file may have the name of one of its modules.
    first = next((at for at, entry in enumerate(sys.path) if "-packages" in entry), len(sys.path))
    sys.path[first:first] = [str(root) for root in roots_of(Path(file), name) if str(root) not in sys.path]
    if package := name.rpartition(".")[0]:
        importlib.import_module(package)  # which may import the module itself, to give its function on
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == file:
        return loaded
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        return importlib.import_module(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _wanted(function: Callable[..., Any], parameters: Mapping[str, str]) -> dict[str, str]:
    members = inspect.signature(function).parameters
    takes_all = any(member.kind is inspect.Parameter.VAR_KEYWORD for member in members.values())
    return {name: value for name, value in parameters.items() if takes_all or name in members}


def _as_yaml(made: Any, request: Mapping[str, Any]) -> bytes:
    if isinstance(made, bytes):
        return made
    if isinstance(made, str):
        return made.encode()
    objects = [made] if isinstance(made, Mapping) else made
    if not isinstance(objects, Iterable):
        raise TypeError(
            f"{request['module']}:{request['name']} returned {type(made).__name__}: give YAML text or dictionaries"
        )
    from gitpromote.render.dump import dump_yaml

    return "---\n".join(dump_yaml(_plain(item, request)) for item in objects).encode()


def _plain(item: Any, request: Mapping[str, Any]) -> Any:
    if not isinstance(item, Mapping):
        raise TypeError(
            f"{request['module']}:{request['name']} gave {type(item).__name__} among its objects: give dictionaries"
        )
    return dict(item)


def tell(error: BaseException, request: Mapping[str, Any], function: Callable[..., Any] | None) -> None:
    """The error and the lines of the user's file that led to it, innermost last.

    :param function: what was called, if that was found: its first line is told where what it gave is wrong
    """
    from gitpromote.adapters.code_copy import original
    from gitpromote.adapters.looked_for import unseen
    from gitpromote.errors import GitpromoteError

    mine = request.get("copy", request["file"]) or "\0"
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename.startswith(mine)]
    lines = [f"{one.filename}:{one.lineno}: {one.line}\n" for one in frames] or _first_line(function)
    noted = unseen()
    words = [*lines, *traceback.format_exception_only(error)] if error is not noted else [str(error)]
    words += [f"{noted.words}\n"] if noted is not None and error is not noted else []
    sys.stderr.write(original("".join(words), request))
    sys.stderr.write(_NO_PART if noted is not None else _advice(error))
    if frames and frames[0].name == "<module>" and not isinstance(error, SyntaxError | GitpromoteError):
        sys.stderr.write(_AT_THE_TOP)


def _first_line(function: Callable[..., Any] | None) -> list[str]:
    code = getattr(inspect.unwrap(function), "__code__", None) if function is not None else None
    if code is None:
        return []
    file, line = code.co_filename, code.co_firstlineno
    return [f"{file}:{line}: {linecache.getline(file, line).strip()}\n"]


def _advice(error: BaseException) -> str:
    """What it may be told where something is kept away from it."""
    if isinstance(error, PermissionError) and error.filename is None:
        return _NO_OTHERS
    return _NOT_FOR_IT if isinstance(error, PermissionError | FileNotFoundError | ModuleNotFoundError) else ""


_NO_OTHERS = """\
Code that gitpromote runs makes no sockets, and no locks or pools of multiprocessing: what it gives must
depend on nothing else that runs. Threads and subprocesses work.
"""
_NOT_FOR_IT = """\
Code that gitpromote runs sees the files that it is given, the modules that it imports by name and what is
installed: a change in any other file would go unnoticed. Read it from the folder that the function is called with.
"""
_NO_PART = """\
A change there would go unnoticed. Read it from the folder that the function is called with, or name it in its
text: a file or folder in quotes with __file__, as in Path(__file__).parent / "rules"; a module in an import.
"""
_AT_THE_TOP = """\
What stands at the top of a function's file runs here as well, and has neither your environment's variables
nor other files. Put the function into a module of its own beside that file.
"""


if __name__ == "__main__":
    sys.path[:] = json.loads(Path(sys.argv[1]).read_text())["path"]  # before it nothing of ours is found
    from gitpromote.adapters.child_process import begin

    sys.exit(main(begin(sys.argv[1:])))
