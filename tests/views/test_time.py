"""Instants and durations in words, in UTC, whatever the machine's zone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import UsageError
from gitpromote.views.time import ago, duration, first_minute, instant, iso, parse_duration, parse_instant

NOW = 1_763_717_400  # Friday 21 November 2025, 09:30 UTC


@pytest.mark.parametrize(
    ("epoch", "words"),
    [
        (NOW + 60, "09:31Z"),
        (NOW + 2 * 86400, "Sun 23 Nov 09:30Z"),
        (NOW - 200 * 86400, "5 May 2025 09:30Z"),
        (10**18, "31 Dec 9999 23:59Z"),
        (-5, "1 Jan 1970 00:00Z"),
    ],
)
def test_an_instant_is_as_short_as_its_distance_allows(epoch: int, words: str) -> None:
    assert instant(epoch, now=NOW) == words


@pytest.mark.parametrize(("seconds", "words"), [(-1, "09:30Z"), (0, "09:30Z"), (1, "09:31Z"), (60, "09:31Z")])
def test_what_opens_is_never_told_before_it_does(seconds: int, words: str) -> None:
    assert first_minute(NOW + seconds, now=NOW) == words


def test_without_a_now_an_instant_names_its_year() -> None:
    assert instant(NOW) == "21 Nov 2025 09:30Z"
    assert iso(NOW) == "2025-11-21T09:30:00Z"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (41, "41s"), (750, "12m30s"), (16320, "4h32m"), (86400, "24h"), (604800, "7d"), (-60, "-1m")],
)
def test_a_duration_has_two_units_at_most(seconds: int, words: str) -> None:
    assert duration(seconds) == words


def test_how_long_ago() -> None:
    assert ago(NOW - 30, now=NOW) == "just now"
    assert ago(NOW - 3600, now=NOW) == "1h ago"
    assert ago(NOW + 3600, now=NOW) == "in 1h"


@given(
    st.integers(0, 59)
    | st.integers(0, 71).map(lambda hours: hours * 3600)
    | st.integers(3, 99).map(lambda d: d * 86400)
)
@settings(max_examples=50, deadline=None)
def test_a_round_duration_is_read_back(seconds: int) -> None:
    assert parse_duration(duration(seconds)) == seconds


@pytest.mark.parametrize("words", ["", "soon", "5x", "-5s", "1.5h", "5 m"])
def test_what_is_no_duration_is_refused(words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration(words)
    assert str(caught.value) == f'This is no duration  [bad-duration]\n"{words}"\nWrite it like 30s, 5m, 1h30m or 7d.'


@pytest.mark.parametrize(
    ("words", "epoch"),
    [
        ("now", NOW),
        (str(NOW), NOW),
        ("2025-11-21T09:30Z", NOW),
        ("2025-11-21T10:30+01:00", NOW),
        ("2025-11-21 09:30", NOW),
        ("2025-11-21", NOW - 9 * 3600 - 1800),
        ("Sat 15:00", NOW + 86400 + 5 * 3600 + 1800),
        ("saturday 15:00", NOW + 86400 + 5 * 3600 + 1800),
        ("Fri 09:30", NOW),
        ("Fri 09:29", NOW - 60 + 7 * 86400),
    ],
)
def test_points_in_time_are_read(words: str, epoch: int) -> None:
    assert parse_instant(words, now=NOW) == epoch


@pytest.mark.parametrize("words", ["", "yesterday", "25:00", "Sat 25:00", "Xyz 15:00", "2025-13-01", "9" * 30])
def test_what_is_no_point_in_time_is_refused(words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_instant(words, now=NOW)
    assert caught.value.code == "bad-time"


@pytest.mark.parametrize(
    ("words", "zone", "epoch"),
    [
        ("2025-11-21 10:30", "Europe/Berlin", NOW),
        ("2025-11-21T09:30Z", "Europe/Berlin", NOW),
        ("Fri 10:30", "Europe/Berlin", NOW),
        ("Fri 10:29", "Europe/Berlin", NOW - 60 + 7 * 86400),
        ("Fri 09:30Z", "Europe/Berlin", NOW),
        ("Sat 04:30", "America/New_York", NOW + 86400),
        ("Fri 23:00", "Asia/Tokyo", NOW + 4 * 3600 + 1800),
        ("Fri 18:00", "Asia/Tokyo", NOW - 1800 + 7 * 86400),
        ("2026-03-29 02:30", "Europe/Berlin", 1774746000),  # the clock skips it: the moment of the change
        ("2025-10-26 02:30", "Europe/Berlin", 1761438600),  # the clock shows it twice: the first
    ],
)
def test_a_time_without_a_zone_is_of_the_zone_that_was_named(words: str, zone: str, epoch: int) -> None:
    assert parse_instant(words, now=NOW, tz=zone) == epoch


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "CET+1"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_instant("Sat 15:00", now=NOW, tz=zone)
    assert str(caught.value) == (
        f"There is no such time zone  [bad-time-zone]\nthis machine has no time zone {zone}\n"
        "Name it as IANA does, such as Europe/Berlin or UTC."
    )
