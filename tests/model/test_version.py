"""Versions are read as Masterminds/semver reads them and ordered by semver's precedence."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.model.version import Version, difference

# https://semver.org/#spec-item-11, and numbers beyond it.
ASCENDING = """
0.0.0-0 0.0.0 0.9.0 0.10.0 1.0.0--1 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11
1.0.0-rc.1 1.0.0 1.0.1-0 1.0.1 1.2.0 10.0.0 18446744073709551615.0.0
""".split()


def of(text: str) -> Version:
    version = Version.parse(text)
    assert version is not None
    return version


@pytest.mark.parametrize(("lower", "higher"), [("1.0.0-1", "1.0.0--1"), *itertools.pairwise(ASCENDING[:4])])
def test_precedence_is_that_of_semver(lower: str, higher: str) -> None:
    assert of(lower) < of(higher)
    assert not of(higher) < of(lower)


def test_a_whole_list_is_in_order() -> None:
    assert sorted(sorted(ASCENDING), key=of) == ASCENDING


@pytest.mark.parametrize(
    ("text", "full", "strict"),
    [
        ("1.2.3", "1.2.3", True),
        ("v1.2.3", "1.2.3", True),
        ("1.2", "1.2.0", False),
        ("v1", "1.0.0", False),
        ("01.02.03", "1.2.3", True),
        ("1.2.3-rc.1+b.01", "1.2.3-rc.1+b.01", True),
        ("1-rc", "1.0.0-rc", False),
    ],
)
def test_a_short_version_is_one_unless_all_numbers_are_asked_for(text: str, full: str, strict: bool) -> None:
    assert str(of(text)) == full
    assert (Version.parse(text, strict=True) is not None) is strict


@pytest.mark.parametrize(
    "text",
    ["", "v", "latest", "1.2.3.4", "1.2.x", "V1.2.3", "1.2.3-", "1.2.3-rc..1", "1.2.3-01", "1.2.3+", " 1.2.3",
     "1.2.3\n", "-1.2.3", "18446744073709551616.0.0", "9" * 5000, "١.٢.٣", "1.0.0_b"],
)  # fmt: skip
def test_what_is_no_version_is_none(text: str) -> None:
    assert Version.parse(text) is None


def test_build_metadata_does_not_count() -> None:
    assert of("1.0.0+a") == of("v1.0.0+b") == of("1")
    assert len({of("1.0.0+a"), of("1.0+b")}) == 1


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        ("1.2.3", "2.0.0", "major"),
        ("1.2.3", "1.0.0", "minor"),
        ("1.2.3", "1.2.4", "patch"),
        ("1.2.3-a", "1.2.3", "prerelease"),
        ("1.2.3", "v1.2.3+x", "none"),
    ],
)
def test_the_first_part_that_differs(before: str, after: str, part: str) -> None:
    assert difference(of(before), of(after)) == part
    assert difference(of(after), of(before)) == part


_VERSIONS = st.builds(
    "{}.{}.{}{}".format,
    *[st.integers(0, 3)] * 3,
    st.sampled_from(["", "-0", "-1", "-10", "-a", "-a.1", "-a.b", "-1.a", "+x"]),
)


@settings(max_examples=100, deadline=None)
@given(_VERSIONS, _VERSIONS, _VERSIONS)
def test_the_order_is_total(one: str, two: str, three: str) -> None:
    first, second, third = of(one), of(two), of(three)
    assert (first < second) + (second < first) + (first == second) == 1
    assert (first <= second) == (not second < first)
    if first <= second <= third:
        assert first <= third
