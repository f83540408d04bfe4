"""Commits that nobody signed: what explain says would help does help, typed as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import needed

Shell = Callable[[str], str]

PIPELINE = """\
from gitpromote import App, Branch, CommitSignature, Environment, Pipeline, Plain

pipeline = Pipeline(
    "shop",
    apps=[App("shop", Plain("deploy/$env"))],
    target=Branch("env/$env"),
    signers="allowed_signers",
    environments=[
        Environment("test", production=False),
        Environment("prod", production=False, after="test", gates=[CommitSignature()]),
    ],
)
"""
SIGNED = "git commit -q -S -a -m {}"
UNSIGNED = "git commit -q -a -m {}"


def config_map(env: str, version: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: shop, namespace: {env}}}\ndata: {{v: '{version}'}}\n"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in a clone whose user can sign, with ``gitpromote`` on its PATH."""
    programs, home, work, cache = (tmp_path / name for name in ("bin", "home", "work", "cache"))
    for folder in (programs, home, work):
        folder.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(cache))
    monkeypatch.setenv("COLUMNS", "300")
    program = programs / "gitpromote"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gitpromote "$@"\n')
    program.chmod(0o755)
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITPROMOTE_", "XDG_"))},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GITPROMOTE_CACHE_DIR": str(cache),
    }

    def run(words: str) -> str:
        done = subprocess.run(words, shell=True, cwd=work, env=environ, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    key = home / "key"
    subprocess.run([needed("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    settings = {"user.name": "Cleo", "user.email": "cleo@acme.example", "gpg.format": "ssh", "user.signingKey": key}
    for name, value in {**settings, "init.defaultBranch": "main"}.items():
        run(f"git config --global {name} '{value}'")
    run("git init -q --bare ../home.git && git init -q . && git remote add origin ../home.git")
    (work / "pipeline.py").write_text(PIPELINE)
    (work / "allowed_signers").write_text(f"cleo@acme.example {key.with_suffix('.pub').read_text()}")
    for env in ("test", "prod"):
        (work / "deploy" / env).mkdir(parents=True)
        (work / "deploy" / env / "map.yaml").write_text(config_map(env, "1"))
    run("git add .")
    return run


def change(shell: Shell, version: str, how: str) -> None:
    for env in ("test", "prod"):
        Path("deploy", env, "map.yaml").write_text(config_map(env, version))
    shell(how.format(version) + " && git push -q -u origin main")


def gate(run) -> tuple[str, str, str]:
    """The verdict, what it says, and what would help: by explain."""
    lines = run("explain", "shop", "prod").out.splitlines()
    [at] = [place for place, line in enumerate(lines) if " commit-signature  " in line]
    status, _, message = lines[at].split(maxsplit=2)
    remedy = lines[at + 2].strip()
    return status, message, remedy if remedy.startswith(("git ", "gitpromote ")) else ""


def oid(shell: Shell, name: str) -> str:
    return shell(f"git rev-parse {name}").strip()


def with_history(shell: Shell, run) -> str:
    """Two signed commits, the first of which is in both environments."""
    change(shell, "1", SIGNED)
    run("apply", "-auto-approve")
    run("apply", "-auto-approve")
    change(shell, "2", SIGNED)
    return oid(shell, "HEAD")


@pytest.mark.parametrize("merged", [False, True], ids=["first-commit", "side-branch"])
def test_the_remedy_brings_signed_commits_to_production(shell, run, merged):
    before = with_history(shell, run) if merged else ""
    side = "git checkout -q -b side && echo 1 > side && git add side && git commit -q -m side && git checkout -q main"
    shell(side if merged else "true")
    change(shell, "3", UNSIGNED)
    bad = oid(shell, "HEAD")
    shell("git merge -q --no-ff -m merged side && git push -q" if merged else "true")
    run("apply", "-auto-approve")
    status, message, remedy = gate(run)
    unsigned = [oid(shell, "HEAD"), bad, oid(shell, "side")] if merged else [bad]
    counted = "3 of 4 commits" if merged else "1 of 1 commit"
    words, _, told = message.partition(": ")
    assert (status, words) == ("fail", f"{counted} not signed by one of allowed_signers")
    assert sorted(told.split("; ")) == sorted(f"{one[:7]} has no signature" for one in unsigned)
    oldest = next(one for one in (bad, unsigned[-1]) if one[:7] == told.split("; ")[-1][:7])
    start = f"{oldest}~1" if merged else "--root"
    assert remedy == (
        f'git rebase --rebase-merges --exec "git commit --amend --no-edit -S" {start} && '
        "git push --force-with-lease && gitpromote freight create shop --commit main"
    )
    assert not merged or oid(shell, start) == before
    told = shell(remedy)
    assert re.search(r"^Recorded [a-z]+-[a-z]+-[0-9a-f]{4} ", told, re.MULTILINE), told
    run("apply", "-auto-approve")
    assert gate(run)[0] == "pass"
    assert "prod  written" in run("apply", "-auto-approve").out


def test_commits_that_were_rewritten_already_only_need_freight(shell, run):
    change(shell, "1", UNSIGNED)
    run("apply", "-auto-approve")
    old = oid(shell, "HEAD")
    shell('git rebase --root --exec "git commit --amend --no-edit -S" && git push -q --force')
    message = f"1 of 1 commit not signed by one of allowed_signers: {old[:7]} has no signature"
    gone = "; the Freight's commit is no longer on main"
    assert gate(run) == ("fail", message + gone, "gitpromote freight create shop --commit main")
    told = shell("gitpromote freight create shop --commit main")
    alias = told.split()[1]
    assert gate(run) == ("fail", f"{message}{gone}: {alias} has the one that is there now", "")
    run("apply", "-auto-approve")
    assert gate(run)[0] == "pass"
