"""Waves: what their order is, how many of them go at a time, and when a failure closes them."""

from __future__ import annotations

import pytest

from gitpromote import Environment, Wave
from gitpromote.errors import ConfigurationError
from gitpromote.model.state import Content, EnvironmentState, Verified
from gitpromote.planning.availability import Journey
from gitpromote.planning.waves import crowded, jitter, under_way, wave_outcome


def waved(small, *states, now=1000, second=2, **budget):
    environments = [
        Environment("test"),
        Environment("eu", wave=Wave(1, **budget)),
        Environment("us", wave=1),
        Environment("ap", wave=1),
        Environment("rest", wave=second),
    ]
    ledger = small.ledger(*states, freight=(small.freight(1),))
    return Journey(pipeline=small.pipeline(*environments), ledger=ledger, as_of=now)


def at(small, name, *, verified=False, failed=False):
    one = small.freight(1)
    return EnvironmentState(
        name=name,
        freight={"shop": one.id},
        content=Content(record="r", kind="written", at=1),
        verified={one.id: Verified(at=1, record="r")} if verified else {},
        failed={one.id: 1} if failed else {},
    )


def told(small, journey, name, *, since=0, going=0):
    ids = {"shop": small.freight(1).id}
    found = wave_outcome(journey, journey.pipeline.resolved(name), ids, since=since, going=going)
    return (found.status, found.message) if found else None


def test_each_wave_comes_after_all_of_the_one_before_it(small):
    pipeline = small.pipeline(
        Environment("test"),
        Environment("a", wave=1),
        Environment("c", wave=2),
        Environment("b", wave=1),
        Environment("d", wave=2, after="test"),
        Environment("end"),
    )
    assert {name: pipeline.upstream(name) for name in pipeline.order()} == {
        "test": (),
        "a": ("test",),
        "b": ("test",),
        "c": ("a", "b"),
        "d": ("a", "b", "test"),
        "end": ("c", "d"),
    }


def test_a_first_wave_at_the_start_takes_freight_directly(small):
    pipeline = small.pipeline(Environment("a", wave=1), Environment("b", wave=1))
    assert (pipeline.upstream("a"), pipeline.upstream("b")) == ((), ())


@pytest.mark.parametrize(
    ("environments", "code"),
    [
        ([Environment("a", wave=2)], "wave-gap"),
        ([Environment("a", wave=Wave(1, max_failed=1)), Environment("b", wave=Wave(1, max_failed=2))], "wave-budget"),
        ([Environment("a"), Environment("b", moved="a")], "moved-in-use"),
        ([Environment("a", moved="z"), Environment("b", moved="z")], "moved-twice"),
    ],
)
def test_waves_and_old_names_that_do_not_fit_are_told(small, environments, code):
    with pytest.raises(ConfigurationError) as caught:
        small.pipeline(*environments)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_without_a_budget_there_is_nothing_to_say(small):
    assert told(small, waved(small), "eu") is None


def test_as_many_as_the_budget_says_are_under_way(small):
    journey = waved(small, at(small, "eu"), max_parallel=2)
    assert under_way(journey, 1) == ["eu"]
    assert told(small, journey, "us") == ("pass", "wave 1: 1 of 2 under way (eu)")
    assert told(small, journey, "us", going=1) == ("pending", "wave 1: 2 at a time, others go first (eu)")
    assert told(small, waved(small, at(small, "eu", verified=True), max_parallel=1), "us")[0] == "pass"
    assert told(small, waved(small, at(small, "eu", failed=True), max_parallel=1), "us")[0] == "pass"


def test_those_that_are_ready_go_in_the_order_of_the_pipeline(small):
    journey = waved(small, max_parallel=2)
    assert crowded(journey, ["eu", "us", "ap", "rest"]) == {"ap": "wave 1: 2 at a time, others go first"}
    assert crowded(waved(small, at(small, "eu"), max_parallel=2), ["us", "ap"]) == {
        "ap": "wave 1: 2 at a time, others go first (eu)"
    }
    assert crowded(waved(small), ["eu", "us", "ap"]) == {}


def test_failures_beyond_the_budget_close_the_wave_and_later_ones(small):
    failing = [at(small, name, failed=True) for name in ("eu", "us")]
    open_still = waved(small, failing[0], max_failed=1)
    assert told(small, open_still, "ap") == ("pass", "wave 1: 1 failed (eu), 1 may")
    busy = waved(small, failing[0], at(small, "us"), max_parallel=2, max_failed=1)
    assert told(small, busy, "ap") == ("pass", "wave 1: 1 of 2 under way (us); 1 failed (eu), 1 may")
    closed = waved(small, *failing, max_failed=1)
    why = "wave 1 is closed: failed in eu, us, and 1 may"
    assert told(small, closed, "ap") == told(small, closed, "rest") == ("pending", why)
    assert told(small, waved(small, failing[0], max_failed=0), "ap")[0] == "pending"


def test_jitter_is_drawn_from_what_goes_where(small):
    wave = Wave(1, jitter="10m")
    drawn = {name: jitter(wave, name, ["f"]) for name in ("eu", "us", "ap")}
    assert drawn == {name: jitter(wave, name, ["f"]) for name in ("eu", "us", "ap")}
    assert len(set(drawn.values())) == 3
    assert all(0 <= one <= 600 for one in drawn.values())
    assert jitter(Wave(1), "eu", ["f"]) == 0


def test_what_is_late_by_jitter_says_when_it_begins(small):
    ids = [small.freight(1).id]
    late = jitter(Wave(1, jitter="10m"), "us", ids)
    journey = waved(small, jitter="10m", now=1000)
    found = wave_outcome(journey, journey.pipeline.resolved("us"), {"shop": ids[0]}, since=1000)
    assert (found.status, found.from_) == ("pending", 1000 + late)
    assert found.message == "wave 1: begins up to 10m later than it might"
    assert told(small, waved(small, jitter="10m", now=1000 + late), "us", since=1000)[0] == "pass"


def test_without_jitter_nothing_is_late(small):
    # Plans are of whole minutes: what was verified within one was verified after it began.
    assert told(small, waved(small, max_parallel=1, now=960), "us", since=1000) == (
        "pass",
        "wave 1: 0 of 1 under way",
    )


def test_a_plan_lets_as_many_go_as_the_budget_says(small):
    one = small.freight(1)
    pipeline = small.pipeline(
        Environment("eu", wave=Wave(1, max_parallel=2)), Environment("us", wave=1), Environment("ap", wave=1)
    )
    observed = [small.observed(name, {}, {"a.yaml": small.config()}, freight=one) for name in ("eu", "us", "ap")]
    plan = small.plan(pipeline, small.observation(*observed, blobs=(small.config(),)))
    assert [(planned.name, planned.decision, planned.reason) for planned in plan.environments] == [
        ("eu", "ready", ""),
        ("us", "ready", ""),
        ("ap", "waiting", "wave"),
    ]
    assert plan.environment("ap").opens.conditions == ({"gate": "wave"},)
