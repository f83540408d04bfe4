"""What would help against a verdict, and how explanations look where there is little room."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gitpromote.model.finding import Finding
from gitpromote.model.outcome import Outcome, Overridden
from gitpromote.model.plan import MovingFreight, Request
from gitpromote.views.explaining import explanation
from gitpromote.views.explaining_markdown import explanation_markdown
from gitpromote.views.lines import plain
from gitpromote.views.remedies import remedies

FIX = Finding(rule="r", message="m", file="deploy/web.yaml", line=7)


def outcome(**members: Any) -> Outcome:
    return Outcome(**{"id": "soak", "status": "pending", "message": "not yet", **members})


def helps(make: SimpleNamespace, one: Outcome, *, others: tuple[Any, ...] = (), called: str = "") -> str | None:
    environment = make.environment("prod-eu", decision="waiting", outcomes=(one,))
    return remedies(make.plan(*others, environment), environment, called=called).get(one.id)


@pytest.mark.parametrize(
    ("members", "command"),
    [
        ({}, None),
        ({"level": "soft"}, "gitpromote override pay prod-eu soak --reason … --expires 4h"),
        ({"level": "soft", "status": "error"}, "gitpromote override pay prod-eu soak --reason … --expires 4h"),
        ({"level": "soft", "status": "pass"}, None),
        ({"level": "advisory", "remedy": "curl -i x"}, None),
        ({"remedy": "curl -i x"}, "curl -i x"),
        ({"remedy": "curl -i x", "level": "soft"}, "gitpromote override pay prod-eu soak --reason … --expires 4h"),
        (
            {"remedy": "gitpromote approve PLAN --env prod-eu"},
            "gitpromote plan pay --record, then gitpromote approve ID --env prod-eu",
        ),
        (
            {"remedy": "gitpromote approve PLAN --env prod-eu", "level": "soft"},
            "gitpromote plan pay --record, then gitpromote approve ID --env prod-eu",
        ),
        ({"kind": "policy", "status": "fail", "findings": (FIX,)}, "mend deploy/web.yaml:7"),
        (
            {"kind": "policy", "status": "fail", "findings": (FIX.model_copy(update={"line": 0}),)},
            "mend deploy/web.yaml",
        ),
        ({"kind": "policy", "status": "fail", "findings": (FIX.model_copy(update={"excepted": "ops"}),)}, None),
        ({"id": "rejected", "kind": "availability", "status": "fail"}, None),
    ],
)
def test_one_thing_would_help(make: SimpleNamespace, members: dict[str, Any], command: str | None) -> None:
    assert helps(make, outcome(**members)) == command


BACK = {"kind": "rollback", "request": Request(reason="5xx, INC-1")}
GONE = {"kind": "retire", "request": Request(reason="old", apps=("legacy",))}


@pytest.mark.parametrize(
    ("members", "called", "command"),
    [
        ({}, "p.json", "gitpromote override pay prod-eu soak --plan p.json --reason … --expires 4h"),
        (BACK, "rb.json", "gitpromote override pay prod-eu soak --plan rb.json --reason … --expires 4h"),
        (
            BACK,
            "",
            (
                "gitpromote rollback pay prod-eu --to jolly-snipe-e14a --reason '5xx, INC-1' -out=plan.json, then "
                "gitpromote override pay prod-eu soak --plan plan.json --reason … --expires 4h"
            ),
        ),
        (
            GONE,
            "",
            (
                "gitpromote retire pay --app legacy --reason old -out=plan.json, then "
                "gitpromote override pay prod-eu soak --plan plan.json --reason … --expires 4h"
            ),
        ),
    ],
)
def test_an_override_names_the_plan_that_is_no_fresh_promotion(
    make: SimpleNamespace, members: dict[str, Any], called: str, command: str
) -> None:
    environment = make.environment("prod-eu", decision="waiting", outcomes=(outcome(level="soft"),))
    plan = make.plan(environment).model_copy(update=members)
    assert remedies(plan, environment, called=called) == {"soak": command}


def test_an_approval_of_a_rollback_that_nobody_saved_begins_with_saving_it(make: SimpleNamespace) -> None:
    one = outcome(remedy="gitpromote approve PLAN --env prod-eu")
    environment = make.environment("prod-eu", decision="waiting", outcomes=(one,))
    assert remedies(make.plan(environment).model_copy(update=BACK), environment) == {
        "soak": (
            "gitpromote rollback pay prod-eu --to jolly-snipe-e14a --reason '5xx, INC-1' -out=plan.json, then "
            "gitpromote approve plan.json --env prod-eu"
        )
    }


def test_a_gate_may_be_called_as_a_plan_is(make: SimpleNamespace) -> None:
    command = "gitpromote override pay prod-eu PLAN --plan p.json --reason … --expires 4h"
    assert helps(make, outcome(id="PLAN", level="soft"), called="p.json") == command


def test_what_was_overridden_needs_no_help(make: SimpleNamespace) -> None:
    told = Overridden(status="pending", by="cleo", reason="down", expires=make.NOW + 3600)
    assert helps(make, outcome(level="soft", status="warn", overridden=told)) is None


def test_a_plan_is_called_by_its_file(make: SimpleNamespace) -> None:
    found = helps(make, outcome(remedy="gitpromote approve PLAN --env prod-eu"), called="plans/a b.json")
    assert found == "gitpromote approve 'plans/a b.json' --env prod-eu"


def test_a_plan_that_has_no_file_is_called_by_its_id(make: SimpleNamespace) -> None:
    one = outcome(remedy="gitpromote approve PLAN --env prod-eu")
    environment = make.environment("prod-eu", decision="waiting", outcomes=(one,))
    found = remedies(make.plan(environment), environment, known_as="9c41d7e0b2aa")
    assert found == {"soak": "gitpromote approve 9c41d7e0b2aa --env prod-eu"}


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            {"status": "fail", "operands": {"plan.adds": 1, "change.risk": "low"}},
            "has to change: plan.adds (now 1), change.risk (now low); then plan again",
        ),
        ({"operands": {"metrics.errors": 0.05}}, "has to change: metrics.errors (now 0.05)"),
        (
            {"operands": {"plan.adds": 1, "schedule.hour": 2, "needs": ["schedule.hour"]}},
            "has to change: schedule.hour (now 2)",
        ),
        (
            {"status": "fail", "operands": {"plan.adds": 1, "needs": []}},
            "mend the expression: nothing that it reads makes it true",
        ),
        ({"operands": {"schedule.hour": 9}, "from": 10}, None),
        (
            {"operands": {"schedule.hour": 9, "never": 10}},
            "time does not make it true within two weeks: mend the expression, or wait longer",
        ),
        (
            {"status": "error", "operands": {"metrics.errors": "not known", "plan.adds": 1}},
            "has to be known: metrics.errors",
        ),
        ({"status": "error"}, "mend the expression"),
        ({"level": "soft"}, "gitpromote override pay prod-eu calm --reason … --expires 4h"),
    ],
)
def test_what_an_expression_reads_is_told_where_it_does_not_hold(
    make: SimpleNamespace, members: dict[str, Any], text: str | None
) -> None:
    assert helps(make, outcome(**{"id": "calm", "expression": "…", "threshold": "true", **members})) == text


@pytest.mark.parametrize(
    ("decision", "freight", "command"),
    [
        ("ready", "NEW", "gitpromote apply pay --env uat"),
        ("waiting", "NEW", "gitpromote explain pay uat"),
        ("blocked", "NEW", "gitpromote explain pay uat"),
        ("ready", "OLD", "gitpromote freight approve pay jolly-snipe-e14a --env prod-eu --reason …"),
    ],
)
def test_freight_is_brought_on_by_what_comes_before(
    make: SimpleNamespace, decision: str, freight: str, command: str
) -> None:
    held = {"pay": MovingFreight(id=getattr(make, freight).id, moving=True)}
    uat = make.environment("uat", decision=decision, freight=held)
    assert helps(make, make.upstream("uat"), others=(uat,)) == command


def test_ahead_of_its_turn_where_nothing_before_is_planned(make: SimpleNamespace) -> None:
    command = "gitpromote freight approve pay jolly-snipe-e14a --env prod-eu --reason …"
    assert helps(make, make.upstream("uat")) == command


# -- looks

NARROW = """\
prod-eu · jolly-snipe-e14a · waiting:
    errors
  pending  a-gate-with-a-rather-long-name
      0.02 since Fri 21 Nov 09:29Z
      (soft)
      metrics.errors < 0.01 &&
      !schedule.isWeekend
      needs below 0.01; reads live
      facts; judges promote, hotfix
      gitpromote override pay prod-eu a-gate-with-a-rather-long-name --reason … --expires 4h
