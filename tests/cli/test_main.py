"""Words in, exit codes out."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from gitpromote.cli.main import cli
from gitpromote.errors import Contention

HEAVY = ["pydantic", "yaml", "rich", "git", "deepdiff", "kubernetes", "nbformat", "rich_click", "IPython"]


def gitpromote(*words: str, env: dict[str, str] | None = None, **settings: object) -> subprocess.CompletedProcess[str]:
    """The real program in a process of its own."""
    command = [sys.executable, "-m", "gitpromote", *words]
    environ = {**os.environ, **(env or {})}
    return subprocess.run(command, env=environ, text=True, check=False, **{"capture_output": True, **settings})  # type: ignore[call-overload,no-any-return]


def test_the_first_page_of_help_lists_every_verb(run, snapshot) -> None:
    ended = run("--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == snapshot


def test_help_loads_nothing_heavy() -> None:
    code = f"""
import sys
sys.argv = ["gitpromote", "--help"]
from gitpromote.cli.main import main
code = main()
found = [name for name in {HEAVY!r} if name in sys.modules]
sys.exit(code or ", ".join(found) or 0)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    "verb",
    [
        "init",
        "demo",
        "doctor",
        "validate",
        "graph",
        "plan",
        "show",
        "explain",
        "approve",
        "apply",
        "status",
        "history",
        "render",
        "diff",
        "verify",
        "rollback",
        "adopt",
        "hold",
        "release",
        "lock",
        "unlock",
        "retire",
        "schema",
        "completion",
    ],
)
def test_every_verb_explains_itself(run, verb: str) -> None:
    ended = run(verb, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert f"gitpromote {verb}" in ended.out
    assert "Examples:" in ended.out


def test_no_verb_is_a_usage_error(run) -> None:
    ended = run()
    assert (ended.code, ended.out) == (64, "")
    assert ended.err == (
        "Error: There is no verb  [usage]\n"
        "\n"
        "A first look, in a folder of its own:\n"
        "  gitpromote demo\n"
        "All verbs:\n"
        "  gitpromote --help\n"
    )


def test_a_verb_that_does_not_exist_is_answered_with_the_nearest(run) -> None:
    ended = run("aply")
    assert ended.code == 64
    assert ended.err == 'Error: There is no verb "aply". Did you mean "apply"?  [usage]\n\n  gitpromote --help\n'


@pytest.mark.parametrize("typed", ["--detailed-exitcod", "-detailed-exitcod"])
def test_an_option_that_does_not_exist_is_answered_with_the_nearest(run, typed: str) -> None:
    ended = run("plan", typed)
    assert ended.code == 64
    assert ended.err == (
        f"Error: There is no option {typed}. Did you mean --detailed-exitcode?  [usage]\n\n  gitpromote plan --help\n"
    )


def test_a_missing_argument_is_a_usage_error_and_not_2(run) -> None:
    assert run("show").code == 64
    assert run("schema", "nothing").code == 64
    assert run("history", "--limit", "0").code == 64


def test_version_says_which_it_is(run) -> None:
    from gitpromote import __version__

    assert run("--version").out == f"gitpromote {__version__}\n"


def test_terraforms_single_dashes_are_taken(run, tmp_path: Path) -> None:
    events = tmp_path / "events"
    ended = run("schema", "freight", "-no-color", f"-json-into={events}")
    assert (ended.code, ended.err) == (0, "")
    assert [json.loads(line)["kind"] for line in events.read_text().splitlines()] == ["start", "summary"]


def test_an_error_of_ours_gives_its_exit_code(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(name: str) -> None:
        raise Contention(
            "The environment is locked", code="lock-held", detail="prod: locked by tom", hint="Wait:\n  gitpromote …"
        )

    monkeypatch.setattr("gitpromote.views.schema.schema_of", locked)
    ended = run("schema", "plan")
    assert (ended.code, ended.out) == (7, "")
    assert ended.err == (
        "Error: The environment is locked  [lock-held]\n\nprod: locked by tom\n\nWait:\n  gitpromote …\n"
    )


def test_an_error_is_data_where_json_was_asked_for(run, tmp_path: Path) -> None:
    ended = run("init", "--json", str(tmp_path))
    assert ended.code == 64
    assert json.loads(ended.out)["error"]["code"] == "nothing-found"
    assert ended.err.startswith("Error: Nothing was found here that could be promoted  [nothing-found]\n")


def test_a_bug_leaves_a_report_without_secrets_and_exits_70(run, monkeypatch, tmp_path: Path) -> None:
    def broken(name: str) -> None:
        password = "hunter2-in-a-local"  # noqa: F841
        raise RuntimeError("cannot reach https://lea:hunter2@git.example/x with ghp_0123456789abcdefghij")

    monkeypatch.setattr("gitpromote.views.schema.schema_of", broken)
    ended = run("schema", "plan")
    assert ended.code == 70
    reports = list((tmp_path / "state" / "gitpromote").iterdir())
    assert len(reports) == 1
    assert stat.S_IMODE(reports[0].stat().st_mode) == 0o600
    assert ended.err == (
        "Error: This is a bug in gitpromote  [internal-error]\n"
        "\n"
        "RuntimeError: cannot reach https://git.example/x with (token)\n"
        "\n"
        f"The report lies in\n  {reports[0]}\n"
        "Please attach it to an issue; it holds no values, only where it happened.\n"
    )
    report = reports[0].read_text()
    assert "hunter2" not in report
    assert "ghp_" not in report
    assert "in broken" in report


def test_a_bug_is_told_even_where_no_report_can_be_saved(run, monkeypatch, tmp_path: Path) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("gitpromote.views.schema.schema_of", broken)
    monkeypatch.setattr("gitpromote.cli.failure._folders", lambda environ: [Path("/dev/null/no")])
    ended = run("schema", "plan")
    assert ended.code == 70
    assert ended.err.endswith("The report could not be saved.\n")


def test_what_a_library_makes_of_ctrl_c_is_no_bug(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise SystemError("returned a result with an exception set") from error

    monkeypatch.setattr("gitpromote.views.schema.schema_of", interrupted)
    ended = run("schema", "plan")
    assert (ended.code, ended.err) == (130, "Error: Interrupted  [interrupted]\n\nNothing more was started.\n")


def test_ctrl_c_exits_130(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gitpromote.views.schema.schema_of", interrupted)
    ended = run("schema", "plan")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == "Error: Interrupted  [interrupted]\n\nNothing more was started.\n"


def test_a_reader_who_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m gitpromote schema plan | head -n 1; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("{\n0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_under_the_output_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        ended = gitpromote("schema", "plan", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 1
    assert ended.stderr == ("Error: The output could not be written: No space left on device  [output-failed]\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_under_the_events_is_told() -> None:
    ended = gitpromote("schema", "freight", "--json-into", "/dev/full")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: The output could not be written: No space left on device")


def test_events_are_numbered_without_a_gap_and_end_with_the_exit_code(run, tmp_path: Path) -> None:
    events = tmp_path / "events.ndjson"
    ended = run("init", "--json-into", str(events), str(tmp_path / "nowhere"))
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    assert [line["kind"] for line in lines] == ["start", "error", "summary"]
    assert lines[0]["verb"] == "init"
    assert lines[1]["code"] == "nothing-found"
    assert lines[-1]["exit_code"] == ended.code == 64


@pytest.mark.parametrize("option", ["--json-into={}", "-json-into={}", "--json-into {}"])
def test_events_are_there_although_the_words_were_wrong(run, tmp_path: Path, option: str) -> None:
    events = tmp_path / "events.ndjson"
    ended = run("plan", "--wat", *option.format(events).split(" "))
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert [(line["kind"], line["seq"]) for line in lines] == [("start", 0), ("error", 1), ("summary", 2)]
    assert (lines[0]["verb"], lines[1]["code"]) == ("plan", "usage")
    assert lines[-1]["exit_code"] == ended.code == 64


def test_wrong_words_are_told_where_the_events_cannot_be_written_either(run) -> None:
    ended = run("plan", "--wat", "--json-into", "/no/such/folder/events")
    assert (ended.code, ended.err.splitlines()[0]) == (
        64,
        "Error: There is no option --wat. Did you mean --to?  [usage]",
    )
    assert run("plan", "--json-into").code == 64


def test_the_version_is_asked_for_with_one_dash_as_well() -> None:
    told = gitpromote("--version").stdout
    assert told.startswith("gitpromote ")
    assert gitpromote("-version").stdout == told


def test_events_into_a_folder_that_is_not_there_are_a_usage_error(run) -> None:
    ended = run("schema", "plan", "--json-into", "/no/such/folder/events")
    assert (ended.code, ended.out) == (64, "")
    assert ended.err.startswith("Error: The file for events cannot be written  [events-unwritable]\n")


def test_output_that_is_no_terminal_has_no_control_characters() -> None:
    ended = gitpromote("--help", env={"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"})
    assert "\x1b" not in ended.stdout


def test_an_encoding_without_our_signs_gets_others(tmp_path: Path) -> None:
    ended = gitpromote("init", str(tmp_path), env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert ended.returncode == 64
    ended.stderr.encode("ascii")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(run, shell: str) -> None:
    ended = run("completion", shell)
    assert (ended.code, ended.err) == (0, "")
    assert "_GITPROMOTE_COMPLETE" in ended.out


def test_completion_knows_verbs_and_options() -> None:
    asked = {"_GITPROMOTE_COMPLETE": "bash_complete", "COMP_WORDS": "gitpromote pl", "COMP_CWORD": "1"}
    assert gitpromote(env=asked).stdout == "plain,plan\n"
    asked |= {"COMP_WORDS": "gitpromote plan --detailed", "COMP_CWORD": "2"}
    assert gitpromote(env=asked).stdout == "plain,--detailed-exitcode\n"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("plan --env ", ["test", "uat", "prod"]),
        ("plan --env p", ["prod"]),
        ("plan --env test,p", ["test,prod"]),
        ("plan --to u", ["uat"]),
        ("plan no", ["notes"]),
        ("plan notes no", []),
        ("status ", ["notes"]),
        ("hold ", ["test", "uat", "prod"]),
        ("rollback p", ["prod"]),
        ("explain notes u", ["uat"]),
        ("plan --pipeline ", ["pipeline.py"]),
        ("plan --pipeline pipeline.py --env t", ["test"]),
        ("plan --pipeline missing.py --env ", []),
    ],
)
def test_a_shell_completes_what_the_pipeline_file_names(notes, capsys, typed: str, offered: list[str]) -> None:
    notes.replace("pipeline.py", "from gitpromote", "print('not for the shell')\nfrom gitpromote")
    assert completed(typed) == offered
    assert capsys.readouterr() == ("", "")


def test_a_shell_is_told_nothing_where_nothing_can_be_known(notes) -> None:
    notes.replace("pipeline.py", "from gitpromote", "1 / 0\nfrom gitpromote")
    assert completed("plan --env ") == []
    Path("pipeline.py").unlink()
    assert completed("plan --env ") == []


def completed(typed: str) -> list[str]:
    *words, incomplete = typed.split(" ")
    return [one.value for one in BashComplete(cli, {}, "gitpromote", "ASKED").get_completions(words, incomplete)]


@pytest.mark.parametrize("document", ["plan", "record", "freight"])
def test_a_schema_is_a_2020_12_document(run, document: str) -> None:
    ended = run("schema", document)
    schema = json.loads(ended.out)
    assert ended.code == 0
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].startswith(f"urn:gitpromote.{document}:1")


def test_help_to_a_reader_who_leaves_or_a_full_disk_is_no_bug() -> None:
    command = f"{sys.executable} -m gitpromote --help | true; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("0\n", "")
    ended = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m gitpromote --help > /dev/full"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == "Error: The output could not be written: No space left on device  [output-failed]\n"


def test_streams_that_were_closed_before_are_no_bug() -> None:
    command = f"{sys.executable} -m gitpromote schema freight <&- >&- 2>&-; echo $?"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert ended.stdout == "0\n"
