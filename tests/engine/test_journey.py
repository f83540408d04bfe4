"""A Freight's journey on real Git: what people say of it, how long it soaks, who goes first, and what is told of it."""

from __future__ import annotations

import pytest

from gitpromote import App, Branch, Environment, Plain, SkipPermission, Soak, Wave
from gitpromote.engine import freight_verbs
from gitpromote.errors import Blocked, UsageError

HOUR = 3600


def commit(site, *envs, replicas):
    """A new source commit that changes these Environments."""
    return site.home.commit(site.sources(*envs, replicas=replicas))


def freight_of(site, name, **asked):
    """What a plan would move into an Environment now."""
    plan = site.project(**asked).plan().data
    [moving] = plan.environment(name).freight.values()
    return plan.freight[moving.id].freight()


def by(site, pipeline=None):
    """A world to say things of Freight in."""
    return site.project(pipeline)._world


def outcomes(plan, name):
    return {one.id: (one.status, one.message) for one in plan.data.environment(name).outcomes}


def told(plan, name, identifier):
    return outcomes(plan, name).get(identifier)


# -- soak


def test_a_soak_waits_by_the_clock_and_is_judged_again_at_apply(site):
    pipeline = site.pipeline(Environment("test"), Environment("uat", gates=[Soak("24h")]), Environment("prod"))
    plan = site.project(pipeline).plan()
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"test": "written", "uat": "waiting 3", "prod": "waiting 3"}
    verified = site.clock.now()
    site.clock.time += 23 * HOUR
    again = site.project(pipeline).plan()
    assert site.decisions(again) == {"test": "noop", "uat": "waiting soak", "prod": "waiting upstream"}
    assert told(again, "uat", "soak") == ("pending", "23h of 24h in test")
    assert again["uat"].opens.earliest == verified + 24 * HOUR
    site.clock.time += HOUR
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {
        "test": "already",
        "uat": "written",
        "prod": "written",
    }
    assert site.project(pipeline).plan_verify(again) == []


def test_apply_waits_for_a_soak_where_it_is_asked_to(site):
    pipeline = site.pipeline(Environment("test"), Environment("uat", gates=[Soak("2h")]))
    result = site.apply(project=site.project(pipeline), wait=True)
    assert site.told(result) == {"test": "written", "uat": "written"}
    assert sum(site.clock.slept) >= 2 * HOUR


# -- what people say


def test_an_approval_lets_freight_in_and_a_rejection_bans_it(promoted):
    commit(promoted, "test", "uat", "prod", replicas=7)
    freight = freight_of(promoted, "prod")
    assert promoted.decisions(promoted.project().plan())["prod"] == "waiting upstream"
    record = freight_verbs.approve_freight(by(promoted), freight, "prod", reason="INC-1")
    assert (record.kind, record.environment, record.data) == (
        *("freight-approved", "prod"),
        {"freight": freight.id, "reason": "INC-1"},
    )
    plan = promoted.project().plan()
    assert told(plan, "prod", "upstream") == ("pass", "approved for prod")
    freight_verbs.reject_freight(by(promoted), freight, reason="CVE-1")
    stale = promoted.apply(plan)
    assert promoted.told(stale) == {"test": "stale 4", "uat": "stale 4", "prod": "stale 4"}
    assert stale.environments[2].message == "the Freight was rejected: CVE-1"
    again = promoted.project().plan()
    assert set(promoted.decisions(again).values()) == {"noop"}
    for verb, words in ((freight_verbs.approve_freight, ["uat"]), (freight_verbs.request_freight, [])):
        with pytest.raises(Blocked) as caught:
            verb(by(promoted), freight, *words)
        assert caught.value.code == "freight-rejected"
    with pytest.raises(UsageError) as twice:
        freight_verbs.reject_freight(by(promoted), freight, reason="again")
    assert twice.value.code == "rejected-already"


