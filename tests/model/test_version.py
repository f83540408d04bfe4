"""Versions: what is one, and which of two is newer."""

from __future__ import annotations

import random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.model.version import Version, difference, natural_key

T = TypeVar("T")

# Each is newer than the one before it. The prereleases are those of https://semver.org/#spec-item-11
PRECEDENCE = """
0.0.0-0 0.0.0 0.0.1 0.9.0 0.10.0 1.0.0-0 1.0.0-9 1.0.0-10 1.0.0-18446744073709551615 1.0.0-18446744073709551616
1.0.0-99999999999999999999 1.0.0-RC 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11
1.0.0-rc 1.0.0-rc.1 1.0.0-rc.1.0 1.0.0-rc-1 1.0.0 1.0.1-rc.1 1.0.1 1.2.0 2.0.0 10.0.0 18446744073709551615.0.0
""".split()


def shuffled(values: list[T]) -> list[T]:
    return random.Random(1).sample(values, len(values))


def version(text: str) -> Version:
    found = Version.parse(text)
    assert found is not None, text
    return found


def test_precedence_is_that_of_semver() -> None:
    versions = [version(text) for text in PRECEDENCE]
    assert sorted(shuffled(versions)) == versions
    assert len({one.precedence for one in versions}) == len(versions)


def test_ties_are_broken_by_build_metadata_then_by_what_is_written_then_by_the_text() -> None:
    order = "1 v1 1.4 v1.4 01.4.0 1.4.0 v1.4.0 1.4.0+b 1.4.0+b.2 1.4.0+b.10 v1.4.0+b.10 1.4.1".split()
    assert [one.text for one in sorted(shuffled([version(text) for text in order]))] == order


@pytest.mark.parametrize(
    "text",
    ["1.4.2", "v1.4.2", "0.0.0", "1.4.2-rc.1", "1.4.2--", "1.4.2-0a.1", "1.4.2+05.b", "1.4.2-rc+b-1", "1.4.2-x.7.z.92"],
)
def test_full_versions_are_strict(text: str) -> None:
    assert Version.parse(text, strict=True) == version(text)


@pytest.mark.parametrize("text", ["1", "v1.4", "01.4.2", "1.04.2", "1.4.02", "1-rc.1", "00.0.0", "1.4-rc.1+b"])
def test_loose_versions_are_not_strict(text: str) -> None:
    assert Version.parse(text) is not None
    assert Version.parse(text, strict=True) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "v", "V1.4.2", "1.", ".1", "1.4.2.0", "1.4.2-", "1.4.2+", "1.4.2-a..b", "1.4.2-rc_1", "1.4.2-rc.01",
        "latest", "1.x", "1.4.2\n", " 1.4.2", "18446744073709551616", "1.4.18446744073709551616", "9" * 5000,
        "١.٤.٢", "1.4.2+b+c", "1,4", "0x1", "1e3", "-1", "1.4.2_b",
    ],
)  # fmt: skip
def test_what_is_no_version_is_none(text: str) -> None:
    assert Version.parse(text) is None
    assert Version.parse(text, strict=True) is None


@pytest.mark.parametrize(
    ("text", "full"),
    [("v1", "1.0.0"), ("01.4", "1.4.0"), ("v1.4-rc.1+b.05", "1.4.0-rc.1+b.05"), ("1.4.2", "1.4.2")],
)
def test_a_version_reads_in_full(text: str, full: str) -> None:
    assert str(version(text)) == full


WORDS = st.from_regex(r"[0-9A-Za-z-]{1,4}(\.[0-9A-Za-z-]{1,4}){0,2}", fullmatch=True)
TEXTS = st.builds(
    lambda numbers, pre, build: ".".join(map(str, numbers)) + (pre and f"-{pre}") + (build and f"+{build}"),
    st.lists(st.integers(0, 2**64 + 1), min_size=1, max_size=3),
    st.just("") | WORDS,
    st.just("") | WORDS,
)


@given(TEXTS, TEXTS)
@settings(max_examples=100, deadline=None)
def test_a_version_reads_back_as_itself(one: str, other: str) -> None:
    first, second = Version.parse(one), Version.parse(other)
    if first is not None:
        again = version(str(first))
        assert (again.precedence, again.build, again.written) == (first.precedence, first.build, 3)
    if first is not None and second is not None:
        assert (first == second) == (one == other)
        assert (first < second) + (second < first) + (first == second) == 1


def test_numbers_in_names_count_by_their_size() -> None:
    names = ["1", "9", "10", "build-9", "build-9-b", "build-10", "build-10-a", "main-20240131", "main-20240201"]
    assert sorted(shuffled(names), key=natural_key) == names
    assert natural_key("a01") == natural_key("a1")
    natural_key("9" * 10_000)


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
    one, other = Version.parse(before), Version.parse(after)
    assert one is not None and other is not None
    assert difference(one, other) == difference(other, one) == part


def test_a_prerelease_is_what_stands_behind_the_numbers() -> None:
    texts = ("1.2.3-rc.1+b-2", "v1-0", "1.2.3", "1.2.3+a-b")
    assert [one.prerelease for text in texts if (one := Version.parse(text))] == ["rc.1", "0", "", ""]
