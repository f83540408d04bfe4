"""Version constraints have the form that Masterminds reads; the rest is told before anything is asked of a registry."""

from __future__ import annotations

import pytest

from gitpromote import Chart, Git, Image
from gitpromote.errors import ConfigurationError


@pytest.mark.parametrize(
    "constraint",
    [
        "^1.4",
        ">=1.2.3, <2 || ^3",
        "1.2 - 2.3.4",
        "~>1.2",
        "1.x",
        "*",
        ">= 1.2",
        "!=1.5.0",
        ">1.0-0",
        "v1.2",
        ">=1.2 <2",
        "=>1",
        "<=1.2.3-beta.1+b.5",
        " ^1 ",
    ],
)
def test_constraints_are_taken_as_they_are_written(constraint: str) -> None:
    assert Image("a/b", constraint).constraint == constraint
    assert Chart("oci://a/b", constraint).constraint == constraint
    assert Git(strategy="semver", constraint=constraint).constraint == constraint


@pytest.mark.parametrize(
    "constraint", ["", "latest", "^", "1.2.3.4", ">", "1,,2", "^^1", "|| 1", "1 ||", "a.b", "1 -", "- 1", "1 - 2 - 3"]
)
def test_what_is_no_constraint_is_refused(constraint: str) -> None:
    for make in (
        lambda: Image("a/b", constraint),
        lambda: Chart("oci://a/b", constraint),
        lambda: Git(strategy="semver", constraint=constraint),
    ):
        with pytest.raises(ConfigurationError) as raised:
            make()
        assert raised.value.code == "constraint-invalid"


def test_a_tag_to_follow_is_no_constraint() -> None:
    assert Image("a/b", "latest", strategy="digest").constraint == "latest"


def test_a_chart_has_one_address() -> None:
    assert Chart("https://charts.example/stable/", name="shop").address == "https://charts.example/stable/shop"
    assert Chart("oci://GHCR.io/acme/charts/shop").key == "ghcr.io/acme/charts/shop"