def test_a_request_stops_at_its_target(promoted):
    commit(promoted, "test", "uat", "prod", replicas=7)
    freight = freight_of(promoted, "test")
    freight_verbs.request_freight(by(promoted), freight, target="uat", reason="load test")
    promoted.apply()
    plan = promoted.project().plan(freight=freight.alias)
    why = "not meant for prod: it was asked to stop at uat"
    assert promoted.decisions(plan) == {"test": "noop", "uat": "noop", "prod": f"unavailable {why}"}
    assert promoted.decisions(promoted.project().plan())["prod"] == "noop"
    assert promoted.project().plan_verify(plan) == []
    freight_verbs.request_freight(by(promoted), freight)
    assert promoted.decisions(promoted.project().plan())["prod"] == "ready"


def test_a_request_with_impossible_words_is_refused(promoted):
    freight = freight_of(promoted, "test")
    with pytest.raises(UsageError) as both:
        freight_verbs.request_freight(by(promoted), freight, target="uat", skip=["uat"])
    assert both.value.code == "target-skipped"
    with pytest.raises(UsageError) as unknown:
        freight_verbs.request_freight(by(promoted), freight, skip=["nowhere"])
    assert unknown.value.code == "environment-unknown"
    with pytest.raises(UsageError) as idle:
        freight_verbs.hotfix(by(promoted), "uat", freight, reason=" ", expires=60)
    assert idle.value.code == "hotfix-incomplete"


def test_what_may_be_skipped_is_left_out(promoted):
    pipeline = promoted.pipeline(
        Environment("test"),
        Environment("uat", gates=[SkipPermission("oncall", "freight.labels.urgent == true")]),
        Environment("prod"),
    )
    commit(promoted, "test", "uat", "prod", replicas=7)
    freight = freight_of(promoted, "test")
    freight_verbs.request_freight(by(promoted, pipeline), freight, skip=["uat"])
    denied = promoted.project(pipeline).plan()
    assert told(denied, "uat", "skip-denied") == (
        "fail",
        "asks to leave uat out, and may not: oncall: freight.labels.urgent is not known",
    )
    assert promoted.decisions(denied) == {"test": "ready", "uat": "blocked skip-denied", "prod": "waiting upstream"}
    freight_verbs.reject_freight(by(promoted, pipeline), freight, reason="not urgent")
    commit(promoted, "test", "uat", "prod", replicas=8)
    urgent = freight_of(promoted, "test").model_copy(update={"labels": {"urgent": "true"}})
    freight_verbs.request_freight(by(promoted, pipeline), urgent, skip=["uat"])
    project = promoted.project(pipeline)
    result = promoted.apply(project.plan(), project=project)
    assert promoted.told(result) == {"test": "written", "uat": "noop", "prod": "written"}
    assert promoted.home.files("env/uat") == {"apps-deployment-shop.yaml": promoted.deployment("uat")}


# -- hotfix


def test_a_hotfix_enters_one_environment_and_is_debt_until_trunk_contains_it(promoted):
    branch = promoted.home.head("main")
    fix = promoted.home.commit(
        promoted.sources("uat", "prod", replicas=9), branch="fix", parent=branch, message="5xx fix"
    )
    plan = promoted.project().plan(commit=fix)
    freight = plan.data.freight[plan["uat"].freight["shop"].id].freight()
    freight_verbs.hotfix(by(promoted), "uat", freight, reason="5xx", expires=HOUR)
    asked = {"freight": freight.alias, "env": "uat"}
    hot = promoted.project().plan(**asked)
    assert told(hot, "uat", "upstream")[0] == "pass"
    assert told(hot, "uat", "upstream")[1].startswith('hotfix by Ada <ada@acme.example>: "5xx", until ')
    assert promoted.told(promoted.apply(hot)) == {"uat": "written"}
    onwards = promoted.project().plan(freight=freight.alias, env="prod")
    assert promoted.decisions(onwards) == {"prod": "waiting upstream"}
    assert told(onwards, "prod", "upstream")[1] == "uat: verified as a hotfix, which does not go on from there"
    commit(promoted, "test", "uat", "prod", replicas=8)
    later = promoted.project().plan()
    assert told(later, "uat", "debt")[1].startswith(f"undoes {freight.alias}, hotfix by")
    assert promoted.project().plan_verify(later) == []
    who = ["-c", "user.name=t", "-c", "user.email=t@x"]
    merge = promoted.home.git(*who, "commit-tree", f"{fix}^{{tree}}", "-p", "main", "-p", fix, "-m", "merge the fix")
    promoted.home.move("main", merge)
    assert told(promoted.project().plan(), "uat", "debt") is None
    assert promoted.project().verify().ok


