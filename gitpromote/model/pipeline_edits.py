"""What is wrong between Apps and Warehouses: edits and charts that no subscription feeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gitpromote.errors import Problem
from gitpromote.model.artifact import canonical_repository
from gitpromote.model.definition import Definition, problem
from gitpromote.model.edits import SetValue
from gitpromote.model.index import Index
from gitpromote.model.names import did_you_mean, quoted, repository_key
from gitpromote.model.problems import Fault
from gitpromote.model.renderer import subscription
from gitpromote.model.subscription import Chart, Image, Subscription

if TYPE_CHECKING:
    from gitpromote.model.pipeline import Pipeline

__all__ = ["edit_problems", "unwatched_chart"]


def edit_problems(pipeline: Pipeline, index: Index) -> Iterator[Problem]:
    """Images and charts that an App names and no Warehouse subscribes to."""
    watched = [one for warehouse in index.warehouses for one in warehouse.subscriptions]
    images = {one.key: one.repo for one in watched if isinstance(one, Image)}
    charts = {one.key: one.address for one in watched if isinstance(one, Chart)}
    for app in pipeline.apps:
        for edit in app.edits:
            if not isinstance(edit, SetValue):
                continue
            if edit.image is not None and canonical_repository(edit.image) not in images:
                yield _unwatched_image(edit, edit.image, images)
            if edit.chart is not None and repository_key(edit.chart) not in charts:
                yield unwatched_chart(edit, edit.chart, charts)
    yield from _same_artifact(index)


def _unwatched_image(part: Definition, named: str, watched: Mapping[str, str]) -> Problem:
    hint = did_you_mean(named, watched.values(), quote='"') or f"add Image({quoted(named)}, …) to the Warehouse"
    fault = Fault("unknown-image", f"no Warehouse subscribes to the image {quoted(named)}", hint)
    return problem(part.place, fault, type(part).__name__)


def unwatched_chart(part: Definition, named: str, watched: Mapping[str, str]) -> Problem:
    """A chart that a part of an App names.

    :param watched: the key of each chart that a Warehouse subscribes to, with its address
    """
    hint = did_you_mean(named, watched.values(), quote='"') or f"add {subscription(named)} to the Warehouse"
    fault = Fault("unknown-chart", f"no Warehouse subscribes to the chart {quoted(named)}", hint)
    return problem(part.place, fault, type(part).__name__)


def _same_artifact(index: Index) -> Iterator[Problem]:
    for warehouse in index.warehouses:
        seen: dict[str, Subscription] = {}
        for one in warehouse.subscriptions:
            if isinstance(one, Image | Chart) and seen.setdefault(one.key, one) is not one:
                fault = Fault("name-taken", "its Warehouse subscribes to this twice", "make one of both")
                yield problem(one.place, fault, one.subject)
