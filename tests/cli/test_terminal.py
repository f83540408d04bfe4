"""A real terminal: colours where they help, questions where somebody is, an orderly end at Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import gitpromote
from gitpromote.model.result import ApplyResult, EnvironmentResult


def on_a_terminal(*words: str, answers: str = "", env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run the program on a terminal of 80 columns, type the answers, and give what was seen."""
    controller, terminal = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "COLUMNS", "TERM")}
    package = str(Path(gitpromote.__file__).parents[1])
    environ |= {"TERM": "xterm", "COLUMNS": "80", "PYTHONPATH": package, **(env or {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "gitpromote", *words], stdin=terminal, stdout=terminal, stderr=terminal, env=environ
    )
    os.close(terminal)
    for answer in answers.splitlines(keepends=True):
        os.write(controller, answer.encode())
    seen = b""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([controller], [], [], 0.1)[0]:
            try:
                chunk = os.read(controller, 65536)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
    code = process.wait(timeout=10)
    os.close(controller)
    return code, seen.decode().replace("\r\n", "\n")


def test_colours_are_drawn_on_a_terminal_and_only_where_nobody_minds(notes: Any) -> None:
    code, seen = on_a_terminal("plan", "-out=plan.json")
    assert code == 0
    assert "\x1b[32mready\x1b[0m" in seen
    without = re.sub(r"\x1b\[[0-9;]*m|\r\x1b\[2K[^\r]*(?=\r)|\r\x1b\[2K", "", seen)
    for words, env in ((("--no-color",), {}), ((), {"NO_COLOR": "1"}), ((), {"CI": "true"}), ((), {"TERM": "dumb"})):
        code, seen = on_a_terminal("show", "plan.json", *words, env=env)
        assert "\x1b[3" not in seen
        assert seen.split("Freight", 1)[1].rstrip() in without


def test_a_person_is_asked_on_a_terminal(notes: Any) -> None:
    code, seen = on_a_terminal("apply", "--no-color", answers="yes\n")
    assert code == 0
    assert "Only 'yes' will be accepted to approve: " in seen
    assert seen.endswith("Applied: 3 done, 0 failed, 0 waiting, 0 not started.\n")
    assert "refs/heads/env/prod" in notes.refs()


def test_an_interrupted_apply_says_how_to_go_on(run: Any, notes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Any, plan: Any, **options: Any) -> ApplyResult:
        done = EnvironmentResult(name="test", status="written", message="written 1d8e0f2 -> env/test, tree as planned")
        left = EnvironmentResult(name="uat", status="not-started")
        return ApplyResult(pipeline="notes", plan=plan.digest, environments=(done, left), interrupted=True)

    run("plan", "-out=plan.json")
    digest = json.loads(Path("plan.json").read_bytes())["digest"]
    monkeypatch.setattr("gitpromote.project.Project.apply", interrupted)
    ended = run("apply", "plan.json")
    assert ended.code == 130
    assert ended.out == (
        "test  written 1d8e0f2 -> env/test, tree as planned\n"
        "uat   not started\n"
        "Applied: 1 done, 0 failed, 0 waiting, 1 not started.\n"
        "Interrupted; 1 environment not started.\n"
        "Go on with:\n"
        "  gitpromote apply plan.json\n"
    )
    ended = run("apply", "plan.json", "--env", "test,uat", "--expect-digest", digest)
    assert ended.out.endswith(f"  gitpromote apply plan.json --env test,uat --expect-digest {digest}\n")


def test_ctrl_c_at_the_question_writes_nothing(run: Any, notes: Any) -> None:
    before = notes.refs()
    ended = run("apply", answers="\x03\n")
    assert ended.code == 130
    assert ended.err == "Error: Interrupted  [interrupted]\n\nNothing was written.\n"
    assert notes.refs() == before


def test_the_demonstration_runs_and_stays_in_its_folder(
    run: Any, tmp_path: Path, normal: Any, snapshot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here, temporary = (tmp_path / name for name in ("home", "here", "temporary"))
    for folder in (home, here, temporary):
        folder.mkdir()
    monkeypatch.chdir(here)
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.delenv("GITPROMOTE_CACHE_DIR", raising=False)
    started = time.monotonic()
    ended = run("demo")
    assert time.monotonic() - started < 60
    assert (ended.code, ended.err) == (0, "")
    assert normal(ended.out) == snapshot
    assert [path.name for path in here.iterdir()] == ["gitpromote-demo"]
    assert list(home.iterdir()) == list(temporary.iterdir()) == []
    assert os.environ["TMPDIR"] == str(temporary)


def test_the_demonstration_overwrites_nothing(run: Any, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    ended = run("demo", str(tmp_path / "full"))
    assert ended.code == 64
    assert ended.err.startswith("Error: There is something in that folder already  [not-empty]\n")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]


def test_verbose_prints_each_renderers_command_line(run: Any, empty: Any) -> None:
    assert run("init", "--example", "kustomize").code == 0
    empty.commit("first")
    ended = run("plan", "-v", "--keep", "kept")
    assert ended.code == 0
    commands = [line for line in ended.err.splitlines() if line.startswith("+ ")]
    assert commands
    assert all("kustomize" in line for line in commands)
    assert any(Path("kept").rglob("kustomization.yaml"))
