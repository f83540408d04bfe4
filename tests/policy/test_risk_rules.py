"""Rules of risk: what raises, what lowers, what cannot be told, and that one more that raises never lowers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import Match, RiskRule
from gitpromote.model.change import RISKS
from gitpromote.policy.risk_rules import rated
from tests.policy.judging import SECRET, deployment, scene

LEDGER = RiskRule("ledger", "change.name == 'ledger'", risk="high", message="books are kept there")


def told(*rules: RiskRule, of: object = None) -> list[tuple[str, ...]]:
    """Name, risk and notes of every change."""
    seen = of or scene(deployment("ledger", tag="2.0"), deployment("web"), before=(deployment("ledger", tag="1.0"),))
    return [(one.object.name, one.risk, *one.notes) for one in rated(rules, seen)]


def test_without_rules_the_box_alone_says_what_is_risky() -> None:
    assert told() == [("ledger", "medium", "another major version"), ("web", "low")]


def test_a_rule_raises_the_risk_of_what_it_is_true_of_and_says_why() -> None:
    assert told(LEDGER) == [
        ("ledger", "high", "another major version", "rated high by ledger: books are kept there"),
        ("web", "low"),
    ]


def test_a_rule_without_a_message_says_its_name() -> None:
    assert told(RiskRule("new", "oldObject == null", risk="medium")) == [
        ("ledger", "medium", "another major version"),
        ("web", "medium", "rated medium by new"),
    ]


def test_a_rule_sees_fields_and_objects_but_nothing_that_another_plan_has_otherwise() -> None:
    rules = [
        RiskRule("tag", "change.fields.exists(f, f.path.endsWith('image'))", risk="high"),
        RiskRule("gold", "environment.labels.tier == 'gold' && object.spec.replicas == 1", risk="medium"),
    ]
    assert told(*rules) == [
        ("ledger", "high", "another major version", "rated high by tag", "rated medium by gold"),
        ("web", "medium", "rated medium by gold"),
    ]
    for name in ("freight", "occasion", "plan"):
        why = f"rated high by a, which cannot be judged: column 1: there is no variable {name}"
        assert told(RiskRule("a", f"{name} == null", risk="high"), of=scene(SECRET))[0][-1] == why


def test_lowering_says_from_what() -> None:
    lowers = RiskRule("tests", "change.name == 'ledger'", risk="low", lower=True, message="a mock")
    assert told(lowers) == [
        ("ledger", "low", "another major version", "lowered from medium to low by tests: a mock"),
        ("web", "low"),
    ]


def test_raising_wins_over_lowering_in_any_order() -> None:
    lowers = RiskRule("tests", "true", risk="low", lower=True)
    for rules in ([LEDGER, lowers], [lowers, LEDGER]):
        assert [(one[0], one[1]) for one in told(*rules)] == [("ledger", "high"), ("web", "low")]


def test_a_rule_sees_the_risk_of_the_box_and_not_what_others_made_of_it() -> None:
    chain = RiskRule("chain", "change.risk == 'high'", risk="high", message="seen")
    assert told(LEDGER, chain) == told(LEDGER)
    medium = RiskRule("medium", "change.risk == 'medium'", risk="high")
    assert told(RiskRule("tests", "true", risk="low", lower=True), medium)[0][1] == "high"


def test_what_cannot_be_told_counts_where_it_raises_and_not_where_it_lowers() -> None:
    here = "object.metadata.labels.team == 'pay'"
    assert told(RiskRule("team", here, risk="high"), of=scene(deployment("web"))) == [
        ("web", "high", "rated high by team, which cannot be judged: object.metadata.labels.team is not there")
    ]
    before = scene(deployment("web", tag="2.0"), before=(deployment("web"),))
    assert told(RiskRule("team", here, risk="low", lower=True), of=before) == [
        (
            "web",
            "medium",
            "another major version",
            "not lowered to low by team, which cannot be judged: object.metadata.labels.team is not there",
        )
    ]


def test_an_expression_that_cannot_be_used_counts_like_one_that_cannot_be_judged() -> None:
    assert told(RiskRule("typo", "chnge.name == 'a'", risk="high"), of=scene(deployment("web"))) == [
        ("web", "high", "rated high by typo, which cannot be judged: column 1: there is no variable chnge")
    ]


def test_kinds_and_match_narrow_a_rule() -> None:
    of = scene(deployment("web"), SECRET)
    assert [(one[0], one[1]) for one in told(RiskRule("a", "true", risk="high", kinds="apps/*"), of=of)] == [
        ("key", "low"),
        ("web", "high"),
    ]
    elsewhere = RiskRule("b", "true", risk="high", match=Match(names="staging"))
    assert told(elsewhere, of=of) == told(of=of)
    assert [one[1] for one in told(RiskRule("b", "true", risk="high", match=Match(production=True)), of=of)] == [
        "high",
        "high",
    ]


def test_noise_is_no_change_and_no_rule_rates_it() -> None:
    noisy = deployment("web").replace("labels: {", "labels: {helm.sh/chart: web-2, ")
    of = scene(noisy, before=(deployment("web").replace("labels: {", "labels: {helm.sh/chart: web-1, "),))
    assert [(one.actions, one.risk) for one in rated([RiskRule("a", "true", risk="high")], of)] == [(("no-op",), "low")]


def test_no_value_of_a_secret_gets_into_a_note() -> None:
    rule = RiskRule("a", "object.data.password.startsWith(object.data.nothing)", risk="high", kinds="Secret")
    [change] = rated([rule], scene(SECRET))
    assert "aHVudGVyMg" not in " ".join(change.notes)


EXPRESSIONS = st.sampled_from(
    [
        "true",
        "false",
        "change.name == 'web'",
        "change.risk == 'medium'",
        "oldObject == null",
        "object.spec.replicas > 1",
        "object.nothing.there == 1",
        "'delete' in change.actions",
        "environment.production",
        "1 / 0 == 1",
        "typo",
    ]
)
RULES = st.builds(
    lambda number, text, risk: RiskRule(f"r{number}", text, risk=risk[0], lower=risk[1]),
    st.integers(0, 99),
    EXPRESSIONS,
    st.sampled_from([("low", True), ("medium", True), ("medium", False), ("high", False)]),
)
WORLDS = [
    scene(deployment("web", tag="2.0"), SECRET, deployment("new"), before=(deployment("web"), deployment("gone"))),
    scene(deployment("web", replicas=0), before=(deployment("web", replicas=4), SECRET)),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(RULES, max_size=4), RULES.filter(lambda rule: not rule.lower), st.sampled_from(WORLDS), st.data())
def test_one_more_rule_that_raises_never_lowers_and_order_never_matters(rules, more, world, data) -> None:  # type: ignore[no-untyped-def]
    before = [RISKS.index(one.risk) for one in rated(rules, world)]
    after = [RISKS.index(one.risk) for one in rated(data.draw(st.permutations([*rules, more])), world)]
    assert all(new >= old for new, old in zip(after, before, strict=True))
    again = rated(data.draw(st.permutations(rules)), world)
    assert [RISKS.index(one.risk) for one in again] == before


@pytest.mark.parametrize("world", WORLDS)
def test_a_rule_that_is_never_true_changes_nothing(world) -> None:  # type: ignore[no-untyped-def]
    assert rated([RiskRule("a", "false", risk="high")], world) == world.changes
