"""Freight for which edited sources have no place: nothing of it would be written, so it must not count as arrived."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gitpromote.model.artifact import ChartArtifact, ImageArtifact, canonical_repository
from gitpromote.model.edits import FluxSetters, SetValue
from gitpromote.model.freight import Freight
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.outcome import Level, Outcome, Status
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState
from gitpromote.model.words import listed

# What edits YAML is loaded where sources are edited.
if TYPE_CHECKING:
    from gitpromote.render.freight_edits import EditData

__all__ = ["MISSING", "with_unplaced"]

#: The outcome that says that no place in the sources is about anything of a Freight; ``SOME``: about some of it.
MISSING, SOME = "setters-missing", "setters-some"


def with_unplaced(
    resolved: ResolvedEnvironment, observed: EnvironmentObservation, state: EnvironmentState, read: Mapping[str, bytes]
) -> EnvironmentObservation:
    """The same, with a verdict on each Freight that would come where setter comments say nothing of it.

    What is there already needs no place any more: somebody has said that its values are to stay.

    :param read: path to bytes of the files that the edits name
    """
    if not any(isinstance(edit, FluxSetters) for app in resolved.apps for edit in app.edits):
        return observed  # other edits name their places, and fail where they are not there
    held = set(state.freight.values()) if state.content is not None else set()
    comes = [one for one in observed.freight.values() if one.id not in held]
    placed = _placed(resolved, observed.edits, read) if comes else set()
    found = [outcome for one in comes for outcome in _outcomes(one, placed)]
    blocking = tuple(one for one in found if one.status == "fail")
    warnings = tuple(one for one in found if one.status == "warn")
    return replace(observed, blocking=(*observed.blocking, *blocking), warnings=(*observed.warnings, *warnings))


def _placed(
    resolved: ResolvedEnvironment, edits: Sequence[EditData], read: Mapping[str, bytes]
) -> set[tuple[str, str]]:
    """Kind and canonical repository of what has a place."""
    from gitpromote.render.freight_edits import repositories_placed

    charts = [edit.chart for app in resolved.apps for edit in app.edits if isinstance(edit, SetValue)]
    return {("image", one) for one in repositories_placed(read, edits)} | {
        ("chart", canonical_repository(one)) for one in charts if one is not None
    }


def _outcomes(freight: Freight, placed: set[tuple[str, str]]) -> list[Outcome]:
    wanted: list[ImageArtifact | ChartArtifact] = [*freight.images, *freight.charts]
    lacking = [one for one in wanted if (one.kind, canonical_repository(one.repository)) not in placed]
    if not lacking:
        return []
    names = listed([one.repository for one in lacking], limit=3)
    operands: dict[str, Any] = {"freight": freight.id, "artifacts": [one.repository for one in lacking]}
    if len(lacking) < len(wanted):
        text = f"nothing in its sources says where {names} is to be written: it stays as it is there"
        return [_outcome(SOME, "advisory", "warn", text, operands)]
    text = f"nothing in its sources says where {names} is to be written, so that {freight.alias} would not get there. "
    return [_outcome(MISSING, "hard", "fail", text + _remedy(lacking[0]), operands)]


def _remedy(artifact: ImageArtifact | ChartArtifact) -> str:
    if isinstance(artifact, ChartArtifact):
        return f'Give the App an edit of it: SetValue("…", "…", chart="{artifact.repository}").'
    name = posixpath.basename(artifact.repository)
    comment = f'image: {artifact.repository}:… # {{"$imagepolicy": "flux-system:{name}"}}'
    return f"Write a setter comment behind its value, and push that: {comment}"


def _outcome(identifier: str, level: Level, status: Status, message: str, operands: dict[str, Any]) -> Outcome:
    return Outcome(id=identifier, kind="policy", level=level, status=status, message=message, operands=operands)
