"""Whether the functions that a pipeline names can be called as they will be: told when the file is loaded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gitpromote.adapters.user_code import UserFunction
from gitpromote.errors import Problem
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.renderer import PythonRenderer

__all__ = ["function_problems"]

_RENDERER = "a renderer is called as function(source, app=…, env=…), the last two where it names them"
_OTHER = "it is called with one argument: a gate with its facts, a policy with its scene"


def function_problems(pipeline: Pipeline, functions: Mapping[str, UserFunction]) -> Iterator[Problem]:
    """Those that want other arguments than they get, or would give a promise in place of a value."""
    if pipeline.flawed:
        return
    steps = [step for app in pipeline.apps or () for step in app.renderer.steps]
    renderers = {str(step.function) for step in steps if isinstance(step, PythonRenderer)}
    for reference in pipeline.functions():
        if reference not in functions:
            continue
        function = functions[reference].function
        named = ("app", "env") if reference in renderers else ()
        why = _unfit(function, named)
        if why:
            path, line = _place(function)
            hint = _RENDERER if reference in renderers else _OTHER
            yield Problem("callable-invalid", f"the function {reference} {why}", path=path, line=line, hint=hint)


def _unfit(function: Callable[..., Any], named: tuple[str, ...]) -> str:
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "is asynchronous, and nobody awaits it"
    try:
        signature = inspect.signature(function, follow_wrapped=False)  # a wrapper may give more than it gets
    except (TypeError, ValueError):  # what is not written in Python need not tell
        return ""
    members = signature.parameters
    takes_all = any(member.kind is inspect.Parameter.VAR_KEYWORD for member in members.values())
    try:
        signature.bind(None, **{name: None for name in named if takes_all or name in members})
    except TypeError as error:
        return f"cannot be called as it will be: {error}"
    return ""


def _place(function: Callable[..., Any]) -> tuple[str, int]:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else ("", 0)
