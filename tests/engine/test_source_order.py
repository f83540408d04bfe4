"""Freight stands where the history of its sources puts it, whatever the moment at which somebody named it."""

from __future__ import annotations

import pytest

from gitpromote import App, Environment, Git, Kustomize, Warehouse
from gitpromote import Image as Images

ALL = ("test", "uat", "prod")
IMAGE = "ghcr.io/acme/shop"


def at(version):
    return f"{IMAGE}:{version}@sha256:{version[0] * 64}"


@pytest.fixture
def skipped(site):
    """Three commits, of which the first and the last were promoted to test. The site, and the one between."""
    site.promote()
    between = site.home.commit(site.sources(*ALL, version="1.0.5"), message="between")
    site.home.commit(site.sources(*ALL, version="1.1.0"), message="last")
    site.promote()
    return site, between


def freight_of(plan, name="test"):
    [moving] = plan[name].freight.values()
    return plan.data.freight[moving.id]


def tags(plan):
    return [image["tag"] for image in freight_of(plan).artifacts if image["kind"] == "image"]


def pipeline_of(site, images):
    """Images and commits, for test alone."""
    apps = [App("shop", Kustomize("base"))]
    return site.pipeline(Environment("test"), apps=apps, warehouse=Warehouse(images, Git()))


def order(site, pipeline=None):
    """What the ledger knows, newest first, by its words."""
    return [one.freight.subject for one in site.project(pipeline).freight.list()]


def test_an_older_commit_that_is_named_late_is_older_freight(skipped):
    site, between = skipped
    before = order(site)
    plan = site.project().plan(commit=between, env="test")
    assert site.decisions(plan) == {"test": "ready"}
    held = freight_of(site.project().plan()).alias
    outcomes = {one.id: one.message for one in plan["test"].outcomes}
    assert outcomes["older"] == f"{freight_of(plan).alias} is older than {held}, which is here: it is held afterwards"
    assert "superseded" in outcomes
    assert site.project().plan_verify(plan) == []
    site.apply(plan)
    assert order(site) == [before[0], "between", *before[1:]]
    assert site.records("held") == [("held", "test")]
    assert site.project().verify().ok


def test_the_head_of_the_branch_stays_the_newest_after_an_older_commit_was_named(skipped):
    site, between = skipped
    newest = freight_of(site.project().plan())
    site.apply(site.project().plan(commit=between, env="test"))
    site.project().release("test", reason="seen")
    plan = site.project().plan()
    assert freight_of(plan).alias == newest.alias
    status = site.project().status(lag=True)
    [lag] = status["test"].lag.values()
    assert (lag.newest.alias, lag.behind) == (newest.alias, 1)


def test_an_older_commit_that_is_planned_first_and_applied_late_is_older_all_the_same(site):
    site.promote()
    between = site.home.commit(site.sources(*ALL, version="1.0.5"), message="between")
    early = site.project().plan(env="uat", commit=between)
    site.home.commit(site.sources(*ALL, version="1.1.0"), message="last")
    site.promote(env="test")
    site.project()._record(early)
    assert order(site)[:2] == ["last", "between"]


def test_two_older_commits_keep_their_order_whichever_is_recorded_first(site):
    site.promote()
    commits = [site.home.commit(site.sources(*ALL, version=f"1.0.{n}"), message=f"{n}") for n in range(3)]
    site.promote(env="test")
    for plan in [site.project().plan(commit=one, env="test") for one in (commits[1], commits[0])]:
        site.project()._record(plan)
    assert order(site)[:3] == ["2", "1", "0"]


def test_an_image_of_a_lower_version_is_older_only_where_somebody_named_it(bare):
    bare.home.commit({"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x")})
    pipeline = pipeline_of(bare, Images(IMAGE))
    bare.shelf.put(at("1.0.0"))
    bare.promote(pipeline)
    bare.shelf.put(at("2.0.0"))
    bare.promote(pipeline)
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.5.0@sha256:{'5' * 64}"])
    assert [one.id for one in plan["test"].outcomes] == ["superseded", "older"]
    bare.apply(plan, project=bare.project(pipeline))
    bare.project(pipeline).release("test", reason="seen")
    again = bare.project(pipeline).plan()
    assert tags(again) == ["2.0.0"]
    bare.shelf.put(f"{IMAGE}:1.9.0@sha256:{'9' * 64}")
    lower = pipeline_of(bare, Images(IMAGE, "^1"))
    assert tags(bare.project(lower).plan()) == ["1.9.0"]
