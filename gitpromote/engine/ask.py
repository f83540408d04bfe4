"""One render: what is asked, what it depends on, and what it gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gitpromote.model.freight import Freight
from gitpromote.model.render import ChartPin, Closure, RenderSpec, remote_chart
from gitpromote.model.resolved import ResolvedApp, ResolvedEnvironment
from gitpromote.ports import KeptRender, Repository
from gitpromote.render.freight_edits import EditData
from gitpromote.render.spec import Functions, spec_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One render that is wanted.

    :ivar name: ``prod/shop``
    :ivar overlay: path to bytes of files that are not as in the commit
    :ivar edits: given edits, in place of those that follow from the Freight
    :ivar chart: the version of a chart that does not lie in the sources; ``None``: it does, or nothing says which
    """

    name: str
    environment: str
    app: ResolvedApp
    spec: RenderSpec
    repository: Repository
    commit: str
    freight: tuple[Freight, ...] = ()
    overlay: Mapping[str, bytes] = field(default_factory=dict)
    edits: tuple[EditData, ...] | None = None
    chart: ChartPin | None = None
    object_format: str = "sha1"

    @classmethod
    def of(
        cls,
        resolved: ResolvedEnvironment,
        app: ResolvedApp,
        *,
        repository: Repository,
        commit: str,
        freight: tuple[Freight, ...] = (),
        functions: Functions | None = None,
        **others: Any,
    ) -> Ask:
        """What an App of an Environment asks for."""
        spec = spec_of(app, environment=resolved.name, functions=functions)
        return cls(
            name=f"{resolved.name}/{app.name}",
            environment=resolved.name,
            app=app,
            spec=spec,
            repository=repository,
            commit=commit,
            freight=freight,
            **{"chart": _held(spec, freight), **others},
        )


def _held(spec: RenderSpec, freight: tuple[Freight, ...]) -> ChartPin | None:
    if remote_chart(spec) is None:
        return None
    from gitpromote.render.remote_charts import chart_pin  # most charts lie in the sources

    return chart_pin(spec, freight)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedApp:
    """What a render gave, by ids.

    :ivar inputs: the digest of all that it read
    :ivar tree: the id of the tree of its files; ``shown`` of those without sensitive values
    """

    ask: Ask
    key: str
    inputs: str
    closure: Closure
    kept: KeptRender
    tree: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A render with all that it depends on. Equal keys, equal output.

    :ivar charts: path to the chart that is fetched and put there
    """

    ask: Ask
    closure: Closure
    inputs: str
    edits: tuple[EditData, ...]
    key: str
    charts: Mapping[str, ChartPin] = field(default_factory=dict)
