"""A Pipeline drawn: in words, as data, as a picture."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from gitpromote.model.app import App
from gitpromote.model.environment import Environment, any_of
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.renderer import Plain
from gitpromote.model.target import Branch
from gitpromote.views.graph import graph_data, graph_text
from gitpromote.views.svg import pipeline_svg


@pytest.fixture
def fanned() -> Pipeline:
    """A fan-out, a control-flow point, a fan-in of which any is enough."""
    return Pipeline(
        "fan<out>".replace("<", "-").replace(">", ""),
        apps=[App("web", Plain("web/$env"))],
        target=Branch("env/$env"),
        environments=[
            Environment("test"),
            Environment("uat-a", after="test"),
            Environment("uat-b", after="test"),
            Environment("checked", after=any_of("uat-a", "uat-b"), apps=[]),
            Environment("prod", after="checked"),
        ],
    )


def test_the_graph_in_words(fanned: Pipeline, snapshot: Any) -> None:
    assert graph_text(fanned, notes={"prod": "waiting: upstream"}) == snapshot


def test_the_graph_in_words_is_broken_between_names(fanned: Pipeline) -> None:
    names = [f"cluster-{number:02}" for number in range(12)]
    wide = Pipeline(
        "wide",
        apps=[App("web", Plain("web/$env"))],
        target=Branch("env/$env"),
        environments=[*(Environment(name, after=[]) for name in names), Environment("prod", after=names)],
    )
    assert graph_text(wide, width=60).splitlines()[12:] == [
        "prod        after cluster-00, cluster-01, cluster-02,",
        "            cluster-03, cluster-04, cluster-05, cluster-06,",
        "            cluster-07, cluster-08, cluster-09, cluster-10,",
        "            cluster-11; production",
    ]
    assert len(graph_text(wide).splitlines()) == 13
    assert graph_text(fanned, width=200) == graph_text(fanned)


def test_the_graph_as_data(fanned: Pipeline) -> None:
    data = graph_data(fanned, notes={"prod": "waiting"})
    assert [node["name"] for node in data["nodes"]] == ["test", "uat-a", "uat-b", "checked", "prod"]
    assert data["nodes"][-1] == {"name": "prod", "production": True, "join": "all", "note": "waiting"}
    assert data["edges"] == [
        {"from": "test", "to": "uat-a"},
        {"from": "test", "to": "uat-b"},
        {"from": "uat-a", "to": "checked"},
        {"from": "uat-b", "to": "checked"},
        {"from": "checked", "to": "prod"},
    ]


def test_the_picture_is_sound_xml_with_the_same_words(fanned: Pipeline, snapshot: Any) -> None:
    text = pipeline_svg(fanned, notes={"prod": "waiting: <upstream> & a very long reason indeed"})
    root = ET.fromstring(text)
    name = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{name}title").text == "fan-out"
    assert "checked  after uat-a or uat-b; control-flow point" in root.find(f"{name}desc").text
    assert len(root.findall(f"{name}path")) == 5
    assert "script" not in text
    assert text == snapshot
