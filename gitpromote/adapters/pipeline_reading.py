"""Running one pipeline file and collecting what it defines: Pipelines, functions, problems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from gitpromote.adapters.generating import reading_from
from gitpromote.adapters.pipeline_functions import function_problems
from gitpromote.adapters.user_code import UserFunction, execute, folders_of, function_in, isolated
from gitpromote.adapters.user_failure import is_consequence, raised
from gitpromote.errors import ConfigurationError, Problem
from gitpromote.model.names import did_you_mean, quoted
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.problems import Collection, collecting

__all__ = ["Reading", "read_file", "shown_path"]


@dataclass(slots=True)
class Reading:
    """What one file gave."""

    file: Path
    pipelines: list[Pipeline] = field(default_factory=list)
    functions: dict[str, UserFunction] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class _Run:
    """Takes in whatever the user's code raises, but for Ctrl-C."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return isinstance(error, Exception | SystemExit)


def read_file(file: Path) -> Reading:
    """Run a pipeline file; nothing that is wrong in it is raised.

    :raises ConfigurationError: it cannot be read at all (``pipeline-file-missing``)
    """
    source, shown, reading = _bytes_of(file), shown_path(file), Reading(file)
    with isolated(file), reading_from(file), collecting() as collection:
        with _Run() as run:
            module = execute(file, source, shown_as=shown)
        if run.error is None:
            reading.pipelines = list(_pipelines_of(module, shown, collection))
            _add_functions(reading, collection)
    reading.problems += collection.problems
    if run.error is not None and not (reading.problems and is_consequence(run.error)):
        alone = not reading.problems
        reading.problems.append(raised(run.error, path=shown, folders=folders_of(file), is_first=alone))
    reading.problems = [_with_shown_path(problem) for problem in reading.problems]
    return reading


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            "The pipeline file cannot be read",
            code="pipeline-file-missing",
            detail=f"{file}: {error.strerror or error}",
            hint="Name another one:\n  gitpromote VERB --pipeline FILE",
        ) from error


def shown_path(path: Path) -> str:
    """A path as messages show it: relative to the working directory where it lies in it."""
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _with_shown_path(problem: Problem) -> Problem:
    problem.path = shown_path(Path(problem.path)) if problem.path else ""
    return problem


def _pipelines_of(module: ModuleType, shown: str, collection: Collection) -> Iterator[Pipeline]:
    """The Pipelines at a module's top level, each once."""
    names = getattr(module, "__all__", None)
    members = {name: value for name, value in vars(module).items() if not name.startswith("__")}
    if names is not None:
        for name in names:
            if name not in members:
                hint = did_you_mean(str(name), members)
                message = f"__all__ names {quoted(str(name))}, which the file does not define"
                collection.problems.append(Problem("unknown-name", message, path=shown, hint=hint))
        members = {name: members[name] for name in names if name in members}
    seen: set[int] = set()
    for value in members.values():
        for pipeline in _in_value(value):
            if id(pipeline) not in seen:
                seen.add(id(pipeline))
                yield pipeline


def _in_value(value: Any, depth: int = 3) -> Iterator[Pipeline]:
    """A Pipeline, or those in a list, tuple or dictionary, and in such as lie in it: generated ones come in groups."""
    if isinstance(value, Pipeline):
        yield value
    elif isinstance(value, dict | list | tuple) and depth:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _in_value(one, depth - 1)


def _add_functions(reading: Reading, collection: Collection) -> None:
    """Look up every function that is named, while its module is at hand, and whether it can be called."""
    named = {reference: pipeline for pipeline in reading.pipelines for reference in pipeline.functions()}
    for reference, pipeline in named.items():
        with _Run() as run:
            reading.functions[reference] = function_in(reference)
        if run.error is not None:
            why = run.error.detail if isinstance(run.error, ConfigurationError) else f"{reference}: {run.error}"
            path, line = pipeline.place or ("", 0)
            collection.problems.append(Problem("callable-missing", f"{pipeline.subject}: {why}", path=path, line=line))
    for pipeline in reading.pipelines:
        collection.problems += function_problems(pipeline, reading.functions)
