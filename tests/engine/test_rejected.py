"""Freight that is rejected while it runs: it stays until something else comes, and that is the newest that may."""

from __future__ import annotations

import pytest

from gitpromote import Environment
from gitpromote.errors import Blocked


def commit(site, *envs, replicas):
    return site.home.commit(site.sources(*envs, replicas=replicas))


def alias(plan, name):
    [moving] = plan[name].freight.values()
    return plan.data.freight[moving.id].freight().alias


def test_after_a_rejection_the_newest_that_is_not_rejected_is_offered(site):
    pipeline = site.pipeline(Environment("test"), Environment("uat"), Environment("prod"))
    site.promote(pipeline)
    commit(site, "test", "uat", "prod", replicas=2)
    good = alias(site.promote(pipeline), "prod")
    commit(site, "test", "uat", "prod", replicas=3)
    bad = alias(site.promote(pipeline, env="test"), "test")
    site.promote(pipeline, env="uat")
    site.project(pipeline).freight.reject(bad, reason="CVE-1")
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {"test": "ready", "uat": "ready", "prod": "noop"}
    assert {alias(plan, name) for name in ("test", "uat", "prod")} == {good}
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {
        "test": "written",
        "uat": "written",
        "prod": "noop",
    }
    assert site.home.files("env/uat") == {"apps-deployment-shop.yaml": site.deployment("uat", replicas=2)}
    assert site.project(pipeline).plan_verify(plan) == []


def test_where_nothing_else_may_come_the_rejection_is_told(site):
    pipeline = site.pipeline(Environment("test"))
    bad = alias(site.promote(pipeline), "test")
    site.project(pipeline).freight.reject(bad, reason="CVE-1")
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {
        "test": f"unavailable {bad}, which is here, was rejected (CVE-1), and there is nothing else that may come"
    }


def test_a_plan_of_rejected_freight_says_that_it_was_rejected(site):
    pipeline = site.pipeline(Environment("test"))
    bad = alias(site.promote(pipeline), "test")
    commit(site, "test", replicas=2)
    site.project(pipeline).freight.reject(bad, reason="CVE-1")
    with pytest.raises(Blocked) as caught:
        site.project(pipeline).plan(freight=bad)
    error = caught.value
    assert (error.summary, error.code, error.detail) == (
        "The Freight was rejected",
        "freight-rejected",
        f"{bad}: CVE-1",
    )


def test_freight_that_is_approved_for_an_environment_goes_beyond_the_target_that_it_was_asked_for(site):
    pipeline = site.pipeline(Environment("test"), Environment("uat"), Environment("prod"), Environment("dr"))
    commit(site, "test", "uat", "prod", "dr", replicas=1)
    freight = alias(site.promote(pipeline, env="test"), "test")
    site.project(pipeline).freight.request(freight, target="test")
    asked = site.project(pipeline).plan(freight=freight)
    assert site.decisions(asked)["prod"] == "unavailable not meant for prod: it was asked to stop at test"
    site.project(pipeline).freight.approve(freight, "prod", reason="INC-1")
    plan = site.project(pipeline).plan(freight=freight)
    assert site.decisions(plan) == {
        "test": "noop",
        "uat": "unavailable not meant for uat: it was asked to stop at test",
        "prod": "ready",
        "dr": "unavailable not meant for dr: it was asked to stop at test",
    }
