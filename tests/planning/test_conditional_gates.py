"""Gates with ``when=``: they judge where it is true, are skipped where it is not, and block where nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest

from gitpromote import CEL, Approvals, Environment, Freeze, RiskRule, Soak, Window
from gitpromote.model.definition import Definition
from gitpromote.model.kinds import definition_of
from tests.planning.test_gating import HOUR, NIGHT, NOON, planned, told

LOW, HIGH = "plan.risk == 'low'", "plan.risk == 'high'"


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (CEL("no", "false", when=LOW), ("fail", "it is false")),
        (CEL("no", "false", when=HIGH), ("skip", "not asked: plan.risk is low")),
        (Soak("24h", when=HIGH), ("skip", "not asked: plan.risk is low")),
        (Soak("1m", when=LOW), ("pass", "1h of 1m in test")),
        (Window("daily 12:00-14:00", name="noon", when=HIGH), ("skip", "not asked: plan.risk is low")),
        (Approvals(2, when=f"{HIGH} || plan.deletes > 0"), ("skip", "not asked: plan.risk is low, plan.deletes is 0")),
        (Approvals(2, when="true"), ("error", "nobody was asked about this change")),
        (CEL("no", "false", when="false"), ("skip", "not asked: false")),
        (CEL("no", "true", when="!environment.production"), ("skip", "not asked: environment.production is true")),
        (CEL("no", "true", when="freight.labels.calm == true"), ("error", "when: freight.labels.calm is not known")),
        (CEL("no", "true", when="change.semver == 'major'"), ("error", "when: change.semver is not known")),
        (CEL("no", "true", when="plan.risk"), ("error", "when: column 1: it gives text, not true or false")),
        (CEL("no", "true", when="schedule.isWeekend"), ("error", "when: column 1: there is no variable schedule")),
    ],
    ids=lambda value: repr(value) if isinstance(value, Definition) else "",
)
def test_a_condition_decides_whether_a_gate_judges(small: Any, gate: Any, expected: tuple[str, str]) -> None:
    assert told(planned(small, gate), gate.name) == expected


def test_the_verdict_names_what_it_read_and_reads_nothing_that_changes_by_itself(small: Any) -> None:
    found = planned(small, CEL("no", "false", when=HIGH))
    [one] = [one for one in found.outcomes if one.id == "no"]
    assert (one.reads, one.operands, found.decision) == ("fixed", {"plan.risk": "low"}, "ready")


def test_a_condition_that_cannot_be_told_blocks(small: Any) -> None:
    assert planned(small, CEL("no", "true", when="freight.labels.calm == true")).decision == "blocked"


def test_a_window_that_is_not_asked_opens_nothing(small: Any) -> None:
    night = NIGHT.changed({"when": HIGH})
    assert told(planned(small, NIGHT, NOON), "noon") == ("pass", "daily 12:00-14:00 UTC; closed, and night is open")
    found = planned(small, night, NOON)
    assert told(found, "night") == ("skip", "not asked: plan.risk is low")
    assert told(found, "noon") == ("pending", "daily 12:00-14:00 UTC; closed")


def test_what_is_not_asked_is_in_the_way_of_no_opening(small: Any) -> None:
    freeze = Freeze("2025-11-01", until="2025-12-01", name="autumn", when=HIGH)
    asked = planned(small, freeze.changed({"when": ""}), Soak("2h"))
    free = planned(small, freeze, Soak("2h"))
    assert (asked.decision, free.decision) == ("waiting", "waiting")
    assert free.opens.earliest == small.as_of + HOUR
    assert asked.opens.earliest > free.opens.earliest


def test_where_nothing_moves_nothing_is_said_of_conditions(small: Any) -> None:
    found = planned(small, CEL("no", "false", when="freight.labels.calm == true"), idle=True)
    assert told(found, "no") == ("skip", "nothing moves here")


def test_an_empty_condition_is_not_saved() -> None:
    assert "when" not in Approvals(2).to_data()
    gate = Approvals(2, when=HIGH)
    assert gate.to_data()["when"] == HIGH
    assert definition_of(gate.to_data()) == gate


def test_the_risk_that_rules_give_is_what_conditions_read(small: Any) -> None:
    rule = RiskRule("all", "true", risk="high", message="first week")
    one, files = small.freight(1), {"a.yaml": small.config()}
    gates = [CEL("no", "false", when=HIGH), CEL("seen", "plan.risk == 'high' && change.risk == 'high'")]
    pipeline = small.pipeline(Environment("prod", gates=gates), risks=[rule])
    observed = small.observed("prod", {}, files, freight=one)
    seen = small.observation(observed, ledger=small.ledger(freight=(one,)), blobs=tuple(files.values()))
    found = small.plan(pipeline, seen).environment("prod")
    assert (told(found, "no"), told(found, "seen")[0]) == (("fail", "it is false"), "pass")
    assert (found.risk, found.changes[0].notes) == ("high", ("rated high by all: first week",))
