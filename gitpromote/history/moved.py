"""Environments that were renamed: what was recorded under the old name goes on under the new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.model.pipeline import Pipeline
from gitpromote.model.state import LedgerState


def moves_of(pipeline: Pipeline) -> dict[str, tuple[str, ...]]:
    """Each Environment that says so, with what it was called before."""
    return {one.name: tuple(one.moved) for one in pipeline.environments if one.moved}


def names_of(pipeline: Pipeline, name: str) -> frozenset[str]:
    """Under which names an Environment has Records: its own, and what it was called before."""
    return frozenset({name, *moves_of(pipeline).get(name, ())})


def old_name(state: LedgerState, name: str, moved: Mapping[str, Sequence[str]]) -> str | None:
    """The name under which an Environment is still recorded; ``None`` where it has Records of its own, or none at all.

    Of several names the one that was in use last.
    """
    if name in state.environments:
        return None
    known = [one for one in moved.get(name, ()) if one in state.environments]
    return max(known, key=lambda one: (state.environments[one].clock, one), default=None)


def with_moved(state: LedgerState, moved: Mapping[str, Sequence[str]]) -> LedgerState:
    """The state as it is read: Environments without Records of their own stand where they were under the old name.

    The first Record under the new name says ``moved``, and from then on the log alone tells all of it.
    """
    olds = {name: old for name in moved if (old := old_name(state, name, moved)) is not None}
    if not olds:
        return state
    found = {
        name: state.environments[old].model_copy(update={"name": name, "moved": old}) for name, old in olds.items()
    }
    return state.model_copy(update={"environments": {**state.environments, **found}})
