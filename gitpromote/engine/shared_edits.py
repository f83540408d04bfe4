"""Edits in place that would change what another Environment renders from the same branch, past its gates.

Comments and the images of kustomizations are followed in whatever a render reads, so a file that another Environment
reads too is not to be edited so. A value has a place that the pipeline names: it may stand in a file of several
Environments as long as it changes nothing for the others, which rendering them tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from gitpromote.engine.source_readers import Branch, Reader, readers_of, renders_otherwise
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.model.observation import Observation
from gitpromote.model.outcome import Outcome
from gitpromote.model.words import clean, listed

if TYPE_CHECKING:
    from gitpromote.render.freight_edits import EditData

__all__ = ["shared_edits", "with_shared_edits"]

_NAMED = ("set-image", "set-value")
_SHARED, _SETTERS_SHARED = "edit-shared", "setters-shared"
_BRANCHES = "or give each Environment a branch of its own"
_REMEDIES = {
    "flux-setters": f"Put setter comments where it alone reads them, {_BRANCHES}.",
    "kustomize-image": f"Let no other kustomization build on this one, {_BRANCHES}.",
    "named": f"Name a file, or a place in it, that is its own, {_BRANCHES}.",
}


class _Edit(NamedTuple):
    """A file that edits of one kind change.

    :ivar kind: ``flux-setters``, ``kustomize-image`` or ``named``
    :ivar places: what in it, in words; empty where the file says enough
    """

    path: str
    kind: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Changes:
    """What the edits of one Environment change: ``read`` is what they start from."""

    edits: Sequence[EditData]
    read: Mapping[str, bytes]
    found: Sequence[_Edit]

    def files(self, paths: set[str]) -> list[EditData]:
        """The edits of some files."""
        return [edit for edit in self.edits if edit["file"] in paths]


class _Shared(NamedTuple):
    """An edit of a file that another Environment reads."""

    edit: _Edit
    other: str


@dataclass(slots=True)
class _Found:
    """What one Environment's edits meet; ``untold``: others of whom nobody can say what they read."""

    shared: list[_Shared] = field(default_factory=list)
    untold: dict[str, GitpromoteError] = field(default_factory=dict)


def with_shared_edits(world: World, observation: Observation) -> Observation:
    """The same, with a verdict for each Environment whose edits would change another one's render."""
    edits: dict[Branch, dict[str, Sequence[EditData]]] = {}
    for name, one in observation.environments.items():
        if one.edits and one.head is not None:
            target = world.pipeline.resolved(name).target
            edits.setdefault(Branch(target.repository, target.ref, one.head), {})[name] = one.edits
    found = dict(observation.environments)
    for branch, each in edits.items():
        for name, outcomes in shared_edits(world, branch, each).items():
            found[name] = replace(found[name], blocking=(*found[name].blocking, *outcomes))
    return replace(observation, environments=found)


def shared_edits(
    world: World, branch: Branch, edits: Mapping[str, Sequence[EditData]]
) -> dict[str, tuple[Outcome, ...]]:
    """Why edits must not be made on a branch, by Environment; those that touch nobody else are left out.

    :param edits: of each Environment, as they would be made at the branch's head and nothing before them
    """
    readers = readers_of(world, branch)
    if len(readers) < 2:
        return {}
    changes = {name: _changes(world, readers[name], each) for name, each in edits.items() if name in readers}
    found = {name: _Found() for name in changes}
    doubtful: dict[str, dict[str, set[str]]] = {}  # reader to editor to paths
    for name, changed in changes.items():
        for edit in changed.found:
            sure, maybe = _others(edit, name, readers)
            found[name].shared += [_Shared(edit, other) for other in sure]
            for other in maybe:
                doubtful.setdefault(other, {}).setdefault(name, set()).add(edit.path)
        if changed.found:
            troubles = {one.name: one.trouble for one in readers.values() if one.trouble and one.name != name}
            found[name].untold |= troubles
    for other, by in doubtful.items():
        _ask_render(world, readers[other], changes, by, found)
    outcomes = {name: (*_outcomes(one.shared), *_untold(one.untold)) for name, one in found.items()}
    return {name: each for name, each in outcomes.items() if each}


