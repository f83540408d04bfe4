"""Change budgets: how many promotions a stretch of time may have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import ChangeBudget
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.policy.budget import judge
from gitpromote.policy.gate_context import GateContext

NOW, HOUR = 1_000_000, 3600


def judged(count: int, *ago: int, per: str = "24h") -> Outcome:
    """With promotions so many seconds ago."""
    return judge(
        ChangeBudget(count, per=per),
        GateContext(
            environment=ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="none")),
            occasion="promote",
            as_of=NOW,
            state=EnvironmentState(name="prod", promoted=tuple(NOW - one for one in ago)),
        ),
    )


def test_below_the_budget_it_passes() -> None:
    found = judged(2, 30 * HOUR, HOUR)
    assert (found.status, found.message, found.reads) == ("pass", "1 of 2 promotions in 24h", "live")
    assert found.operands == {"made": [NOW - HOUR], "count": 1, "most": 2, "per": 24 * HOUR}
    assert found.threshold == "fewer than 2 in 24h"


@pytest.mark.parametrize(
    ("ago", "opens"),
    [((3 * HOUR, HOUR), 21 * HOUR), ((5 * HOUR, 3 * HOUR, HOUR), 21 * HOUR), ((24 * HOUR - 1, 0), 1)],
)
def test_a_spent_budget_opens_when_the_oldest_that_is_too_many_leaves(ago: tuple[int, ...], opens: int) -> None:
    found = judged(2, *ago)
    assert (found.status, found.from_) == ("pending", NOW + opens)
    assert found.message == f"{len(ago)} of 2 promotions in 24h"


def test_what_is_just_over_counts_no_more() -> None:
    assert judged(1, 24 * HOUR).status == "pass"


@given(st.lists(st.integers(0, 48 * HOUR), max_size=8), st.integers(1, 4))
@settings(max_examples=80, deadline=None)
def test_it_opens_exactly_then(ago: list[int], count: int) -> None:
    found = judged(count, *sorted(ago, reverse=True))
    if found.status == "pass":
        return
    assert found.from_ is not None
    later = found.from_ - NOW
    assert judged(count, *(one + later for one in ago)).status == "pass"
    assert judged(count, *(one + later - 1 for one in ago)).status == "pending"
