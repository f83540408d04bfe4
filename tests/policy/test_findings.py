"""Findings are told once per cause, in an order of their own."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.model.change import ObjectId
from gitpromote.model.finding import Finding
from gitpromote.policy.findings import fold, objects_of
from tests.policy.judging import deployment, scene

EMPTY = scene()


def of(name: str, *path: object, **members: object) -> Finding:
    """About a Deployment."""
    thing = ObjectId(group="apps", kind="Deployment", namespace="shop", name=name)
    return Finding(**{"rule": "r", "message": "no limits", "object": thing, "path": path, **members})  # type: ignore[arg-type]


def names(finding: Finding) -> list[str]:
    """Every object that has the cause."""
    assert finding.object is not None
    return [finding.object.name, *(one.name for one in finding.also)]


def test_the_same_cause_in_several_objects_is_one_finding() -> None:
    found = fold([of("c"), of("a"), of("b"), of("a")], EMPTY)
    assert [names(one) for one in found] == [["a", "b", "c"]]
    assert found[0].count == 3


def test_elements_of_lists_may_be_called_as_they_like_but_two_of_one_object_are_two() -> None:
    found = fold(
        [
            of("a", "containers", {"name": "web"}, "resources"),
            of("a", "containers", {"name": "side"}, "resources"),
            of("b", "containers", {"name": "api"}, "resources"),
            of("c", "containers", 0, "resources"),
            of("c", "initContainers", 0, "resources"),
        ],
        EMPTY,
    )
    assert [(names(one), one.path) for one in found] == [
        (["a", "b", "c"], ("containers", {"name": "side"}, "resources")),
        (["a"], ("containers", {"name": "web"}, "resources")),
        (["c"], ("initContainers", 0, "resources")),
    ]


def test_another_message_rule_hint_or_excuse_is_another_cause() -> None:
    several = [of("a"), of("b", message="m"), of("c", rule="q"), of("d", hint="h"), of("e", excepted="ops until May")]
    assert len(fold(several, EMPTY)) == 5


def test_what_concerns_no_object_is_told_once_per_place() -> None:
    some = [Finding(rule="r", message="m", file=file) for file in ("b.rego", "a.rego", "b.rego")]
    assert [one.file for one in fold(some, EMPTY)] == ["a.rego", "b.rego"]
    assert objects_of(fold(some, EMPTY)) == 0


def test_what_was_folded_by_somebody_else_is_folded_with_the_rest() -> None:
    other = ObjectId(group="apps", kind="Deployment", namespace="shop", name="b")
    found = fold([of("a", also=(other,)), of("c")], EMPTY)
    assert [names(one) for one in found] == [["a", "b", "c"]]


def test_a_finding_gets_the_file_the_line_and_the_app_of_its_object() -> None:
    here = scene(deployment("web"), deployment("api"))
    [one] = fold([of("api"), of("web")], here)
    assert (one.file, one.line, one.app) == ("all.yaml", 11, "shop")
    [other] = fold([of("api", file="src/api.yaml", line=3)], here)
    assert (other.file, other.line, other.app) == ("src/api.yaml", 3, "shop")
    [gone] = fold([of("nobody")], here)
    assert (gone.file, gone.line, gone.app) == ("", 0, "")


PATHS = st.lists(st.sampled_from(["spec", "image", 0, 1, {"name": "a"}, {"name": "b"}]), max_size=3).map(tuple)
FINDINGS = st.builds(
    lambda name, path, message: of(name, *path, message=message), st.sampled_from("abc"), PATHS, st.sampled_from("mn")
)


@settings(max_examples=100, deadline=None)
@given(st.lists(FINDINGS, max_size=12), st.randoms())
def test_folding_loses_no_object_and_does_not_depend_on_the_order(some: list[Finding], rng: random.Random) -> None:
    shuffled = list(some)
    rng.shuffle(shuffled)
    found = fold(some, EMPTY)
    assert fold(shuffled, EMPTY) == found
    assert {(one.message, name) for one in found for name in names(one)} == {
        (one.message, one.object.name) for one in some if one.object
    }
