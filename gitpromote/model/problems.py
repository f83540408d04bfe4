"""What is wrong in a definition: raised at once, or collected while a pipeline file is read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any, NamedTuple

from gitpromote.errors import ConfigurationError, Problem

__all__ = [
    "Collection",
    "Fault",
    "Place",
    "UnfitError",
    "collecting",
    "configuration_error",
    "report",
    "user_place",
]


class Place(NamedTuple):
    """Where a definition was written. ``line`` is 1-based."""

    path: str
    line: int


class Fault(NamedTuple):
    """Something that is wrong with one definition.

    :ivar field: the field that it is about, or an empty string
    """

    code: str
    message: str
    hint: str = ""
    field: str = ""


class UnfitError(ValueError):
    """A value that cannot be converted into what a field holds. The fault's message completes "<field> …"."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Collection:
    """What was found while a file was read: problems, and the functions that definitions name.

    It is true once a problem was found.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.functions: dict[str, Callable[..., Any]] = {}

    def __bool__(self) -> bool:
        return bool(self.problems)


_current: ContextVar[Collection | None] = ContextVar("gitpromote_collection", default=None)


@contextmanager
def collecting() -> Iterator[Collection]:
    """While this is open, a constructor that fails records why and yields a placeholder instead of raising."""
    collection = Collection()
    token = _current.set(collection)
    try:
        yield collection
    finally:
        _current.reset(token)


def current_collection() -> Collection | None:
    """What is being collected now, if anything."""
    return _current.get()


def report(problems: Sequence[Problem]) -> None:
    """Record problems where a file is being read, otherwise raise them.

    :raises ConfigurationError: outside of :func:`collecting`
    """
    collection = _current.get()
    if collection is None:
        raise configuration_error(problems)
    collection.problems += problems


def configuration_error(
    problems: Iterable[Problem], *, summary: str = "The definition is not valid"
) -> ConfigurationError:
    """One error for all problems, in the order of the file, each told once.

    Its code is the problem's if there is one kind of problem, otherwise ``definition-invalid``.
    """
    ordered = sorted({str(problem): problem for problem in problems}.values(), key=lambda one: (one.path, one.line))
    codes = {problem.code for problem in ordered}
    if len(codes) > 1:
        return ConfigurationError(summary, code="definition-invalid", problems=ordered)
    return ConfigurationError(summary, code=codes.pop(), problems=ordered)


def user_place() -> tuple[str, int] | None:
    """File and line of the innermost frame that is not of this package, if there is one."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_globals.get("__name__", "")[:11] != "gitpromote.":
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None
