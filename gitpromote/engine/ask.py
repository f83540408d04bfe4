"""One render: what is asked, what it depends on, and what it gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gitpromote.model.freight import Freight
from gitpromote.model.render import Closure, RenderSpec
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
        return cls(
            name=f"{resolved.name}/{app.name}",
            environment=resolved.name,
            app=app,
            spec=spec_of(app, environment=resolved.name, functions=functions),
            repository=repository,
            commit=commit,
            freight=freight,
            **others,
        )


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
    """A render with all that it depends on. Equal keys, equal output."""

    ask: Ask
    closure: Closure
    inputs: str
    edits: tuple[EditData, ...]
    key: str