# -- newer and older


def test_older_freight_that_somebody_promotes_by_hand_is_held(promoted):
    first = freight_of_plan(promoted.promote())
    commit(promoted, "test", "uat", "prod", replicas=7)
    promoted.promote()
    back = promoted.project().plan(freight=first.alias, env="test")
    assert told(back, "test", "older")[1].endswith("it is held afterwards")
    assert promoted.told(promoted.apply(back)) == {"test": "written"}
    held = promoted.project().status()["test"].held
    assert (held.reason, held.freight) == ("older Freight was promoted by hand", {"shop": first.id})
    assert promoted.decisions(promoted.project().plan())["test"] == "held held"
    whole = promoted.project().plan(freight=first.alias)
    assert promoted.decisions(whole) == {"test": "noop", "uat": "noop", "prod": "noop"}


def test_a_plan_whose_freight_was_superseded_since_is_stale(promoted):
    pipeline = promoted.pipeline(Environment("test"), Environment("uat", after=[]), Environment("prod"))
    commit(promoted, "test", "uat", "prod", replicas=7)
    older = promoted.project(pipeline).plan(record=True)
    promoted.clock.time += 60
    commit(promoted, "test", "uat", "prod", replicas=8)
    promoted.apply(promoted.project(pipeline).plan(), project=promoted.project(pipeline), env="test")
    result = promoted.apply(older, project=promoted.project(pipeline))
    first, second = (freight_of_plan(older), freight_of_ledger(promoted, pipeline))
    assert promoted.told(result)["uat"] == "stale 4"
    assert result.environments[1].code == "plan-superseded"
    assert result.environments[1].message == f"{first.alias} was superseded by {second.alias} since"


def freight_of_plan(plan):
    return plan.data.freight[plan["uat"].freight["shop"].id].freight()


def freight_of_ledger(site, pipeline):
    ledger = by(site, pipeline).ledger
    state = ledger.read(site.home.head("gitpromote/ledger/shop"))
    return max(state.freight.values(), key=lambda one: one.sequence).freight


def test_what_was_passed_over_is_recorded(promoted):
    pipeline = promoted.pipeline(Environment("test"), Environment("uat"), Environment("prod", after="uat"))
    project = promoted.project(pipeline)
    for replicas in (7, 8):
        commit(promoted, "test", "uat", "prod", replicas=replicas)
        promoted.clock.time += 60
        promoted.apply(project.plan(env=["test", "uat"]), project=project)
    promoted.apply(project.plan(), project=project)
    assert promoted.records("superseded") == [("superseded", "prod")]
    assert promoted.project(pipeline).verify().ok


# -- waves


def test_a_wave_goes_as_many_at_a_time_as_its_budget_says(site):
    budget = Wave(1, max_parallel=1)
    pipeline = site.pipeline(Environment("test", wave=budget), Environment("uat", wave=1), Environment("prod", wave=2))
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {"test": "ready", "uat": "waiting wave", "prod": "waiting upstream"}
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"test": "written", "uat": "written", "prod": "written"}
    assert site.records("written") == [("written", "test"), ("written", "uat"), ("written", "prod")]


