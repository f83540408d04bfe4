"""CEL gates: what users expect of their expressions, and when one turns by the passing of time alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import CEL, Freeze, Window
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.policy.expression_gate import judge
from gitpromote.policy.gate_context import GateContext
from gitpromote.policy.windows import blocked

CASES = json.loads((Path(__file__).parents[1] / "cases" / "gate-expressions.json").read_text("utf-8"))
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
NOON = int((MONDAY + timedelta(days=2, hours=12)).timestamp())  # a Wednesday


def context(
    *facts: Mapping[str, Any], at: int = NOON, since: int | None = None, windows: Mapping[str, Any] | None = None
) -> GateContext:
    """With these facts; ``since``: from when ``upstream.uat`` counts its soak."""

    def variables(moment: int) -> list[Mapping[str, Any]]:
        soak = {} if since is None else {"upstream": {"uat": {"soakMinutes": max(0, moment - since) // 60}}}
        told = {} if windows is None else {"changewindow": blocked(windows, moment)}
        return [{**one, **soak, **told} for one in facts or ({},)]

    return GateContext(
        environment=ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="none")),
        occasion="promote",
        as_of=at,
        state=EnvironmentState(name="prod"),
        windows=windows or {},
        variables=variables,
    )


def judged(expression: str, *facts: Mapping[str, Any], tz: str = "UTC", **given: Any) -> Outcome:
    return judge(CEL("quiet", expression, tz=tz), context(*facts, **given))


# -- what users expect


def moment_of(schedule: Mapping[str, Any]) -> int:
    """A moment that has the weekday and the hour of a case; its dates do not go with its weekdays."""
    days = DAYS.index(schedule["dayOfWeek"])
    return int((MONDAY + timedelta(days=days, hours=schedule["hour"], minutes=schedule["minute"])).timestamp())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['expression']} {case['expect']}")
def test_a_gate_has_the_outcome_that_its_users_expect(case: dict[str, Any]) -> None:
    facts = dict(case["facts"])
    reviewed = facts.get("bundle", {}).get("pr", {})
    facts["upstream"] = {**{name: {} for name in reviewed}, **facts.get("upstream", {})}
    at = moment_of(facts.pop("schedule")) if "schedule" in facts else NOON
    found = judged(case["expression"], facts, at=at)
    wanted = "error" if case["expect"] == "load-error" else case["expect"]
    assert found.status == wanted
    if case["expect"] != "load-error":
        assert found.reads == case["reads"]
    assert found.expression == case["expression"]


def test_a_verdict_has_its_operands() -> None:
    found = judged(
        "metrics.errors < 1 && environment.labels.tier == 'gold'",
        {"metrics": {"errors": {"value": 0.25}}, "environment": {"labels": {"tier": "gold"}}},
    )
    assert found == Outcome.model_validate(
        {
            "id": "quiet",
            "level": "hard",
            "status": "pass",
            "message": "metrics.errors is 0.25, environment.labels.tier is gold",
            "operands": {"metrics.errors": {"number": "0.25"}, "environment.labels.tier": "gold"},
            "reads": "live",
            "expression": "metrics.errors < 1 && environment.labels.tier == 'gold'",
            "threshold": "true",
        }
    )


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("10 / (plan.changes - 1) > 1", "divide by zero: plan.changes is 1"),
        ("plan.adds > 1", "plan.adds is not known"),
        ("plan.risk", "column 1: it gives text, not true or false"),
        ("upstream.uat.verified", 'column 10: there is no environment "uat"'),
        ("nothing", "column 1: there is no variable nothing"),
        (
            " ".join(["[1,2,3,4,5,6,7,8,9,10].all(x,"] * 7 + ["true"] + [")"] * 7),
            "it goes through more items than it may",
        ),
    ],
)
def test_what_cannot_be_told_is_an_error(expression: str, message: str) -> None:
    found = judged(expression, {"plan": {"changes": 1, "risk": "low"}})
    assert (found.status, found.message) == ("error", message)


def test_of_several_freight_the_worst_counts() -> None:
    expression = "freight.type == 'image'"
    image, config = ({"freight": {"type": kind}} for kind in ("image", "config"))
    assert judged(expression, image, image).status == "pass"
    assert judged(expression, image, config).status == judged(expression, config, image).status == "fail"
    assert judged(expression, config, {}).status == judged(expression, {}, config).status == "error"
    assert judged(expression, image, config).message == "freight.type is config"


def test_a_zone_that_this_machine_lacks_is_an_error() -> None:
    found = judged("schedule.hour > 3", tz="Europe/Nowhere")
    assert (found.status, found.message) == ("error", "this machine has no time zone Europe/Nowhere")


@pytest.mark.parametrize(
    ("expression", "needs"),
    [
        ("plan.adds == 0 && change.risk == 'low'", {"needs": ["plan.adds"]}),
        ("plan.adds == 0 && change.risk == 'high'", {}),
        ("plan.adds < 0", {"needs": []}),
        ("plan.adds == 1 && change.risk == 'low'", {}),
    ],
)
def test_what_has_to_change_is_told_where_that_is_not_all(expression: str, needs: Mapping[str, Any]) -> None:
    found = judged(expression, {"plan": {"adds": 1}, "change": {"risk": "low"}})
    assert {name: value for name, value in found.operands.items() if name == "needs"} == needs


# -- when it turns


def iso(moment: int | None) -> str | None:
    return None if moment is None else f"{datetime.fromtimestamp(moment, UTC):%a %d %b %H:%M:%S}"


@pytest.mark.parametrize(
    ("expression", "tz", "opens"),
    [
        ("schedule.hour >= 20", "UTC", "Wed 18 Nov 20:00:00"),
        ("schedule.hour >= 20", "America/New_York", "Thu 19 Nov 01:00:00"),
        ("schedule.isWeekend", "Europe/Berlin", "Fri 20 Nov 23:00:00"),
        ("schedule.dayOfWeek == 'tuesday' && schedule.hour == 9", "UTC", "Tue 24 Nov 09:00:00"),
        ("schedule.hour == 13 && schedule.minute >= 45", "UTC", "Wed 18 Nov 13:45:00"),
        ("schedule.hour == 13 && schedule.minute > 44", "UTC", "Wed 18 Nov 13:45:00"),
        ("schedule.date >= '2026-11-30'", "UTC", "Mon 30 Nov 00:00:00"),
        ("schedule.date >= '2027-11-30'", "UTC", None),
        ("schedule.hour > 30", "UTC", None),
    ],
)
def test_an_expression_opens_when_the_clock_says_so(expression: str, tz: str, opens: str | None) -> None:
    found = judged(expression, tz=tz)
    assert (found.status, iso(found.from_)) == ("pending", opens)


def test_an_expression_that_holds_says_until_when() -> None:
    found = judged("!schedule.isWeekend && schedule.hour < 17")
    assert (found.status, found.from_, iso(found.until)) == ("pass", None, "Wed 18 Nov 17:00:00")


@pytest.mark.parametrize(("sign", "more"), [(">=", 0), (">", 60)])
def test_a_soak_opens_to_the_second(sign: str, more: int) -> None:
    since = NOON - 1234
    found = judged(f"upstream.uat.soakMinutes {sign} 30", since=since)
    assert (found.status, found.from_) == ("pending", since + 30 * 60 + more)


def test_a_change_window_opens_to_the_second() -> None:
    windows = {
        "hours": [Window("daily 18:30-19:00", name="hours")],
        "freeze": [Freeze("2026-11-18T09:00", until="2026-11-20T12:17", name="freeze")],
    }
    assert iso(judged("changewindow.isAllowed('hours')", windows=windows).from_) == "Wed 18 Nov 18:30:00"
    assert iso(judged("!changewindow.freeze", windows=windows).from_) == "Fri 20 Nov 12:17:00"
    both = "changewindow.isAllowed('hours') && !changewindow.freeze"
    assert iso(judged(both, windows=windows).from_) == "Fri 20 Nov 18:30:00"


def test_what_reads_no_time_opens_by_none() -> None:
    assert judged("upstream.uat.verified", {"upstream": {"uat": {"verified": False}}}).from_ is None


@given(st.integers(0, 23), st.integers(0, 6), st.integers(0, 14 * 24))
@settings(max_examples=40, deadline=None)
def test_nothing_turns_before_it_is_told(hour: int, day: int, later: int) -> None:
    expression = f"schedule.hour == {hour} || schedule.dayOfWeek == '{DAYS[day]}'"
    found = judged(expression)
    change = found.from_ if found.status == "pending" else found.until
    assert change is not None
    before = NOON + later * 3600
    same = judged(expression, at=before).status == found.status
    assert same or before >= change
    assert judged(expression, at=change).status != found.status
