"""Environments without Apps under ``run``: they write nothing, so that nobody has to start them."""

from __future__ import annotations

import pytest

from gitpromote import Environment
from gitpromote.errors import Blocked
from gitpromote.views.lines import plain
from gitpromote.views.terminal import plan_view

FILE = "apps-deployment-shop.yaml"


def test_a_point_of_control_goes_by_itself(site):
    pipeline = site.pipeline(
        Environment("test", auto=True), Environment("gate", apps=[]), Environment("uat", auto=True, production=False)
    )
    ran = site.project(pipeline).run_once()
    assert {turn.name: turn.status for turn in ran.turns if turn.wrote} == {
        "test": "written",
        "gate": "inherited",
        "uat": "written",
    }


def test_a_point_of_control_in_front_of_all_others_is_a_person_s(site):
    pipeline = site.pipeline(Environment("accepted", apps=[]), Environment("uat", auto=True, production=False))
    assert [(turn.name, turn.status) for turn in site.project(pipeline).run_once().turns] == [
        ("accepted", "left"),
        ("uat", "waiting"),
    ]


@pytest.mark.parametrize("point", [{"auto": False}, {"production": True}, {"auto": False, "production": True}])
def test_a_point_of_control_that_is_left_to_a_person_waits_for_one(site, point):
    """Behind others, too: it was said of it."""
    pipeline = site.pipeline(
        Environment("test", auto=True),
        Environment("accepted", apps=[], **point),
        Environment("uat", auto=True, production=False),
    )
    project = site.project(pipeline)
    ran = project.run_once()
    assert [(turn.name, turn.status, turn.auto.message) for turn in ran.turns] == [
        ("test", "written", "auto=True"),
        ("accepted", "left", "auto=False: a person applies it"),
        ("uat", "waiting", "auto=True"),
    ]
    project.apply(project.plan(env="accepted"))
    assert {turn.name: turn.status for turn in project.run_once().turns if turn.wrote} == {"uat": "written"}


def test_a_point_of_control_that_nothing_comes_after_goes_by_itself(site):
    """It is production like any other that is the last, and guards nothing."""
    pipeline = site.pipeline(Environment("test", auto=True), Environment("done", apps=[]))
    assert {turn.name: turn.status for turn in site.project(pipeline).run_once().turns if turn.wrote} == {
        "test": "written",
        "done": "inherited",
    }


@pytest.fixture
def pointed(site):
    """1.0.0 is everywhere, 1.1.0 has passed the point and waits for production."""
    pipeline = site.pipeline(Environment("test"), Environment("gate", apps=[]), Environment("prod"))
    site.apply(site.project(pipeline).plan(), project=site.project(pipeline))
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    site.clock.sleep(60)
    project = site.project(pipeline)
    plan = project.plan()
    assert site.told(project.apply(plan, env=["test", "gate"])) == {"test": "written", "gate": "inherited"}
    return pipeline, plan


def test_what_was_rolled_back_before_a_point_of_control_goes_on_through_it_no_more(site, pointed):
    pipeline, plan = pointed
    project = site.project(pipeline)
    back = project.rollback("test", reason="5xx")
    bad = plan.data.freight[plan["test"].freight["shop"].id].alias
    good = back.data.freight[back["test"].freight["shop"].id].alias
    then = f"Then: test is held on {good}; {bad} will not go on to gate, prod"
    assert then in plain(plan_view(back.data)), plain(plan_view(back.data))
    site.apply(back, project=project)
    result = site.apply(plan, project=project)
    assert site.told(result)["prod"] == "waiting 3"
    assert result.environments[2].message == "upstream: gate: not verified yet"
    assert site.home.files("env/prod") == {FILE: site.deployment("prod")}
    fresh = project.plan()
    assert {name: word.split()[0] for name, word in site.decisions(fresh).items()} == {
        "test": "held",
        "gate": "waiting",
        "prod": "waiting",
    }
    assert project.verify().ok


def test_what_comes_again_before_a_point_of_control_goes_on_again(site, pointed):
    pipeline, _ = pointed
    project = site.project(pipeline)
    site.apply(project.rollback("test", reason="5xx"), project=project)
    project.release("test")
    site.clock.sleep(60)
    plan = project.plan()
    assert set(site.told(site.apply(plan, project=project)).values()) <= {"written", "inherited", "already"}
    assert site.home.files("env/prod") == {FILE: site.deployment("prod", version="1.1.0")}
    assert site.decisions(project.plan()) == {"test": "noop", "gate": "noop", "prod": "noop"}
    assert project.verify().ok


def test_a_point_of_control_has_nothing_to_go_back_to(site, pointed):
    pipeline, _ = pointed
    with pytest.raises(Blocked) as caught:
        site.project(pipeline).rollback("gate", reason="5xx")
    assert str(caught.value) == (
        "There is nothing to go back to  [rollback-nothing]\n"
        "gate has no Apps and holds nothing: what passes it follows from what comes before it.\n"
        "Roll back what comes before it:\n"
        "  gitpromote rollback shop test --reason …"
    )
