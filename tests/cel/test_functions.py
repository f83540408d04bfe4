"""Versions and quantities in expressions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gitpromote.cel.declare import TEXT, Declaration
from gitpromote.cel.expression import compile_expression
from gitpromote.cel.functions import quantity_of

DECLARED = Declaration({"a": TEXT, "b": TEXT})


def value(text: str, a: str = "1.4.2", b: str = "v1.5.0-rc.1") -> object:
    result = compile_expression(text, DECLARED, truth=False).evaluate({"a": a, "b": b})
    return result.error or result.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("semver(a).isLessThan(semver(b))", True),
        ("semver(a).isGreaterThan(semver(b))", False),
        ("semver(a).compareTo(semver('v1.4.2+build'))", 0),
        ("semver(a) == semver('1.4.2+build')", True),
        ("semver('1.0.0-rc.10').compareTo(semver('1.0.0-rc.9'))", 1),
        ("semver(b).major() + semver(b).minor() + semver(b).patch()", 6),
        ("semver(b).prerelease()", "rc.1"),
        ("isSemver('1.2.3.4') || isSemver('latest')", False),
        ("semverDiff(a, b)", "minor"),
        ("semverDiff('1.4.2', '2')", "major"),
        ("semverDiff('1.4.2', '1.4.1')", "patch"),
        ("semverDiff('1.4.2-rc.1', '1.4.2')", "prerelease"),
        ("semverDiff('1.4.2', 'v1.4.2+b')", "none"),
        ("semver('latest').major()", "'latest' is not a version"),
        ("quantity('1Gi').isGreaterThan(quantity('1G'))", True),
        ("quantity('500m').compareTo(quantity('0.5'))", 0),
        ("quantity('1k').add(quantity('24')).asInteger()", 1024),
        ("quantity('1').sub(quantity('2')).sign()", -1),
        ("quantity('1500m').asApproximateFloat()", 1.5),
        ("quantity('1500m').isInteger()", False),
        ("quantity('1500m').asInteger()", "3/2 is not a whole number"),
        ("isQuantity('1KiB')", False),
        ("quantity('abc').sign()", "'abc' is not a quantity"),
        ("'a-b'.split('-').join('+') + ' '.trim() + 'X'.lowerAscii()", "a+bx"),
        ("duration('30m') < duration('1h')", True),
    ],
)
def test_functions_give_what_they_say(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", Fraction(1)),
        ("+.5Ki", Fraction(512)),
        ("1e3", Fraction(1000)),
        ("1E", Fraction(10**18)),
        ("1E2", Fraction(100)),
        ("2n", Fraction(2, 10**9)),
        ("-1.", Fraction(-1)),
        ("1K", None),
        ("", None),
        ("1 Gi", None),
        ("1e9999", None),
        ("٣", None),
    ],
)
def test_quantities_are_those_of_kubernetes(text: str, number: Fraction | None) -> None:
    assert quantity_of(text) == number
