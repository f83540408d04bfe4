"""Findings with the place that a person would mend: the source file where that is sure, otherwise the rendered one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from gitpromote.engine.ask import Ask
from gitpromote.engine.sources import rendered_asks
from gitpromote.engine.world import World
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import PlanKind
from gitpromote.policy.scene import Scene

if TYPE_CHECKING:
    from gitpromote.render.origin import Origins

__all__ = ["Locate", "located", "locating"]

#: How many findings of one policy are sought in the sources. Beyond that nobody reads them one by one.
MOST = 500

Locate = Callable[[Manifest, Finding], Finding]


def located(outcomes: Iterable[Outcome], scene: Scene, locate: Locate) -> tuple[Outcome, ...]:
    """The same with the place of each Finding."""
    found = []
    for one in outcomes:
        first = tuple(_located(each, scene, locate) for each in one.findings[:MOST])
        found.append(one.model_copy(update={"findings": (*first, *one.findings[MOST:])}) if first else one)
    return tuple(found)


def _located(finding: Finding, scene: Scene, locate: Locate) -> Finding:
    if finding.object is None:
        return finding
    manifest = scene.objects.get(finding.object.ref)
    # What somebody else names as a file is left as it is.
    if manifest is None or finding.file not in ("", manifest.file):
        return finding
    return locate(manifest, finding)


def locating(world: World, observed: EnvironmentObservation, scene: Scene, kind: PlanKind) -> Locate:
    """How to find places in the sources of an Environment; where nothing is rendered, in what is written."""
    asks = {ask.app.name: ask for ask in _asks(world, observed, scene)} if kind == "promote" else {}
    known: dict[str, Origins] = {}

    def locate(manifest: Manifest, finding: Finding) -> Finding:
        from gitpromote.render.origin import field_line  # YAML is loaded where there is something to find

        ask = asks.get(manifest.app)
        if ask is not None:
            origins = known.get(manifest.app)
            if origins is None:
                origins = known[manifest.app] = _origins(world, ask)
            place = origins.of(manifest, finding.path)
            if place is not None:
                return finding.model_copy(update={"file": place.file, "line": place.line})
        line = manifest.line + (field_line(manifest.text, finding.path) or 0)
        return finding.model_copy(update={"file": manifest.file, "line": line})

    return locate


def _origins(world: World, ask: Ask) -> Origins:
    from gitpromote.render.origin import Origins

    def read(paths: Sequence[str]) -> Mapping[str, bytes]:
        return world.renderings.source_bytes(ask, paths)

    return Origins(ask.spec, world.renderings.files_read(ask), read)


def _asks(world: World, observed: EnvironmentObservation, scene: Scene) -> list[Ask]:
    """The renders that gave these objects."""
    resolved, freight = scene.environment, tuple(observed.freight.values())
    if resolved.target.is_rendered:
        commits = {one.repository: one.commit for each in freight for one in each.artifacts if one.kind == "commit"}
        return rendered_asks(resolved, commits, world, freight)
    if observed.head is None:
        return []
    repository = world.repository(resolved.target.repository)
    return [
        Ask.of(
            resolved,
            app,
            repository=repository,
            commit=observed.head,
            freight=freight,
            functions=world.functions,
            object_format=repository.object_format,
        )
        for app in resolved.apps
    ]
