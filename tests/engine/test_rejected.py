"""Freight that is rejected while it runs: it stays until something else comes, and that is the newest that may."""

from __future__ import annotations

import pytest

from gitpromote import Environment, Soak
from gitpromote.errors import Blocked
from gitpromote.views.discovery import discovery_view
from gitpromote.views.lines import plain
from gitpromote.views.markdown import plan_markdown
from gitpromote.views.running import ran_view, round_line
from gitpromote.views.terminal import plan_view

ADA = "Ada <ada@acme.example>"


def refused(alias):
    told = f"{alias}: rejected by {ADA} (CVE-1)"
    return (
        "The Freight was rejected",
        "freight-rejected",
        told,
        "Rejected Freight enters nothing any more; make another one.",
    )


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
        "test": (
            f"unavailable {bad}, which is here, was rejected by {ADA} (CVE-1), and there is nothing else that may come"
        )
    }


def test_where_all_freight_was_rejected_production_says_by_whom_and_what_to_do(site):
    pipeline = site.pipeline(Environment("test"), Environment("prod", gates=[Soak("24h")]))
    first = alias(site.promote(pipeline, env="test"), "test")
    commit(site, "test", "prod", replicas=2)
    second = alias(site.promote(pipeline, env="test"), "test")
    site.project(pipeline).freight.reject(first, reason="CVE-0")
    site.project(pipeline).freight.reject(second, reason="CVE-1")
    plan = site.project(pipeline).plan()
    assert plain(plan.explain("prod").lines()).splitlines()[:4] == [
        f"prod · - · unavailable · {second} was rejected by {ADA} (CVE-1); {first} was rejected by {ADA} (CVE-0)",
        f"  fail  rejected  rejected by {ADA} (CVE-1)",
        "                  gitpromote freight create shop --commit …",
        "  skip  soak      no Freight comes here: nothing to wait for",
    ]
    assert site.project(pipeline).plan_verify(plan) == []


def test_a_plan_tells_of_newer_freight_that_was_rejected_where_nothing_moves(site):
    pipeline = site.pipeline(Environment("test"))
    site.promote(pipeline)
    commit(site, "test", replicas=2)
    bad = site.project(pipeline).freight.assemble()[0].freight.alias
    site.project(pipeline).freight.reject(bad, reason="CVE-1")
    plan = site.project(pipeline).plan()
    told = f"shop   newer, rejected: {bad} was rejected by {ADA} (CVE-1)"
    assert site.decisions(plan) == {"test": "noop"}
    assert plain(plan_view(plan.data)).splitlines()[0] == told
    assert f"`{' '.join(told.split())}`" in plan_markdown(plan.data, digest=plan.digest).splitlines()


def test_a_plan_of_rejected_freight_says_that_it_was_rejected(site):
    pipeline = site.pipeline(Environment("test"))
    bad = alias(site.promote(pipeline), "test")
    commit(site, "test", replicas=2)
    site.project(pipeline).freight.reject(bad, reason="CVE-1")
    with pytest.raises(Blocked) as caught:
        site.project(pipeline).plan(freight=bad)
    error = caught.value
    assert (error.summary, error.code, error.detail, error.hint) == refused(bad)


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


# -- what is told of it

AUTO = (Environment("test", auto=True), Environment("uat", auto=True), Environment("prod"))


def rejected(site):
    """A Pipeline whose test and uat run what was rejected then; with the older Freight, and the rejected one."""
    pipeline = site.pipeline(*AUTO)
    commit(site, "test", "uat", "prod", replicas=1)
    site.project(pipeline).run_once()
    older = site.project(pipeline).freight.list()[0].freight.alias
    commit(site, "test", "uat", "prod", replicas=2)
    site.project(pipeline).run_once()
    bad = site.project(pipeline).freight.list()[0].freight.alias
    site.project(pipeline).freight.reject(bad, reason="CVE-1")
    return pipeline, older, bad


def test_discovery_says_who_rejected_what_it_finds(site):
    pipeline, _, bad = rejected(site)
    report = site.project(pipeline).freight.discover()
    [warehouse] = report.warehouses
    assert (warehouse.status, warehouse.reason) == ("rejected", f"rejected by {ADA} (CVE-1)")
    shown = plain(discovery_view(report)).splitlines()
    assert shown[2] == f"  = {bad}   rejected by {ADA} (CVE-1): it enters nothing any more"
    assert not any("newer" in line for line in shown)


def test_nobody_asks_anew_for_what_was_rejected(site):
    pipeline, _, bad = rejected(site)
    before = site.records()
    for ask in ({"freight": bad}, {"commit": site.home.head("main")}, {"freight": bad, "target": "test"}):
        with pytest.raises(Blocked) as caught:
            site.project(pipeline).freight.create(**ask)
        error = caught.value
        assert (error.summary, error.code, error.detail, error.hint) == refused(bad)
    with pytest.raises(Blocked) as caught:
        site.project(pipeline).freight.assemble()
    assert caught.value.detail == f"{bad}: rejected by {ADA} (CVE-1)"
    assert site.records() == before


