"""Release trains: news become Freight at once, when it is quiet, or at the weekly cut."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.discovery.batching import Due, due
from gitpromote.model.schedule import weekly_minute

TUESDAY = "Tue 10:00"


def at(text: str) -> int:
    """``17 10:00`` of November 2026; the 17th is a Tuesday."""
    day, _, time = text.partition(" ")
    hour, minute = map(int, time.split(":"))
    return int(datetime(2026, 11, int(day), hour, minute, tzinfo=UTC).timestamp())


def test_without_a_train_news_become_freight_at_once() -> None:
    assert due(arrivals=[at("17 09:00")], now=at("17 09:00")) == Due(now=True)


@pytest.mark.parametrize("train", [{}, {"cut": TUESDAY}, {"quiet": 60}])
def test_without_news_there_is_no_freight(train: dict[str, object]) -> None:
    found = due(arrivals=[], now=at("17 10:00"), **train)  # type: ignore[arg-type]
    assert found == Due(now=False, reason="nothing new has arrived")


def test_quiet_waits_until_nothing_came_for_so_long() -> None:
    arrivals = [at("17 09:00"), at("17 09:20")]
    waiting = due(arrivals=arrivals, now=at("17 09:40"), quiet=1800)
    assert waiting == Due(
        now=False, next=at("17 09:50"), reason="the newest came 09:20Z; if nothing else comes for 30m, at 09:50Z"
    )
    assert due(arrivals=arrivals, now=at("17 09:50"), quiet=1800) == Due(now=True)


def test_the_train_takes_what_had_arrived_at_the_cut() -> None:
    arrivals = [at("17 09:00"), at("17 10:05")]
    assert due(arrivals=arrivals, now=at("17 10:30"), cut=TUESDAY, last=at("10 10:00")) == Due(
        now=True, until=at("17 10:00")
    )
    assert due(arrivals=arrivals[1:], now=at("17 10:30"), cut=TUESDAY, last=at("17 10:30")) == Due(
        now=False, next=at("24 10:00"), reason="the next cut is Tue 24 Nov 10:00Z"
    )


def test_before_the_cut_it_waits_for_it() -> None:
    found = due(arrivals=[at("16 09:00")], now=at("17 09:59"), cut=TUESDAY, last=at("10 10:00"))
    assert found == Due(now=False, next=at("17 10:00"), reason="the next cut is 10:00Z")
    assert due(arrivals=[at("16 09:00")], now=at("17 10:00"), cut=TUESDAY, last=at("10 10:00")).now


def test_a_train_that_was_missed_leaves_late() -> None:
    found = due(arrivals=[at("16 09:00")], now=at("19 08:00"), cut=TUESDAY, last=at("10 10:00"))
    assert found == Due(now=True, until=at("17 10:00"))


def test_the_first_freight_of_all_takes_the_last_cut() -> None:
    assert due(arrivals=[at("16 09:00")], now=at("19 08:00"), cut=TUESDAY) == Due(now=True, until=at("17 10:00"))
    assert due(arrivals=[at("18 09:00")], now=at("19 08:00"), cut=TUESDAY).next == at("24 10:00")


def test_with_both_the_train_waits_for_quiet() -> None:
    found = due(arrivals=[at("17 09:50"), at("17 10:10")], now=at("17 10:05"), cut=TUESDAY, quiet=1800)
    assert found == Due(
        now=False, next=at("17 10:20"), reason="the newest came 09:50Z; if nothing else comes for 30m, at 10:20Z"
    )
    assert due(arrivals=[at("17 09:50")], now=at("17 10:20"), cut=TUESDAY, quiet=1800) == Due(
        now=True, until=at("17 10:00")
    )


def test_what_comes_in_the_running_minute_waits_like_everything_else() -> None:
    now = at("17 10:00")
    assert due(arrivals=[now + 30], now=now, quiet=1800) == Due(
        now=False, next=now + 1830, reason="the newest came 10:00Z; if nothing else comes for 30m, at 10:31Z"
    )
    early = due(arrivals=[at("12 09:00"), now + 30], now=now, cut=TUESDAY, last=at("10 10:00"))
    assert early == Due(now=True, until=now)
    assert due(arrivals=[now + 30], now=now, cut=TUESDAY, last=at("10 10:00")).next == at("24 10:00")


def test_a_clock_that_ran_ahead_holds_nothing_back() -> None:
    future = at("30 00:00")
    assert due(arrivals=[future], now=at("17 10:00"), quiet=1800).now
    assert due(arrivals=[future], now=at("17 10:00"), cut=TUESDAY, quiet=1800, last=at("10 10:00")).now
    assert due(arrivals=[at("17 09:00")], now=at("17 10:00"), cut=TUESDAY, last=future).next == at("24 10:00")


@pytest.mark.parametrize(
    ("text", "minute"), [("Mon 00:00", 0), ("tuesday 10:00", 2040), (" Sun  23:59", 10079), ("Thu 9:05", 4865)]
)
def test_a_weekly_time_is_a_minute_of_the_week(text: str, minute: int) -> None:
    assert weekly_minute(text) == minute


def test_what_is_no_weekly_time_is_refused() -> None:
    with pytest.raises(ValueError, match="not a weekly time: 'Tue 25:00'"):
        weekly_minute("Tue 25:00")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 5 * 10**6), max_size=5),
    st.integers(0, 5 * 10**6),
    st.sampled_from([None, "Tue 10:00", "Thu 00:00"]),
    st.sampled_from([None, 60, 86400]),
    st.none() | st.integers(0, 5 * 10**6),
)
def test_looking_again_at_the_told_moment_makes_it_or_tells_a_later_one(
    arrivals: list[int], now: int, cut: str | None, quiet: int | None, last: int | None
) -> None:
    found = due(arrivals=arrivals, now=now, cut=cut, quiet=quiet, last=last)
    assert found.now or found.reason
    if found.next is not None:
        assert found.next > now
        again = due(arrivals=arrivals, now=found.next, cut=cut, quiet=quiet, last=last)
        assert again.now or (again.next or 0) > found.next
    if found.now and cut is not None:
        assert found.until is not None
        assert found.until <= now
