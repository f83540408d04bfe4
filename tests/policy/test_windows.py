"""Windows and freezes: what is open when, case by case, and what their verdicts say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import Freeze, Window
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.policy.gate_context import GateContext
from gitpromote.policy.spans import Phase, Span, either, merged, phase_in
from gitpromote.policy.windows import blocked, edges, judge_freeze, judge_window, phase

CASES = [
    (file.stem, case)
    for file in sorted((Path(__file__).parents[1] / "cases" / "windows").glob("*.yaml"))
    for case in yaml.safe_load(file.read_text("utf-8"))
]


def epoch(value: Any) -> int:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def window_of(told: dict[str, Any]) -> Window:
    return Window(**{name: value if isinstance(value, bool) else _text(value) for name, value in told.items()})


def _text(value: Any) -> str:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else str(value)


@pytest.mark.parametrize(("file", "case"), CASES, ids=lambda one: one if isinstance(one, str) else one["name"])
def test_a_window_is_on_when_its_case_says(file: str, case: dict[str, Any]) -> None:
    found = phase(window_of(case["window"]), epoch(case["at"]))
    until = None if case["until"] is None else epoch(case["until"])
    assert (found.active, found.until) == (case["active"], until)


@pytest.mark.parametrize(("file", "case"), CASES, ids=lambda one: one if isinstance(one, str) else one["name"])
def test_until_it_changes_nothing_changes(file: str, case: dict[str, Any]) -> None:
    gate, at = window_of(case["window"]), epoch(case["at"])
    found = phase(gate, at)
    if found.until is None:
        return
    assert [phase(gate, one).active for one in (at, (at + found.until) // 2, found.until - 1)] == [found.active] * 3
    assert phase(gate, found.until).active is not found.active


# -- verdicts

NOON = epoch("2026-11-18T12:00:00")  # a Wednesday
MORNING = Window("daily 09:00-10:00", name="morning")
EVENING = Window("daily 18:00-19:00", name="evening")
NOW = Window("Wed 11:00-13:00", name="now")


def judged(gate: Window | Freeze, *others: Window | Freeze, at: int = NOON, occasion: Any = "promote") -> Outcome:
    environment = ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="none"), gates=(gate, *others))
    context = GateContext(environment=environment, occasion=occasion, as_of=at, state=EnvironmentState(name="prod"))
    return (judge_window if isinstance(gate, Window) else judge_freeze)(gate, context)  # type: ignore[arg-type]


def told(outcome: Outcome) -> tuple[str, str, int | None, int | None]:
    return outcome.status, outcome.message, outcome.from_, outcome.until


def test_an_open_window_passes_and_says_until_when() -> None:
    found = judged(NOW)
    assert found == Outcome.model_validate(
        {
            "id": "now",
            "kind": "gate",
            "level": "hard",
            "status": "pass",
            "message": "Wed 11:00-13:00 UTC; open",
            "operands": {"window": "Wed 11:00-13:00 UTC", "active": True, "changes": NOON + 3600},
            "from": NOON - 3600,
            "until": NOON + 3600,
            "reads": "live",
            "threshold": "Wed 11:00-13:00 UTC",
        }
    )


def test_a_closed_window_says_when_it_opens_and_when_that_is_over() -> None:
    assert told(judged(EVENING)) == ("pending", "daily 18:00-19:00 UTC; closed", NOON + 6 * 3600, NOON + 7 * 3600)


def test_of_several_windows_that_allow_one_is_enough() -> None:
    assert told(judged(MORNING, NOW)) == (
        "pass",
        "daily 09:00-10:00 UTC; closed, and now is open",
        NOON - 3600,
        NOON + 3600,
    )
    assert told(judged(MORNING, EVENING)) == (
        "pending",
        "daily 09:00-10:00 UTC; closed, and evening opens first",
        NOON + 6 * 3600,
        NOON + 7 * 3600,
    )


def test_an_advisory_window_does_not_open_a_hard_one() -> None:
    advisory = NOW.changed({"level": "advisory"})
    assert judged(MORNING, advisory).status == "pending"
    assert judged(MORNING.changed({"level": "advisory"}), NOW).status == "pass"


def test_a_window_for_other_occasions_opens_nothing() -> None:
    assert judged(MORNING, NOW.changed({"applies_to": ("rollback",)})).status == "pending"


def test_what_denies_is_not_opened_by_what_allows() -> None:
    deny = Window("Wed", deny=True, name="quiet", tz="Europe/Berlin")
    assert told(judged(deny, NOW)) == (
        "pending",
        "no changes Wed Europe/Berlin",
        epoch("2026-11-18T23:00:00"),
        epoch("2026-11-24T23:00:00"),
    )
    assert told(judged(deny, at=NOON - 86400))[:2] == ("pass", "no changes Wed Europe/Berlin; not now")
    assert judged(NOW, deny).status == "pass"


def test_a_freeze_ends_with_its_last_day() -> None:
    freeze = Freeze("2026-12-20", until="2027-01-03", tz="Europe/Berlin", reason="holidays")
    text = "2026-12-20 to 2027-01-03 Europe/Berlin: holidays"
    start, end = epoch("2026-12-19T23:00:00"), epoch("2027-01-03T23:00:00")
    assert told(judged(freeze)) == ("pass", f"no freeze now; {text}", None, start)
    assert told(judged(freeze, at=start)) == ("pending", f"frozen {text}", end, None)
    assert told(judged(freeze, at=end - 1))[0] == "pending"
    assert told(judged(freeze, at=end)) == ("pass", f"no freeze now; {text}", end, None)


def test_a_freeze_may_end_at_an_hour() -> None:
    freeze = Freeze("2026-11-18T09:30", until="2026-11-18 18:00")
    assert judged(freeze).from_ == NOON + 6 * 3600


def test_what_never_opens_again_says_so() -> None:
    once = Window(rrule="FREQ=DAILY;COUNT=1", start="2026-01-01T00:00", duration="1h")
    assert told(judged(once)) == (
        "pending",
        "1h from 00:00 by FREQ=DAILY;COUNT=1 UTC; closed; it does not open again in the next years",
        None,
        None,
    )


@pytest.mark.parametrize(
    "gate", [Window("daily", tz="Europe/Nowhere"), Freeze("2026-01-01", until="2026-01-02", tz="No")]
)
def test_a_zone_that_this_machine_lacks_is_an_error(gate: Window | Freeze) -> None:
    found = judged(gate)
    assert (found.status, found.message) == ("error", f"this machine has no time zone {gate.tz}")
    assert blocked({"x": [gate]}, NOON) == {"x": None}
    assert list(edges(gate, NOON, 86400)) == []


def test_windows_of_one_name_that_disagree_are_not_known() -> None:
    closed = MORNING.changed({"name": "now"})
    assert blocked({"a": [NOW], "b": [MORNING], "c": [NOW, closed], "d": [NOW, NOW]}, NOON) == {
        "a": False,
        "b": True,
        "c": None,
        "d": False,
    }


# -- stretches of time

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda one: Span(one[0], sum(one))), max_size=6)


@given(SPANS, st.integers(0, 90))
@settings(max_examples=100, deadline=None)
def test_a_phase_is_what_its_stretches_say(spans: list[Span], at: int) -> None:
    def active(moment: int) -> bool:
        return any(start <= moment < end for start, end in spans)

    found = phase_in(merged(spans), at, known=Span(-1, 200))
    until = next((one for one in range(at, 200) if active(one) is not active(at)), None)
    assert (found.active, found.until) == (active(at), until)


@given(st.lists(SPANS, min_size=1, max_size=3), st.integers(0, 90))
@settings(max_examples=100, deadline=None)
def test_several_together_are_their_union(several: list[list[Span]], at: int) -> None:
    def phases(moment: int) -> list[Phase]:
        return [phase_in(merged(spans), moment, known=Span(-1, 200)) for spans in several]

    found = either(phases, at)
    whole = phase_in(merged(span for spans in several for span in spans), at, known=Span(-1, 200))
    assert (found.active, found.until) == (whole.active, whole.until)
