"""Which facts have to change so that an expression becomes true."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.cel.contexts import gates
from gitpromote.cel.expression import compile_expression
from gitpromote.cel.needed import needed

DECLARED = gates(environments=("uat",), metrics=("errors",), windows=("hours",))
NOW: dict[str, Any] = {
    "schedule": {"hour": 2, "minute": 30, "isWeekend": False, "dayOfWeek": "Friday"},
    "change": {"risk": "medium"},
    "freight": {"type": "config"},
    "plan": {"adds": 1, "changes": 0, "deletes": 0},
    "metrics": {"errors": {"value": 0.5}},
    "environment": {"labels": {"tier": "gold"}},
}
REPORTED = (
    "schedule.hour == 25 || (change.risk == 'low' && (freight.type == 'image' ? schedule.minute >= 0 : "
    "schedule.hour < 100)) && !(plan.deletes > 0)"
)


def wanted(text: str) -> tuple[str, ...] | None:
    return needed(compile_expression(text, DECLARED), NOW)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (REPORTED, ["change.risk"]),
        ("plan.adds == 0 && plan.deletes == 0", ["plan.adds"]),
        ("plan.adds == 0 && plan.changes == 3 && plan.deletes == 0", ["plan.adds", "plan.changes"]),
        ("plan.adds == 0 || plan.deletes > 3", ["plan.adds", "plan.deletes"]),
        ("!(plan.adds == 1 && plan.deletes == 0)", ["plan.adds", "plan.deletes"]),
        ("!(plan.adds == 1 || plan.deletes == 2)", ["plan.adds"]),
        ("!!(plan.adds == 0)", ["plan.adds"]),
        # What cannot hold helps nobody, and neither does what would be needed beside it.
        ("schedule.hour == 25 || plan.adds == 0", ["plan.adds"]),
        ("schedule.hour == 25 && plan.adds == 0", []),
        ("plan.deletes < 0 || 0 > plan.adds", []),
        ("!(schedule.minute < 60) || false", []),
        ("schedule.dayOfWeek == 'Monday'", ["schedule.dayOfWeek"]),
        ("schedule.isWeekend", ["schedule.isWeekend"]),
        ("plan.deletes - 1 > plan.adds", ["plan.deletes", "plan.adds"]),
        # The condition chooses, and is told where the choice is all that is left.
        ("change.risk == 'low' ? plan.adds > 5 : plan.deletes > 5", ["plan.deletes"]),
        ("change.risk == 'low' ? plan.adds > 0 : schedule.hour > 30", ["change.risk"]),
        ("change.risk == 'low' ? schedule.hour > 40 : schedule.hour > 30", []),
        ("!(change.risk == 'low' ? true : freight.type == 'config')", ["freight.type"]),
        # What nobody knows is not what is false.
        ("upstream.uat.verified && plan.adds == 0", ["plan.adds"]),
    ],
)
def test_what_has_to_change_is_what_is_false(text, names):
    assert wanted(text) == tuple(names)


@pytest.mark.parametrize("text", ["plan.adds == 1", "upstream.uat.verified", "upstream.uat.verified || plan.adds == 0"])
def test_what_is_not_false_has_nothing_to_change(text):
    assert wanted(text) is None


# -- against every value

DOMAINS: dict[tuple[str, str], list[Any]] = {
    ("plan", "adds"): [0, 1, 2],
    ("plan", "deletes"): [0, 1, 2],
    ("change", "risk"): ["low", "medium", "high"],
    ("schedule", "isWeekend"): [False, True],
}
LEAVES = st.sampled_from(
    [
        "plan.adds == 0",
        "plan.adds > 1",
        "plan.adds < 0",
        "plan.deletes <= plan.adds",
        "plan.deletes == 2",
        "change.risk == 'low'",
        "change.risk != 'low'",
        "schedule.isWeekend",
        "true",
        "false",
    ]
)


def joined(parts):
    two = st.tuples(parts, parts)
    return st.one_of(
        two.map(lambda both: f"({both[0]} && {both[1]})"),
        two.map(lambda both: f"({both[0]} || {both[1]})"),
        parts.map(lambda one: f"!({one})"),
        st.tuples(parts, parts, parts).map(lambda three: f"({three[0]} ? {three[1]} : {three[2]})"),
    )


def facts_of(values) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (group, name), value in zip(DOMAINS, values, strict=True):
        found.setdefault(group, {})[name] = value
    return found


EVERY = [facts_of(values) for values in product(*DOMAINS.values())]


def conditions(text: str) -> list[str]:
    """The texts of all conditions: each in brackets of its own."""
    from gitpromote.cel.parse import parse
    from gitpromote.cel.tree import Ternary, children

    found, left = [], [parse(text)]
    while left:
        node = left.pop()
        found += [text[node.condition.start : node.condition.end]] if isinstance(node, Ternary) else []
        left += children(node)
    return found


@settings(max_examples=100, deadline=None)
@given(text=st.recursive(LEAVES, joined, max_leaves=6), at=st.integers(0, len(EVERY) - 1))
def test_an_expression_stays_false_while_nothing_changes_that_has_to(text, at):
    now = EVERY[at]
    expression = compile_expression(text, DECLARED)
    found = needed(expression, now)
    if expression.evaluate(now).status != "false":
        assert found is None
        return
    assert found is not None
    names = {one.strip("()") for one in found}
    choices = [compile_expression(one, DECLARED) for one in conditions(text)]
    chosen = [one.evaluate(now).value for one in choices]
    for other in EVERY:
        same = all(other[group][name] == now[group][name] for group, name in DOMAINS if f"{group}.{name}" in names)
        if same and [one.evaluate(other).value for one in choices] == chosen:
            assert not expression.evaluate(other).holds
    if not found and not choices:
        assert not any(expression.evaluate(other).holds for other in EVERY)
