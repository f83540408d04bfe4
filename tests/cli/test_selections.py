"""An option that is given and names nothing, as a variable that is not set gives it, selects nothing at all."""

from __future__ import annotations

import pytest

EMPTY = [
    ("plan", "--env", ""),
    ("plan", "--commit="),
    ("plan", "--verify", ""),
    ("plan", "-since="),
    ("render", "--env", ""),
    ("history", "--pipeline", ""),
    ("hold", "prod", "--reason", ""),
    ("apply", "p.json", "--auto-approve", "--env", ""),
    ("apply", "p.json", "--expect-digest", ""),
    ("hold", "prod", "--reason", "  "),
    ("rollback", "prod", "--reason=\t "),
    ("freight", "reject", "brave-otter-1c07", "--reason", "\u00a0"),
    ("adopt", "prod", "--reason", "\n"),
    ("plan", "--to", " "),
]


@pytest.mark.parametrize("words", EMPTY, ids=" ".join)
def test_an_option_that_says_nothing_is_an_error_and_nothing_is_done(run, notes, words):
    assert run("plan", "-out=p.json").code == 0
    before = notes.refs()
    ended = run(*words)
    option = (words[-1].strip() or words[-2]).partition("=")[0]
    assert (ended.code, ended.err) == (
        64,
        (
            f"Error: A word is empty  [word-empty]\n\n{option} is given and says nothing.\n\n"
            "Leave it out, or say something. In a shell: is the variable set?\n"
        ),
    )
    assert notes.refs() == before


def test_a_plan_that_is_not_named_is_not_taken_for_a_new_one(run, notes):
    before = notes.refs()
    ended = run("apply", "", "-auto-approve")
    assert (ended.code, ended.err.splitlines()[0]) == (64, "Error: A word is empty  [word-empty]")
    assert notes.refs() == before


@pytest.mark.parametrize("words", [("plan", "--env", ","), ("plan", "--app", ", ")], ids=" ".join)
def test_a_selection_of_nothing_is_an_error(run, notes, words):
    ended = run(*words)
    assert ended.code == 64
    assert ended.err.startswith(
        "Error: A selection is empty  [selection-empty]\n\n"
        f'"{words[2]}" names nothing; taken for no selection it would stand for everything.\n'
    )
