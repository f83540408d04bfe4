"""Environments without Apps under ``run``: they write nothing, so that nobody has to start them."""

from __future__ import annotations

import pytest

from gitpromote import Environment


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
