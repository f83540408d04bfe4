"""Where a Project comes from: a pipeline file, a plan, or what a ledger remembers of a Pipeline that is gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gitpromote.adapters.git.url import canonical_repository
from gitpromote.adapters.git.workrepo import find_repository
from gitpromote.errors import ConfigurationError
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import PipelineSource
from gitpromote.project import documents
from gitpromote.project.plan import Plan
from gitpromote.project.wiring import Place

if TYPE_CHECKING:  # a plan is applied without its pipeline file
    from gitpromote.adapters.pipeline_file import LoadedFile


class Found(NamedTuple):
    """A Pipeline, and where it was found.

    :ivar others: the other Pipelines of its file
    """

    pipeline: Pipeline
    place: Place
    source: PipelineSource | None
    others: tuple[Pipeline, ...] = ()


def loaded(file: str | Path | None, start: str | Path | None) -> tuple[LoadedFile, str | None]:
    """The pipeline file, and the name that stands behind it in ``FILE:NAME``.

    :raises ConfigurationError: with every problem of the file
    """
    from gitpromote.adapters.pipeline_file import load_pipelines
    from gitpromote.adapters.pipeline_search import find_pipeline_file, parse_pipeline_option

    path, name = (None, None) if file is None else parse_pipeline_option(str(file))
    return load_pipelines(path or find_pipeline_file(Path(start) if start else Path.cwd())), name


def in_file(file: LoadedFile, name: str | None) -> Found:
    """The Pipeline of this name, or the only one.

    :raises UsageError: there is none, or several and no name
    :raises ConfigurationError: it has no home repository (``home-missing``)
    """
    chosen = file.select(name)
    work = find_repository(file.files[chosen.name])
    if chosen.repo is None and work is None:
        raise ConfigurationError(
            "The pipeline has no home repository",
            code="home-missing",
            detail=f"{file.path} is in no Git repository.",
            hint="Put it into one, or name it: Pipeline(…, repo=…).",
        )
    home = chosen.repo or (work.home_url if work else "")
    place = Place(home_url=home, work=work, functions=_functions(file))
    others = tuple(one for one in file.pipelines.values() if one is not chosen)
    return Found(pipeline=chosen, place=place, source=_source(file, chosen, place), others=others)


def in_plan(plan: Plan) -> Found:
    """The Pipeline that a plan holds; no pipeline file is read."""
    described = plan.data.pipeline
    home = plan.data.basis.repositories["home"].url
    work = find_repository(Path.cwd())
    if work is not None and canonical_repository(work.home_url) == canonical_repository(home):
        home = work.home_url  # the same repository, as this machine reaches it
    root = work.toplevel if work else Path.cwd()
    place = Place(home_url=home, work=work, functions=documents.functions_of(described.source, root=root))
    return Found(pipeline=documents.definition_of(plan), place=place, source=described.source)


def departed(file: LoadedFile, name: str) -> Found:
    """A Pipeline that the file has no more, as far as one can tell: beside the file's first one, with no members."""
    like = in_file(file, next(iter(file.pipelines)))
    pipeline = like.pipeline.changed({"name": name})
    return Found(pipeline=pipeline, place=like.place, source=like.source, others=tuple(file.pipelines.values()))


def _functions(file: LoadedFile) -> dict[str, tuple[str, str]]:
    return {
        name: (str(function.path), function.sha256.removeprefix("sha256:")) for name, function in file.functions.items()
    }


def _source(file: LoadedFile, pipeline: Pipeline, place: Place) -> PipelineSource:
    path = file.files[pipeline.name].resolve()
    inside = place.work is not None and path.is_relative_to(place.work.toplevel)
    shown = path.relative_to(place.work.toplevel).as_posix() if place.work and inside else path.name
    return PipelineSource(
        path=shown,
        callables={name: file.callables[name] for name in pipeline.functions() if name in file.callables},
    )
