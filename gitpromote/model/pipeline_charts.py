"""What is wrong about charts that are fetched: no Warehouse knows their versions, or nobody tells the agent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitpromote.errors import Problem
from gitpromote.model.app import App
from gitpromote.model.edits import SetValue
from gitpromote.model.index import Index
from gitpromote.model.names import quoted, repository_key
from gitpromote.model.pipeline_edits import unwatched_chart
from gitpromote.model.pipeline_targets import Place
from gitpromote.model.problems import Fault
from gitpromote.model.renderer import Helm
from gitpromote.model.subscription import Chart
from gitpromote.model.substitute import parse

__all__ = ["chart_problems"]


def chart_problems(index: Index, places: Iterable[Place]) -> Iterator[Problem]:
    """Charts with an address whose version no Freight says, and those whose version an edited source does not say."""
    fetched = {app.name: step for app in index.apps.values() if (step := _fetched(app)) is not None}
    if not fetched:
        return
    watched = {
        warehouse.name or "": [one.address for one in warehouse.subscriptions if isinstance(one, Chart)]
        for warehouse in index.warehouses
    }
    every = {repository_key(one): one for addresses in watched.values() for one in addresses}
    seen: set[tuple[str, str]] = set()
    for place in places:
        for app in place.shape.apps:
            step = fetched.get(app.name)
            if step is None:
                continue
            address = parse(step.chart).fill({**place.values, "app": app.name})
            sources = [name for name, addresses in watched.items() if any(_is_same(one, address) for one in addresses)]
            if not sources and (app.name, address) not in seen:
                seen.add((app.name, address))
                yield unwatched_chart(step, address, every)
            elif sources and not set(sources) & set(index.reached[place.environment.name]):
                yield place.problem(_unreached(app, address, sources))
            if place.shape.kind == "in-place" and not any(_states(edit, address) for edit in app.edits):
                yield place.problem(_unstated(app, address))


def _fetched(app: App) -> Helm | None:
    step = app.renderer.steps[0] if app.renderer.steps else None
    return step if isinstance(step, Helm) and step.is_address else None


def _is_same(one: str, other: str) -> bool:
    """Whether two addresses mean one chart: a registry and a chart repository are never the same place."""
    return repository_key(one) == repository_key(other) and one.startswith("oci:") == other.startswith("oci:")


def _states(edit: object, address: str) -> bool:
    named = edit.chart if isinstance(edit, SetValue) else None
    return named is not None and repository_key(named) == repository_key(address)


def _unreached(app: App, address: str, sources: list[str]) -> Fault:
    message = f"carries App {quoted(app.name)}, and no Freight that gets here holds its chart {quoted(address)}"
    return Fault("unknown-chart", message, f"direct={sources!r} lets that of {' and '.join(sources)} in")


def _unstated(app: App, address: str) -> Fault:
    message = f"is edited in place, and no edit of App {quoted(app.name)} writes the version of {quoted(address)}"
    hint = f'write edits=[SetValue("app.yaml", "spec.source.targetRevision", chart={quoted(address)})]'
    return Fault("nothing-to-promote", message, hint)
