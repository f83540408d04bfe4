"""From a Pipeline's defaults and templates to what one Environment is: every ``$name`` filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitpromote.model.app import App
from gitpromote.model.edits import Pin
from gitpromote.model.environment import Environment
from gitpromote.model.index import Index, direct_of, repository_of
from gitpromote.model.renderer import Chain, Helm, Renderer
from gitpromote.model.resolved import ResolvedApp, ResolvedEnvironment
from gitpromote.model.shape import Defaults, Shape, Shapes, Values, names_in, substituted

if TYPE_CHECKING:
    from gitpromote.model.pipeline import Pipeline

__all__ = ["Resolver", "defaults_of"]


def defaults_of(pipeline: Pipeline) -> Defaults:
    """What a Pipeline says for its Environments."""
    return Defaults(target=pipeline.target, agent=pipeline.agent, gates=tuple(pipeline.gates), repo=pipeline.repo)


class _Prepared(NamedTuple):
    """What of an App is the same in all Environments of a shape."""

    app: App
    renderer: Renderer
    names: frozenset[str]
    repository: str
    after: tuple[str, ...]
    pin: Pin


class Resolver:
    """Works out the Environments of one sound Pipeline."""

    def __init__(self, pipeline: Pipeline, index: Index) -> None:
        self._pipeline = pipeline
        self._index = index
        self._shapes = Shapes(defaults_of(pipeline), index)
        self._prepared: dict[Shape, list[_Prepared]] = {}
        self._warehouses = tuple(warehouse.name or "" for warehouse in index.warehouses)

    def resolve(self, environment: Environment) -> ResolvedEnvironment:
        """What an Environment is."""
        name, index, shape = environment.name, self._index, self._shapes.of(environment)
        values = self._shapes.values(environment, shape)
        before = index.before[name]
        if shape not in self._prepared:
            self._prepared[shape] = [self._prepare(app, shape) for app in shape.apps]
        return ResolvedEnvironment(
            name=name,
            target=shape.target(values),
            apps=tuple([_app(prepared, shape, values) for prepared in self._prepared[shape]]),
            delivery=environment.delivery or self._pipeline.delivery,
            agent=None if shape.agent is None else substituted(shape.agent, values),
            gates=tuple([substituted(gate, values) for gate in shape.gates]) if shape.gates else (),
            production=index.is_production(name),
            after=before,
            join=index.join(name),
            direct=direct_of(environment, not before, self._warehouses),
            warehouses=index.reached[name],
            auto=index.auto_of(environment),
            select=environment.select,
            labels=environment.labels,
            wave=index.wave_of(environment),
            moved=tuple(environment.moved),
            policies=(*self._pipeline.policies, *environment.policies),
        )

    def values(self, environment: Environment) -> Values:
        """What ``$names`` stand for in an Environment."""
        return self._shapes.values(environment, self._shapes.of(environment))

    def _prepare(self, app: App, shape: Shape) -> _Prepared:
        carried = {one.name for one in shape.apps}
        return _Prepared(
            app=app,
            renderer=_with_release(app.renderer, app.name),
            names=names_in(app.renderer).union(*(names_in(edit) for edit in app.edits)),
            repository=repository_of(app.repo, self._pipeline.repo),
            after=tuple(name for name in app.after if name in carried),
            pin=app.pin or self._pipeline.pin,
        )


def _app(prepared: _Prepared, shape: Shape, values: Values) -> ResolvedApp:
    app, renderer, edits = prepared.app, prepared.renderer, tuple(prepared.app.edits)
    if prepared.names:
        if values.get("app") is None:
            values = {**values, "app": app.name}
        renderer = _substituted(renderer, values)
        edits = tuple([substituted(edit, values) for edit in edits])
    return ResolvedApp(
        name=app.name,
        renderer=renderer,
        edits=edits,
        repository=prepared.repository,
        folder=shape.folder(app.name, values),
        files=shape.files,
        after=prepared.after,
        pin=prepared.pin,
        allow_plaintext_secrets=app.allow_plaintext_secrets,
        limits=app.limits,
    )


def _substituted(renderer: Renderer, values: Values) -> Renderer:
    if isinstance(renderer, Chain):
        return renderer.changed({"renderers": tuple([substituted(step, values) for step in renderer.renderers])})
    return substituted(renderer, values)


def _with_release(renderer: Renderer, app: str) -> Renderer:
    """A helm release is called like its App unless the definition says otherwise."""
    if isinstance(renderer, Chain):
        return renderer.changed({"renderers": tuple(_with_release(step, app) for step in renderer.renderers)})
    if isinstance(renderer, Helm) and renderer.release is None:
        return renderer.changed({"release": app})
    return renderer
