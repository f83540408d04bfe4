"""Finding pipeline files, running them, and telling everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gitpromote.adapters.code_digest import digest_of_code
from gitpromote.adapters.pipeline_expressions import expression_problems
from gitpromote.adapters.pipeline_policies import policy_problems
from gitpromote.adapters.pipeline_reading import read_file, shown_path
from gitpromote.adapters.pipeline_rules import distinct, rules_between
from gitpromote.adapters.pipeline_search import files_of, find_pipeline_file, parse_pipeline_option
from gitpromote.adapters.user_code import UserFunction
from gitpromote.errors import Problem, UsageError
from gitpromote.model.names import did_you_mean
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.problems import Place, configuration_error

__all__ = ["LoadedFile", "callables_changed", "find_pipeline_file", "load_pipelines", "parse_pipeline_option"]

_SUMMARIES = {
    "pipeline-file-raised": "The pipeline file cannot be run to its end",
    "pipeline-missing": "The pipeline file defines no pipeline",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """A pipeline file, or a folder of them, as it was read.

    :ivar path: the file or folder
    :ivar pipelines: by name, in the order of the file
    :ivar files: the file of each
    :ivar places: where each was made
    :ivar functions: every function that they name, by ``module:name``
    """

    path: Path
    pipelines: Mapping[str, Pipeline]
    files: Mapping[str, Path] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    functions: Mapping[str, UserFunction] = field(default_factory=dict)

    @property
    def callables(self) -> dict[str, str]:
        """``module:name`` to ``sha256:…`` of its code."""
        return {reference: function.sha256 for reference, function in self.functions.items()}

    def functions_of(self, pipeline: Pipeline) -> dict[str, tuple[str, str]]:
        """``module:name`` to (file, ``sha256:…`` of its code) of every function that one Pipeline names."""
        named = [self.functions[reference] for reference in pipeline.functions()]
        return {function.reference: (str(function.path), function.sha256) for function in named}

    def select(self, name: str | None = None) -> Pipeline:
        """The Pipeline of this name, or the only one.

        :raises UsageError: there is none of this name, or several and no name
        """
        known = ", ".join(self.pipelines)
        if name is None:
            if len(self.pipelines) == 1:
                return next(iter(self.pipelines.values()))
            raise UsageError(
                "Several pipelines, and none is named",
                code="pipeline-ambiguous",
                detail=f"{self.path} defines {known}",
                hint="Name one of them.",
            )
        if name not in self.pipelines:
            raise UsageError(
                "No pipeline has this name",
                code="unknown-pipeline",
                detail=f"{self.path} defines {known}, and not {name}",
                hint=did_you_mean(name, self.pipelines) or self._as_environment(name),
            )
        return self.pipelines[name]

    def _as_environment(self, name: str) -> str:
        """Where an Environment was named and a Pipeline is wanted."""
        owners = [pipeline.name for pipeline in self.pipelines.values() if name in pipeline.order()]
        return f"{name} is an environment of {owners[0]}: --env {name}" if owners else ""


def callables_changed(planned: Mapping[str, str], functions: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    """The functions whose code is not what it was when the plan was made, or is gone; sorted.

    :param planned: ``module:name`` to ``sha256:…``, as a plan holds them
    :param functions: ``module:name`` to (file, …), as they are found now
    """
    return tuple(sorted(name for name, digest in planned.items() if _digest_now(name, functions.get(name)) != digest))


def _digest_now(reference: str, function: tuple[str, str] | None) -> str | None:
    try:
        return None if function is None else digest_of_code(Path(function[0]), reference.partition(":")[0])
    except OSError:
        return None


def load_pipelines(path: Path) -> LoadedFile:
    """Every Pipeline that a file, or each file of a folder, holds at its top level.

    What its ``__all__`` names counts alone. Lists, tuples and dictionaries of Pipelines count too.

    :raises ConfigurationError: with *every* problem, sorted by file and line
    """
    readings = [read_file(file) for file in files_of(path)]
    problems = [problem for reading in readings for problem in reading.problems]
    found = distinct(readings)
    problems += expression_problems(one.pipeline for one in found)
    problems += policy_problems(one.pipeline for one in found)
    if not problems:
        problems += rules_between(found) if found else [_nothing(path)]
    if problems:
        codes = {problem.code for problem in problems}
        summary = _SUMMARIES.get(codes.pop() if len(codes) == 1 else "", "The pipeline file is not valid")
        raise configuration_error(problems, summary=summary)
    return LoadedFile(
        path=path,
        pipelines={one.pipeline.name: one.pipeline for one in found},
        files={one.pipeline.name: one.file for one in found},
        places={one.pipeline.name: one.pipeline.place for one in found if one.pipeline.place},
        functions={name: function for reading in readings for name, function in reading.functions.items()},
    )


def _nothing(path: Path) -> Problem:
    hint = 'write shop = Pipeline("shop", …) at the top level; __all__, where there is one, must name it'
    return Problem("pipeline-missing", "no Pipeline stands at the top level", path=shown_path(path), hint=hint)
