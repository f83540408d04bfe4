"""Rules of risk in a whole project: in the plan and its digest, in gates, at apply and in what a plan is checked by."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from odd_server import said, serving

from gitpromote import HTTP, Approvals, Environment, Match, Pack, Project, RiskRule, Rule, Window
from tests.engine.test_evidence import applied, outcome, verdict
from tests.engine.test_staleness_cases import CHART, in_place

HIGH = "plan.risk == 'high'"
WEB = RiskRule("web", "object.spec.replicas > 2", risk="high", kinds="Deployment", message="customers notice")
JOB = """apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: %s}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: "x:1"}]}}}
"""


def line(site, *gates, risks=(WEB,), **members):
    return site.pipeline(Environment("test"), Environment("prod", gates=list(gates)), risks=list(risks), **members)


def test_the_plan_holds_the_risk_and_why(site):
    plan = site.project(line(site, risks=[RiskRule("all", "true", risk="high", match=Match(production=True))])).plan()
    assert [(one.name, one.risk, one.changes[0].notes) for one in plan] == [
        ("test", "low", ()),
        ("prod", "high", ("rated high by all",)),
    ]
    assert site.project(line(site, risks=[RiskRule("all", "true", risk="high")])).plan_verify(plan) != []


def test_the_same_rules_give_the_same_plan_and_its_digest_and_other_rules_another(site):
    ruled = [site.project(line(site, risks=[RiskRule("all", "true", risk="high")])).plan() for _ in range(2)]
    plain = site.project(line(site, risks=[])).plan()
    first, second, other = (one.data.environment("prod").change_digest for one in (*ruled, plain))
    assert first == second != other
    assert site.project(line(site, risks=[RiskRule("all", "true", risk="high")])).plan_verify(ruled[0]) == []


def test_policies_see_the_risk_that_rules_give(site):
    calm = Rule("calm", "change.risk != 'high'", on="change", message="too much at once")
    calmer = Rule("calmer", HIGH, on="plan")
    plan = site.project(line(site, risks=[RiskRule("all", "true", risk="high")], policies=[calm, calmer])).plan()
    assert verdict(plan, "calm", "test") == ("fail", "too much at once")
    assert verdict(plan, "calmer", "test") == ("pass", "nothing found")


BY_RISK = [
    Approvals(1, name="one", when="plan.risk == 'medium'"),
    Approvals(2, name="two", when=HIGH),
    Window("Tue-Thu 09:00-15:00", tz="Europe/Berlin", name="calm-hours", when=HIGH),
]


@pytest.mark.parametrize(
    ("risk", "statuses", "decision"),
    [
        ("low", {"one": "skip", "two": "skip", "calm-hours": "skip"}, "ready"),
        ("medium", {"one": "pending", "two": "skip", "calm-hours": "skip"}, "waiting"),
        ("high", {"one": "skip", "two": "pending", "calm-hours": "pending"}, "waiting"),
    ],
)
def test_what_is_low_goes_what_is_medium_waits_for_one_and_what_is_high_for_two_and_a_window(
    site, risk, statuses, decision
):
    rule = RiskRule("all", "true", risk=risk, lower=risk == "low")
    pipeline = site.pipeline(Environment("test", gates=BY_RISK), risks=[rule])
    plan = site.project(pipeline).plan()
    assert plan["test"].risk == risk
    assert {one.id: one.status for one in plan["test"].outcomes if one.id in statuses} == statuses
    assert plan["test"].decision == decision


def test_a_gate_by_risk_asks_nobody_about_a_small_change_and_somebody_about_a_large_one(site):
    with serving(lambda asked: said({"ready": True})) as server:
        gate = HTTP(server.url, success="answer.ready == true", when=HIGH)
        small = site.project(line(site, gate, risks=[])).plan()
        assert (verdict(small, "http"), server.lines) == (("skip", "not asked: plan.risk is low"), [])
        large = site.project(line(site, gate, risks=[RiskRule("all", "true", risk="high")])).plan()
        assert (verdict(large, "http")[0], len(server.lines)) == ("pass", 1)
        assert site.project(line(site, gate, risks=[RiskRule("all", "true", risk="high")])).plan_verify(large) == []


def test_low_goes_at_once_and_high_waits_for_its_window(site):
    window = Window("daily 12:00-14:00", name="noon", when=HIGH)
    for risks, status in (([], "written"), ([RiskRule("all", "true", risk="high")], "waiting")):
        pipeline = site.pipeline(Environment("prod", gates=[window]), risks=risks)
        result = applied(site, pipeline, site.project(pipeline).plan())
        assert result["prod"].split(":")[0] == status
        site.home.commit({"deploy/prod/other.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"})


def test_a_plan_brings_its_own_rules_of_risk(site):
    plan = site.project(line(site)).plan()
    assert Project.from_plan(plan, cache_dir=site.root / "else").pipeline.risks == (WEB,)


def test_what_going_back_does_not_undo_is_found_before_it_happens(site):
    site.home.commit({"deploy/test/job.yaml": JOB % "test", "deploy/prod/job.yaml": JOB % "prod"})
    plan = site.project(line(site, risks=[], policies=[Pack("rollback-ready", level="advisory")])).plan()
    found = outcome(plan, "rollback-ready", "test")
    assert (found.status, found.level, found.message) == (
        "warn",
        "advisory",
        "runs with this change, and going back does not undo what it does",
    )
    assert [(str(one.object), one.file, one.rule) for one in found.findings] == [
        ("batch/Job test/migrate", "deploy/test/job.yaml", "rollback-ready/jobs")
    ]


def test_a_rollback_itself_is_not_asked_whether_it_can_be_taken_back(site):
    pipeline = site.pipeline(Environment("test"), policies=[Pack("rollback-ready")])
    site.promote(pipeline)
    site.home.commit({"deploy/test/deployment.yaml": site.deployment("test", replicas=2)})
    site.promote(pipeline)
    plan = site.project(pipeline).rollback("test", reason="5xx")
    assert verdict(plan, "rollback-ready", "test")[0] == "pass"


@pytest.mark.parametrize("rule", [WEB, RiskRule("web", "true", risk="low", lower=True)])
def test_a_rule_survives_saving(site, rule):
    pipeline = line(site, risks=[rule])
    assert type(pipeline).from_data(pipeline.to_data()) == pipeline
    assert "risks" not in line(site, risks=[]).to_data()


def test_sources_that_are_rendered_again_are_rated_again_by_the_rules_of_the_plan(bare):
    bare.home.commit(CHART)
    pipeline = in_place(bare).changed({"risks": (RiskRule("all", "true", risk="high", message="first week"),)})
    plan = bare.plan(pipeline, images=["ghcr.io/acme/shop:1.1.0"])
    assert (plan["test"].risk, plan["test"].changes[0].notes) == ("high", ("rated high by all: first week",))
    bare.home.commit({"chart/values.yaml": "replicas: 1  # one\nimage: {repository: x, tag: x}\n"})
    result = bare.apply(plan, project=bare.project(pipeline))
    [ended] = result.environments
    assert (ended.status, ended.message.rpartition("; ")[2]) == ("written", "rendered again: the same change")
