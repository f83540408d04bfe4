"""Every combination of lists, each with a name and labels."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import Environment, matrix
from gitpromote.errors import ConfigurationError
from gitpromote.model.cluster import Cluster


def refused(**axes: object) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        matrix(**axes)
    return [f"{one.message}  [{one.code}]" for one in caught.value.problems]


def test_every_combination_is_there_the_last_axis_fastest() -> None:
    found = matrix(region=["eu", "us"], tier=["canary", "main"])
    assert [one.name for one in found] == ["eu-canary", "eu-main", "us-canary", "us-main"]
    assert found[1].labels == {"region": "eu", "tier": "main"}
    assert (found[2].region, found[2].tier) == ("us", "canary")
    assert repr(found[0]) == "Combination(region='eu', tier='canary')"


def test_its_labels_are_an_environment_s() -> None:
    [one] = matrix(region=["eu"], shard=[1])
    assert Environment(one.name, labels=one.labels) == Environment("eu-1", labels={"region": "eu", "shard": "1"})
    assert one.shard == "1"


def test_what_has_a_name_stays_what_it_is() -> None:
    cluster = Cluster(name="east", server="https://east")
    found = matrix(cluster=[cluster], tier=["a", "b"])
    assert [one.name for one in found] == ["east-a", "east-b"]
    assert found[0].cluster is cluster
    assert found[0].labels == {"cluster": "east", "tier": "a"}


def test_a_combination_is_a_value() -> None:
    one, other = matrix(a=["x"]), matrix(a=["x"])
    assert one == other
    assert len({*one, *other}) == 1
    assert one[0] != matrix(a=["y"])[0]
    with pytest.raises(AttributeError, match="a combination stays as it is"):
        one[0].a = "z"
    with pytest.raises(AttributeError, match="there is no axis b: there is a"):
        _ = one[0].b


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ({"region": "eu"}, "matrix: region takes a list, not text  [wrong-type]"),
        ({"region": {"eu", "us"}}, "matrix: region takes a list, not a set  [wrong-type]"),
        ({"region": []}, "matrix: region is empty, so there is no combination  [matrix-empty]"),
        ({"on": [True]}, "matrix: on takes text, whole numbers and what has a name, not True  [wrong-type]"),
        ({"a": [1.5]}, "matrix: a takes text, whole numbers and what has a name, not the number 1.5  [wrong-type]"),
        ({"a": ["1", 1]}, 'matrix: a names "1" twice  [named-twice]'),
        ({"name": ["x"]}, "matrix: name is no name for an axis: every combination has that already  [name-taken]"),
    ],
)
def test_what_is_no_axis_is_told(axes: dict[str, object], told: str) -> None:
    assert refused(**axes) == [told]


def test_all_axes_are_told_at_once() -> None:
    assert len(refused(a="x", b=[], c=["fine"])) == 2


def test_no_axis_gives_nothing() -> None:
    assert matrix() == ()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.from_regex(r"[a-z]{1,5}", fullmatch=True), min_size=1, max_size=4, unique=True), max_size=3)
)
def test_there_are_as_many_as_the_product_and_none_twice(axes: list[list[str]]) -> None:
    found = matrix(**{f"axis{number}": values for number, values in enumerate(axes)})
    count = 1
    for values in axes:
        count *= len(values)
    assert len(found) == (count if axes else 0)
    assert len({tuple(one.labels.items()) for one in found}) == len(found)
