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
    from gitpromote.render.origin import Origin, Origins

__all__ = ["Locate", "located", "locating"]

#: How many findings of one policy are sought in the sources. Beyond that nobody reads them one by one.
MOST = 500

Locate = Callable[[Manifest, Finding], Finding]


def located(outcomes: Iterable[Outcome], scene: Scene, locate: Locate) -> tuple[Outcome, ...]:
    """The same with the place of each Finding."""
    found, beside = [], _Beside(scene)
    for one in outcomes:
        first = tuple(_located(each, scene, locate, beside) for each in one.findings[:MOST])
        found.append(one.model_copy(update={"findings": (*first, *one.findings[MOST:])}) if first else one)
    return tuple(found)


def _located(finding: Finding, scene: Scene, locate: Locate, beside: _Beside) -> Finding:
    if finding.object is None:
        return finding
    ref = finding.object.ref
    manifest = scene.objects.get(ref) or scene.before.get(ref)
    if manifest is None:
        return finding
    # What somebody else names as a file is left as it is, but for another object that is rendered.
    if finding.file not in ("", manifest.file):
        other = beside.at(finding)
        return _of_other(finding, locate(other, finding)) if other is not None else finding
    return locate(manifest, finding)


def _of_other(finding: Finding, placed: Finding) -> Finding:
    return finding.model_copy(update={"file": placed.file, "line": placed.line})


class _Beside:
    """The rendered objects by their places, sought when the first is asked for."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._known: dict[tuple[str, int], Manifest] | None = None

    def at(self, finding: Finding) -> Manifest | None:
        """The object that is rendered where a Finding points."""
        if self._known is None:
            self._known = {(one.file, one.line): one for one in self._scene.objects.values()}
        return self._known.get((finding.file, finding.line))


def locating(world: World, observed: EnvironmentObservation, scene: Scene, kind: PlanKind) -> Locate:
    """How to find places in the sources of an Environment; where nothing is rendered, in what is written.

    What goes away is nowhere in either: the place is what leaves it out, where that is sure, and otherwise none.
    """
    asks = {ask.app.name: ask for ask in _asks(world, observed, scene)} if kind == "promote" else {}
    known: dict[str, Origins] = {}

    def origins_of(app: str) -> Origins | None:
        if app in asks and app not in known:
            known[app] = _origins(world, asks[app])
        return known.get(app)

    def locate(manifest: Manifest, finding: Finding) -> Finding:
        origins = origins_of(manifest.app)
        stays = manifest.ref in scene.objects
        below = finding.line - manifest.line if finding.file == manifest.file and stays and not finding.path else 0
        place: Origin | None = None
        if origins is not None and below > 0:
            place = origins.below(manifest, below)
        if origins is not None and place is None:
            place = origins.of(manifest, finding.path) if stays else origins.dropped(manifest)
        if place is None and below > 0:
            return finding
        if place is None and stays:
            from gitpromote.render.origin import near_line  # YAML is loaded where there is something to find

            return _at(finding, manifest.file, manifest.line + near_line(manifest.text, finding.path))
        return _at(finding, *place) if place is not None else _at(finding, "", 0)

    return locate


def _at(finding: Finding, file: str, line: int) -> Finding:
    return finding.model_copy(update={"file": file, "line": line})


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
