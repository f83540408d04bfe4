"""Gates in a plan: which of them judge, over which facts, and that neither order nor foreign answers decide."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import (
    CEL,
    ChangeBudget,
    Checks,
    Environment,
    Freeze,
    Prometheus,
    PythonGate,
    Soak,
    Window,
    any_of,
)
from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.gate import Gate
from gitpromote.model.plan import Opens
from gitpromote.model.state import EnvironmentState, Verified
from gitpromote.planning import gating
from gitpromote.planning.availability import Journey
from gitpromote.planning.gating import JUDGES, gate_context, subject_of
from gitpromote.planning.verdicts import asking_of

HOUR, DAY = 3600, 24 * 3600
# The small world's plans are made on Thu 20 Nov 2025, 00:54Z.
NIGHT = Window("daily 00:00-02:00", name="night")
NOON = Window("daily 12:00-14:00", name="noon")


def planned(
    small: Any,
    *gates: Gate,
    verified: int | None = HOUR,
    kind: Any = "promote",
    evidence: Mapping[str, Evidence] | None = None,
    prod: EnvironmentState | None = None,
    idle: bool = False,
    others: tuple[Environment, ...] = (),
) -> Any:
    """The plan of ``prod`` behind ``test``, where its Freight was verified so many seconds ago."""
    one, files = small.freight(1), {"a.yaml": small.config()}
    pipeline = small.pipeline(Environment("test"), *others, Environment("prod", gates=list(gates), after="test"))
    tree = small.content(files).tree
    since = None if verified is None else small.as_of - verified
    lived = {one.id: Verified(at=since, record="v", since=since, healthy=since)} if since is not None else {}
    there = [small.holding("test", one, tree, verified=lived)]
    there += [prod] if prod is not None else [small.holding("prod", one, tree)] if idle else []
    observed = small.observed("prod", files if idle else {}, files, freight=one)
    observed = dataclasses.replace(observed, evidence=evidence or {})
    ledger = small.ledger(*there, freight=(one,))
    seen = small.observation(
        small.observed("test", files, files, freight=one), observed, ledger=ledger, blobs=tuple(files.values())
    )
    return small.plan(pipeline, seen, kind=kind).environment("prod")


def told(found: Any, name: str) -> tuple[str, str]:
    return next((one.status, one.message) for one in found.outcomes if one.id == name)


# -- which judge


def test_what_has_no_judge_waits_and_says_so(small: Any) -> None:
    assert Checks not in JUDGES
    found = planned(small, Checks())
    assert told(found, "checks") == ("pending", "not judged by this version")


def test_a_gate_judges_the_occasions_that_it_names(small: Any) -> None:
    both = NOON.changed({"applies_to": ("promote", "rollback")})
    assert [one.id for one in planned(small, NOON, kind="rollback").outcomes] == []
    assert told(planned(small, both, kind="rollback"), "noon") == ("pending", "daily 12:00-14:00 UTC; closed")


def test_where_nothing_moves_no_gate_is_in_the_way(small: Any) -> None:
    found = planned(small, NOON, CEL("no", "false"), PythonGate("gates:signed"), idle=True)
    assert (found.decision, {one.id: one.status for one in found.outcomes if one.kind == "gate"}) == (
        "noop",
        {"noon": "skip", "no": "skip", "signed": "skip"},
    )
    assert told(found, "noon") == ("skip", "nothing moves here")


# -- facts


@pytest.mark.parametrize(
    ("expression", "status", "message"),
    [
        ("upstream.test.verified", "pass", "upstream.test.verified is true"),
        ("upstream.test.healthy", "pass", "upstream.test.healthy is true"),
        ("upstream.prod.verified", "pending", "upstream.prod.verified is false"),
        ("upstream.test.soakMinutes == 60", "pass", "upstream.test.soakMinutes is 60"),
        ("freight.upstreamSoakMinutes == 60", "pass", "freight.upstreamSoakMinutes is 60"),
        ("upstream.test.recentSuccessCount == 1", "pass", "upstream.test.recentSuccessCount is 1"),
        ("upstream.test.recentFailureCount == 0", "pass", "upstream.test.recentFailureCount is 0"),
        ('upstream.prod.lastPromotedAt == ""', "pass", 'upstream.prod.lastPromotedAt is ""'),
        ("plan.environment == 'prod'", "pass", "plan.environment is prod"),
        ("plan.changes == 1 && plan.adds == 1", "pass", "plan.changes is 1, plan.adds is 1"),
        ("plan.deletes > 0", "fail", "plan.deletes is 0"),
        ("change.risk == 'low' && plan.risk == 'low'", "pass", "change.risk is low, plan.risk is low"),
        ("environment.production", "pass", "environment.production is true"),
        ("bundle.version == '1.1.0'", "pass", "bundle.version is 1.1.0"),
        ("bundle.provenance.author.endsWith('[bot]')", "fail", "bundle.provenance.author is Lea"),
        ("previousBundle.version != ''", "error", "previousBundle.version is not known"),
        ("change.semver == 'major'", "error", "change.semver is not known"),
        ("freight.pr.test.isApproved", "error", "freight.pr.test.isApproved is not known"),
        ("schedule.hour == 1", "pass", "schedule.hour is 1"),
        ("freight.labels.hotfix == true", "error", "freight.labels.hotfix is not known"),
        ("upstream.tset.verified", "error", 'column 10: there is no environment "tset"'),
    ],
)  # fmt: skip
def test_expressions_read_what_is_known(small: Any, expression: str, status: str, message: str) -> None:
    assert told(planned(small, CEL("asked", expression, tz="Europe/Berlin")), "asked") == (status, message)


def test_windows_are_facts_of_expressions(small: Any) -> None:
    other = Environment("other", after="test", gates=[NOON, Freeze("2025-11-01", until="2025-11-30", name="frozen")])
    asked = "changewindow.isAllowed('night') && changewindow.isBlocked('noon') && changewindow.frozen"
    found = planned(small, NIGHT, CEL("asked", asked), others=(other,))
    assert told(found, "asked")[0] == "pass"


def test_what_was_there_before_is_known(small: Any) -> None:
    before = small.freight(0)
    state = small.holding("prod", before, "0" * 40, promoted=(small.as_of - DAY,))
    one, files = small.freight(1), {"a.yaml": small.config()}
    asked = "previousFreight.version == '1.0.0' && change.semver == 'minor' && upstream.prod.lastPromotedAt != ''"
    pipeline = small.pipeline(Environment("prod", gates=[CEL("asked", asked)]))
    ledger = small.ledger(state, freight=(before, one))
    observed = small.observed("prod", files, {"a.yaml": small.config(value="2")}, freight=one)
    seen = small.observation(observed, ledger=ledger, blobs=(small.config(value="2"),))
    assert told(small.plan(pipeline, seen).environments[0], "asked")[0] == "pass"


def test_freight_that_comes_from_nowhere_has_no_soak(small: Any) -> None:
    one, files = small.freight(1), {"a.yaml": small.config()}
    pipeline = small.pipeline(Environment("test", gates=[CEL("asked", "freight.upstreamSoakMinutes >= 0")]))
    seen = small.observation(small.observed("test", {}, files, freight=one), blobs=tuple(files.values()))
    found = small.plan(pipeline, seen).environments[0]
    assert told(found, "asked") == ("error", "freight.upstreamSoakMinutes is not known")


@pytest.mark.parametrize(("join", "minutes"), [("all", 10), ("any", 60)])
def test_of_several_before_the_soak_is_the_shortest_or_where_any_is_enough_the_longest(
    small: Any, join: str, minutes: int
) -> None:
    one, files = small.freight(1), {"a.yaml": small.config()}
    after: Any = ["a", "b"] if join == "all" else any_of("a", "b")
    gate = CEL("asked", f"freight.upstreamSoakMinutes == {minutes}")
    pipeline = small.pipeline(
        Environment("a", after=[]), Environment("b", after=[]), Environment("prod", after=after, gates=[gate])
    )
    tree = small.content(files).tree

    def holding(name: str, ago: int) -> EnvironmentState:
        since = small.as_of - ago
        return small.holding(name, one, tree, verified={one.id: Verified(at=since, record="v", since=since)})

    ledger = small.ledger(holding("a", 3600), holding("b", 600), freight=(one,))
    seen = small.observation(small.observed("prod", {}, files, freight=one), ledger=ledger, blobs=tuple(files.values()))
    assert told(small.plan(pipeline, seen).environments[0], "asked")[0] == "pass"


# -- answers


def evidence(small: Any, gate: str, value: dict[str, Any], **subject: Any) -> dict[str, Evidence]:
    one, files = small.freight(1), {"a.yaml": small.config()}
    about = subject_of(small.observed("prod", {}, files, freight=one)).model_copy(update=subject)
    return {gate: Evidence(gate=gate, subject=about, at=small.as_of, source="gates:signed", value=value)}


def test_an_answer_about_another_subject_is_none(small: Any) -> None:
    gate = PythonGate("gates:signed")
    assert told(planned(small, gate, evidence=evidence(small, "signed", {"holds": True})), "signed")[0] == "pass"
    for other in (
        {"environment": "uat"},
        {"freight": {"shop": "0" * 64}},
        {"tree": "0" * 40},
        {"tree": None},
        {"commits": {}},
    ):
        found = planned(small, gate, evidence=evidence(small, "signed", {"holds": True}, **other))
        assert (found.decision, told(found, "signed")[0]) == ("blocked", "error")


def test_a_subject_names_all_that_a_verdict_is_about(small: Any) -> None:
    one, files = small.freight(1), {"a.yaml": small.config()}
    observed = small.observed("prod", {}, files, freight=one)
    assert subject_of(observed) == Subject(
        environment="prod",
        freight={"shop": one.id},
        tree=observed.desired.tree,
        commits={"git.example/acme/gitops": f"{1:040x}"},
    )


@pytest.mark.parametrize(
    ("number", "expression", "status"),
    [
        ("0.5", "metrics.errors < 1 && metrics.errors.result == 'Pass'", "pass"),
        ("7", "metrics.errors < 1", "pending"),
        ("7", "metrics.errors.result == 'Fail'", "pass"),
        ("NaN", "metrics.errors.result == 'Error'", "pass"),
        ("NaN", "metrics.errors < 1", "error"),
    ],
)
def test_metrics_are_facts_of_expressions(small: Any, number: str, expression: str, status: str) -> None:
    errors = Prometheus("https://metrics.example", query="errors", below="1", name="errors", level="advisory")
    value = {"kind": "vector", "series": [{"labels": "{}", "value": number}], "count": 1}
    found = planned(small, errors, CEL("asked", expression), evidence=evidence(small, "errors", value))
    assert told(found, "asked")[0] == status
    assert told(planned(small, errors, CEL("asked", expression)), "asked")[0] == "error"


def test_variables_are_made_once_for_each_freight_and_at_any_moment(small: Any) -> None:
    one, two, files = small.freight(1), small.freight(2, warehouse="other"), {"a.yaml": small.config()}
    gates = [CEL("asked", "schedule.hour > 1 || changewindow.isAllowed('night')"), NIGHT]
    pipeline = small.pipeline(Environment("test"), Environment("prod", gates=gates))
    journey = Journey(pipeline=pipeline, ledger=small.ledger(freight=(one,)), as_of=small.as_of)
    observed = small.observed("prod", {}, files, freight=one)
    observed = dataclasses.replace(observed, freight={"shop": one, "other": two})
    context = gate_context(asking_of(journey, pipeline.resolved("prod"), observed, "promote"))
    assert [each["freight"]["id"] for each in context.variables(small.as_of)] == [one.id, two.id]
    later = context.variables(small.as_of + 2 * HOUR)
    assert [dict(each["changewindow"]) for each in later] == [{"night": True}] * 2
    assert list(context.windows) == ["night"]


# -- when it opens


def test_a_window_that_is_open_now_and_closed_when_the_soak_ends_is_not_open(small: Any) -> None:
    found = planned(small, Soak("3h"), NIGHT)
    assert found.reason == "soak"
    midnight = small.as_of - small.as_of % DAY
    assert found.opens == Opens(earliest=midnight + DAY)


def test_openings_that_miss_each_other_are_tried_until_they_meet(small: Any) -> None:
    budget = small.holding("prod", small.freight(0), "0" * 40, promoted=(small.as_of - HOUR,))
    found = planned(small, Soak("3h"), NOON, ChangeBudget(1, per="13h"), prod=budget)
    midnight = small.as_of - small.as_of % DAY
    assert found.reason == "soak, noon, change-budget"
    assert found.opens == Opens(earliest=small.as_of + 12 * HOUR)  # 12:54Z, within the window
    later = planned(small, NOON, ChangeBudget(1, per="16h"), prod=budget)
    assert later.opens == Opens(earliest=midnight + DAY + 12 * HOUR)


def test_openings_that_never_meet_are_told_with_how_far_was_looked(small: Any) -> None:
    found = planned(small, Soak("3h"), NOON, NOON.changed({"name": "never", "deny": True}))
    assert found.opens.earliest is None
    [never] = found.opens.conditions
    assert never["gates"] == ["never", "noon"]
    assert never["never"] > small.as_of + 30 * DAY


def test_what_waits_for_others_names_the_window(small: Any) -> None:
    found = planned(small, Soak("24h"), Window("Mon-Thu 09:00-16:00", tz="Europe/Berlin", name="hours"), verified=None)
    assert found.opens == Opens(conditions=({"verified": "test", "plus": DAY}, {"window": "hours"}))
    from gitpromote.views.opening import opening

    assert opening(found, now=small.as_of) == "test verified + 24h, then Mon-Thu 09:00-16:00 Europe/Berlin"


def test_a_plan_lives_on_beyond_the_freeze_that_it_waits_for(small: Any) -> None:
    freeze = Freeze("2025-11-22", until="2025-12-31")
    found = planned(small, Soak("72h"), freeze, verified=None)
    end = 1767225600  # 2026-01-01
    assert found.expires_at == end + 7 * DAY


# -- order

GATES: list[Gate] = [
    Soak("30m"),
    NIGHT,
    NOON,
    Window("Thu", deny=True, name="quiet", level="advisory"),
    Freeze("2025-12-20", until="2026-01-03"),
    CEL("soaked", "upstream.test.soakMinutes >= 30 && changewindow.isBlocked('noon')"),
    CEL("later", "schedule.hour >= 13"),
    ChangeBudget(1, per="7d"),
    PythonGate("gates:signed"),
]


@given(st.permutations(range(len(GATES))), st.integers(0, 3 * HOUR))
@settings(max_examples=25, deadline=None)
def test_a_verdict_never_depends_on_the_order_of_gates(order: list[int], verified: int) -> None:
    from tests.planning.conftest import Small

    small = Small()
    found = planned(small, *(GATES[at] for at in order), verified=verified)
    straight = planned(small, *GATES, verified=verified)
    assert {one.id: one for one in found.outcomes} == {one.id: one for one in straight.outcomes}
    assert (found.decision, found.opens, found.expires_at) == (straight.decision, straight.opens, straight.expires_at)


def test_two_windows_that_allow_are_judged_alike_in_any_order(small: Any) -> None:
    for order in permutations([NIGHT, NOON]):
        found = planned(small, *order)
        assert (found.decision, [one.status for one in found.outcomes if one.kind == "gate"]) == ("ready", ["pass"] * 2)


def test_every_gate_that_asks_has_a_judge() -> None:
    from gitpromote.engine.evidence import ASKERS

    assert {kind.kind for kind in ASKERS} <= gating.JUDGES.keys()
