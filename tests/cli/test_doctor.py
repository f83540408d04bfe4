"""What a machine lacks is told one by one, with a pipeline and without."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

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
    assert list(told) == ["git", "cache", "kustomize", "helm", "pipeline"]
    assert told["git"].startswith("ok ")
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


def test_a_git_that_is_too_old_is_told(run, notes, tmp_path, monkeypatch):
    real, programs = shutil.which("git"), tmp_path / "old"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    program(programs, "git", f'case "$*" in *version) echo git version 2.17.1;; *) exec {real} "$@";; esac')
    git_version.cache_clear()
    try:
        ended = run("doctor")
    finally:
        git_version.cache_clear()
    assert ended.code == 11
    assert rows(ended.out)["git"] == "FAILED Git is too old: found 2.17.1; 2.31 or newer is needed"
    assert "git\n  Install a newer git, and have it first on PATH.\n" in ended.out
