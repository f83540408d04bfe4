"""Functions of the user as data can hold them: ``module:name``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from gitpromote.model.names import kind_of, quoted
from gitpromote.model.problems import Fault, UnfitError, current_collection

__all__ = ["function_reference"]


def function_reference(value: object) -> str:
    """``module:name`` of a module-level function, which is what data can hold of it."""
    if isinstance(value, str):
        if not re.fullmatch(r"[\w.-]+:[A-Za-z_]\w*", value):
            raise UnfitError(
                Fault("callable-invalid", f"is not module:name: {quoted(value)}", "give the function itself")
            )
        return value
    if not callable(value):
        raise UnfitError(Fault("wrong-type", f"takes a module-level function, not {kind_of(value)}"))
    reference = _reference(value)
    collection = current_collection()
    if collection is not None:
        collection.functions[reference] = value
    return reference


def _reference(function: Callable[..., Any]) -> str:
    name = getattr(function, "__qualname__", "")
    module = getattr(function, "__module__", None) or ""
    why = _unfit(function, name, module)
    if why:
        hint = "move it to the top of a module with def; what differs per environment comes in its argument"
        raise UnfitError(Fault("callable-invalid", f"{why}, so a plan cannot name it as module:name", hint))
    return f"{_module_name(module)}:{name}"


def _unfit(function: Callable[..., Any], name: str, module: str) -> str:
    if name.endswith("<lambda>"):
        return "is a lambda"
    if not name or not module or not hasattr(function, "__code__"):
        return f"is no function that def makes, but {_made(function)}"
    if "<locals>" in name:
        return f"is {name.rpartition('.')[2]}, a function inside {name.partition('.')[0]}()"
    if "." in name or hasattr(function, "__self__"):
        return f"is {name}, a method"
    if getattr(sys.modules.get(module), name, function) is not function:
        return f"is not what the name {name} stands for in the module {module}"
    if module == "__main__" and not getattr(sys.modules.get(module), "__file__", None):
        return f"is {name}, typed into a session and in no file"
    return ""


def _made(function: Callable[..., Any]) -> str:
    if hasattr(function, "__wrapped__"):
        return "what a decorator makes of one, such as lru_cache"
    return f"the class {function.__name__}" if isinstance(function, type) else kind_of(function)


def _module_name(module: str) -> str:
    """A script that is run has a file of its own name, and that name finds it again."""
    if module != "__main__":
        return module
    file = str(getattr(sys.modules["__main__"], "__file__", ""))
    return file.replace("\\", "/").rpartition("/")[2].removesuffix(".py")
