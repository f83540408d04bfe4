"""What is wrong between the Pipelines of a file, and what only this machine can tell."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitpromote.adapters.pipeline_reading import Reading
from gitpromote.errors import Problem
from gitpromote.model.definition import problem
from gitpromote.model.environment import Environment
from gitpromote.model.gate import Gate
from gitpromote.model.names import did_you_mean, quoted, repository_key
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.pipeline_targets import claims_of
from gitpromote.model.problems import Fault
from gitpromote.model.resolved import HOME
from gitpromote.model.territory import Claim, conflicts

__all__ = ["Found", "distinct", "rules_between"]


@dataclass(frozen=True, slots=True)
class Found:
    """A Pipeline and the file that it was read from."""

    pipeline: Pipeline
    file: Path


def distinct(readings: Sequence[Reading]) -> list[Found]:
    """The Pipelines of all files; one that a second file imports is still one."""
    found: dict[object, Found] = {}
    for reading in readings:
        for pipeline in reading.pipelines:
            place = pipeline.place
            key = (Path(place.path).resolve(), place.line, pipeline.name) if place else id(pipeline)
            known = found.setdefault(key, Found(pipeline, reading.file))
            # A loop makes several on one line; they are one only if they are equal.
            if known.pipeline is not pipeline and known.pipeline != pipeline:
                found[id(pipeline)] = Found(pipeline, reading.file)
    return list(found.values())


def rules_between(found: Sequence[Found]) -> list[Problem]:
    """Names that are taken, paths that two Pipelines write, time zones that do not exist."""
    pipelines = [one.pipeline for one in found]
    problems = [*_taken(pipelines), *_zones(pipelines)]
    return problems or list(_shared_paths(pipelines))


def _taken(pipelines: Sequence[Pipeline]) -> Iterator[Problem]:
    first: dict[str, Pipeline] = {}
    for pipeline in pipelines:
        other = first.setdefault(pipeline.name, pipeline)
        if other is not pipeline:
            where = f" at {other.place.path}:{other.place.line}" if other.place else ""
            fault = Fault("name-taken", f"another Pipeline has this name{where}", "give each a name of its own")
            yield problem(pipeline.place, fault, pipeline.subject)


def _zones(pipelines: Sequence[Pipeline]) -> Iterator[Problem]:
    gates: dict[int, Gate] = {}
    for pipeline in pipelines:
        holders: list[Pipeline | Environment] = [pipeline, *pipeline.environments]
        for holder in holders:
            gates |= {id(gate): gate for gate in holder.gates or ()}
    known: dict[str, bool] = {"UTC": True}
    for gate in gates.values():
        tz = getattr(gate, "tz", "UTC")
        if tz not in known:
            known[tz] = _exists(tz)
        if not known[tz]:
            hint = did_you_mean(tz, zoneinfo.available_timezones(), quote='"')
            fault = Fault("timezone-unknown", f"there is no time zone {quoted(tz)}", hint or 'write "Europe/Berlin"')
            yield problem(gate.place, fault, gate.subject)


def _exists(tz: str) -> bool:
    try:
        zoneinfo.ZoneInfo(tz)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # A machine without any time zone data cannot tell.
        return not zoneinfo.available_timezones()
    return True


def _shared_paths(pipelines: Sequence[Pipeline]) -> Iterator[Problem]:
    if len(pipelines) < 2:
        return
    owners: dict[int, tuple[Pipeline, Claim]] = {}
    claims: list[Claim] = []
    for pipeline in pipelines:
        for claim in claims_of(pipeline):
            repository = claim.repository
            if repository == HOME and pipeline.repo is not None:
                repository = repository_key(pipeline.repo)
            claim = claim._replace(repository=repository, owner=f"{pipeline.name}/{claim.owner}")
            owners[id(claim)] = (pipeline, claim)
            claims.append(claim)
    for conflict in conflicts(claims):
        first, second = owners[id(conflict.first)][0], owners[id(conflict.second)][0]
        if first is not second:
            yield _shared(first, second, conflict.first, conflict.second)


def _shared(first: Pipeline, second: Pipeline, one: Claim, other: Claim) -> Problem:
    name = other.owner.partition("/")[2]
    message = f"{second.environment(name).subject} writes {other.where}, and {first.subject} writes {one.where} for "
    message += quoted(one.owner.partition("/")[2])
    fault = Fault("path-conflict", message, "give each Pipeline targets of its own")
    return problem(second.environment(name).place or second.place, fault, second.subject)