def test_a_plan_says_that_what_is_here_was_rejected_and_what_comes_instead(site):
    pipeline, older, bad = rejected(site)
    plan = site.project(pipeline).plan()
    told = f"{bad}, which is here, was rejected by {ADA} (CVE-1): the older {older} comes instead"
    for name in ("test", "uat"):
        [outcome] = [one for one in plan[name].outcomes if one.id == "replaces-rejected"]
        assert (outcome.status, outcome.level, outcome.message) == ("warn", "advisory", told)
    assert [one.id for one in plan["prod"].outcomes] == ["upstream"]
    lines = plain(plan_view(plan.data)).splitlines()
    assert f"  · test, uat: {told}   [replaces-rejected]   (advisory: stops nothing)" in lines
    assert lines[1] == f"         newer, rejected: {bad} was rejected by {ADA} (CVE-1)"
    assert site.project(pipeline).plan_verify(plan) == []


def test_what_is_newer_and_comes_instead_is_not_called_older(site):
    pipeline, _, bad = rejected(site)
    commit(site, "test", "uat", "prod", replicas=3)
    plan = site.project(pipeline).plan()
    [told] = [one.message for one in plan["test"].outcomes if one.id == "replaces-rejected"]
    newest = alias(plan, "test")
    assert told == f"{bad}, which is here, was rejected by {ADA} (CVE-1): {newest} comes instead"


def test_a_run_says_why_it_goes_back(site):
    pipeline, older, bad = rejected(site)
    ran = site.project(pipeline).run_once()
    told = f"test, uat: {bad}, which is here, was rejected by {ADA} (CVE-1): the older {older} comes instead"
    lines = plain(ran_view(ran)).splitlines()
    assert lines[0] == f"shop   newer, rejected: {bad} was rejected by {ADA} (CVE-1)"
    assert lines[1] == f"  · {told}   [replaces-rejected]"
    first = "".join(span.text for span in round_line(ran.rounds[0], again=300))
    assert f"shop  {told}; test written " in first
    again = site.project(pipeline).run_once()
    assert not any(turn.replaces for turn in again.turns)


# -- what a request keeps out


def test_newer_freight_that_was_asked_to_stop_before_is_told_where_it_does_not_come(site):
    pipeline = site.pipeline(*AUTO)
    commit(site, "test", "uat", "prod", replicas=1)
    site.project(pipeline).run_once()
    commit(site, "test", "uat", "prod", replicas=2)
    newer = site.project(pipeline).freight.create(commit=site.home.head("main"), target="test")[0].freight.alias
    site.project(pipeline).run_once()
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {"test": "noop", "uat": "noop", "prod": "ready"}
    told = (
        f"{newer} is newer and stays out: it was asked to stop at test. "
        f"To let it go the whole way: gitpromote freight create shop --freight {newer}"
    )
    for name in ("uat", "prod"):
        assert [one.message for one in plan[name].outcomes if one.id == "kept-out"] == [told]
    assert not any(one.id == "kept-out" for one in plan["test"].outcomes)
    assert f"  · uat, prod: {told}   [kept-out]   (advisory: stops nothing)" in plain(plan_view(plan.data))
    assert site.project(pipeline).plan_verify(plan) == []
    # What is newer than that is no longer kept waiting by it.
    commit(site, "test", "uat", "prod", replicas=3)
    site.project(pipeline).run_once()
    assert not any(one.id == "kept-out" for each in site.project(pipeline).plan() for one in each.outcomes)
    site.project(pipeline).freight.create(freight=newer)
    assert not any(one.id == "kept-out" for each in site.project(pipeline).plan() for one in each.outcomes)


def test_freight_that_leaves_an_environment_out_is_told_there(site):
    from gitpromote import SkipPermission

    allowed = SkipPermission("any", "true")
    pipeline = site.pipeline(Environment("test"), Environment("uat", gates=[allowed]), Environment("prod"))
    commit(site, "test", "uat", "prod", replicas=1)
    site.promote(pipeline)
    commit(site, "test", "uat", "prod", replicas=2)
    newer = site.project(pipeline).freight.create(commit=site.home.head("main"), skip=["uat"])[0].freight.alias
    site.promote(pipeline)
    [told] = [one.message for one in site.project(pipeline).plan()["uat"].outcomes if one.id == "kept-out"]
    assert told == (
        f"{newer} is newer and stays out: it leaves uat out, as any permits. "
        f"To let it go the whole way: gitpromote freight create shop --freight {newer}"
    )
