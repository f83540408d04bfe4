"""What a plan moves on no longer soaks: the plan does not wait for that, and says so."""

from __future__ import annotations

import pytest

from gitpromote import Environment, Soak

ALL = ("test", "uat", "prod")
DAY = 24 * 3600


@pytest.fixture
def soaking(site):
    """Freight that has been in test for three hours, of the 24 that uat wants; and newer Freight."""
    pipeline = site.pipeline(Environment("test"), Environment("uat", gates=[Soak("24h")]), Environment("prod"))
    site.promote(pipeline)
    site.clock.time += 3 * 3600
    site.home.commit(site.sources(*ALL, version="1.1.0"), message="second")
    return site, pipeline


def freight_of(plan, name):
    [moving] = plan[name].freight.values()
    return plan.data.freight[moving.id]


def test_a_plan_does_not_wait_for_what_its_own_first_step_ends(soaking):
    site, pipeline = soaking
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {
        "test": "ready",
        "uat": "waiting upstream, soak",
        "prod": "waiting upstream",
    }
    assert [freight_of(plan, name).subject for name in ALL] == ["second"] * 3
    assert plan["uat"].opens.model_dump() == {"earliest": None, "conditions": ({"verified": "test", "plus": DAY},)}
    [told] = [one for one in plan["uat"].outcomes if one.id == "cut-short"]
    first = freight_of(site.project(pipeline).plan(env="uat"), "uat")
    assert told.message == (
        f"{first.alias} will not come here: 3h of 24h in test, and this plan moves {freight_of(plan, 'test').alias} "
        "there. To wait for it: gitpromote plan shop --env uat"
    )
    assert site.project(pipeline).plan_verify(plan) == []
    assert site.project(pipeline).status()["uat"].decision == "waiting"


def test_what_such_a_plan_promises_comes_true(soaking):
    site, pipeline = soaking
    plan = site.project(pipeline).plan()
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {
        "test": "written",
        "uat": "waiting 3",
        "prod": "waiting 3",
    }
    site.clock.time += DAY
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {
        "test": "already",
        "uat": "written",
        "prod": "written",
    }


def test_it_is_waited_for_where_nothing_else_moves(soaking):
    site, pipeline = soaking
    plan = site.project(pipeline).plan(env="uat")
    assert (freight_of(plan, "uat").subject, site.decisions(plan)) == ("first", {"uat": "waiting soak"})
    assert plan["uat"].opens.earliest == site.clock.now() // 60 * 60 + 21 * 3600
    site.home.commit({"apps-deployment-shop.yaml": "a: 1\n"}, branch="env/test", message="mine")
    plan = site.project(pipeline).plan()
    assert freight_of(plan, "uat").subject == "first"
    assert site.decisions(plan) == {"test": "blocked foreign", "uat": "waiting soak", "prod": "waiting upstream"}


def test_what_has_soaked_goes_although_newer_freight_comes(soaking):
    site, pipeline = soaking
    site.clock.time += 21 * 3600
    plan = site.project(pipeline).plan()
    assert (freight_of(plan, "uat").subject, freight_of(plan, "test").subject) == ("first", "second")
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {
        "test": "written",
        "uat": "written",
        "prod": "waiting 3",
    }


def test_what_follows_its_neighbour_says_that_its_time_will_not_come(site):
    pipeline = site.pipeline(
        Environment("test"), Environment("uat", gates=[Soak("24h")], select="match-upstream"), Environment("prod")
    )
    site.promote(pipeline)
    site.clock.time += 3 * 3600
    site.home.commit(site.sources(*ALL, version="1.1.0"), message="second")
    plan = site.project(pipeline).plan()
    [soak] = [one for one in plan["uat"].outcomes if one.id == "soak"]
    assert soak.message == f"3h of 24h in test, and this plan moves {freight_of(plan, 'test').alias} there"
    assert plan["uat"].opens.model_dump() == {"earliest": None, "conditions": ({"gate": "soak"},)}
