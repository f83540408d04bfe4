"""Arithmetic: numbers that are none are errors, and nothing but decimal numbers is looked at for that."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.cel import expression, finite, library
from gitpromote.cel.declare import Anything, Declaration
from gitpromote.cel.expression import compile_expression

DECLARED = Declaration({"a": Anything(), "b": Anything(), "n_": Anything()})
VALUES = st.one_of(
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=3),
    st.lists(st.integers(0, 9), max_size=3),
)


def value(text: str, **facts: Any) -> Any:
    found = compile_expression(text, DECLARED, truth=False).evaluate(facts)
    return found.error or found.value


@pytest.fixture
def looked(monkeypatch):
    """What is handed to Python to be looked at."""
    caches = (expression._known, library._environment, library._declared)
    seen: list[Any] = []
    monkeypatch.setattr(finite, "finite", lambda given: seen.append(given) or given)
    for cache in caches:
        cache.cache_clear()
    yield seen
    for cache in caches:
        cache.cache_clear()


def test_lists_and_texts_stay_where_they_are_evaluated(looked):
    facts = {"a": [{"image": "x"}] * 3, "b": []}
    assert value("(a + b).all(c, c.image == 'x') && (a + (b == null ? b : [])).size() == 3", **facts) is True
    assert value("a + b", a="x", b="y") == "xy"
    assert looked == []
    assert value("a + b > 0.5", a=0.5, b=0.25) is True
    assert looked == [0.75]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("a / b == a", {"a": 1.0, "b": 0.0}),
        ("a * b > 1.0", {"a": 1e308, "b": 10.0}),
        ("a * b * b > 1.0", {"a": 1e300, "b": 1e10}),
        ("[a].map(x, x * x * b)[0] > 1.0", {"a": 1e300, "b": 1e10}),
        ("(a - b) * n_ > 1.0", {"a": 1e308, "b": 1.0, "n_": 10.0}),
    ],
)
def test_a_number_that_is_none_passes_nowhere(text, facts):
    assert value(text, **facts) == "a division by zero, or a number that is none"


def test_a_variable_of_any_name_keeps_its_meaning():
    assert value("[1, 2].map(n_, n_ + a)", a=10) == [11, 12]
    assert value("[1, 2].map(n_, [3].map(x, n_ + x + n_)[0])") == [5, 7]
    assert value("n_ + n_", n_=4) == 8
    assert value("true ? a + b : null", a=1, b=2) == 3
    assert value("-(a + b) + (a + b) * 2", a=1, b=2) == 3


@given(VALUES, VALUES)
@settings(max_examples=100, deadline=None)
def test_a_sum_is_what_it_is_or_an_error(left: Any, right: Any) -> None:
    found = value("a + b", a=left, b=right)
    if type(left) is not type(right):
        assert str(found).startswith("+ does not go with ")
    elif isinstance(left, float) and not math.isfinite(left + right):
        assert found == "a division by zero, or a number that is none"
    else:
        assert (found, type(found)) == (left + right, type(left))
