"""Both moments beside each other: the line below counts what the rows show."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitpromote.model.outcome import Outcome
from gitpromote.planning.verdicts import decide
from gitpromote.views.lines import plain
from gitpromote.views.simulating import simulation_view

NAMES = ("soak", "hours", "pack")
STATUS = st.sampled_from(["pass", "warn", "pending", "fail", "error", "skip"])
LEVEL = st.sampled_from(["advisory", "soft", "hard"])
SIDE = st.tuples(
    st.lists(st.tuples(STATUS, LEVEL), min_size=3, max_size=3),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "there is none"]),
)


def judged(make: SimpleNamespace, name: str, side: Any) -> Any:
    """An environment as the planner would decide it."""
    verdicts, held, changes, missing = side
    outcomes = tuple(
        Outcome(id=one, kind="gate", status=status, level=level, message=f"{one} says")
        for one, (status, level) in zip(NAMES, verdicts, strict=True)
    )
    decision, reason = decide(outcomes, missing=missing, held=held, changes=changes, arrives=False)
    return make.environment(name, decision=decision, reason=reason, outcomes=outcomes)


def shown(make: SimpleNamespace, pairs: list[tuple[Any, Any]]) -> tuple[list[list[str]], str]:
    """The cells of the rows, and the line below them."""
    names = [f"env-{at}" for at in range(len(pairs))]
    now, then = (
        make.plan(*(judged(make, name, pair[at]) for name, pair in zip(names, pairs, strict=True))) for at in (0, 1)
    )
    lines = plain(simulation_view(now, then)).splitlines()
    rows = [re.split(r" {2,}", one.strip()) for one in lines if one.startswith("  env-")]
    return rows, next(one for one in lines if one.startswith("Then: "))


@given(st.lists(st.tuples(SIDE, SIDE), max_size=4))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_other_than_now_is_what_the_rows_show(make: SimpleNamespace, pairs: list[tuple[Any, Any]]) -> None:
    rows, below = shown(make, pairs)
    assert len(rows) == len(pairs)
    other = [row for row in rows if row[1] != row[2] or any(re.search(r"(^|; )now \w+ is ", cell) for cell in row[3:])]
    assert below.endswith(f"; {len(other)} other than now." if other else "; the same as now.")
    counts = re.findall(r"(\d+) (?:ready|waiting|blocked|no change)", below)
    assert sum(map(int, counts)) == len(rows)


PASS, PENDING, FAIL = ("pass", "hard"), ("pending", "hard"), ("fail", "hard")


@pytest.mark.parametrize(
    ("now", "then", "row", "below"),
    [
        (
            ([PENDING, FAIL, PASS], False, True, ""),
            ([PASS, FAIL, PASS], False, True, ""),
            ["blocked: hours", "blocked: hours", "hours: hours says; now soak is pending"],
            "Then: 0 ready, 0 waiting, 1 blocked; 1 other than now.",
        ),
        (
            ([PENDING, PASS, PASS], False, False, ""),
            ([PASS, PASS, PASS], False, False, ""),
            ["no change", "no change"],
            "Then: 0 ready, 0 waiting, 0 blocked, 1 no change; the same as now.",
        ),
        (
            ([PENDING, PASS, PASS], True, True, ""),
            ([PASS, PASS, PASS], True, True, ""),
            ["held", "held", "held"],
            "Then: 0 ready, 1 waiting, 0 blocked; the same as now.",
        ),
    ],
)
def test_rows_that_read_the_same_say_what_is_other(
    make: SimpleNamespace, now: Any, then: Any, row: list[str], below: str
) -> None:
    rows, told = shown(make, [(now, then)])
    assert (rows, told) == ([["env-0", *row]], below)
