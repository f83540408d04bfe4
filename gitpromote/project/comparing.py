"""Renders for looking at, and the difference between two of them: Environments, revisions, Freight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from gitpromote.diff.compare import compare
from gitpromote.diff.namespaces import moved, renamed_namespaces
from gitpromote.diff.redact import Redactor
from gitpromote.engine.asked import Asked
from gitpromote.engine.freight_named import is_known
from gitpromote.engine.look import look
from gitpromote.engine.observe import observe
from gitpromote.engine.world import World
from gitpromote.errors import UsageError
from gitpromote.model.change import ObjectChange
from gitpromote.model.freight import Freight
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.names import did_you_mean
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.project.standing_content import Standing, standing
from gitpromote.render.parse import parse_manifests


class Differences(dict[str, tuple[ObjectChange, ...]]):
    """Changes by label.

    :ivar freight: the Freight that each of two Environments was compared with; empty texts where it was named
    :ivar sides: the same as people are told it: whether it runs there or comes next
    :ivar namespaces: of two Environments: namespace in the first to the one in the second that holds the same objects;
        changes name them as they are called in the second
    """

    freight: tuple[str, str] = ("", "")
    sides: tuple[str, str] = ("", "")
    namespaces: Mapping[str, str] = MappingProxyType({})


class Rendered(dict[str, dict[str, bytes]]):
    """Environment to path to bytes.

    :ivar left_out: Environments for which there is nothing to render, and why, for people
    """

    left_out: Mapping[str, str] = MappingProxyType({})


class _Side(NamedTuple):
    """One of two Environments."""

    manifests: ManifestSet
    freight: str
    told: str


_NOTHING = "a point of control, which holds nothing"


def render(world: World, asked: Asked) -> Rendered:
    """What the target of each Environment that is asked for would hold."""
    observed = _observed(world, asked)
    wanted = asked.environments if asked.environments is not None else world.pipeline.order()
    found = Rendered({name: _files(world, one) for name, one in observed.items() if one.desired is not None})
    found.left_out = {name: _why_not(world, observed, name) for name in wanted if name not in found}
    return found


def _why_not(world: World, observed: Mapping[str, EnvironmentObservation], name: str) -> str:
    return _NOTHING if world.pipeline.resolved(name).is_control_flow else observed[name].missing


def diff(world: World, before: str, after: str) -> Differences:
    """Changes by label: between two Environments one, between revisions or Freight one per Environment.

    Environments are compared as they are; where nothing has come yet, as the Freight makes them that comes next.
    """
    names = world.pipeline.order()
    if before in names and after in names:
        one, other = _sides(world, before, after)
        namespaces = renamed_namespaces(one.manifests, other.manifests, names=(before, after))
        changes = _changes(world, moved(one.manifests, namespaces), other.manifests)
        found = Differences({f"{before} -> {after}": changes})
        found.namespaces = namespaces
        found.freight, found.sides = (one.freight, other.freight), (one.told, other.told)
        return found
    sides = _revisions(world, before, after)
    return Differences(
        {
            name: _changes(world, _manifests(world, sides[0][name]), _manifests(world, sides[1][name]))
            for name in names
            if name in sides[0] and name in sides[1]
        }
    )


def _revisions(world: World, *sides: str) -> list[dict[str, EnvironmentObservation]]:
    """Every Environment, as each of two revisions or Freight makes it.

    :raises UsageError: a word means nothing, or one is an Environment and the other is not
    """
    found: list[dict[str, EnvironmentObservation]] = []
    unknown: dict[str, UsageError] = {}
    for words in sides:
        try:
            found.append(_observed(world, _asked(world, words)))
        except UsageError as error:
            if error.code != "revision-unknown":
                raise
            unknown[words] = error
    if unknown:
        raise _unknown(world, unknown, sides)
    return found


def _unknown(world: World, unknown: Mapping[str, UsageError], sides: Sequence[str]) -> UsageError:
    names, pipeline = world.pipeline.order(), world.pipeline.name
    for words, error in unknown.items():
        if words not in names:
            error.detail += f", and no environment or Freight of {pipeline}"
            error.hint = did_you_mean(words, names) or error.hint
            return error
    environment = next(iter(unknown))
    other = next(words for words in sides if words != environment)
    return UsageError(
        "An environment is compared with another one alone",
        code="usage",
        detail=f"{environment!r} is an environment of {pipeline}, and {other!r} is a revision or Freight",
        hint="Name two environments, or two of the others.",
    )


def _sides(world: World, *names: str) -> list[_Side]:
    holding = [name for name in names if not world.pipeline.resolved(name).is_control_flow]
    seen = look(world, [world.pipeline.resolved(name) for name in holding], sources=False)
    there = {name: standing(world, seen, name) for name in holding}
    empty = tuple(name for name, found in there.items() if found is None)
    next_there = _observed(world, Asked(environments=empty)) if empty else {}
    sides = {name: _there(found) if found else _next(world, next_there[name]) for name, found in there.items()}
    return [sides.get(name, _Side(ManifestSet(), "", _NOTHING)) for name in names]


def _there(found: Standing) -> _Side:
    aliases = _aliases(found.freight)
    told = f"runs {aliases or 'what no Freight brought'}"
    return _Side(found.manifests, aliases, f"{told}, and holds foreign content" if found.is_foreign else told)


def _next(world: World, observed: EnvironmentObservation) -> _Side:
    aliases = _aliases(observed.freight)
    told = f"nothing there yet, next: {aliases}" if aliases else f"nothing there yet: {observed.missing}"
    return _Side(_manifests(world, observed), aliases or observed.missing, told)


def _aliases(freight: Mapping[str, Freight]) -> str:
    return ", ".join(one.alias for one in freight.values())


def _changes(world: World, before: ManifestSet, after: ManifestSet) -> tuple[ObjectChange, ...]:
    redactor = Redactor(before, after, sensitive_paths=world.pipeline.sensitive_paths)
    return tuple(compare(before, after, redactor=redactor).changes)


def _asked(world: World, words: str) -> Asked:
    """Freight if the ledger knows it by that name, otherwise a revision of the sources."""
    ledger = world.ledger
    state = ledger.read(world.home.fetch([ledger.ref]).get(ledger.ref))
    if is_known(state, words):
        return Asked(freight=words)
    return Asked(commit=words)


def _observed(world: World, asked: Asked) -> dict[str, EnvironmentObservation]:
    resolved = [world.pipeline.resolved(name) for name in world.pipeline.order()]
    seen = look(world, resolved)
    asked = replace(asked, everywhere=True)
    return dict(observe(world, seen, asked, as_of=world.clock.now()).environments)


def _files(world: World, observed: EnvironmentObservation) -> dict[str, bytes]:
    assert observed.desired is not None
    files = observed.desired.files
    blobs = world.renderings.blobs(entry.oid for entry in files.values())
    target = world.pipeline.resolved(observed.name).target
    missing = {entry.oid for entry in files.values()} - blobs.keys()
    blobs |= world.repository(target.repository).blobs(missing)
    return {path: blobs[entry.oid] for path, entry in files.items()}


def _manifests(world: World, observed: EnvironmentObservation) -> ManifestSet:
    if observed.desired is None:
        return ManifestSet()
    found: list[Manifest] = []
    for path, data in _files(world, observed).items():
        found += parse_manifests(data, file=path, app=observed.desired.app_of.get(path, "")).manifests.values()
    return ManifestSet.from_iterable(found)
