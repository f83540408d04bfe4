"""What a run tells somebody to type leads to the same Pipeline: by its name beside others, by its file elsewhere."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from gitpromote.cli.addressing import Address, pipeline_of_file
from gitpromote.views.lines import Span, line, plain


def two() -> str:
    """The pipeline file of the example, and a second Pipeline in it."""
    text = Path("pipeline.py").read_text()
    other = text.replace('notes = Pipeline(\n    "notes"', 'memos = Pipeline(\n    "memos"')
    return text + other.replace("env/$env", "memos/$env").split("Plain\n", 1)[1]


@pytest.fixture
def both(notes):
    """A file of two Pipelines."""
    Path("pipeline.py").write_text(two())
    notes.commit("two pipelines")
    return notes


@pytest.fixture
def elsewhere(notes):
    """A file of two Pipelines that is found only where it is named; in its place there is another one."""
    text = two()
    Path("both.py").write_text(text)
    Path("pipeline.py").write_text(text.replace('"notes"', '"drafts"').replace('"memos"', '"papers"'))
    notes.commit("two files of pipelines")
    return notes


#: How a run fails with a hint: what is done before, and the words that fail.
FAILING = {
    "replace-unmatched": ([], ["plan", "NAME", "--replace", "test@abcdef1"]),
    "held-already": (
        [["apply", "NAME", "--env", "test", "-auto-approve"], ["hold", "NAME", "test", "--reason", "x"]],
        ["hold", "NAME", "test", "--reason", "y"],
    ),
    "lock-held": ([["lock", "NAME", "test", "--reason", "x"]], ["lock", "NAME", "test", "--reason", "y"]),
    "rollback-nothing": (
        [["apply", "NAME", "--env", "test", "-auto-approve"]],
        ["rollback", "NAME", "test", "--reason", "x"],
    ),
    "freight-unknown": ([], ["freight", "show", "NAME", "no-such-freight"]),
    "plan-unknown": ([], ["show", "0123456789ab"]),
    "plan-digest": ([["plan", "NAME", "-out=plan.json"], ["BREAK"]], ["show", "plan.json"]),
    "plan-shaping": ([["plan", "NAME", "-out=plan.json"]], ["apply", "plan.json", "--app", "notes"]),
}


def prepared(run, steps, where: list[str]) -> None:
    for words in steps:
        if words == ["BREAK"]:
            Path("plan.json").write_text(Path("plan.json").read_text().replace('"as_of":1', '"as_of":2'))
        else:
            ended = run(*("memos" if word == "NAME" else word for word in words), *where)
            assert ended.code == 0, ended.err


def told(text: str) -> list[str]:
    return re.findall(r"^ +(gitpromote .*)$", text, re.MULTILINE)


def typed(command: str) -> list[str]:
    return [word.replace("…", "x") for word in shlex.split(command)[1:]]


@pytest.mark.parametrize("code", FAILING)
def test_every_command_of_a_hint_can_be_typed_where_there_are_two_pipelines(run, both, code: str) -> None:
    before, failing = FAILING[code]
    prepared(run, before, [])
    ended = run(*("memos" if word == "NAME" else word for word in failing))
    assert f"[{code}]" in ended.err and ended.code != 0
    assert told(ended.err)
    for command in told(ended.err):
        again = run(*typed(command))
        assert (again.code == 64, "[pipeline-ambiguous]" in again.err) == (False, False), (command, again.err)


@pytest.mark.parametrize("code", ["held-already", "freight-unknown", "plan-shaping"])
def test_and_where_the_file_had_to_be_named(run, elsewhere, code: str) -> None:
    before, failing = FAILING[code]
    prepared(run, before, ["--pipeline", "both.py"])
    ended = run(*("memos" if word == "NAME" else word for word in failing), "--pipeline", "both.py")
    assert f"[{code}]" in ended.err and ended.code != 0
    assert told(ended.err)
    for command in told(ended.err):
        assert command.endswith(" --pipeline both.py")
        again = run(*typed(command))
        assert (again.code == 64, "[pipeline-ambiguous]" in again.err) == (False, False), (command, again.err)


def test_a_hint_names_the_pipeline_in_text_and_as_data(run, both) -> None:
    failing = ["freight", "show", "memos", "no-such-freight"]
    hint = "Name its id or its alias; this lists them:\n  gitpromote freight list memos"
    assert run(*failing).err.endswith(f"\n\n{hint}\n")
    assert json.loads(run(*failing, "--json").out)["error"]["hint"] == hint


def test_in_a_file_of_one_pipeline_nothing_is_added(run, notes) -> None:
    assert run("freight", "show", "no-such-freight").err.endswith(":\n  gitpromote freight list\n")


def test_a_file_and_name_that_were_given_together_are_not_said_twice(run, elsewhere) -> None:
    where = ["--pipeline", "both.py:memos"]
    ended = run("freight", "show", "no-such-freight", *where)
    assert told(ended.err) == ["gitpromote freight list --pipeline both.py:memos"]
    held = run("hold", "test", "--reason", "x", *where)
    assert told(held.out) == ["gitpromote release memos test --pipeline both.py"]
    assert run(*typed(told(held.out)[0])).code == 0


def test_what_a_plan_says_to_type_next_leads_to_its_own_file(run, elsewhere) -> None:
    ended = run("plan", "memos", "--pipeline", "both.py")
    [apply] = told(ended.out)
    assert apply.endswith(".plan.json --pipeline both.py")
    assert run(*typed(apply), "--env", "test").code == 0


def test_a_plan_file_that_cannot_be_read_says_whose_it_is_by_its_name(run, both) -> None:
    run("plan", "memos")
    [saved] = Path("plans").iterdir()
    saved.write_text(saved.read_text().replace('"as_of":1', '"as_of":2'))
    assert told(run("show", str(saved)).err) == ["gitpromote plan memos"]
    assert pipeline_of_file(str(saved)) == "memos"
    saved.rename("plan.json")
    assert told(run("show", "plan.json").err) == ["gitpromote plan --all"]
    assert pipeline_of_file("plan.json") == ""


NAMED = Address(name="memos")
FILED = Address(file="both.py")
CHOSEN = Address(file="both.py:memos")


@pytest.mark.parametrize(
    ("address", "given", "wanted"),
    [
        (NAMED, "gitpromote verify", "gitpromote verify memos"),
        (NAMED, "gitpromote unlock dev --force", "gitpromote unlock memos dev --force"),
        (NAMED, "gitpromote unlock memos dev", "gitpromote unlock memos dev"),
        (NAMED, "gitpromote history --env gate", "gitpromote history memos --env gate"),
        (NAMED, "gitpromote history --all", "gitpromote history memos --all"),
        (NAMED, "gitpromote plan --all", "gitpromote plan --all"),
        (NAMED, "gitpromote plan --verify FILE", "gitpromote plan --verify FILE"),
        (NAMED, "gitpromote adopt dev --reason …   # keep it", "gitpromote adopt memos dev --reason …   # keep it"),
        (NAMED, "gitpromote diff dev prod", "gitpromote diff memos dev prod"),
        (NAMED, "gitpromote apply -auto-approve", "gitpromote apply memos -auto-approve"),
        (NAMED, "gitpromote apply plan.json", "gitpromote apply plan.json"),
        (NAMED, "gitpromote approve plan.json --env dev", "gitpromote approve plan.json --env dev"),
        (NAMED, "gitpromote override [PIPELINE] ENV GATE", "gitpromote override [PIPELINE] ENV GATE"),
        (NAMED, "gitpromote explain --help", "gitpromote explain --help"),
        (NAMED, "gitpromote init", "gitpromote init"),
        (NAMED, "gitpromote reads that", "gitpromote reads that"),
        (NAMED, "gitpromote hold dev --reason \"it's", "gitpromote hold dev --reason \"it's"),
        (NAMED, "git log 1d8e0f2", "git log 1d8e0f2"),
        (Address(several=True), "gitpromote plan", "gitpromote plan --all"),
        (Address(several=True), "gitpromote plan --env dev", "gitpromote plan PIPELINE --env dev"),
        (Address(several=True), "gitpromote verify", "gitpromote verify PIPELINE"),
        (FILED, "gitpromote verify", "gitpromote verify"),
        (CHOSEN, "gitpromote demo", "gitpromote demo"),
    ],
)
def test_a_command_is_completed(address: Address, given: str, wanted: str) -> None:
    """The file of these does not exist, so that only names are added."""
    assert address.of_text(f"Look:\n  {given}") == f"Look:\n  {wanted}"


@pytest.mark.parametrize(
    ("address", "given", "wanted"),
    [
        (FILED, "gitpromote verify", "gitpromote verify --pipeline both.py"),
        (FILED, "gitpromote verify memos", "gitpromote verify memos --pipeline both.py"),
        (FILED, "gitpromote apply plan.json", "gitpromote apply plan.json --pipeline both.py"),
        (FILED, "gitpromote plan --pipeline other.py", "gitpromote plan --pipeline other.py"),
        (CHOSEN, "gitpromote verify", "gitpromote verify --pipeline both.py:memos"),
        (CHOSEN, "gitpromote verify memos", "gitpromote verify memos --pipeline both.py"),
        (CHOSEN, "gitpromote init", "gitpromote init"),
    ],
)
def test_a_command_gets_the_file_that_was_named(tmp_path: Path, monkeypatch, address, given, wanted) -> None:
    monkeypatch.chdir(tmp_path)
    Path("both.py").touch()
    assert address.of_text(given) == wanted


def test_of_a_view_commands_alone_are_completed() -> None:
    view = [
        line("verify: ", Span("gitpromote verify", "command"), "   # look"),
        line(
            "newer and stays out. To let it go: gitpromote freight create --freight x   ", Span("[kept-out]", "faint")
        ),
        line("gitpromote verify says more"),
    ]
    assert plain(NAMED.of_view(view)) == (
        "verify: gitpromote verify memos   # look\n"
        "newer and stays out. To let it go: gitpromote freight create memos --freight x   [kept-out]\n"
        "gitpromote verify says more\n"
    )
    assert plain(Address().of_view(view)) == plain(view)
