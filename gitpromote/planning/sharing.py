"""Artifacts that two Warehouses hold, such as a hotfix entry beside the main one: which of them speaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from gitpromote.model.artifact import Artifact, canonical_repository
from gitpromote.model.freight import Freight
from gitpromote.model.outcome import Outcome


def shared_outcomes(freight: Mapping[str, Freight]) -> list[Outcome]:
    """One for each repository that several of an Environment's Freight hold with different content.

    :param freight: Warehouse to Freight, in the order in which they moved: the last one speaks
    """
    if len(freight) < 2:
        return []
    holders: dict[tuple[str, str], dict[str, Artifact]] = {}
    for warehouse, one in freight.items():
        for artifact in one.artifacts:
            key = (artifact.kind, canonical_repository(artifact.repository))
            holders.setdefault(key, {})[warehouse] = artifact
    return [_outcome(repository, held) for (_, repository), held in holders.items() if _differ(held.values())]


def _differ(artifacts: Iterable[Artifact]) -> bool:
    return any(one != other for one, other in pairwise(artifacts))


def _outcome(repository: str, held: Mapping[str, Artifact]) -> Outcome:
    *silent, speaker = held
    text = f"{repository} is in {', '.join(silent)} and {speaker}: {speaker} moved last and speaks, {held[speaker]}"
    operands = {"speaks": speaker, "silent": list(silent)}
    return Outcome(
        id="shared-artifact", kind="policy", level="advisory", status="warn", message=text, operands=operands
    )
