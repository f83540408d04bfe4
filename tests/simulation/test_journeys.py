"""Two thousand random Pipelines with random histories, in memory: planner and fold against a second opinion.

In each, Freight appears, is promoted by what the planner says may go, is verified, fails, recovers, is rolled away,
approved, rejected, hotfixed, requested with targets and skips; Environments are held and released. Whatever enters an
Environment is judged by the oracle, which knows the bare events alone. At the end all is left in peace, and one more
Freight must arrive everywhere.

What a hotfix brought somewhere goes on from there only after it has come there by all that judges everybody else: the
oracle tells of every arrival whether it did, by its own means.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from gitpromote import (
    App,
    Bake,
    Branch,
    Environment,
    Git,
    Pipeline,
    Plain,
    SkipPermission,
    Soak,
    Warehouse,
    Wave,
    Window,
    any_of,
)
from gitpromote.history.fold import apply_record
from gitpromote.model.artifact import CommitArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.observation import Content, EnvironmentObservation, Observation
from gitpromote.model.plan import Basis, Engine, EnvironmentPlan, Plan, PlannedPipeline, Request
from gitpromote.model.record import Actor, Record
from gitpromote.model.state import LedgerState
from gitpromote.model.tree import Entry
from gitpromote.planning.availability import Journey
from gitpromote.planning.expressions import Truth
from gitpromote.planning.planner import plan
from gitpromote.planning.selection import choose, newest_first
from gitpromote.planning.verdicts import asking_of, came_ordinarily
from gitpromote.planning.waves import crowded

PIPELINES = 2000
CHUNKS = 8
START = 1763337600
HOUR = 3600


def literally(expression: str, variables: object) -> Truth:
    return Truth(expression == "true")


class Freights:
    """Freight by number, and back."""

    def __init__(self) -> None:
        self.made = [
            Freight.of("w", [CommitArtifact(repository="git.example/w", commit=f"{number:040x}")])
            for number in range(64)
        ]
        self.number = {one.id: at for at, one in enumerate(self.made)}


FREIGHT = Freights()


def definition(env: Any) -> Environment:
    gates: list[Any] = [Soak(f"{env.soak}s")] if env.soak else []
    gates += [Bake(f"{env.bake}s")] if env.bake else []
    gates += [Window(f"Mon-Sun {env.hours[0]:02}:00-{env.hours[1]:02}:00", tz="UTC")] if env.hours else []
    gates += [SkipPermission("may-skip", "true")] if env.may_skip else []
    members: dict[str, Any] = {"gates": gates, "select": env.select, "apps": [] if env.control else None}
    if env.wave is not None:
        members["wave"] = Wave(env.wave, max_parallel=env.max_parallel, max_failed=env.max_failed)
    if env.wave is None or env.wave == 1:
        members["after"] = any_of(*env.after) if env.any else list(env.after)
    return Environment(env.name, **members)


def pipeline_of(envs: Any) -> Pipeline:
    return Pipeline(
        "p",
        apps=[App("a", Plain("d"), repo="https://git.example/w")],
        target=Branch("env/$env"),
        environments=[definition(one) for one in envs],
        warehouse=Warehouse(Git(repo="https://git.example/w"), name="w"),
    )


def drawn(draw: random.Random, rules: Any) -> list[Any]:
    """Environments in an order that promotion can take."""
    found: list[Any] = []
    for number in range(draw.randint(2, 5)):
        before = [one.name for one in found]
        after = tuple(draw.sample(before, min(len(before), draw.choice([1, 1, 1, 2])))) if draw.random() < 0.9 else ()
        member = {
            "after": after,
            "any": len(after) > 1 and draw.random() < 0.5,
            "soak": draw.choice([0, 0, HOUR, 3 * HOUR]),
            "bake": draw.choice([0, 0, 0, 2 * HOUR]),
            "hours": draw.choice([*(None,) * 6, (8, 16), (0, 12)]),
            "control": draw.random() < 0.15,
            "select": draw.choice(["newest"] * 6 + ["sequential(1)", "sequential(2)"]),
            "may_skip": draw.random() < 0.2,
        }
        found.append(rules(f"e{number}", **member))
    return [*found, *waves(draw, rules, found[-1].name)] if draw.random() < 0.3 else found


def waves(draw: random.Random, rules: Any, entry: str) -> list[Any]:
    budget = {"max_parallel": draw.choice([None, 1, 2]), "max_failed": draw.choice([None, 0, 1])}
    first = [rules(f"w1-{at}", after=(entry,), wave=1, **budget) for at in range(draw.randint(1, 3))]
    names = tuple(one.name for one in first)
    return [*first, *(rules(f"w2-{at}", after=names, wave=2) for at in range(draw.randint(0, 2)))]


@dataclass
class Town:
    """One Pipeline with its ledger, and the oracle beside it."""

    pipeline: Pipeline
    oracle: Any
    draw: random.Random
    now: int = START
    state: LedgerState = field(default_factory=LedgerState)
    made: int = 0
    count: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        return self.pipeline.order()

    def record(
        self, kind: str, env: str | None, number: int, *, told: str | None = None, known: Any = None, **data: Any
    ) -> None:
        """One Record for the ledger, one event for the oracle.

        :param known: what the oracle knows of it, and the ledger does not
        """
        freight = FREIGHT.made[number]
        self.count += 1
        if kind == "freight-created":
            data = {"freight": freight.model_dump(mode="json")}
        members: dict[str, Any] = {"freight": {"w": freight.id}, "data": {"freight": freight.id, **data}}
        if kind == "freight-created":
            members["data"] = data
        given = {"id": f"{self.count:064x}", "actor": Actor(claimed="x"), "environment": env, **members}
        self.state = apply_record(self.state, Record(kind=kind, at=self.now, **given))

        self.oracle.events.append(self.event(self.now, told or kind, env, number, data | (known or {})))

    event: Any = None

    # -- promotion

    def choices(self, journey: Journey) -> dict[str, Freight]:
        candidates = [one.freight for one in newest_first(self.state, "w")]
        found = {name: choose(journey, name, "w", candidates).freight for name in self.names}
        return {name: freight for name, freight in found.items() if freight is not None}

    def planned(self) -> Plan:
        journey = Journey(pipeline=self.pipeline, ledger=self.state, as_of=self.now, ask=literally)
        observed = {name: self.observed(name, freight) for name, freight in self.choices(journey).items()}
        blobs = {one.id[:40]: b"x" for one in FREIGHT.made}
        observation = Observation(as_of=self.now, basis=Basis(), ledger=self.state, environments=observed, blobs=blobs)
        described = PlannedPipeline(name="p", definition={}, definition_digest="")
        return plan(
            self.pipeline, Request(), observation, engine=Engine(version="0"), described=described, ask=literally
        )

    def observed(self, name: str, freight: Freight) -> EnvironmentObservation:
        if self.pipeline.resolved(name).is_control_flow:
            return EnvironmentObservation(name=name, freight={"w": freight})
        held = self.state.environment(name).freight.get("w")
        return EnvironmentObservation(
            name=name, freight={"w": freight}, current=content(held), desired=content(freight.id)
        )

    def promote(self, chance: float) -> None:
        """Apply some of what may go, as one batch."""
        found = self.planned()
        going = [one for one in found.environments if one.steps and one.decision in ("ready", "noop")]
        self.keeps_its_word(found, going)
        going = [one for one in going if self.draw.random() < chance]
        journey = Journey(pipeline=self.pipeline, ledger=self.state, as_of=self.now, ask=literally)
        writing = [one.name for one in going if one.writes]
        late = crowded(journey, writing)
        assert not late, "what is planned to go together fits into its wave"
        numbers = {one.name: FREIGHT.number[one.freight["w"].id] for one in going}
        # All are judged by what the ledger says before the first of them enters.
        again = {one.name for one in going if self.is_here(one)}
        ordinary = {name: self.ordinary(name, number) for name, number in numbers.items()}
        for name, number in numbers.items():
            self.enter(name, number, again=name in again, ordinary=ordinary[name])

    def keeps_its_word(self, found: Plan, going: Sequence[EnvironmentPlan]) -> None:
        """The times at which it says that Environments open come true when all of it is applied that may go."""
        before = len(self.oracle.events)
        for one in going:
            kind = "verified" if self.pipeline.resolved(one.name).is_control_flow else "written"
            number = FREIGHT.number[one.freight["w"].id]
            came = {"came": not self.oracle.why_not(one.name, number, self.now, ordinarily=True)}
            self.oracle.events.append(self.event(self.now, kind, one.name, number, came))
        for one in found.environments:
            if one.decision == "waiting" and one.opens and one.opens.earliest is not None:
                number, at = FREIGHT.number[one.freight["w"].id], one.opens.earliest
                why_not = self.oracle.why_not(one.name, number, at, ordinarily=self.is_here(one))
                # Who else of its wave is under way by then, nobody knows.
                assert why_not in ("", "wave"), (one.name, number, why_not, self.pipeline, self.oracle.events)
        del self.oracle.events[before:]

    def is_here(self, planned: EnvironmentPlan) -> bool:
        """Whether what would come is there already, by a hotfix: then it is to come the ordinary way."""
        journey = Journey(pipeline=self.pipeline, ledger=self.state, as_of=self.now, ask=literally)
        return journey.comes_again(planned.name, FREIGHT.made[FREIGHT.number[planned.freight["w"].id]])

    def enter(self, name: str, number: int, *, again: bool, ordinary: list[str]) -> None:
        why_not = self.oracle.why_not(name, number, self.now, ordinarily=again)
        assert not why_not, (name, number, why_not, self.pipeline, self.oracle.events)
        known = {"came": not self.oracle.why_not(name, number, self.now, ordinarily=True)}
        assert known["came"] or not ordinary, (name, number, self.pipeline, self.oracle.events)
        if self.pipeline.resolved(name).is_control_flow:
            self.record("verified", name, number, known=known, ordinary=ordinary)
            return
        self.record("written", name, number, known=known, ordinary=ordinary)
        if self.draw.random() < 0.7:
            self.record("verified", name, number)

    def ordinary(self, name: str, number: int) -> list[str]:
        """What the Record says of Freight that a hotfix might have let in."""
        journey = Journey(pipeline=self.pipeline, ledger=self.state, as_of=self.now, ask=literally)
        observed = EnvironmentObservation(name=name, freight={"w": FREIGHT.made[number]})
        return came_ordinarily(asking_of(journey, self.pipeline.resolved(name), observed, "promote"))

    # -- what people and agents do

    def something(self) -> None:
        act = self.draw.choice(ACTS)
        name = self.draw.choice(self.names)
        number = self.draw.randrange(max(self.made, 1))
        getattr(self, act)(name, number)

    def appear(self, name: str, number: int) -> None:
        self.record("freight-created", None, self.made)
        self.made += 1

    def passes(self, name: str, number: int) -> None:
        self.now += self.draw.choice([60, HOUR, 5 * HOUR])

    def settle(self, name: str, number: int) -> None:
        """What was written is verified, or fails; late news may speak of what has left."""
        held = self.oracle.holds(name)
        if held is not None:
            kind = self.draw.choice(["verified", "verified", "failed", "healthy"])
            late = kind != "verified" and self.draw.random() < 0.3
            self.record(kind, name, number if late else held)

    def refuse(self, name: str, number: int) -> None:
        """What was to be written was refused by the remote."""
        if self.made and not self.pipeline.resolved(name).is_control_flow:
            self.record("failed", name, number, told="refused", code="push-refused")

    def hold(self, name: str, number: int) -> None:
        held = self.oracle.holds(name)
        if held is not None and self.oracle.held(name) is None:
            self.record("held", name, held)

    def release(self, name: str, number: int) -> None:
        held = self.oracle.held(name)
        if held is not None:
            self.record("released", name, held.freight)

    def reject(self, name: str, number: int) -> None:
        if self.made and self.draw.random() < 0.4:
            self.record("rejected", None, number, reason="bad")

    def approve(self, name: str, number: int) -> None:
        if self.made:
            self.record("freight-approved", name, number, told="approved")

    def hotfix(self, name: str, number: int) -> None:
        if self.made:
            expires = self.now + self.draw.choice([600, 10 * HOUR])
            self.record("freight-approved", name, number, told="hotfix", bypass=True, expires=expires)

    def request(self, name: str, number: int) -> None:
        skip = [one for one in self.draw.sample(self.names, 1) if one != name and self.draw.random() < 0.4]
        if self.made:
            self.record("requested", None, number, target=self.draw.choice([None, name]), skip=skip)

    def roll(self, name: str, number: int) -> None:
        """Back to something that was verified there before."""
        held = self.oracle.holds(name)
        others = [n for n in range(self.made) if n != held and self.oracle.verified(name, n)]
        if held is not None and others and not self.pipeline.resolved(name).is_control_flow:
            back = self.draw.choice(others)
            self.record("rolled-back", name, back)
            self.record("verified", name, back)

    # -- peace

    def peace(self) -> None:
        """Nobody does anything any more but promote and verify; one last Freight is there."""
        for name in self.names:
            self.release(name, 0)
        self.appear("", 0)
        last = self.made - 1
        for _ in range(12 * len(self.names) + 2 * self.made):
            if all(self.oracle.verified(name, last) for name in self.names):
                return
            self.now += 3 * HOUR
            self.promote(1.0)
            for name in self.names:
                held = self.oracle.holds(name)
                if held is not None and (not self.oracle.verified(name, held) or self.oracle.has_failed(name, held)):
                    self.record("verified", name, held)
        starved = [name for name in self.names if not self.oracle.verified(name, last)]
        pytest.fail(f"{starved} never got {last}: {self.pipeline} {self.oracle.events}")


ACTS = (
    *("appear",) * 4,
    *("passes",) * 5,
    *("settle",) * 4,
    *("refuse", "hold", "release", "reject", "approve", "hotfix", "request", "roll"),
)


def content(freight: str | None) -> Content:
    if freight is None:
        return Content(tree="0" * 40, whole="0" * 40)
    return Content(tree=freight[:40], whole=freight[:40], files={"f": Entry("100644", freight[:40])})


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_forbidden_enters_and_nothing_allowed_starves(chunk: int, oracle: Any, rules: Any, event: Any) -> None:
    for number in range(chunk, PIPELINES, CHUNKS):
        draw = random.Random(number)
        envs = drawn(draw, rules)
        town = Town(pipeline_of(envs), oracle({one.name: one for one in envs}), draw)
        town.event = event
        for _ in range(draw.randint(8, 24)):
            town.something()
            if draw.random() < 0.3:
                town.promote(0.7)
        town.peace()


@pytest.mark.parametrize("every", [5 * HOUR, 24 * HOUR])
def test_frequent_freight_does_not_starve_what_comes_after_a_soak(
    every: int, oracle: Any, rules: Any, event: Any
) -> None:
    envs = [rules("uat"), rules("prod", after=("uat",), soak=every - HOUR)]
    town = Town(pipeline_of(envs), oracle({one.name: one for one in envs}), random.Random(0))
    town.event = event
    for _ in range(20):
        town.appear("", 0)
        for _ in range(every // HOUR):
            town.promote(1.0)
            for name in town.names:
                held = town.oracle.holds(name)
                if held is not None and not town.oracle.verified(name, held):
                    town.record("verified", name, held)
            town.now += HOUR
    arrived = [one.freight for one in town.oracle.events if (one.kind, one.env) == ("written", "prod")]
    assert arrived == list(range(20))
