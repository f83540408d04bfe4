"""Versions, quantities and what else Kubernetes adds to expressions."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.cel.declare import TEXT, Declaration
from gitpromote.cel.expression import compile_expression
from gitpromote.cel.functions import quantity_of
from gitpromote.cel.patterns import pattern_functions
from gitpromote.cel.problem import InvalidExpression

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
    ("text", "expected"),
    [
        ("[3, 1, 2].sum() + [3, 1].min() + [3, 1].max()", 10),
        ("['b', 'a'].max() + ['b', 'a'].min()", "ba"),
        ("[].max() == 1", "the list is empty"),
        ("[true].sum() == 1", "what is in the list has no sum"),
        ("dyn([1, 'a']).isSorted()", "what is in the list cannot be put in order"),
        ("[1, 2, 2].isSorted() && !['b', 'a'].isSorted() && [].isSorted()", True),
        ("[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && ['a'].indexOf('b') == -1", True),
        ("dyn([true, 1]).indexOf(1)", 1),
        (
            "a.indexOf('4') == 2 && a.lastIndexOf('.') == 3 && a.indexOf('.', 2) == 3 && a.lastIndexOf('.', 2) == 1",
            True,
        ),
        ("a.indexOf('4', 9)", "there is no character 9 in a text of 5"),
        ("sets.contains([1, 2], [2]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])", True),
        ("'x=12, y=3'.find('[0-9]+') + 'x'.find('[0-9]+')", "12"),
        ("'x=12, y=3'.findAll('[a-z]=')", ["x=", "y="]),
        ("'x=12, y=3'.findAll('[0-9]', 2)", ["1", "2"]),
        ("quantity('1').add(2).sub(1).asInteger()", 2),
        ("url('https://me@h.example:8443/a%20b?x=1&x=2#f').getHost()", "h.example:8443"),
        ("url('https://h.example:8443/a b').getScheme()", "it is no absolute URL"),
        (
            "url('https://[::1]:80/p').getHostname() + url('https://h/p').getPort() + url('/p/q').getEscapedPath()",
            "::1/p/q",
        ),
        ("url('https://h/p?x=1&x=2&y=').getQuery() == {'x': ['1', '2'], 'y': ['']}", True),
        ("isURL('https://h:port/') || isURL('relative/path') || isURL('')", False),
        ("ip('10.0.0.1').family() == 4 && ip('::1').isLoopback() && ip.isCanonical('::1')", True),
        ("isIP('10.0.0.01') || isIP('::ffff:1.2.3.4') || isIP('fe80::1%eth0') || isIP('')", False),
        ("ip('0.0.0.0').isUnspecified() && ip('224.0.0.1').isLinkLocalMulticast()", True),
        ("ip('fe80::1').isLinkLocalUnicast() && !ip('fe80::1').isGlobalUnicast()", True),
        ("ip('10.0.0.1').isGlobalUnicast() && !ip('127.0.0.1').isGlobalUnicast()", True),
        ("ip('x').family()", "it is no IP address"),
        ("cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.0'))", True),
        (
            "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))",
            True,
        ),
        ("cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.1.2.3/8').ip() == ip('10.1.2.3')", True),
        ("isCIDR('10.0.0.0/33') || isCIDR('10.0.0.0') || isCIDR('10.0.0.0/255.0.0.0') || isCIDR('10.0.0.0/08')", False),
        ("cidr('::/0').containsIP('1.2.3.4') || cidr('10.0.0.0/24').prefixLength() != 24", False),
        ("{'x': 1}.?y.orValue(2) + optional.of(1).value()", 3),
        ("{'x': 1}[?'x'].hasValue() && !optional.none().hasValue() && [?{}.?a, 1] == [1] && {?'a': {}.?b} == {}", True),
        ("{'x': 1}.?x.optMap(v, v + 1).orValue(0)", 2),
        ("{'x': 1}.?x", "it gives an optional value: end it with .orValue(…) or .hasValue()"),
        ("a.size() == 5 ? 'five' : null", "five"),
        ("a.size() == 4 ? 'five' : null", None),
    ],
)
def test_functions_of_kubernetes_give_what_a_cluster_would(text: str, expected: object) -> None:
    result = compile_expression(text, DECLARED, truth=False).evaluate({"a": "1.4.2", "b": ""})
    assert (result.error or result.value) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1].all(i, v, v > i)", "column 5: all() with two names is not supported"),
        ("cel.bind(x, 1, x)", "column 1: there is no function cel.bind"),
        ("a.?size()", "column 8: ( stands where an operator should"),
        ("has(a.?b)", "column 6: has() argument must be a field selection"),
        ("{'a': 1}.?a == 1", "column 13: == does not go with an optional value and a whole number"),
    ],
)
def test_what_is_not_supported_is_told_at_load(text: str, told: str) -> None:
    with pytest.raises(InvalidExpression) as caught:
        compile_expression(text, DECLARED, truth=False)
    assert str(caught.value.detail).startswith(told)


SIGNS = "ab01 ."
PIECES = st.sampled_from(
    ["a", "b", "0", ".", "[ab]", "[^a]", r"\d", r"\w", "(a|b)", "(?:ab)", "(a|)", "(b*)", "^", "$", r"\b"]
)
PATTERNS = st.lists(
    st.tuples(PIECES, st.sampled_from(["", "", "*", "+", "?", "*?", "{2}", "{1,2}"])), min_size=1, max_size=4
)


@given(PATTERNS, st.text(SIGNS, max_size=12))
@settings(max_examples=100, deadline=None)
def test_patterns_find_what_other_engines_find(parts: list[tuple[str, str]], text: str) -> None:
    pattern = "".join(piece + ("" if piece in ("^", "$", r"\b") else times) for piece, times in parts)
    known = [one[0] for one in re.finditer(pattern, text, re.ASCII)]
    [find] = [one.call for one in pattern_functions() if one.name == "find"]
    assert find(text, pattern) == (known[0] if known else "")


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(a?){100}b", "a*a*a*a*a*b", "(?i)(A+)+$b"])
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    [find] = [one.call for one in pattern_functions() if one.name == "find"]
    assert find("a" * 200, pattern) == ""


@pytest.mark.parametrize(
    "pattern", ["(", "a)", "[a", "*a", r"(?=a)", r"\1", "a{3,2}", "a{1001}", r"\pL", "[[:alpha:]]"]
)
def test_patterns_that_are_not_supported_are_errors(pattern: str) -> None:
    [find] = [one.call for one in pattern_functions() if one.name == "find"]
    with pytest.raises(ValueError, match="it is no regular expression that is supported"):
        find("aaa", pattern)


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


NO_NUMBER = "a division by zero, or a number that is none"


@pytest.mark.parametrize(
    "text",
    [
        "!(double(size(a)) / 0.0 > 0.1)",
        "!(0.0 / 0.0 > 0.1)",
        "1.0 / 0.0 > 1.0",
        "-1.0 / 0.0 < 1.0",
        "!(double('NaN') > 0.1)",
        "double('1e999') > 0.1",
        "1e308 * 10.0 > 1.0",
        "1e308 + 1e308 - 1e308 > 1.0",
        "1.0 / 3.0 / 0.0 / 2.0 > 1.0",
        "[1.0, 0.0].all(x, 1.0 / x > 0.5)",
        "dyn(1.0) / dyn(0.0) > 0.5",
        "[1e308, 1e308].sum() > 1.0",
        "a == '1.4.2' && !(0.0 / 0.0 > 0.1)",
        "a == '' || 1.0 / 0.0 > 0.1",
        "(a == '' ? 1.0 : 1.0 / 0.0) > 0.5",
        "1.0 / (1.0 / 0.0) < 1.0",
        "[1.0 / 0.0].size() == 1",
        "{'x': 1.0 / 0.0}.x > 1.0",
    ],
)
def test_a_number_that_is_none_is_an_error_wherever_it_arises(text: str) -> None:
    assert value(text) == NO_NUMBER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a == '1.4.2' || 1.0 / 0.0 > 0.1", True),
        ("a == '' && 1.0 / 0.0 > 0.1", False),
        ("1.0 / 2.0 / 2.0", 0.25),
        ("(1.0 + 2.0) * 3.0 - 1.5", 7.5),
        ("double(size(a)) / 2.0", 2.5),
        ("dyn(3) / 2", 1),
        ("dyn(3u) + 4u == 7u", True),
        ("dyn(a) + '-x'", "1.4.2-x"),
        ("([1] + [2]).size()", 2),
        ("timestamp('2025-01-01T01:00:00Z') - duration('1h') == timestamp('2025-01-01T00:00:00Z')", True),
        ("(timestamp('2025-01-01T01:00:00Z') - timestamp('2025-01-01T00:00:00Z')) > duration('59m')", True),
        ("(b'a' + b'b') == b'ab'", True),
    ],
)
def test_arithmetic_gives_what_it_gives(text: str, expected: object) -> None:
    assert value(text) == expected
