"""Environments without Apps under ``run``: they write nothing, so that nobody has to start them."""

from __future__ import annotations

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
