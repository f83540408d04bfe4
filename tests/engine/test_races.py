"""Many runners at once: what is written is written once, nobody's Record is lost, everybody is told the truth."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from gitpromote import Branch, Directory, Environment, Wave
from gitpromote.project import Plan
from gitpromote.project.wiring import WallClock

MANY = 16


def race(site, pipeline, plans):
    """Every plan applied at the same moment, each by somebody on a machine of their own; the results in order."""
    start = threading.Barrier(len(plans))
    projects = [
        site.project(pipeline, who=f"R{at} <r{at}@acme.example>", cache=f"machine{at}", clock=WallClock())
        for at in range(len(plans))
    ]

    def apply(at):
        start.wait()
        return projects[at].apply(Plan.from_bytes(plans[at].to_bytes(), name="x"), confirmed=True)

    with ThreadPoolExecutor(len(plans)) as pool:
        return list(pool.map(apply, range(len(plans))))


def plan_now(site, pipeline, **asked):
    return site.project(pipeline, clock=WallClock()).plan(**asked)


def test_sixteen_applies_of_one_plan_write_it_once(site):
    pipeline = site.pipeline(Environment("test"), Environment("prod"))
    plan = plan_now(site, pipeline)
    results = race(site, pipeline, [plan] * MANY)
    assert Counter(site.records()) == {
        ("freight-created", None): 1,
        ("planned", None): 1,
        **{(kind, env): 1 for kind in ("written", "verified") for env in ("test", "prod")},
    }
    assert site.home.log("env/test") == site.home.log("env/test")[:1]
    for env in (0, 1):
        ends = Counter(result.environments[env].status for result in results)
        assert ends == {"written": 1, "already": MANY - 1}
    assert {result.exit_code for result in results} == {0}
    assert {one.commit for result in results for one in result.environments} == {
        site.home.head("env/test"),
        site.home.head("env/prod"),
    }
    assert site.project(pipeline).verify().ok


def test_applies_of_one_plan_to_another_repository_write_it_once_after_the_plan(site):
    other = site.other("other.git")
    pipeline = site.pipeline(Environment("test"), Environment("prod"), target=Branch("$env", repo=str(other.path)))
    plan = plan_now(site, pipeline)
    results = race(site, pipeline, [plan] * 6)
    assert site.records()[:2] == [("freight-created", None), ("planned", None)]
    assert Counter(site.records()) == Counter(
        [
            *(("freight-created", None), ("planned", None)),
            *((kind, env) for kind in ("written", "verified") for env in ("test", "prod")),
        ]
    )
    assert [len(other.log(env)) for env in ("test", "prod")] == [1, 1]
    assert {result.exit_code for result in results} == {0}
    assert site.project(pipeline).verify().ok


def test_of_plans_for_another_repository_one_is_written_and_the_others_are_stale(site):
    other = site.other("other.git")
    pipeline = site.pipeline(Environment("test"), target=Branch("$env", repo=str(other.path)))
    commits = [site.home.commit(site.sources("test", version=f"2.0.{at}")) for at in range(4)]
    project = site.project(pipeline, clock=WallClock())
    results = race(site, pipeline, [project.plan(commit=commit) for commit in commits])
    ends = Counter(result.environments[0].status for result in results)
    assert ends == {"written": 1, "stale": 3}
    assert Counter(site.records("written")) == {("written", "test"): 1}
    assert len(other.log("test")) == 1
    assert site.project(pipeline).verify().ok


def test_of_many_who_are_refused_one_says_so(site):
    pipeline = site.pipeline(Environment("test", wave=Wave(1, max_failed=0)), Environment("prod"))
    plan = plan_now(site, pipeline)
    site.home.hook("update", 'case "$1" in refs/heads/env/*) echo frozen >&2; exit 1;; esac\n')
    race(site, pipeline, [plan] * 6)
    assert site.records("failed", "written") == [("failed", "test")]
    assert site.project(pipeline).verify().ok


def test_of_sixteen_plans_with_other_freight_one_is_written_and_the_others_are_stale(site):
    pipeline = site.pipeline(Environment("test"))
    commits = [site.home.commit(site.sources("test", version=f"2.0.{at}")) for at in range(MANY)]
    project = site.project(pipeline, clock=WallClock())
    plans = [project.plan(commit=commit) for commit in commits]
    assert len({plan.digest for plan in plans}) == MANY
    results = race(site, pipeline, plans)
    ends = [result.environments[0] for result in results]
    won = [at for at, end in enumerate(ends) if end.status == "written"]
    assert len(won) == 1 and results[won[0]].exit_code == 0
    winner = f"R{won[0]} <r{won[0]}@acme.example> (plan {plans[won[0]].short_id})"
    names = [plan.data.freight[plan["test"].freight["shop"].id].alias for plan in plans]
    for at, end in enumerate(ends):
        if at == won[0]:
            continue
        older = ("plan-superseded", f"{names[at]} was superseded by {names[won[0]]} since")
        newer = ("plan-overtaken", f"promoted there since by {winner}")
        assert (end.status, end.exit_code) == ("stale", 4)
        assert (end.code, end.message) == (older if at < won[0] else newer)
    assert site.records("written", "verified") == [("written", "test"), ("verified", "test")]
    assert site.home.files("env/test") == {
        "apps-deployment-shop.yaml": site.deployment("test", version=f"2.0.{won[0]}")
    }
    assert site.project(pipeline).verify().ok


@pytest.mark.parametrize("target", [None, Directory("builds/$env")], ids=["branches", "folders"])
def test_plans_for_different_environments_all_land(site, target):
    names = [f"e{at}" for at in range(6)]
    site.home.commit(site.sources(*names))
    pipeline = site.pipeline(*(Environment(name, after=[]) for name in names), **({"target": target} if target else {}))
    project = site.project(pipeline, clock=WallClock())
    plans = [project.plan(env=name) for name in names]
    results = race(site, pipeline, plans)
    assert [site.told(result) for result in results] == [{name: "written"} for name in names]
    assert sorted(site.records("written")) == [("written", name) for name in names]
    assert site.records("freight-created") == [("freight-created", None)]
    assert len(site.records("planned")) == len(names)
    assert site.project(pipeline).verify().ok
    assert site.decisions(plan_now(site, pipeline)) == dict.fromkeys(names, "noop")


def test_records_of_many_are_appended_one_after_the_other(site):
    names = [f"e{at}" for at in range(6)]
    site.home.commit(site.sources(*names))
    pipeline = site.pipeline(*(Environment(name, after=[]) for name in names))
    projects = [site.project(pipeline, cache=f"machine{at}", clock=WallClock()) for at in range(len(names))]
    start = threading.Barrier(len(names))

    def hold(at):
        start.wait()
        return projects[at].hold(names[at], reason="freeze")

    with ThreadPoolExecutor(len(names)) as pool:
        made = list(pool.map(hold, range(len(names))))
    assert sorted(site.records()) == [("held", name) for name in names]
    assert {record.id for record in made} == {record.id for record in projects[0].history}
    assert site.project(pipeline).verify().ok
