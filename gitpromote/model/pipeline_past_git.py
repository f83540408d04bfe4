"""What would run past Git: definitions that look like GitOps and leave nothing to review, or to return to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gitpromote.errors import Problem
from gitpromote.model.agent import NoAgent
from gitpromote.model.app import App
from gitpromote.model.artifact import canonical_repository
from gitpromote.model.definition import problem
from gitpromote.model.edits import FluxSetters, SetValue
from gitpromote.model.index import Index
from gitpromote.model.names import quoted
from gitpromote.model.problems import Fault
from gitpromote.model.renderer import Kustomize
from gitpromote.model.subscription import Image

if TYPE_CHECKING:
    from gitpromote.model.pipeline import Pipeline

__all__ = ["past_git_problems"]


def past_git_problems(pipeline: Pipeline, index: Index) -> Iterator[Problem]:
    """Agents that nothing is written for, and images that change without a change in Git."""
    yield from _idle_agents(pipeline)
    for warehouse in index.warehouses:
        for one in warehouse.subscriptions:
            if isinstance(one, Image) and one.strategy == "digest":
                yield from _followed(pipeline, one)


def _idle_agents(pipeline: Pipeline) -> Iterator[Problem]:
    for environment in pipeline.environments:
        if environment.apps == () and environment.agent is not None and not isinstance(environment.agent, NoAgent):
            message = "carries no App, and an agent has nothing to run from Git there"
            fault = Fault("pseudo-gitops", message, "name its Apps, or leave agent= out")
            yield problem(environment.place, fault, environment.subject)


def _followed(pipeline: Pipeline, image: Image) -> Iterator[Problem]:
    """A tag that moves, where nobody writes which digest it stands for."""
    parts = {part for app in pipeline.apps for part in _written(app, image, pin=app.pin or pipeline.pin)}
    if parts and parts <= {"tag", "repository"}:
        message = f"follows the tag {quoted(image.constraint or '')}, and nothing but the tag is written: "
        message += "Git would say the same after every promotion, and the registry what runs"
        yield problem(
            image.place, Fault("pseudo-gitops", message, 'write pin="tag@digest", the default'), image.subject
        )


def _written(app: App, image: Image, *, pin: str) -> Iterable[str]:
    """What an App writes of an image, or may write."""
    for edit in app.edits:
        if isinstance(edit, FluxSetters):
            yield "tag@digest"  # its comments say what, and they are in the sources
        elif isinstance(edit, SetValue) and edit.image and canonical_repository(edit.image) == image.key:
            yield edit.part or pin
    if any(isinstance(step, Kustomize) for step in app.renderer.steps):
        yield pin
