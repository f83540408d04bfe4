"""Edited sources of several Warehouses: Freight that has no place there stays out, and the others go on without it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import NamedTuple

from gitpromote.engine.look import Look
from gitpromote.engine.unplaced import MISSING
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError
from gitpromote.model.freight import Freight
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState
from gitpromote.planning.availability import Journey
from gitpromote.planning.target_content import keeps_adopted

__all__ = ["LeftOut", "StayingOut", "left_out"]

#: What observes sources with some Freight: the files that come to be others are put into an overlay.
Observe = Callable[[Mapping[str, Freight], dict[str, bytes]], tuple[EnvironmentObservation, dict[str, bytes]]]


class StayingOut:
    """The sources of one plan's Environments, in their order: an edit of one is there for those after it.

    :param journey: what Freight is chosen by; ``None`` where it is given, and nothing of it is left out
    """

    def __init__(self, world: World, seen: Look, journey: Journey | None) -> None:
        self._world, self._seen, self._journey = world, seen, journey
        self._overlays: dict[tuple[str, str], dict[str, bytes]] = {}
        self._out: dict[str, Mapping[str, str]] = {}

    def observe(
        self,
        resolved: ResolvedEnvironment,
        freight: Mapping[str, Freight],
        *,
        head: str | None,
        state: EnvironmentState,
        apps: tuple[str, ...] | None,
        named: Collection[str],
    ) -> tuple[EnvironmentObservation, dict[str, bytes]]:
        """An Environment whose sources are edited, and the bytes of the edited files by blob id.

        :param named: ids of the Freight that somebody asked for: that is never left out
        """
        from gitpromote.engine.in_place import observe_sources, refuse_apart

        refuse_apart(resolved, apps)
        overlay = self._overlays.setdefault((resolved.target.repository, resolved.target.ref), {})
        look = partial(observe_sources, self._world, resolved, head=head, state=state)
        if self._journey is None or len(freight) < 2:
            return look(freight, overlay=overlay)
        found = left_out(
            lambda some, files: look(some, overlay=files),
            freight,
            overlay=overlay,
            state=state,
            held=self._held(state),
            named=named,
            upstream=self._upstream(self._journey, resolved, freight),
        )
        self._out[resolved.name] = found.why
        aliases = {one.id: one.alias for one in freight.values()}
        self._world.notices += [
            f"{resolved.name} goes on without {aliases[one]}: {why}" for one, why in found.why.items()
        ]
        return found.observed, found.blobs

    def _held(self, state: EnvironmentState) -> dict[str, Freight]:
        known = self._seen.ledger.freight
        return {name: known[one].freight for name, one in state.freight.items() if one in known}

    def _upstream(
        self, journey: Journey, resolved: ResolvedEnvironment, freight: Mapping[str, Freight]
    ) -> dict[str, str]:
        """What cannot come since it stays out of all that is before."""
        out = [self._out.get(name, {}) for name in resolved.after]
        return {
            one.id: f"it stays out of {', '.join(resolved.after)}"
            for name, one in freight.items()
            if out
            and name not in resolved.direct
            and all(one.id in each for each in out)
            and not journey.verdict(resolved.name, one).admitted
        }


class LeftOut(NamedTuple):
    """What was observed, and of what stays out: the id, and why, for people.

    :ivar blobs: the bytes of the edited files by blob id
    """

    observed: EnvironmentObservation
    blobs: dict[str, bytes]
    why: Mapping[str, str]


def left_out(
    observe: Observe,
    freight: Mapping[str, Freight],
    *,
    overlay: dict[str, bytes],
    state: EnvironmentState,
    held: Mapping[str, Freight],
    named: Collection[str] = (),
    upstream: Mapping[str, str] | None = None,
) -> LeftOut:
    """An Environment with its Freight, without what nothing there takes as long as something else comes.

    :param held: Warehouse to the Freight that is there
    :param named: ids of the Freight that somebody asked for: that is told of, and never left out
    :param upstream: id to why Freight cannot come here, since it stays out before
    """
    upstream = {one: why for one, why in (upstream or {}).items() if one not in named}
    early = _without(freight, upstream, held)
    if not _comes(early, state):
        early, upstream = dict(freight), {}
    trial = dict(overlay)
    found, blobs = observe(early, trial)
    why = _unplaced(found, named)
    fewer = _without(early, why, held)
    if why and fewer:
        other = _tried(observe, fewer, dict(overlay))
        if other is not None and (_comes(fewer, state) or _writes(other[0], state)):
            overlay.update(other[2])
            return LeftOut(other[0], other[1], {**upstream, **why})
    overlay.update(trial)
    return LeftOut(found, blobs, upstream)


def _without(freight: Mapping[str, Freight], out: Collection[str], held: Mapping[str, Freight]) -> dict[str, Freight]:
    stays = {name: held.get(name) if one.id in out else one for name, one in freight.items()}
    return {name: one for name, one in stays.items() if one is not None}


def _comes(freight: Mapping[str, Freight], state: EnvironmentState) -> bool:
    return any(state.freight.get(name) != one.id for name, one in freight.items())


def _writes(observed: EnvironmentObservation, state: EnvironmentState) -> bool:
    return bool(observed.edited) and not keeps_adopted(observed, state)


def _unplaced(observed: EnvironmentObservation, named: Collection[str]) -> dict[str, str]:
    found = {str(one.operands["freight"]): one.message for one in observed.blocking if one.id == MISSING}
    return {} if found.keys() & set(named) else found


def _tried(
    observe: Observe, freight: Mapping[str, Freight], overlay: dict[str, bytes]
) -> tuple[EnvironmentObservation, dict[str, bytes], dict[str, bytes]] | None:
    """``None`` where an edit names something that would be left out."""
    try:
        return *observe(freight, overlay), overlay
    except ConfigurationError as error:
        if error.code != "edit-unknown-artifact":
            raise
        return None
