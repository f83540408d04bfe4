"""Ranges: which versions a constraint takes, which texts are none, and why a version is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitpromote import Chart
from gitpromote.discovery.ranges import OptIn, Range
from gitpromote.errors import ConfigurationError
from gitpromote.model.version import Version

TABLE = Path(__file__).parent.parent / "cases" / "versions" / "ranges.tsv"
REFUSED = [
    "", "latest", "^", "1.2.3.4", ">", "1,,2", "^^1", "|| 1", "1 ||", "1 -", "- 1", "1 - 2 - 3", "1 -2", "1 2 - 3",
    "^1 - 2", ">=1.2 - 2", "> =1", "==1", "!1", "V1.4", "1.4.2-rc.01", "1.4.2-", "1.4.2+", "1.4.2-a..b",
    "18446744073709551616", "1.4.18446744073709551616", "1y", "1.4.2_b", "1.0.0||2.0.0 - 3.0.0", ",1", "1,", "1.", ".1",
    "١.٤", "1\u00a0<2", "1 \x0b 2", "0x1", "1e3", "~ >1", "9" * 900,
]  # fmt: skip


def version(text: str) -> Version:
    found = Version.parse(text)
    assert found is not None
    return found


def rows() -> tuple[list[str], list[tuple[str, str]]]:
    head, *lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    pairs = [line.split("\t") for line in lines]
    return head.split("\t")[1].split(" "), [(text, signs) for text, signs in pairs]


@pytest.mark.parametrize(("opt_in", "own"), [("term", "o"), ("group", "n")])
def test_a_range_takes_what_the_library_takes(opt_in: OptIn, own: str) -> None:
    versions, ranges = rows()
    for text, signs in ranges:
        expected = [name for name, sign in zip(versions, signs, strict=True) if sign in ("y", own)]
        range_ = Range.parse(text, opt_in=opt_in)
        assert [name for name in versions if range_.takes(version(name))] == expected, text
        assert [name for name in versions if not range_.judge(version(name)).reason] == expected, text


def test_a_range_reads_back_as_itself() -> None:
    for text, _ in rows()[1]:
        again = Range.parse(str(Range.parse(text)))
        assert again == Range.parse(text)
        assert str(again) == str(Range.parse(text))


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("=>1.2.0 , =<2", ">=1.2.0 <=2"),
        ("1.2 - 1.4 ||v3.x", ">=1.2 <=1.4 || 3"),
        ("~> 01.4+b", "~1.4"),
        ("=X", "*"),
        ("1.x.5-rc.1", "1-rc.1"),
    ],
)
def test_a_range_has_one_spelling(text: str, spelled: str) -> None:
    assert str(Range.parse(text)) == spelled


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_range_is_refused_when_it_is_defined_and_when_it_is_read(text: str) -> None:
    with pytest.raises(ConfigurationError) as read:
        Range.parse(text)
    with pytest.raises(ConfigurationError) as defined:
        Chart("oci://ghcr.io/acme/charts/shop", text)
    assert read.value.code == defined.value.code == "constraint-invalid"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' is empty"),
        ("1 ||", "'1 ||' has nothing on one side of ||"),
        ("1 || || 2", "'1 || || 2' has nothing on one side of ||"),
        ("^1.4 <", "'^1.4 <' has no version at '<'"),
        ("1.2.3.4", "'1.2.3.4' cannot be read from '.4' on"),
        ("^1.y", "'^1.y' cannot be read from '.y' on"),
        ("1x.2", "'1x.2' has '1x' where '1x.2' must have a number or a wildcard"),
        (">=1.4.2-rc.01", "'>=1.4.2-rc.01' has a leading zero in the prerelease rc.01"),
        ("18446744073709551616", "'18446744073709551616' has a number that is too large: 18446744073709551616"),
    ],
)
def test_a_refusal_says_what_cannot_be_read(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Range.parse(text)
    assert str(raised.value) == (
        "This is not a version constraint  [constraint-invalid]\n"
        f"{reason}\n"
        'Write "^1.4", "~1.4.2" or ">=1.4, <2"; || stands between alternatives.'
    )


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("^1.4", "1.4.2", ""),
        ("^1.4", "2.0.0", "is not in ^1.4"),
        ("^1.4", "1.5.0-rc.1", "is a prerelease"),
        ("^1.4", "2.0.0-rc.1", "is not in ^1.4"),
        ("^1.4", "1.4.0-rc.1", "is a prerelease"),
        (">=1.4.0-rc.2", "1.4.0-rc.1", "is not in >=1.4.0-rc.2"),
        (">=1.4.0-0, <2", "1.5.0-rc.1", "is a prerelease, and <2 names none"),
        ("^3 || ^1.4", "1.5.0-rc.1", "is a prerelease"),
        ("!=1.4.2", "1.5.0-rc.1", ""),
    ],
)
def test_a_version_is_left_out_for_a_reason(text: str, name: str, reason: str) -> None:
    assert Range.parse(text).judge(version(name)).reason == reason


def test_the_nearer_version_has_the_smaller_distance() -> None:
    order = "1.5.0 1.5.0-rc.1 1.3.0 1.2.9 2.0.0 2.7.1 3.1.0".split()
    distances = [Range.parse("^1.4 || 9.9.9").judge(version(name)).distance for name in order]
    assert distances == [(0, 0), (0, 0), (2, 1), (2, 2), (3, 1), (3, 1), (3, 2)]


def test_no_text_takes_long_to_read() -> None:
    for text in ("1" * 990 + " -", "1, " * 333, " " * 900 + "^", "1 " * 490 + "-", "1 - " * 240, "1.1.1-" + "a." * 490):
        with pytest.raises(ConfigurationError):
            Range.parse(text)
    with pytest.raises(ConfigurationError, match="has 1,001 characters, and 1,000 are allowed"):
        Range.parse("1" * 1001)
