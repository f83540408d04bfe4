"""When decisions change by the passing of time alone."""

from __future__ import annotations

from typing import Any

from gitpromote import Environment, Soak, Window
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import Plan
from gitpromote.model.state import Verified
from gitpromote.planning import turning_points
from gitpromote.planning.another_time import Known, plan_at
from gitpromote.planning.turning_points import turns

HOUR, DAY = 3600, 86400


def planned(small: Any, *gates: Any, facts: dict[str, Any] | None = None) -> tuple[Plan, Pipeline]:
    """``prod`` with these gates, behind ``test``, where its Freight has been for an hour."""
    one, files = small.freight(1), {"a.yaml": small.config()}
    pipeline = small.pipeline(Environment("test"), Environment("prod", gates=list(gates)))
    since = small.as_of - HOUR
    lived = {one.id: Verified(at=since, record="v", since=since)}
    ledger = small.ledger(small.holding("test", one, small.content(files).tree, verified=lived), freight=(one,))
    seen = small.observation(
        small.observed("test", files, files, freight=one),
        small.observed("prod", {}, files, freight=one),
        ledger=ledger,
        blobs=tuple(files.values()),
    )
    plan = small.plan(pipeline, seen)
    return plan.model_copy(update={"facts": {**plan.facts, **(facts or {})}}), pipeline


def told(small: Any, plan: Plan, pipeline: Pipeline, until: int) -> list[tuple[int, str, str]]:
    """Hours from now, environment, decision with its reason."""

    def at(moment: int) -> Plan:
        return plan_at(plan, moment, pipeline=pipeline, known=Known())

    return [
        ((one.at - small.as_of) // HOUR, one.environment, f"{one.decision} {one.reason}".strip())
        for one in turns(at, small.as_of, until)
    ]


def test_every_environment_is_told_at_the_start_and_then_what_changes(small: Any) -> None:
    # Thu 20 Nov 2025, 00:54Z
    plan, pipeline = planned(small, Soak("3h"), Window("daily 02:00-04:00; daily 06:00-07:00", name="night"))
    assert told(small, plan, pipeline, small.as_of + 8 * HOUR) == [
        (0, "test", "noop"),
        (0, "prod", "waiting soak, night"),
        (1, "prod", "waiting soak"),
        (2, "prod", "ready"),
        (3, "prod", "waiting night"),
        (5, "prod", "ready"),
        (6, "prod", "waiting night"),
    ]


def test_the_end_does_not_belong_to_the_range(small: Any) -> None:
    plan, pipeline = planned(small, Soak("3h"))
    assert told(small, plan, pipeline, small.as_of + 2 * HOUR) == [(0, "test", "noop"), (0, "prod", "waiting soak")]
    assert told(small, plan, pipeline, small.as_of + 2 * HOUR + 1)[-1] == (2, "prod", "ready")


def test_a_hotfix_that_expires_is_a_change_of_which_no_gate_tells(small: Any) -> None:
    plan, pipeline = planned(small)
    one = next(iter(plan.freight))
    bypass = {"at": small.as_of, "record": "b", "reason": "5xx", "actor": "Ada", "expires": small.as_of + 4 * HOUR}
    facts = {"environments": {}, "freight": {one: {"bypass": {"prod": bypass}}}}
    plan = plan.model_copy(update={"facts": facts})
    assert told(small, plan, pipeline, small.as_of + DAY)[1:] == [
        (0, "prod", "ready"),
        (4, "prod", "waiting upstream"),
    ]


def test_no_more_moments_are_looked_at_than_anybody_reads(small: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(turning_points, "MOST", 5)
    plan, pipeline = planned(small, Window("daily 02:00-04:00", name="night"))
    assert len(told(small, plan, pipeline, small.as_of + 1000 * DAY)) == 6