# -- renamed


def test_a_renamed_environment_keeps_its_history(promoted):
    def pipeline(middle):
        return promoted.pipeline(Environment("test"), middle, Environment("prod", gates=[Soak("24h")]))

    commit(promoted, "test", "uat", "prod", replicas=7)
    before = promoted.project(pipeline(Environment("uat")))
    promoted.apply(before.plan(), project=before)
    promoted.clock.time += 5 * HOUR
    renamed = pipeline(Environment("stage", moved="uat"))
    promoted.home.commit(promoted.sources("stage", replicas=7))
    plan = promoted.project(renamed).plan()
    assert told(plan, "stage", "target-moved")[1] == "was written to env/uat until now; what is there stays as it is"
    promoted.project(renamed).hold("stage", reason="look first")
    state = by(promoted, renamed).ledger.read(promoted.home.head("gitpromote/ledger/shop"))
    assert state.environment("stage").verified.keys() == state.environment("uat").verified.keys()
    assert state.environment("stage").held.reason == "look first"
    assert promoted.project(renamed).verify().ok


def test_what_was_recorded_under_an_earlier_name_is_part_of_the_history(promoted):
    twice = promoted.pipeline(Environment("test"), Environment("live", moved=["uat", "stage"]))
    once = promoted.pipeline(Environment("test"), Environment("stage", moved="uat"))
    promoted.clock.time += 60
    promoted.project(once).hold("stage", reason="look first")
    promoted.clock.time += 60
    promoted.project(twice).release("live")
    project = promoted.project(twice)
    kinds = [("released", "live"), ("held", "stage"), ("verified", "uat"), ("written", "uat")]
    assert [(one.kind, one.environment) for one in project.records("live")] == kinds
    assert [(one.kind, one.environment) for one in project.history.env("live")] == kinds
    assert [one.kind for one in project.history.kind("held", "written").env("live")] == ["held", "written"]
    assert [one.environment for one in project.history[:1].env("live")] == ["live"]
    assert [(one.kind, one.environment) for one in promoted.project(once).records("stage", limit=1)] == kinds[1:2]
    assert {one.environment for one in project.records("test")} == {"test"}


def test_a_rollback_goes_back_beyond_a_rename(site):
    def pipeline(environment):
        return site.pipeline(environment, target=Branch("rendered"), apps=[App("shop", Plain("deploy/test"))])

    before = pipeline(Environment("uat"))
    first = site.promote(before)
    site.home.commit(site.sources("test", version="1.1.0"))
    site.promote(before)
    renamed = pipeline(Environment("stage", moved="uat"))
    plan = site.project(renamed).rollback("stage", reason="5xx")
    assert plan["stage"].result_tree == first["uat"].result_tree


# -- adopted content


def test_adopted_content_is_debt_until_its_own_fields_are_in_the_sources(promoted):
    def by_hand(env, replicas, extra=""):
        files = promoted.home.files(f"env/{env}")
        [path] = [path for path in files if "deployment" in path]
        text = files[path].replace("replicas: 1", f"replicas: {replicas}")
        promoted.home.commit({path: text + extra}, branch=f"env/{env}", message="by hand")

    by_hand("test", 5)
    record = promoted.project().adopt("test", reason="INC-2")
    assert record.data["changed"] == [["apps/Deployment test/shop", "spec.replicas"]]
    promoted.home.commit({"deploy/test/deployment.yaml": promoted.deployment("test", version="1.1.0")})
    undone = promoted.project().plan()
    assert told(undone, "test", "debt")[1].startswith("undoes what Ada")
    promoted.home.commit({"deploy/test/deployment.yaml": promoted.deployment("test", version="1.2.0", replicas=5)})
    contained = promoted.project().plan()
    assert told(contained, "test", "debt") is None
    assert promoted.decisions(contained)["test"] == "ready"
