"""An option that is given and names nothing, as a variable that is not set gives it, selects nothing at all."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--env", ""),
        ("plan", "--env", ","),
        ("plan", "--to", " "),
        ("plan", "--app", ""),
        ("plan", "--commit", ""),
        ("render", "--env", ""),
        ("history", "--env", ""),
        ("apply", "p.json", "--env", "", "--auto-approve"),
        ("approve", "p.json", "--env", ""),
    ],
    ids=" ".join,
)
def test_an_empty_selection_is_an_error_and_nothing_is_done(run, notes, words):
    assert run("plan", "-out=p.json").code == 0
    before = notes.refs()
    ended = run(*words)
    assert ended.code == 64
    given = words[words.index("p.json") + 2] if "p.json" in words else words[2]
    assert ended.err.startswith(
        "Error: A selection is empty  [selection-empty]\n\n"
        f'"{given}" names nothing; taken for no selection it would stand for everything.\n'
    )
    assert notes.refs() == before
