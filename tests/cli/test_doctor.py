"""What a machine lacks is told one by one, with a pipeline and without."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from gitpromote.adapters.git import recent
from gitpromote.adapters.git.process import git_version


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def rows(text: str) -> dict[str, str]:
    """Name to the row, as far as rows go."""
    found = [line.split(maxsplit=2) for line in text.split("\n\n")[0].splitlines()]
    return {name: f"{state} {words}" for state, name, words in found}


def test_without_a_pipeline_the_machine_is_checked(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(tmp_path / "cache"))
    ended = run("doctor")
    told = rows(ended.out)
    assert ended.code == 11
    assert list(told) == ["git", "cache", "kustomize", "helm", "functions", "pipeline"]
    assert told["git"].startswith("ok ")
    assert re.fullmatch(r"ok they (run without|see) .*", told["functions"])
    assert told["pipeline"].startswith("FAILED No pipeline file was found: there is no pipeline.py")


def test_a_renderer_that_does_not_answer_is_broken(run, programs, tmp_path, monkeypatch):
    program(programs, "kustomize", "kill -11 $$")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(tmp_path / "cache"))
    ended = run("doctor")
    assert rows(ended.out)["kustomize"] == (
        f"FAILED A renderer does not say its version: {programs}/kustomize build: it failed, or took too long, "
        "when it was asked."
    )
    assert "kustomize\n  Try it by hand; install another one, or put a good one first on PATH.\n" in ended.out


@pytest.fixture
def old_git(programs):
    """A git that works and says to be of long ago."""
    real = shutil.which("git")
    program(programs, "git", f'case "$*" in *version) echo git version 2.17.1;; *) exec {real} "$@";; esac')
    git_version.cache_clear()
    yield programs
    git_version.cache_clear()


def test_a_git_that_is_too_old_is_told(run, notes, old_git):
    ended = run("doctor")
    assert ended.code == 11
    assert rows(ended.out)["git"] == "FAILED Git is too old: found 2.17.1; 2.31 or newer is needed"
    assert "git\n  Install a newer git, and have it first on PATH.\n" in ended.out


@pytest.mark.parametrize("verb", ["plan", "status", "validate"])
def test_nothing_goes_on_with_a_git_that_is_too_old(run, notes, old_git, verb):
    ended = run(verb)
    assert (ended.code, ended.out, ended.err) == (
        11,
        "",
        (
            "Error: Git is too old  [git-too-old]\n\nfound 2.17.1; 2.31 or newer is needed\n\n"
            "Install a newer git, and have it first on PATH.\n"
        ),
    )


def test_a_git_is_asked_for_its_version_once(notes, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(recent, "git_version", lambda: asked.append(1) or (2, 31))
    for _ in range(2):
        recent._require.cache_clear()  # as another process would
        recent.require_recent_git()
    assert len(asked) == 1
    monkeypatch.setattr(recent, "OLDEST", (2, 32))  # another version of this package asks for more
    recent._require.cache_clear()
    recent.require_recent_git()
    assert len(asked) == 2
