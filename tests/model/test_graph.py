"""Order, cycles and waves of small graphs and of thousands, and how a Pipeline is drawn."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import App, Branch, Environment, Pipeline, Plain, any_of
from gitpromote.model.graph import cycles, drawn, followers, order, to_mermaid, to_text, upwards, waves

Edges = dict[str, tuple[str, ...]]


@st.composite
def graphs(draw: st.DrawFn) -> Edges:
    names = [f"n{number}" for number in range(draw(st.integers(0, 8)))]
    return {name: tuple(draw(st.lists(st.sampled_from(names), max_size=3))) for name in names}


@st.composite
def orderly(draw: st.DrawFn) -> Edges:
    names = [f"n{number}" for number in range(draw(st.integers(0, 10)))]
    edges = {
        name: tuple(draw(st.lists(st.sampled_from(names[:at]), max_size=3))) if at else ()
        for at, name in enumerate(names)
    }
    return {name: edges[name] for name in draw(st.permutations(names))}


@given(orderly())
@settings(max_examples=100, deadline=None)
def test_each_name_stands_behind_all_that_come_before_it(edges: Edges) -> None:
    found = order(edges)
    place = {name: at for at, name in enumerate(found)}
    assert sorted(found) == sorted(edges)
    assert all(place[before] < place[name] for name, names in edges.items() for before in names)
    assert cycles(edges) == []
    level = {name: at for at, wave in enumerate(waves(edges)) for name in wave}
    assert all(level[before] < level[name] for name, names in edges.items() for before in names)
    assert level.keys() == edges.keys()


@given(graphs())
@settings(max_examples=100, deadline=None)
def test_a_graph_has_an_order_exactly_if_it_has_no_cycle(edges: Edges) -> None:
    found = cycles(edges)
    assert bool(found) == (len(order(edges)) < len(edges))
    for cycle in found:
        assert cycle[0] == cycle[-1]
        assert len(set(cycle)) == len(cycle) - 1
        assert all(before in edges[name] for before, name in itertools.pairwise(cycle))
    assert len({name for cycle in found for name in cycle}) == sum(len(cycle) - 1 for cycle in found)


@given(graphs())
@settings(max_examples=50, deadline=None)
def test_followers_are_the_edges_turned_round(edges: Edges) -> None:
    after = followers(edges)
    assert {(before, name) for name, names in edges.items() for before in names} == {
        (before, name) for before, names in after.items() for name in names
    }


def test_ties_keep_the_order_of_the_list() -> None:
    assert order({"c": (), "b": (), "a": ("z",), "z": ()}) == ("c", "b", "z", "a")


def test_a_cycle_is_drawn() -> None:
    assert [drawn(cycle) for cycle in cycles({"a": ("c",), "b": ("a",), "c": ("b",), "d": ("c",), "e": ("e",)})] == [
        "a -> b -> c -> a",
        "e -> e",
    ]


def test_upwards_is_everything_that_comes_before() -> None:
    assert upwards({"a": (), "b": ("a",), "c": ("b",), "d": ()}, ["c"]) == {"a", "b", "c"}


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(
        "shop",
        apps=[App("api", Plain("api")), App("db", Plain("db"))],
        target=Branch("env/$env"),
        environments=[
            Environment("test"),
            Environment("eu"),
            Environment("us", after="test", apps=["api"]),
            Environment("go", after=["eu", "us"], apps=[]),
            Environment("prod", after=any_of("go", "eu")),
        ],
    )


def test_a_pipeline_as_text(pipeline: Pipeline) -> None:
    assert to_text(pipeline) == (
        "test  takes Freight directly\n"
        "eu    after test\n"
        "us    after test; apps api\n"
        "go    after eu, us; control-flow point\n"
        "prod  after go or eu; production\n"
    )


def test_a_pipeline_as_mermaid(pipeline: Pipeline) -> None:
    assert to_mermaid(pipeline) == (
        "flowchart LR\n"
        '  e0["test"]\n'
        '  e1["eu"]\n'
        '  e2["us"]\n'
        '  e3{"go"}\n'
        '  e4[["prod"]]\n'
        "  e0 --> e1\n"
        "  e0 --> e2\n"
        "  e1 --> e3\n"
        "  e2 --> e3\n"
        "  e3 -.-> e4\n"
        "  e1 -.-> e4\n"
    )