"""


def test_a_narrow_screen_has_room_below_the_name(make: SimpleNamespace) -> None:
    gate = outcome(
        id="a-gate-with-a-rather-long-name",
        level="soft",
        message="0.02 since Fri 21 Nov 09:29Z",
        expression="metrics.errors < 0.01\n  && !schedule.isWeekend",
        threshold="below 0.01",
        reads="live",
    )
    environment = make.environment("prod-eu", decision="waiting", reason="errors", outcomes=(gate,))
    applies = {gate.id: ("promote", "hotfix")}
    found = plain(explanation(make.plan(environment), environment, width=40, applies=applies))
    assert found.startswith(NARROW)


def test_who_overrode_it_is_told_in_every_form(make: SimpleNamespace) -> None:
    told = Overridden(status="pending", by="cleo@acme.example", reason="down", ticket="INC-1", expires=make.NOW + 3600)
    environment = make.environment("prod-eu", outcomes=(outcome(level="soft", status="warn", overridden=told),))
    plan = make.plan(environment)
    words = 'not yet; overridden by cleo@acme.example until 10:30Z: "down" (INC-1); it says pending'
    assert f"  warn  soak  {words}   (soft)\n" in plain(explanation(plan, environment))
    assert f"| warn | `soak` (soft) | `{words}` |  |\n" in explanation_markdown(plan, environment)


def test_what_is_held_says_how_to_let_it_go(make: SimpleNamespace) -> None:
    environment = make.environment("prod-eu", decision="held", reason="held")
    assert "\n  gitpromote release pay prod-eu\n" in plain(explanation(make.plan(environment), environment))


def test_nothing_of_a_verdict_reaches_a_terminal_as_it_is(make: SimpleNamespace) -> None:
    evil = "\x1b[31mred\u202e"
    gate = outcome(id=evil, message=evil, expression=evil, threshold=evil, remedy=evil, operands={evil: [evil]})
    environment = make.environment("prod-eu", outcomes=(gate,))
    plan = make.plan(environment)
    for text in (plain(explanation(plan, environment, full=True, width=60)), explanation_markdown(plan, environment)):
        assert "\x1b" not in text and "\u202e" not in text
