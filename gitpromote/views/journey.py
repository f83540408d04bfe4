"""What a plan says of Freight: which one moves, what runs now, and the short words that people know them by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from gitpromote.model.freight import Freight
from gitpromote.model.freight_words import spoken_for
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.words import clean, count, short_commit, short_digest

__all__ = [
    "aliases",
    "artifact_text",
    "artifact_words",
    "freight_of",
    "moving",
    "moving_into",
    "planned_there",
    "running_there",
    "same_everywhere",
]

_ARTIFACTS = 4


def freight_of(plan: Plan, identifier: str) -> Freight | None:
    """The Freight that the plan names, or ``None`` where it speaks of it by id alone."""
    planned = plan.freight.get(identifier)
    return planned.freight() if planned is not None else None


def moving(plan: Plan) -> list[Freight]:
    """Every Freight that the plan would put somewhere, in the order in which the environments name them."""
    identifiers = dict.fromkeys(
        each.id for environment in plan.environments for each in environment.freight.values() if each.moving
    )
    return [freight for identifier in identifiers if (freight := freight_of(plan, identifier)) is not None]


def moving_into(plan: Plan, environment: EnvironmentPlan) -> list[Freight]:
    """What would be new in an Environment."""
    found = (freight_of(plan, each.id) for each in environment.freight.values() if each.moving)
    return [freight for freight in found if freight is not None]


def planned_there(plan: Plan, environment: EnvironmentPlan) -> list[Freight]:
    """What the Environment would hold, one Freight per Warehouse but for those that no artifact is left of."""
    moves = {warehouse for warehouse, each in environment.freight.items() if each.moving}
    return _met(plan, environment, {name: each.id for name, each in environment.freight.items()}, moves)


def running_there(plan: Plan, environment: EnvironmentPlan) -> list[Freight]:
    """What the Environment holds by the ledger that the plan saw; what other Freight took the place of is not there."""
    return _met(plan, environment, _told(plan, environment).get("freight", {}))


def _told(plan: Plan, environment: EnvironmentPlan) -> Mapping[str, Any]:
    """What the ledger that the plan saw says of an Environment."""
    told = plan.facts.get("environments", {}).get(environment.name, {})
    return told if isinstance(told, dict) else {}


def _met(
    plan: Plan, environment: EnvironmentPlan, identifiers: Mapping[str, str], moves: Collection[str] = ()
) -> list[Freight]:
    known = {name: one for name, identifier in identifiers.items() if (one := freight_of(plan, identifier)) is not None}
    return list(spoken_for(known, _told(plan, environment).get("arrived", {}), moving=moves).values())


def aliases(freight: Iterable[Freight]) -> str:
    """The names of several Freight, a dash where there is none."""
    return ", ".join(dict.fromkeys(each.alias for each in freight)) or "-"


def artifact_words(freight: Freight) -> list[str]:
    """Each artifact in few words; more than a handful are counted."""
    images = [artifact_text(each) for each in freight.artifacts if each.kind != "commit"]
    commits = [_commit_text(freight, each) for each in freight.artifacts if each.kind == "commit"]
    words = images + commits
    if len(words) <= _ARTIFACTS + 1:
        return words
    return [*words[: _ARTIFACTS - 1], count(len(words) - _ARTIFACTS, "more artifact"), *words[-1:]]


def artifact_text(artifact: Any) -> str:
    """``ghcr.io/acme/pay:3.8.0@sha256:b20e…``, ``chart name:1.2.0``, ``deploy@4be1c9f``."""
    repository = clean(artifact.repository)
    if artifact.kind == "commit":
        return f"{_last_name(repository)}@{short_commit(artifact.commit)}"
    version = artifact.tag if artifact.kind == "image" else artifact.version
    tag = f":{clean(version)}" if version else ""
    pin = f"@{short_digest(artifact.digest)}" if artifact.digest else " (unpinned)"
    return f"{'chart ' if artifact.kind == 'chart' else ''}{repository}{tag}{pin}"


def _commit_text(freight: Freight, artifact: Any) -> str:
    words = [artifact_text(artifact)]
    if freight.subject:
        words.append(f'"{clean(freight.subject)}"')
    if freight.author:
        words.append(f"({clean(freight.author).partition(' <')[0]})")
    return " ".join(words)


def _last_name(repository: str) -> str:
    return repository.rstrip("/").rpartition("/")[2].removesuffix(".git") or repository


def same_everywhere(groups: Sequence[Sequence[Freight]]) -> bool:
    """Whether all environments speak of one and the same set of Freight."""
    return len({tuple(freight.id for freight in group) for group in groups if group}) <= 1
