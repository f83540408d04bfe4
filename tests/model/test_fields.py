"""What people write becomes what is kept: durations in seconds, thresholds as text, lists as tuples."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import Environment, Prometheus, PythonGate, Soak
from gitpromote.errors import ConfigurationError
from gitpromote.model.fields import duration_text, seconds_of
from gitpromote.model.problems import UnfitError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("24h", 86400), ("7d", 604800), ("2w", 1209600), ("1h30m", 5400), ("1d 12h", 129600)],
)
def test_a_duration_is_kept_in_seconds(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds
    assert seconds_of(timedelta(seconds=seconds)) == seconds


@pytest.mark.parametrize(
    "value",
    ["", "24", "h", "1.5h", "-1h", "1h-", "30m1h", "24 hours", "0h", "1000000d", 24, 1.5, True, None, timedelta(0)],
)
def test_what_is_no_duration_is_refused(value: Any) -> None:
    with pytest.raises(UnfitError):
        seconds_of(value)


@given(st.integers(min_value=1, max_value=10**8))
@settings(max_examples=100, deadline=None)
def test_a_duration_reads_back_from_its_text(seconds: int) -> None:
    assert seconds_of(duration_text(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(86400, "24h"), (172800, "2d"), (604800, "7d"), (5400, "90m"), (61, "61s")]
)
def test_a_duration_is_shown_as_people_write_it(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (0.01, "0.01"), ("0.010", "0.010"), (Decimal("1E-3"), "0.001"), (1e-9, "1e-09")]
)
def test_a_threshold_is_kept_as_text(value: Any, text: str) -> None:
    assert Prometheus("https://p.example", query="up", below=value).below == text


@pytest.mark.parametrize("value", ["", "1%", "nan", "inf", float("inf"), float("nan"), "1_000", True, "0x1"])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError):
        Prometheus("https://p.example", query="up", below=value)


def test_lists_are_kept_as_tuples_and_cannot_change_behind_our_back() -> None:
    gates = [Soak("1h")]
    environment = Environment("a", gates=gates)
    gates.clear()
    assert environment.gates == (Soak("1h"),)
    labels = {"a": "b"}
    environment = Environment("a", labels=labels)
    labels["a"] = "c"
    assert environment.labels == {"a": "b"}


def gate(context: object) -> object:
    return context


def decorated(function: Any) -> Any:
    def wrapper(context: object) -> object:
        return function(context)

    return wrapper


@decorated
def hidden(context: object) -> object:
    return context


class Judge:
    def method(self, context: object) -> object:
        return context

    def __call__(self, context: object) -> object:
        return context


def test_a_module_level_function_is_called_by_module_and_name() -> None:
    assert PythonGate(gate).function == f"{__name__}:gate"
    assert PythonGate(gate).name == "gate"
    assert PythonGate("acme.gates:signed", name="s").name == "s"


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda context: context, "function is a lambda"),
        (hidden, "function is wrapper, a function inside decorated()"),
        (Judge.method, "function is Judge.method, a method"),
        (Judge().method, "function is Judge.method, a method"),
        (Judge(), "function is no function that def makes, but a Judge"),
        (Judge, "function is no function that def makes, but the class Judge"),
        (len, "function is no function that def makes, but the function len"),
        (
            lru_cache(duration_text),
            "function is no function that def makes, but what a decorator makes of one, such as lru_cache",
        ),
    ],
)
def test_what_cannot_be_named_is_refused_with_the_reason(function: Any, why: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        PythonGate(function)
    (problem,) = raised.value.problems
    assert problem.message == f"PythonGate: {why}, so a plan cannot name it as module:name"
    assert problem.code == "callable-invalid"
