"""What is wrong between what the Environments of a Pipeline write and what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gitpromote.errors import Problem
from gitpromote.model.app import App
from gitpromote.model.definition import problem
from gitpromote.model.index import Index, repository_of
from gitpromote.model.names import clean_path, quoted, repository_key, shown
from gitpromote.model.pipeline_targets import Place
from gitpromote.model.problems import Fault
from gitpromote.model.renderer import Kustomize
from gitpromote.model.resolved import HOME
from gitpromote.model.shape import Shape
from gitpromote.model.subscription import Chart, Git, Image
from gitpromote.model.territory import overlap

if TYPE_CHECKING:
    from gitpromote.model.pipeline import Pipeline

__all__ = ["source_problems"]

#: A source branch that is not named is one of these, as far as can be known before anything is fetched.
_USUAL_DEFAULTS = ("main", "master")


def source_problems(pipeline: Pipeline, index: Index, places: Iterable[Place]) -> Iterator[Problem]:
    """Targets in place that nothing feeds, and output in the folders that are read."""
    watched = [one for warehouse in index.warehouses for one in warehouse.subscriptions]
    feeds = any(isinstance(one, Image | Chart) for one in watched)
    followed = [one for one in watched if isinstance(one, Git)]
    yield from _reserved(pipeline, followed)
    branches = _branches(pipeline, followed)
    usual = {name for names in branches.values() for name in names}
    apart: dict[Shape, bool] = {}
    for place in places:
        if place.shape.kind == "in-place":
            yield from _in_place(pipeline, place, feeds=feeds)
        elif place.branch in usual:
            if place.shape not in apart:
                apart[place.shape] = _are_apart(place.shape)
            if not apart[place.shape]:
                yield from _feedback(pipeline, place, branches)


def _reserved(pipeline: Pipeline, followed: Iterable[Git]) -> Iterator[Problem]:
    """Branches of the home repository beside which there is no room for the ledger: Git keeps refs as paths."""
    for git in followed:
        ref, own = f"refs/heads/{git.branch}/", f"{pipeline.refs}/"
        at_home = git.repo is None or _same(repository_of(git.repo, pipeline.repo), HOME)
        if git.branch is not None and at_home and (ref.startswith(own) or own.startswith(ref)):
            told = f"the branch {shown(git.branch)} is where gitpromote keeps its own refs"
            hint = 'rename it, or keep them elsewhere: Pipeline(…, refs="refs/gitpromote")'
            yield problem(git.place, Fault("branch-reserved", told, hint, "branch"), git.subject)


def _in_place(pipeline: Pipeline, place: Place, *, feeds: bool) -> Iterator[Problem]:
    if not feeds:
        message = "a target in place takes images and charts, and no Warehouse subscribes to one"
        yield place.problem(Fault("nothing-to-promote", message, 'write warehouse=Warehouse(Image("…", "^1"))'))
    elif not any(_is_edited(app) for app in place.shape.apps):
        message = "nothing would be written: no App has edits, and none is a kustomization"
        yield place.problem(
            Fault("nothing-to-promote", message, 'write edits=[SetValue("values.yaml", "image.tag", image="…")]')
        )
    for app in place.shape.apps:
        if not _same(repository_of(app.repo, pipeline.repo), place.shape.repository):
            message = f"is edited in place, and the sources of App {quoted(app.name)} are in another repository"
            yield place.problem(Fault("in-place-elsewhere", message, "give InPlace and App the same repo="))


def _is_edited(app: App) -> bool:
    return bool(app.edits) or any(isinstance(step, Kustomize) for step in app.renderer.steps)


def _same(one: str, other: str) -> bool:
    return one == other or (HOME not in (one, other) and repository_key(one) == repository_key(other))


def _are_apart(shape: Shape) -> bool:
    """Whether output and sources cannot be in one folder in any Environment: the first parts of their paths differ."""
    sources = {_head(clean_path(path)) for app in shape.apps for path in app.renderer.source_paths()}
    outputs = {_head(path) for path in shape.folder_texts()}
    return "" not in sources | outputs and sources.isdisjoint(outputs)


def _head(path: str) -> str:
    """The first part of a path, empty where it differs by Environment."""
    head = path.partition("/")[0]
    return "" if "$" in head else head


def _feedback(pipeline: Pipeline, place: Place, branches: dict[str, set[str]]) -> Iterator[Problem]:
    """The next render would read what this one wrote."""
    for app in place.shape.apps:
        repository = repository_of(app.repo, pipeline.repo)
        if not _same(repository, place.shape.repository) or place.branch not in branches.get(repository, ()):
            continue
        for source in place.sources(app):
            if any(overlap(source, folder) for folder in place.subtrees):
                output = f"{quoted(place.subtrees[0] or '.')} on branch {quoted(place.branch)}"
                message = f"writes {output}, where App {quoted(app.name)} reads {quoted(source or '.')}"
                yield place.problem(
                    Fault("path-conflict", message, "write to another branch, or to a folder of its own")
                )
                break


def _branches(pipeline: Pipeline, watched: Iterable[Git]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in watched:
        names = [one.branch] if one.branch else _USUAL_DEFAULTS
        found.setdefault(repository_of(one.repo, pipeline.repo), set()).update(names)
    return found
