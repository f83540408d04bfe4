"""From a Pipeline's defaults and templates to what one Environment is: every ``$name`` filled in."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from gitpromote.model.app import App
from gitpromote.model.environment import Environment
from gitpromote.model.index import Index, direct_of, repository_of
from gitpromote.model.renderer import Chain, Helm, Renderer
from gitpromote.model.resolved import ResolvedApp, ResolvedEnvironment
from gitpromote.model.shape import Defaults, Shape, Shapes, Values, substituted

if TYPE_CHECKING:
    from gitpromote.model.pipeline import Pipeline

__all__ = ["Resolver", "defaults_of"]


def defaults_of(pipeline: Pipeline) -> Defaults:
    """What a Pipeline says for its Environments."""
    return Defaults(target=pipeline.target, agent=pipeline.agent, gates=tuple(pipeline.gates), repo=pipeline.repo)


class Resolver:
    """Works out the Environments of one sound Pipeline."""

    def __init__(self, pipeline: Pipeline, index: Index) -> None:
        self._pipeline = pipeline
        self._index = index
        self._shapes = Shapes(defaults_of(pipeline), index)
        self._warehouses = tuple(warehouse.name or "" for warehouse in index.warehouses)

    def resolve(self, environment: Environment) -> ResolvedEnvironment:
        """What an Environment is."""
        name, index, shape = environment.name, self._index, self._shapes.of(environment)
        values = self._shapes.values(environment, shape)
        before = index.before[name]
        target = shape.target(values)
        carried = frozenset(app.name for app in shape.apps)
        return ResolvedEnvironment(
            name=name,
            target=target,
            apps=tuple([self._app(app, shape, values, carried) for app in shape.apps]),
            delivery=environment.delivery or self._pipeline.delivery,
            agent=None if shape.agent is None else substituted(shape.agent, values),
            gates=tuple([substituted(gate, values) for gate in shape.gates]),
            production=index.is_production(name),
            after=before,
            join=index.join(name),
            direct=direct_of(environment, not before, self._warehouses),
            warehouses=index.reached[name],
            auto=environment.auto,
            select=environment.select,
            labels=environment.labels,
        )

    def _app(self, app: App, shape: Shape, values: Values, carried: Collection[str]) -> ResolvedApp:
        values = {**values, "app": app.name}
        return ResolvedApp(
            name=app.name,
            renderer=_renderer(app.renderer, app.name, values),
            edits=tuple([substituted(edit, values) for edit in app.edits]),
            repository=repository_of(app.repo, self._pipeline.repo),
            folder=shape.folder(app.name, values),
            files=shape.files,
            after=tuple([name for name in app.after if name in carried]),
            pin=app.pin or self._pipeline.pin,
            allow_plaintext_secrets=app.allow_plaintext_secrets,
        )


def _renderer(renderer: Renderer, app: str, values: Values) -> Renderer:
    """A renderer with names filled in; a helm release is called like its App unless the definition says otherwise."""
    if isinstance(renderer, Chain):
        return renderer.changed({"renderers": tuple([_renderer(step, app, values) for step in renderer.renderers])})
    renderer = substituted(renderer, values)
    if isinstance(renderer, Helm) and renderer.release is None:
        return renderer.changed({"release": app})
    return renderer
