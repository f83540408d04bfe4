"""Weekly hours as people write them."""

from __future__ import annotations

import pytest

from gitpromote.model.schedule import Hours, day_problem, parse_hours, weekly_problem

WEEK = tuple(range(7))


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Mon-Thu 09:00-16:00", [Hours((0, 1, 2, 3), 540, 960)]),
        ("mon-thu 9:00-16:00", [Hours((0, 1, 2, 3), 540, 960)]),
        ("Monday,Wed 09:00-16:00", [Hours((0, 2), 540, 960)]),
        ("Fri-Mon 22:00-06:00", [Hours((0, 4, 5, 6), 1320, 1800)]),
        ("Mon - Thu 09:00 - 16:00", [Hours((0, 1, 2, 3), 540, 960)]),
        ("Mon–Thu 09:00–16:00", [Hours((0, 1, 2, 3), 540, 960)]),
        ("Sat,Sun", [Hours((5, 6), 0, 1440)]),
        ("daily 00:00-24:00", [Hours(WEEK, 0, 1440)]),
        ("09:00-16:00", [Hours(WEEK, 540, 960)]),
        ("Mon-Thu 09:00-16:00; Fri 09:00-12:00", [Hours((0, 1, 2, 3), 540, 960), Hours((4,), 540, 720)]),
    ],
)
def test_hours_are_taken_apart(text: str, hours: list[Hours]) -> None:
    assert parse_hours(text) == tuple(hours)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", '"" is not days and hours'),
        ("9-17", '"9-17" is not days and hours'),
        ("Mon-Thu 25:00-26:00", '"Mon-Thu 25:00-26:00" is not days and hours'),
        ("Mo-Do 09:00-16:00", '"Mo-Do" is not a day or a range of days'),
        ("Mon-Thr 09:00-16:00", '"Mon-Thr" is not a day or a range of days'),
        ("Mon 09:00-09:00", "09:00-09:00 is not a stretch of a day"),
        ("Mon 24:00-06:00", "24:00-06:00 is not a stretch of a day"),
        ("Mon 09:00-16:00;", '"" is not days and hours'),
        ("FREQ=WEEKLY;BYDAY=MO", '"FREQ=WEEKLY" is not days and hours'),
    ],
)
def test_what_is_no_hours_is_told(text: str, why: str) -> None:
    assert parse_hours(text) == why


@pytest.mark.parametrize(
    ("text", "good"), [("Tue 10:00", True), ("tuesday 9:30", True), ("Tue", False), ("Tue 24:00", False)]
)
def test_a_weekly_time(text: str, good: bool) -> None:
    assert (weekly_problem(text) is None) == good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2026-12-20", True),
        ("2026-12-20T18:00", True),
        ("2026-12-20 18:00", True),
        ("20.12.2026", False),
        ("2026-12-20T18:00Z", False),
        ("2026-02-30", False),
    ],
)
def test_a_day(text: str, good: bool) -> None:
    assert (day_problem(text) is None) == good
