"""What a shell offers on TAB: the names in the pipeline file of the working folder, or in the one that was named."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitpromote.errors import GitpromoteError
from gitpromote.model.ephemeral import EphemeralPipeline
from gitpromote.project.loading import loaded

if TYPE_CHECKING:
    from gitpromote.adapters.pipeline_file import LoadedFile
    from gitpromote.model.pipeline import Pipeline


def offered(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The words that begin so and fit a parameter, by what its help calls it. Where none can be known, there is none.

    What the pipeline file prints is not for the shell.
    """
    nowhere = io.StringIO()
    try:
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            file, name = loaded(ctx.meta.get("pipeline"), None)
    except (GitpromoteError, OSError):
        return []
    head, comma, _ = incomplete.rpartition(",") if "ENV…" in (param.metavar or "") else ("", "", "")
    words = [f"{head}{comma}{word}" for word in _words(param.metavar or "", file, name, ctx.params)]
    return [word for word in words if word.startswith(incomplete)]


def _words(metavar: str, file: LoadedFile, name: str | None, given: Mapping[str, Any]) -> Sequence[str]:
    if metavar == "FILE[:NAME]":
        path = _shown(file.path)
        return [path] if len(file.pipelines) == 1 else [f"{path}:{one}" for one in file.pipelines]
    typed = [one for one in (*(given.get("words") or ()), given.get("name"), given.get("target")) if one]
    named = name or next((one for one in typed[:1] if one in file.pipelines), None)
    pipelines = [] if typed or name else list(file.pipelines)
    if "ENV" not in metavar and " A B" not in metavar:
        return pipelines
    known = [file.pipelines[named]] if named and named in file.pipelines else list(file.pipelines.values())
    environments = [one for pipeline in known for one in _environments(pipeline)]
    first = pipelines if metavar.startswith("[PIPELINE]") and len(pipelines) > 1 else []
    return list(dict.fromkeys([*environments, *first]))


def _environments(pipeline: Pipeline) -> list[str]:
    """Those that the file names; which previews are alive, it does not say."""
    return [] if isinstance(pipeline, EphemeralPipeline) else [one.name for one in pipeline.environments]


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
