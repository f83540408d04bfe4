"""Recurrence rules: against another implementation, and what is wrong with them in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gitpromote.model.recurrence import parse_rrule
from gitpromote.policy.recurring import occurrences

DAYS = "MO TU WE TH FR SA SU".split()
# Times on the wall have no zone.
FIRST, LAST, START = (datetime.fromisoformat(text) for text in ("2020-01-01", "2020-12-31", "2024-01-31T09:30"))


def some(*items: object, most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(items), min_size=1, max_size=most, unique=True).map(
        lambda chosen: ",".join(map(str, chosen))
    )


@st.composite
def rules(draw: st.DrawFn) -> str:
    freq = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    numbers = ["", "1", "2", "-1", "5"] if freq in ("MONTHLY", "YEARLY") else [""]
    number = draw(st.sampled_from(numbers))
    parts = {
        "INTERVAL": st.integers(1, 5),
        "COUNT": st.integers(1, 30),
        "WKST": st.sampled_from(["MO", "SU", "WE"]),
        "BYMONTH": some(*range(1, 13)),
        "BYMONTHDAY": some(*range(1, 32), -1, -2),
        "BYYEARDAY": some(1, 60, 100, 366, -1),
        "BYWEEKNO": some(1, 20, 52, 53, -1),
        "BYDAY": some(*(number + day for day in DAYS)),
        "BYHOUR": some(*range(24), most=2),
        "BYMINUTE": some(*range(60), most=2),
        "BYSETPOS": some(1, 2, -1, 3, most=2),
    }
    if freq == "WEEKLY":
        del parts["BYSETPOS"]  # the other one takes a first week that is not whole for one
    chosen = draw(st.lists(st.sampled_from(sorted(parts)), max_size=4, unique=True))
    if "BYWEEKNO" in chosen and "BYDAY" not in chosen:
        chosen.append("BYDAY")  # without a day the two read the rule differently
    return ";".join([f"FREQ={freq}", *(f"{name}={draw(parts[name])}" for name in chosen)])


@given(rules(), st.datetimes(FIRST, LAST))
@settings(max_examples=100, deadline=None)
def test_a_rule_gives_what_another_implementation_gives(text: str, start: datetime) -> None:
    start = start.replace(second=0, microsecond=0)
    rule = parse_rrule(text)
    assume(not isinstance(rule, str))
    assert not isinstance(rule, str)
    end = start + timedelta(days=400)
    found = list(occurrences(rule, start, begin=start, end=end))
    # It looks through all of the calendar where nothing comes: those are not put to it.
    assume(found)
    theirs = rrulestr(text, dtstart=start)
    assert found == list(takewhile(lambda one: one <= end, theirs)) if len(found) > 1 else theirs[0] == found[0]


@given(rules(), st.integers(0, 300))
@settings(max_examples=60, deadline=None)
def test_where_one_begins_to_look_does_not_matter(text: str, days: int) -> None:
    rule, start = parse_rrule(text), START
    assume(not isinstance(rule, str))
    assert not isinstance(rule, str)
    begin, end = start + timedelta(days=days), start + timedelta(days=330)
    whole = [one for one in occurrences(rule, start, begin=start, end=end) if one >= begin]
    assert list(occurrences(rule, start, begin=begin, end=end)) == whole


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", '"" is not NAME=value'),
        ("WEEKLY", '"WEEKLY" is not NAME=value'),
        ("BYDAY=MO", "it says no FREQ"),
        ("FREQ=WEEKY", "FREQ=WEEKY: did you mean WEEKLY?"),
        ("FREQ=MINUTELY", "FREQ=MINUTELY: a window does not open that often"),
        ("FREQ=DAILY;FREQ=WEEKLY", "FREQ stands twice"),
        ("FREQ=WEEKLY;BYDAYS=MO", 'there is no "BYDAYS"; did you mean BYDAY?'),
        (
            "FREQ=WEEKLY;BYDAY=MON",
            "BYDAY=MON: takes MO, TU, WE, TH, FR, SA, SU, or the so-manieth such as 2TU and -1FR",
        ),
        ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY with a number goes with FREQ=MONTHLY and FREQ=YEARLY alone"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR=24: takes 0 to 23"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0: takes 1 to 10000"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0: there is no 0"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO goes with FREQ=YEARLY alone"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with FREQ=WEEKLY"),
        ("FREQ=DAILY;BYYEARDAY=1", "BYYEARDAY does not go with FREQ=DAILY"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "COUNT and UNTIL do not go together"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL=TOMORROW: takes 20261231, 20261231T170000 or 20261231T160000Z"),
        ("FREQ=DAILY;UNTIL=20261301", "UNTIL=20261301: month must be in 1..12"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS chooses among what another BY… gives, and there is none"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told(text: str, why: str) -> None:
    assert parse_rrule(text) == why
