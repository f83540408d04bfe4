"""``override`` by the command line: whole outputs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest


@pytest.fixture
def closed(run, notes):
    """Production waits for a window that is soft, and for nothing else."""
    file = notes.clone / "pipeline.py"
    text = file.read_text().replace("import ", "import Window, ", 1)
    notes_ = text.replace('Environment("prod"', 'Environment("prod", gates=[Window("Mon 03:00-03:01", level="soft")]')
    assert notes_ != text
    file.write_text(notes_)
    notes.commit("a window")
    assert run("apply", "--env", "test,uat", "-auto-approve").code == 0
    return notes


WORDS = ("override", "prod", "window", "--reason", "checkout is down", "--ticket", "INC-2211")


def test_what_is_overridden_is_said_and_what_goes_on_from_there(run, closed, normal) -> None:
    ended = run(*WORDS)
    assert (ended.code, ended.err) == (0, "")
    assert normal(ended.out) == (
        'Overrode window in prod: "checkout is down"  record ID-1\nGo on with:\n  gitpromote apply notes --env prod\n'
    )
    assert 'window: "checkout is down" (INC-2211)' in run("history").out
    told = 'prod: window overridden by lea@acme.example until TIME: "checkout is down" (INC-2211); it says pending'
    assert told in normal(run("status").out)
    ended = run("apply", "notes", "--env", "prod", answers="yes\n")
    assert (ended.code, "overridden by lea@acme.example" in ended.out) == (0, True)


def test_an_override_as_data(run, closed) -> None:
    ended = run(*WORDS, "--json", "--expires", "30m")
    data = json.loads(ended.out)
    assert (data["kind"], data["actor"]["proven_by"], data["data"]["gate"]) == ("overridden", None, "window")
    assert 0 <= 1800 - (data["data"]["expires"] - data["at"]) < 60  # counted from the call, recorded a little later


def test_for_a_saved_plan(run, closed) -> None:
    assert run("plan", "-out=plan.json").code == 0
    ended = run(*WORDS, "--plan", "plan.json")
    assert ended.out.splitlines()[-1] == "  gitpromote apply plan.json"
    assert Path("plan.json").is_file()


def test_what_would_help_a_blocked_rollback_can_be_typed_as_it_is_told(run, notes) -> None:
    assert run("apply", "-auto-approve", "--env", "test").code == 0
    file = notes.clone / "pipeline.py"
    text = file.read_text().replace("import ", "import Rule, Window, ", 1)
    rule = 'Rule("many", "object.spec.replicas > 99", kinds="Deployment", level="soft", applies_to=["rollback"])'
    hours = 'Window("Mon 03:00-03:01", name="hours", level="soft", applies_to=["rollback"])'
    changed = text.replace('Environment("test"', f'Environment("test", gates=[{hours}], policies=[{rule}]')
    assert changed != text
    file.write_text(changed)
    notes.replace("environments/test/deployment.yaml", "notes:1.0.0", "notes:2.0.0")
    notes.commit("two")
    assert run("apply", "-auto-approve", "--env", "test").code == 0
    assert run("rollback", "test", "--reason", "5xx", "-out=back.json").code == 0
    digest = json.loads(run("show", "back.json", "--json").out)["digest"]
    going = ("apply", "back.json", "--expect-digest", digest, "--auto-approve")
    blocked = run(*going)
    assert blocked.code == 13
    assert blocked.out.endswith("See what would help:\n  gitpromote explain notes test --plan back.json\n")
    explained = run("explain", "notes", "test", "--plan", "back.json").out
    told = [line.strip() for line in explained.splitlines() if line.strip().startswith("gitpromote override")]
    assert told == [
        "gitpromote override notes test hours --plan back.json --reason … --expires 4h",
        "gitpromote override notes test many --plan back.json --reason … --expires 4h",
    ]
    for command in told:
        assert run(*shlex.split(command)[1:]).code == 0
    assert run("rollback", "test", "--reason", "5xx", "--auto-approve").code == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            ["prod", "--reason", "x"],
            64,
            (
                "Error: An environment and a gate are to be named  [usage]\n\ngiven: prod\n\n"
                "  gitpromote override [PIPELINE] ENV GATE --reason TEXT --expires 4h\n"
            ),
        ),
        (
            ["prod", "upstream", "--reason", "x"],
            64,
            "Error: There is nothing to override  [override-pointless]\n",
        ),
        (["prod", "window", "--reason", "x", "--expires", "soon"], 64, "Error: This is no duration  [bad-duration]\n"),
    ],
    ids=["words", "holds", "time"],
)
def test_what_cannot_be_overridden_says_so(run, closed, words, code, message) -> None:
    ended = run("override", *words)
    assert (ended.code, ended.err[: len(message)]) == (code, message)
