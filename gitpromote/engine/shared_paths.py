"""Sources that production reads and other Environments too: what is committed there passes by every gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gitpromote.model.observation import EnvironmentObservation, Observation
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.words import listed


def with_shared_paths(observation: Observation, environments: Iterable[ResolvedEnvironment]) -> Observation:
    """The same, with a warning for each production Environment in place that shares its sources with others."""
    here = [one for one in environments if one.target.kind == "in-place" and one.name in observation.environments]
    found = dict(observation.environments)
    for one in here:
        if one.production:
            others = [other for other in here if not other.production and _same_place(one, other)]
            shared = _shared(observation.environments, one.name, [other.name for other in others])
            if shared:
                found[one.name] = replace(found[one.name], warnings=(*found[one.name].warnings, _warning(shared)))
    return replace(observation, environments=found)


def _same_place(one: ResolvedEnvironment, other: ResolvedEnvironment) -> bool:
    return (one.target.repository, one.target.ref) == (other.target.repository, other.target.ref)


def _shared(
    observed: Mapping[str, EnvironmentObservation], name: str, others: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Path to the other Environments that read it too."""
    here = _read(observed[name])
    users = {other: _read(observed[other]) & here for other in others}
    found = {path: tuple(name for name, paths in users.items() if path in paths) for path in sorted(here)}
    return {path: names for path, names in found.items() if names}


def _read(observed: EnvironmentObservation) -> frozenset[str]:
    return frozenset(path for path, kind, _ in observed.reads if kind == "blob")


def _warning(shared: Mapping[str, tuple[str, ...]]) -> Outcome:
    others = dict.fromkeys(name for names in shared.values() for name in names)
    paths, verb = listed(shared, limit=3), "does" if len(others) == 1 else "do"
    text = f"reads {paths}, as {listed(others)} {verb}: a commit there reaches production without a promotion"
    return Outcome(
        id="shared-with-production",
        kind="policy",
        level="advisory",
        status="warn",
        message=text,
        operands={"paths": list(shared), "environments": list(others)},
    )
