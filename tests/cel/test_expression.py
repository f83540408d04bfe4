"""Expressions are checked when they are loaded and evaluated without surprises: what is not known is never true."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gitpromote
from gitpromote.cel.declare import DECIMAL, LABEL, TEXT, TIME, TRUTH, WHOLE, Declaration, Items, Record, Table, words
from gitpromote.cel.expression import UNKNOWN, Operand, compile_expression, problems_in
from gitpromote.cel.problem import InvalidExpression

IMAGE = Record({"tag": TEXT, "size": WHOLE, "labels": Table(LABEL)})
DECLARED = Declaration(
    {
        "upstream": Table(
            Record({"soak": WHOLE, "ok": TRUTH}), {"uat": "uat", "prod-eu": "prod-eu", "e.u": "e.u"}, "environment"
        ),
        "freight": Record({"version": TEXT, "labels": Table(LABEL), "images": Items(IMAGE), "made": TIME}),
        "metrics": Table(Record({"value": DECIMAL, "result": words("Pass", "Fail")}, value="value"), None, "metric"),
        "windows": Table(TRUTH, {"night": "night"}, "window", {"isBlocked": True, "isAllowed": False}),
        "hour": WHOLE,
    },
    frozenset({"upstream", "freight.labels.live"}),
)
FACTS: dict[str, Any] = {
    "upstream": {"uat": {"soak": 30, "ok": True}},
    "freight": {
        "version": "1.2.3",
        "labels": {"hotfix": "true", "a.b/c": "x"},
        "images": [{"tag": "a", "size": 2, "labels": {"x": "true"}}, {"tag": "b", "size": 1}],
        "made": datetime(2026, 11, 18, 9, tzinfo=UTC),
    },
    "metrics": {"errors": {"value": 0.5, "result": "pass"}, "count": {"value": 3}},
    "windows": {"night": True},
    "hour": 9,
}


HERE = {**os.environ, "PYTHONPATH": str(Path(gitpromote.__file__).parents[1])}
TEN = "[0,1,2,3,4,5,6,7,8,9]"
LONG = f"{TEN}.all(a, {TEN}.all(b, {TEN}.all(c, {TEN}.all(d, {TEN}.all(e, a + b + c + d + e >= 0)))))"


def status(text: str, facts: dict[str, Any] | None = None) -> str:
    return compile_expression(text, DECLARED).evaluate(FACTS if facts is None else facts).status


def error(text: str, facts: dict[str, Any] | None = None) -> str:
    result = compile_expression(text, DECLARED).evaluate(FACTS if facts is None else facts)
    assert result.status == "error"
    assert not result.holds
    assert result.value is None
    return result.error


def told(text: str) -> list[tuple[int, str, str]]:
    """Column, message and hint of each problem."""
    return [(problem.column, problem.message, problem.hint) for problem in problems_in(text, DECLARED)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("upstream.uat.soak >= 30", "true"),
        ('upstream["uat"].soak > 30', "false"),
        ('upstream [ "uat" ] . soak == 30', "true"),
        ("(upstream).uat.ok", "true"),
        (".upstream.uat.ok", "true"),
        ('freight["version"] == "1.2.3"', "true"),
        ("freight.labels.hotfix == true", "true"),
        ("true != freight.labels.hotfix", "false"),
        ('freight.labels["a.b/c"] == "x"', "true"),
        ("freight.labels.`a.b/c` == 'x'", "true"),
        ('freight.images.all(i, i.tag == "a" || i.size == 1)', "true"),
        ("freight.images.exists(i, has(i.labels) && i.labels.x == true)", "true"),
        ("freight.images.map(i, i.size) == [2, 1]", "true"),
        ('freight.images.filter(i, i.size > 1)[0].tag == "a"', "true"),
        ("freight.images[1].size < 1.5", "true"),
        ("freight.labels.all(k, freight.labels[k] != 'y')", "true"),
        ("metrics.errors < 1", "true"),
        ("metrics.errors.value * 100 > 49", "true"),
        ("metrics['errors'] > -1", "true"),
        ("metrics.all(m, metrics[m] < 4)", "true"),
        ("upstream.uat.soak > metrics.errors", "true"),
        ('metrics.errors.result == "PASS"', "true"),
        ('metrics.errors.result in ["fail", "pass"]', "true"),
        ("hour >= 8.5 && hour < 17", "true"),
        ('windows.isBlocked("night")', "true"),
        ('!windows.isAllowed("night") && windows.night', "true"),
        ('freight.made > timestamp("2026-11-18T08:00:00Z")', "true"),
        ("freight.made.getHours('Europe/Berlin') == 10", "true"),
        ("has(freight.labels.nope) || has(upstream.uat.soak)", "true"),
        ("has(freight.labels.nope)", "false"),
        ("size(freight.labels) == 2 && 'hotfix' in freight.labels", "true"),
        ("[1, 2].exists(upstream, upstream == 2)", "true"),
        ("freight.version // why not\n  .startsWith('1')", "true"),
    ],
)
def test_both_spellings_and_what_people_compare_work(text: str, expected: str) -> None:
    assert status(text) == expected


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("upstrem.uat.ok", [(1, "there is no variable upstrem", "did you mean upstream?")]),
        ("upstream.uta.ok", [(10, 'there is no environment "uta"', 'did you mean "uat"?')]),
        ('upstream["prod"].ok', [(10, 'there is no environment "prod"', 'did you mean "prod-eu"?')]),
        ("upstream.prod-eu.ok", [(10, 'there is no environment "prod"', 'write upstream["prod-eu"]')]),
        ("upstream.e.u.ok", [(10, 'there is no environment "e"', 'write upstream["e.u"]')]),
        ("upstream.uat.sock > 3", [(14, "upstream.uat has no field sock", "did you mean soak?")]),
        ("freight.version.x == 1", [(17, "freight.version is text and has no field x", "")]),
        (
            'freight.images.tag == "a"',
            [
                (
                    16,
                    "freight.images is a list and has no field tag",
                    "write freight.images[0], or freight.images.exists(i, …)",
                )
            ],
        ),
        ("freight.images.all(i, i.tagg == 'a')", [(25, "i has no field tagg", "did you mean tag?")]),
        ("hour", [(1, "it gives a whole number, not true or false", "")]),
        (
            "freight.labels.hotfix",
            [(1, "it gives text, not true or false", 'write freight.labels.hotfix == "true"')],
        ),
        ('hour >= "9"', [(6, ">= does not go with a whole number and text", "")]),
        ("freight == 3", [(9, "== does not go with a table and a whole number", "")]),
        ("hour && true", [(6, "&& joins true or false, not a whole number", "")]),
        ("!hour", [(1, "! does not go with a whole number", "")]),
        ("hour ? true : false", [(6, "a whole number stands before ?, where true or false should", "")]),
        ("freight.version.all(i, true)", [(1, "only a list or a map has items to go through", "")]),
        ("freight.images.all(i, i.size > 'x')", [(30, "> does not go with a whole number and text", "")]),
        ('metrics.a.result == "psas"', [(21, 'it is never "psas"', 'did you mean "Pass"?')]),
        ('windows.isBlocked("day")', [(19, 'there is no window "day"', 'there is "night"')]),
        ("windows.isBlocked(hour)", [(9, "isBlocked() takes one name in quotes", "")]),
        ("random.seededInt(0) < 1", [(1, "there is no function random.seededInt", "")]),
        ("semvr('1') == 1", [(1, "there is no function semvr", "did you mean semver?")]),
        ("startsWith(freight.version, '1')", [(1, "there is no function startsWith", "write value.startsWith(…)")]),
        ("freight.version.startWith('1')", [(17, "there is no method startWith", "did you mean startsWith?")]),
        ("freight.version.lowerAscii(1) == ''", [(27, "lowerAscii() cannot be called like this", "")]),
        ("has(hour)", [(1, "has() takes one field", "write has(a.b)")]),
        ("freight.images.all(true)", [(16, "all() takes a name and an expression", "write all(i, …)")]),
        ("semver(freight.version) > 3", [(25, "> does not go with a version and a whole number", "")]),
        (
            "a.b && c",
            [
                (1, "there is no variable a", "there is freight, hour, metrics, upstream or windows"),
                (8, "there is no variable c", "there is freight, hour, metrics, upstream or windows"),
            ],
        ),
        ('freight.version == "é😀" && hour == "x"', [(33, "== does not go with a whole number and text", "")]),
    ],
)
def test_what_is_wrong_is_told_at_load_at_its_place(text: str, problems: list[tuple[int, str, str]]) -> None:
    assert told(text) == problems


def test_an_error_holds_every_problem_with_a_caret() -> None:
    with pytest.raises(InvalidExpression) as raised:
        compile_expression("upstrem.ok &&\n  freight.vers", DECLARED)
    assert str(raised.value) == (
        "This expression cannot be used  [expression-invalid]\n"
        "line 1, column 1: there is no variable upstrem\n"
        "upstrem.ok &&\n"
        "^\n"
        "line 2, column 11: freight has no field vers\n"
        "  freight.vers\n"
        "          ^\n"
        "did you mean upstream?"
    )
    assert raised.value.exit_code == 11


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('upstream["prod-eu"].soak > 3', 'upstream["prod-eu"].soak is not known'),
        ("freight.labels.nope == true", "freight.labels.nope is not known"),
        ("!(metrics.nope > 1)", "metrics.nope is not known"),
        ("freight.images.all(i, i.labels.x == true)", 'there is no "labels"'),
        ("freight.images[7].size > 1", "there is no item 7 in a list of 2"),
        ("1 / 0 == 1", "divide by zero"),
        ("int(freight.version) > 1", "cannot convert string to int"),
        ("freight.version.matches('(')", "invalid regular expression: missing ): ("),
        ("semver('x').major() == 1", "'x' is not a version"),
        (LONG, "it goes through more items than it may"),
    ],
)
def test_what_cannot_be_told_is_an_error(text: str, why: str) -> None:
    assert error(text) == why


@pytest.mark.parametrize(
    ("value", "expected"),
    [(float("nan"), "error"), (float("inf"), "error"), (None, "error"), ("0.1", "error"), (True, "error"), (0, "true")],
)
def test_only_a_finite_number_is_a_number(value: object, expected: str) -> None:
    assert status("!(metrics.x > 1)", {"metrics": {"x": {"value": value}}}) == expected


@pytest.mark.parametrize("value", [1, "true", None, [], {}])
def test_only_true_is_true(value: object) -> None:
    assert status("windows.night || windows.night", {"windows": {"night": value}}) == "error"


@pytest.mark.parametrize("value", [2**63, 9.0, True, "9", None])
def test_only_a_whole_number_of_64_bits_is_an_hour(value: object) -> None:
    assert status("hour != 12345", {"hour": value}) == "error"


def test_the_error_of_one_side_is_absorbed_where_the_other_decides() -> None:
    assert status("freight.labels.nope == true || hour == 9") == "true"
    assert status("freight.labels.nope == true && hour == 8") == "false"
    assert status("freight.labels.nope == true || hour == 8") == "error"


def test_operands_say_what_stood_where() -> None:
    result = compile_expression("upstream.uat.soak >= 40 || freight.labels.nope == true", DECLARED).evaluate(FACTS)
    assert result.operands == (Operand("upstream.uat.soak", 30), Operand("freight.labels.nope", UNKNOWN))
    assert repr(UNKNOWN) == "not known"


def test_one_path_in_two_spellings_is_one_operand() -> None:
    expression = compile_expression('upstream.uat.soak > 1 && upstream["uat"].soak < 99', DECLARED)
    assert [use.path for use in expression.uses] == [("upstream", "uat", "soak")]


@pytest.mark.parametrize(
    ("text", "live"),
    [
        ("upstream.uat.ok", True),
        ("hour == 1", False),
        ("freight.labels.live == true", True),
        ("freight.labels.other == true", False),
        ("size(freight.labels) > 1", True),
    ],
)
def test_an_expression_knows_whether_it_reads_what_is_live(text: str, live: bool) -> None:
    assert compile_expression(text, DECLARED).live is live


def test_conjuncts_hold_together_exactly_where_the_whole_holds() -> None:
    expression = compile_expression("hour == 9 && (upstream.uat.ok && freight.version == '1.2.3')", DECLARED)
    parts = ["hour == 9", "upstream.uat.ok", "freight.version == '1.2.3'"]
    assert [one.text for one in expression.conjuncts()] == parts
    assert all(one.evaluate(FACTS).holds for one in expression.conjuncts())


def test_half_characters_of_a_commit_do_not_break_an_evaluation() -> None:
    assert status("freight.version == '?'", {"freight": {"version": "\udce9"}}) == "true"


def test_a_fact_may_hold_what_expressions_cannot_name() -> None:
    facts = {"freight": {"labels": {"x": None}, "images": ()}, "extra": object()}
    assert status("size(freight.labels) == 0 && size(freight.images) == 0", facts) == "true"


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["soak", "ok"]), st.none() | st.booleans() | st.integers() | st.text()))
def test_a_gate_over_any_facts_is_true_only_for_a_fact_of_its_type(uat: dict[str, Any]) -> None:
    soak = uat.get("soak")
    known = isinstance(soak, int) and not isinstance(soak, bool) and -(2**63) <= soak < 2**63
    expected = ("true" if soak >= 30 else "false") if known else "error"  # type: ignore[operator]
    assert status("upstream.uat.soak >= 30", {"upstream": {"uat": uat}}) == expected


def test_a_value_that_is_no_verdict_can_be_asked_for() -> None:
    assert compile_expression("freight.version + '!'", DECLARED, truth=False).evaluate(FACTS).value == "1.2.3!"


def test_the_library_is_loaded_by_the_first_expression_alone() -> None:
    program = (
        "import sys, gitpromote.cel.contexts as c, gitpromote.cel.expression as e\n"
        "assert 'cel_expr_python' not in sys.modules\n"
        "e.compile_expression('commit.id == \"\"', c.commit_filter())\n"
        "assert 'cel_expr_python' in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, env=HERE).returncode == 0


def test_a_machine_without_the_library_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from gitpromote.cel import library
    from gitpromote.errors import NotSupported

    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    library._vendor.cache_clear()
    library._environment.cache_clear()
    with pytest.raises(NotSupported) as raised:
        compile_expression("hour == 424242", DECLARED)
    monkeypatch.undo()
    library._vendor.cache_clear()
    assert raised.value.code == "expressions-unavailable"
    assert raised.value.hint == "Install it:\n  pip install cel-expr-python"
    assert status("hour == 424242") == "false"
