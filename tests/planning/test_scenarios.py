"""Scenarios of ``tests/cases/availability`` and ``tests/cases/supersession``: a Pipeline, its history, and questions.

Each file holds a ``claim``, the ``pipeline`` (one Environment per line, as Python), ``history`` (one Record per line:
its time, its kind, the Environment, the number of the Freight, data) and what is asked: ``questions`` (time,
Environment, Freight, whether it is available, the verdict), ``chosen`` (which Freight a plan looks at) and
``superseded`` (by which). Times are of the week of Monday, 17 November 2025, UTC. At the time of a question what was
recorded later is not known. ``freight`` says which number is of another Warehouse or type; by default all are of the
Warehouse ``shop``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import gitpromote
from gitpromote import App, Branch, Git, Pipeline, Plain, Warehouse
from gitpromote.history.fold import apply_record
from gitpromote.history.moved import moves_of, with_moved
from gitpromote.model.artifact import CommitArtifact, ImageArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.record import Actor, Record
from gitpromote.model.state import LedgerState
from gitpromote.planning.availability import Journey
from gitpromote.planning.expressions import Truth
from gitpromote.planning.selection import choose, newest_first
from gitpromote.planning.soaking import explained
from gitpromote.planning.supersede import superseding

CASES = Path(__file__).parent.parent / "cases"
MONDAY = 1763337600
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MEMBERS = {"claim", "pipeline", "warehouses", "freight", "history", "questions", "chosen", "superseded"}
NAMES = {name: getattr(gitpromote, name) for name in ("Bake", "Environment", "SkipPermission", "Soak", "any_of")}


def moment(day: str, clock: str) -> int:
    hour, minute = clock.split(":")
    return MONDAY + DAYS.index(day) * 86400 + int(hour) * 3600 + int(minute) * 60


class Scenario:
    def __init__(self, path: Path) -> None:
        self.data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert set(self.data) <= MEMBERS
        self.kinds: dict[int, str] = self.data.get("freight", {})

    @property
    def pipeline(self) -> Pipeline:
        environments = [eval(line, dict(NAMES)) for line in self.data["pipeline"].splitlines()]
        names = self.data.get("warehouses", "shop").split()
        warehouses = [Warehouse(Git(repo=f"https://git.example/{name}"), name=name) for name in names]
        app = App("shop", Plain("deploy"), repo=f"https://git.example/{names[0]}")
        return Pipeline("p", apps=[app], target=Branch("env/$env"), environments=environments, warehouse=warehouses)

    @cache  # noqa: B019
    def freight(self, number: int) -> Freight:
        kind = self.kinds.get(number, "config")
        commit = CommitArtifact(repository="git.example/shop", commit=f"{number:040x}")
        image = ImageArtifact.parse(f"ghcr.io/acme/shop:1.{number}.0@sha256:{number:064x}")
        artifacts = {"mixed": [commit, image], "image": [image]}.get(kind, [commit])
        return Freight.of(kind if kind in self.data.get("warehouses", "") else "shop", artifacts)

    def lines(self, block: str) -> Iterator[tuple[int, list[str], str]]:
        """Time, words, and the line after the time."""
        for line in self.data.get(block, "").splitlines():
            day, clock, rest = line.split(maxsplit=2)
            yield moment(day, clock), shlex.split(rest) if block == "history" else rest.split(), rest

    def record(self, number: int, at: int, words: list[str]) -> Record:
        kind, *rest = words
        plain = [word for word in rest if "=" not in word]
        freight = self.freight(int(plain[-1]))
        environment = plain[0] if len(plain) > 1 else None
        data = dict(self.member(word) for word in rest if "=" in word)
        members: dict[str, Any] = {"freight": {freight.warehouse: freight.id}}
        if kind == "created":
            kind, data = "freight-created", {"freight": freight.model_dump(mode="json")}
        elif kind in ("freight-approved", "rejected"):
            members, data = {}, {**data, "freight": freight.id}
        if data.get("ordinary"):
            data = {**data, "ordinary": [freight.id]}
        given = {"id": f"{number:064x}", "actor": Actor(claimed="Ada"), "environment": environment, **members}
        return Record(kind=kind, at=at, data=data, **given)

    @staticmethod
    def member(word: str) -> tuple[str, Any]:
        name, _, value = word.partition("=")
        read = {"expires": lambda text: moment(*text.split()), "skip": lambda text: text.split(",")}
        flag = name in ("bypass", "inherited", "ordinary")
        return name, value == "true" if flag else read.get(name, str)(value)

    def journey(self, at: int) -> Journey:
        """What was known at a time. Where clocks run backwards, the order of the Records is all that is known."""
        lines = list(self.lines("history"))
        ordered = [time for time, _, _ in lines] == sorted(time for time, _, _ in lines)
        state = LedgerState()
        for number, (time, words, _) in enumerate(lines):
            if time <= at or not ordered:
                state = apply_record(state, self.record(number, time, words))
        pipeline = self.pipeline
        return Journey(pipeline=pipeline, ledger=with_moved(state, moves_of(pipeline)), as_of=at, ask=literally)

    def alias(self, text: str) -> str:
        return re.sub(r"\{(\d+)\}", lambda found: self.freight(int(found[1])).alias, text)


def literally(expression: str, variables: object) -> Truth:
    return Truth(expression == "true")


def cases(folder: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted((CASES / folder).glob("*.yaml"))]


@pytest.mark.parametrize("path", cases("availability"))
def test_every_verdict_is_explained(path: Path) -> None:
    scenario = Scenario(path)
    for at, words, rest in scenario.lines("questions"):
        environment, number, wanted = words[:3]
        journey, freight = scenario.journey(at), scenario.freight(int(number))
        said = explained(journey, environment, freight)
        available = "yes" if journey.verdict(environment, freight).available else "no"
        assert f"{available}  {said}" == f"{wanted}  {rest.split(wanted, 1)[1].strip()}", rest


@pytest.mark.parametrize("path", cases("supersession"))
def test_what_is_chosen_and_what_is_superseded(path: Path) -> None:
    scenario = Scenario(path)
    for at, words, rest in scenario.lines("chosen"):
        journey = scenario.journey(at)
        candidates = [state.freight for state in newest_first(journey.ledger, "shop")]
        freight, reason, _ = choose(journey, words[0], "shop", candidates)
        number = next((n for n in range(1, 10) if freight == scenario.freight(n)), None)
        said = str(number) if freight is not None else f"nothing ({reason})"
        assert said == scenario.alias(rest.split(maxsplit=1)[1]), rest
    for at, (environment, number, _, by), rest in scenario.lines("superseded"):
        found = superseding(scenario.journey(at), environment, scenario.freight(int(number)))
        newer = next((str(n) for n in range(1, 10) if found and found[0] == scenario.freight(n)), "nothing")
        assert newer == by, rest
