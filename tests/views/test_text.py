"""What may not reach a screen does not, and what may is not harmed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.model import words
from gitpromote.views import text
from gitpromote.views.lines import Span, line, plain, table

NASTY = "\x1b[31mred\x1b[0m \x1b]0;title\x07 a\u202eb \u200b\x00\x9b2Jc\r\nd\te \ud800"


def test_somebody_elses_words_lose_what_a_terminal_would_obey() -> None:
    assert words.clean(NASTY) == "red ab c d e"


def test_a_value_shows_that_there_is_something_unseen() -> None:
    assert text.visible("a\u202eb\x1b[1m") == r"a\u202eb\u001b[1m"
    assert text.quoted('say "hi"\n\u200b') == r'"say \"hi\"\n\u200b"'


def test_json_stays_the_same_json_and_is_safe_on_a_terminal() -> None:
    value = {"a": "x\u202ey\x9bz\U000e0041", "b": "\x7f"}
    safe = text.visible_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(safe) == value
    assert not any(sign in safe for sign in "\u202e\x9b\x7f\U000e0041")


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_no_cleaned_text_holds_a_control_character(said: str) -> None:
    for cleaned in (words.clean(said), text.visible(said), text.quoted(said), *text.clean_lines(said).split("\n")):
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 or sign in "\u202e\u200b\u2066" for sign in cleaned)


@given(st.text(st.characters(categories=("L", "N", "P")), max_size=40))
@settings(max_examples=50, deadline=None)
def test_plain_words_stay_as_they_are(said: str) -> None:
    assert words.clean(said) == said
    assert text.visible(said) == said


def test_counts_and_lists() -> None:
    assert words.count(1, "environment") == "1 environment"
    assert words.count(1000, "environment") == "1,000 environments"
    assert words.listed(["a", "b", "c"]) == "a, b, c"
    assert words.listed([str(number) for number in range(10)]) == "0, 1, 2, 3, 4, 5 more"


@pytest.mark.parametrize(
    ("typed", "known", "answer"),
    [
        ("prd", ["test", "prod"], 'Did you mean "prod"?'),
        ("xyz", ["test", "prod"], "There are: test, prod."),
        ("xyz", ["test"], "There is: test."),
        ("xyz", [], "There are none."),
    ],
)
def test_an_unknown_word_is_answered(typed: str, known: list[str], answer: str) -> None:
    assert text.did_you_mean(typed, known) == answer


ROWS = [
    [Span("ENVIRONMENT"), Span("DECISION"), Span("OPENS")],
    [Span("prod-eu"), Span("waiting"), Span("uat verified + 24h, then Mon-Thu 09:00-16:00 Europe/Berlin")],
    [Span("test"), Span("ready"), Span("now")],
]


def test_a_table_is_as_wide_as_it_needs_where_nobody_says_how_wide() -> None:
    assert plain(table(ROWS)) == (
        "  ENVIRONMENT  DECISION  OPENS\n"
        "  prod-eu      waiting   uat verified + 24h, then Mon-Thu 09:00-16:00 Europe/Berlin\n"
        "  test         ready     now\n"
    )


def test_on_a_narrow_screen_the_last_column_is_wrapped_in_its_place() -> None:
    assert plain(table(ROWS, width=60)) == (
        "  ENVIRONMENT  DECISION  OPENS\n"
        "  prod-eu      waiting   uat verified + 24h, then Mon-Thu\n"
        "                         09:00-16:00 Europe/Berlin\n"
        "  test         ready     now\n"
    )


def test_on_a_very_narrow_screen_the_last_column_stands_below() -> None:
    assert plain(table(ROWS, width=40)) == (
        "  ENVIRONMENT  DECISION\n"
        "      OPENS\n"
        "  prod-eu      waiting\n"
        "      uat verified + 24h, then Mon-Thu\n"
        "      09:00-16:00 Europe/Berlin\n"
        "  test         ready\n"
        "      now\n"
    )


@given(st.lists(st.tuples(st.text("ab ", max_size=30), st.text("xyz ", max_size=90)), max_size=5), st.integers(40, 120))
@settings(max_examples=50, deadline=None)
def test_no_table_is_wider_than_the_screen(cells: list[tuple[str, str]], width: int) -> None:
    rows = [[Span(first.strip()), Span(" ".join(last.split()))] for first, last in cells]
    longest = max((len(word) for row in rows for word in row[1].text.split(" ")), default=0)
    for each in plain(table(rows, width=width)).splitlines():
        assert len(each) <= max(width, longest + 6)


def test_lines_end_without_blanks() -> None:
    assert plain([line("a  ", Span("b  ", "add")), ()]) == "a  b\n\n"