def _changes(world: World, reader: Reader, edits: Sequence[EditData]) -> _Changes:
    from gitpromote.render.freight_edits import apply_edits

    files = {edit["file"] for edit in edits}
    read: dict[str, bytes] = {}
    if reader.trouble is None:
        for ask in reader.asks:
            read |= world.renderings.source_bytes(ask, files)
    possible = [edit for edit in edits if edit["file"] in read]
    found = []
    for kind in dict.fromkeys(_kind(edit) for edit in possible):
        alike = [edit for edit in possible if _kind(edit) == kind]
        found += [_Edit(path, kind, _places(alike, read, path)) for path in apply_edits(read, alike)]
    return _Changes(possible, read, found)


def _kind(edit: Mapping[str, Any]) -> str:
    return "named" if edit["kind"] in _NAMED else str(edit["kind"])


def _places(edits: Sequence[EditData], read: Mapping[str, bytes], path: str) -> tuple[str, ...]:
    from gitpromote.render.freight_edits import marks_set

    here = [edit for edit in edits if edit["file"] == path]
    if here[0]["kind"] == "flux-setters":
        return marks_set(read, here)
    return tuple(f"{path}: {edit['path']}" for edit in here) if _kind(here[0]) == "named" else (f"{path}: images",)


def _others(edit: _Edit, name: str, readers: Mapping[str, Reader]) -> tuple[list[str], list[str]]:
    """The others that read an edited file: those for whom that is enough, and those that a render has to tell of."""
    from gitpromote.render.freight_edits import takes_setters

    sure: list[str] = []
    maybe: list[str] = []
    for other in readers.values():
        asks = other.reading(edit.path) if other.name != name else []
        if asks:
            taken = edit.kind != "named" and any(takes_setters(ask.spec, edit.path) for ask in asks)
            (sure if taken else maybe).append(other.name)
    return sure, maybe


# -- whether anything changes for somebody who reads a file


def _ask_render(
    world: World,
    reader: Reader,
    changes: Mapping[str, _Changes],
    by: Mapping[str, set[str]],
    found: Mapping[str, _Found],
) -> None:
    """Whose edits change what somebody renders: mostly nobody's, and one look at all of them together shows that."""
    try:
        if not renders_otherwise(world, reader, _edited(changes, by)):
            return
        alone = [name for name in by if renders_otherwise(world, reader, _edited(changes, {name: by[name]}))]
    except GitpromoteError as error:
        for name in by:
            found[name].untold[reader.name] = error
        return
    for name in alone or by:
        found[name].shared += [_Shared(edit, reader.name) for edit in changes[name].found if edit.path in by[name]]


def _edited(changes: Mapping[str, _Changes], by: Mapping[str, set[str]]) -> dict[str, bytes]:
    from gitpromote.render.freight_edits import apply_edits

    read = {path: data for name in by for path, data in changes[name].read.items()}
    return apply_edits(read, [edit for name, paths in by.items() for edit in changes[name].files(paths)])


# -- in words


def _outcomes(shared: Sequence[_Shared]) -> Iterator[Outcome]:
    """One verdict for all that is shared in one way."""
    for kind in dict.fromkeys(one.edit.kind for one in shared):
        alike = [one for one in shared if one.edit.kind == kind]
        places = list(dict.fromkeys(place for one in alike for place in one.edit.places))
        others = list(dict.fromkeys(one.other for one in alike))
        verb, whose = ("reads", "its") if len(others) == 1 else ("read", "their")
        told = f"{listed(others)} {verb} that too, and would change past {whose} gates"
        yield Outcome(
            id=_SETTERS_SHARED if kind == "flux-setters" else _SHARED,
            kind="policy",
            level="hard",
            status="fail",
            message=f"{listed(places, limit=3)}: {told}. {_REMEDIES[kind]}",
            operands={"paths": list(dict.fromkeys(one.edit.path for one in alike)), "environments": others},
        )


def _untold(troubles: Mapping[str, GitpromoteError]) -> Iterator[Outcome]:
    for other, error in troubles.items():
        why = clean(f"{error.summary}: {error.detail}")
        yield Outcome(
            id=_SHARED,
            kind="policy",
            level="hard",
            status="error",
            message=f"it cannot be told whether {other} reads what is edited here. {why}",
            operands={"environments": [other]},
        )
