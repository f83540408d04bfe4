"""A plan judged at another moment by the facts that it holds says what a plan of that moment would."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import CEL, Bake, ChangeBudget, Environment, Freeze, Prometheus, SkipPermission, Soak, Wave, Window
from gitpromote.errors import PlanInvalid
from gitpromote.model.gate import Gate
from gitpromote.model.plan import Plan
from gitpromote.model.state import Bypass, EnvironmentState, Held, Intent, Override, Verified
from gitpromote.planning.another_time import Known, ledger_in, plan_at

HOUR, DAY = 3600, 86400
# The small world's plans are made on Thu 20 Nov 2025, 00:54Z.
GATES: tuple[Gate, ...] = (
    Soak("24h"),
    Bake("2h"),
    Window("Mon-Thu 09:00-16:00", tz="Europe/Berlin", name="hours"),
    Window("Sat-Sun", deny=True, name="weekend", level="soft"),
    Freeze("2025-11-23", until="2025-11-24"),
    ChangeBudget(1, per="2d"),
    CEL("awake", "schedule.hour >= 8 && upstream.uat.soakMinutes >= 30"),
    CEL("calm", "plan.changes < 5 && previousFreight.alias != 'x' && change.semver != 'major'"),
    CEL("elsewhere", "upstream.late.verified", level="advisory"),
    Prometheus("http://prometheus", query="vector(1)", below=2, name="errors", level="advisory"),
)


def world(small: Any, gates: Sequence[Gate], **members: Any) -> tuple[Any, Any]:
    """A pipeline whose ``prod`` has these gates, and what is seen of it: something new waits for prod."""
    old, new = small.freight(1), small.freight(2)
    before, after = {"a.yaml": small.config("a")}, {"a.yaml": small.config("a", "2")}
    tree = small.content(after).tree
    at = small.as_of
    pipeline = small.pipeline(
        Environment("test"),
        Environment("uat", gates=[SkipPermission("may-skip", "freight.intent.skip.size() > 0")]),
        Environment("prod", gates=list(gates), wave=members.pop("wave", None)),
        Environment("late"),
    )
    lived = {new.id: Verified(at=at - 5 * HOUR, record="v", since=at - 5 * HOUR, healthy=at - HOUR)}
    states = [
        small.holding("test", new, tree, verified=lived),
        small.holding("uat", new, tree, verified=lived),
        small.holding("prod", old, small.content(before).tree, promoted=(at - 9 * DAY, at - DAY), **members),
    ]
    observed = [
        small.observed("test", after, after, freight=new),
        small.observed("uat", after, after, freight=new),
        small.observed("prod", before, after, freight=new),
        small.observed("late", {}, after, freight=new),
    ]
    ledger = small.ledger(*states, freight=(old, new))
    return pipeline, small.observation(*observed, ledger=ledger, blobs=tuple(after.values()))


def both(small: Any, pipeline: Any, seen: Any, at: int, known: Known | None = None) -> tuple[Plan, Plan]:
    """What a plan of now says of a moment, and what a plan of that moment says."""
    now = small.plan(pipeline, seen)
    then = small.plan(pipeline, dataclasses.replace(seen, as_of=at))
    return plan_at(now, at, pipeline=pipeline, known=known or Known()), then


def told(plan: Plan) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in plan.environments]


@settings(max_examples=40, deadline=None)
@given(
    gates=st.lists(st.sampled_from(GATES), unique_by=lambda gate: gate.name),
    minutes=st.integers(min_value=-600, max_value=6 * 24 * 60),
)
def test_it_says_what_a_plan_of_that_moment_would(small: Any, gates: list[Gate], minutes: int) -> None:
    pipeline, seen = world(small, gates)
    judged, then = both(small, pipeline, seen, small.as_of + 60 * minutes)
    assert told(judged) == told(then)
    assert judged.summary == then.summary


def test_what_people_decided_counts_as_long_as_it_holds(small: Any) -> None:
    pipeline, seen = world(small, [Soak("24h")])
    new = small.freight(2)
    bypass = Bypass(at=small.as_of, record="b", reason="5xx", actor="Ada", expires=small.as_of + HOUR)
    intent = Intent(at=small.as_of, record="i", skip=("uat",), actor="Ada")
    for change in ({"bypass": {"prod": bypass, "late": bypass}}, {"intent": intent}, {"rejected": "broken"}):
        freight = {**seen.ledger.freight, new.id: seen.ledger.freight[new.id].model_copy(update=change)}
        ledger = seen.ledger.model_copy(update={"freight": freight})
        for later in (60, 2 * HOUR, 30 * HOUR):
            judged, then = both(small, pipeline, dataclasses.replace(seen, ledger=ledger), small.as_of + later)
            assert told(judged) == told(then)


def test_an_override_holds_until_it_is_over(small: Any) -> None:
    pipeline, seen = world(small, [Soak("24h", level="soft")])
    digest = small.plan(pipeline, seen).environment("prod").change_digest
    word = Override(
        record="o",
        at=small.as_of,
        gate="soak",
        identity="cleo",
        change_digest=digest,
        reason="down",
        expires=small.as_of + HOUR,
    )
    observed = dataclasses.replace(seen.environments["prod"], overrides=(word,))
    seen = dataclasses.replace(seen, environments={**seen.environments, "prod": observed})
    for later, decision in ((60, "ready"), (2 * HOUR, "waiting")):
        judged, then = both(small, pipeline, seen, small.as_of + later, Known(overrides={"prod": (word,)}))
        assert told(judged) == told(then)
        assert judged.environment("prod").decision == decision


def test_a_hold_stays_a_hold(small: Any) -> None:
    held = Held(at=1, record="h", reason="wait", actor="Ada", freight={})
    pipeline, seen = world(small, [], held=held)
    judged, then = both(small, pipeline, seen, small.as_of + DAY)
    assert told(judged) == told(then)
    assert judged.environment("prod").decision == "held"


def test_a_wave_that_begins_later_has_begun_then(small: Any) -> None:
    pipeline, seen = world(small, [], wave=Wave(1, jitter="7d", max_parallel=1))
    now = small.plan(pipeline, seen)
    assert now.environment("prod").reason == "wave"
    for later in (HOUR, 9 * DAY):
        judged, then = both(small, pipeline, seen, small.as_of + later)
        assert judged.environment("prod").decision == then.environment("prod").decision


def test_nothing_of_the_plan_itself_changes(small: Any) -> None:
    pipeline, seen = world(small, GATES)
    now = small.plan(pipeline, seen)
    before = now.model_dump_json()
    judged = plan_at(now, small.as_of + DAY, pipeline=pipeline, known=Known())
    assert now.model_dump_json() == before
    assert [one.change_digest for one in judged.environments] == [one.change_digest for one in now.environments]


@pytest.mark.parametrize(
    "facts",
    [
        {"environments": {"prod": 3}},
        {"environments": [1]},
        {"environments": {"prod": {"freight": 1}}},
        {"environments": {"prod": {"verified": {"x": "soon"}}}},
        {"freight": {"FREIGHT": {"rejected": []}}},
    ],
)
def test_facts_that_nobody_wrote_are_refused(small: Any, facts: dict[str, Any]) -> None:
    pipeline, seen = world(small, [])
    plan = small.plan(pipeline, seen)
    if "freight" in facts:
        facts = {"freight": {small.freight(2).id: facts["freight"]["FREIGHT"]}}
    with pytest.raises(PlanInvalid) as caught:
        ledger_in(plan.model_copy(update={"facts": facts}))
    assert str(caught.value) == (
        "What the ledger said cannot be read from the plan  [plan-facts-invalid]\n"
        "facts.environments or facts.freight is not what this version writes.\n"
        "Plan again:\n  gitpromote plan shop"
    )


def test_a_plan_of_one_environment_knows_what_came_before_it(small: Any) -> None:
    pipeline, seen = world(small, [Soak("24h"), CEL("elsewhere", "!upstream.late.verified")])
    alone = dataclasses.replace(seen, environments={"prod": seen.environments["prod"]})
    assert set(small.plan(pipeline, alone).facts["environments"]) == {"test", "uat", "prod"}
    judged, then = both(small, pipeline, alone, small.as_of + 2 * DAY)
    assert told(judged) == told(then)
    assert judged.environment("prod").decision == "ready"


def test_budgets_count_what_the_facts_hold(small: Any) -> None:
    pipeline, seen = world(small, [ChangeBudget(1, per="2d")])
    assert small.plan(pipeline, seen).facts["environments"]["prod"]["promoted"] == [small.as_of - DAY]
    assert EnvironmentState(name="x").promoted == ()
