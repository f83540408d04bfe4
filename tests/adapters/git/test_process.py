"""Git is run with what it needs, without what would mislead it, and does not outlive us."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from gitpromote.adapters.git.environment import git_environment
from gitpromote.adapters.git.failures import git_failure
from gitpromote.adapters.git.filelock import locked
from gitpromote.adapters.git.process import Completed, call_git, git_version, require_version
from gitpromote.errors import AccessDenied, CacheFailed, ConfigurationError, GitpromoteError, RemoteFailed


def test_what_redirects_git_is_dropped_and_what_lets_it_in_is_kept():
    kept = {
        "GIT_ASKPASS": "/ask",
        "GIT_SSH_COMMAND": "ssh -i k",
        "SSH_AUTH_SOCK": "/sock",
        "HTTPS_PROXY": "http://proxy",
        "GIT_SSL_CAINFO": "/ca",
        "HOME": "/home/lea",
        "GIT_CONFIG_GLOBAL": "/cfg",
    }
    dropped = {
        "GIT_DIR": "/x",
        "GIT_WORK_TREE": "/x",
        "GIT_INDEX_FILE": "/x",
        "GIT_NAMESPACE": "n",
        "GIT_AUTHOR_NAME": "x",
    }
    ours = {"LC_ALL": "C", "LANGUAGE": "", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat"}
    ours |= {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "67108864"}
    assert git_environment(kept | dropped | {"LC_ALL": "de_DE.UTF-8"}) == kept | ours


def test_settings_are_added_to_those_that_were_injected():
    base = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.proxy", "GIT_CONFIG_VALUE_0": "p"}
    found = git_environment(base, config=[("a.b", "c")])
    assert found | base | {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_1": "a.b", "GIT_CONFIG_VALUE_1": "c"} == found
    assert "GIT_CONFIG_COUNT" not in git_environment({})


def test_git_tells_its_version():
    assert git_version() >= (2, 31)
    require_version((2, 31))


@pytest.mark.parametrize(("version", "words"), [((2, 30, 9), "2.30.9"), ((1, 8), "1.8"), ((), "an unknown version")])
def test_an_old_git_is_told(version, words):
    with pytest.raises(ConfigurationError) as caught:
        require_version(version)
    assert str(caught.value) == (
        "Git is too old  [git-too-old]\n"
        f"found {words}; 2.31 or newer is needed\n"
        "Install a newer git, and have it first on PATH."
    )
    with pytest.raises(ConfigurationError):
        git_failure(Completed(129, b"", "usage"), doing="x", where="y", version=lambda: version)


def test_a_missing_git_is_told(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        call_git(["version"], env={"PATH": str(tmp_path)})
    assert str(caught.value) == (
        "Git cannot be started  [git-missing]\n"
        "No such file or directory: git\n"
        "Install git 2.31 or newer, and have it on PATH."
    )


def script(tmp_path: Path, text: str) -> dict[str, str]:
    file = tmp_path / "bin/git"
    file.parent.mkdir()
    file.write_text("#!/bin/sh\n" + text)
    file.chmod(0o755)
    return dict(os.environ) | {"PATH": f"{file.parent}:{os.environ['PATH']}"}


def is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):  # which of the two depends on when it goes
            return True
        if state.split()[2] == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_process_that_takes_too_long_is_ended_with_its_children(tmp_path):
    env = script(tmp_path, f"sleep 60 & echo $! > {tmp_path}/child; echo partial; wait\n")
    completed = call_git(["x"], env=env, timeout=0.3)
    assert (completed.timed_out, completed.output) == (True, b"partial\n")
    assert is_gone(int((tmp_path / "child").read_text()))


def test_a_process_that_ignores_the_request_to_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("gitpromote.adapters.git.process._GRACE", 0.1)
    env = script(tmp_path, f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.05; done\n")
    assert call_git(["x"], env=env, timeout=0.3).timed_out
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_an_interrupt_ends_the_process_and_goes_on(tmp_path):
    env = script(tmp_path, f"sleep 60 & echo $! > {tmp_path}/child; wait\n")

    def interrupt() -> None:
        while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        call_git(["x"], env=env)
    thread.join()
    assert is_gone(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize(
    ("helper", "name"),
    [
        ("git-credential-slow", "git-credential-slow"),
        ("{folder}/ask-somebody", "ask-somebody"),
        ("!f() {{ echo hush; sleep 60; }}; f", "a shell line of credential.helper"),
    ],
)
def test_a_program_that_git_asks_for_a_login_is_named_and_given_up(tmp_path, monkeypatch, helper, name):
    monkeypatch.setattr("gitpromote.adapters.git.process._PATIENCE", 0.3)
    monkeypatch.setattr("gitpromote.adapters.git.process.LOGIN_TIMEOUT", 0.8)
    for program in ("git-credential-slow", "ask-somebody"):
        (tmp_path / program).write_text("#!/bin/sh\nsleep 60\n")
        (tmp_path / program).chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    told: list[str] = []
    settings = [
        ("credential.helper", ""),
        ("credential.helper", helper.format(folder=tmp_path).removeprefix("git-credential-")),
    ]
    asked = b"protocol=https\nhost=git.example\n\n"
    completed = call_git(["credential", "fill"], data=asked, env=env, config=settings, timeout=60, slow=told.append)
    assert (completed.timed_out, completed.silent) == (True, name)
    assert told == [f"for {name}, which git asks for a login; 0.8 s at most"]
    error = git_failure(completed, doing="read the refs of", where="https://git.example/x.git")
    assert (type(error), error.code, error.exit_code) == (AccessDenied, "credential-helper-silent", 12)
    assert error.detail.splitlines()[-1].startswith(f"  {name}, which git asked for a login, said nothing in ")


def test_what_is_slow_for_another_reason_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("gitpromote.adapters.git.process._PATIENCE", 0.1)
    told: list[str] = []
    completed = call_git(
        ["x"], env=script(tmp_path, "cat; sleep 0.5\n"), data=b"x" * 300_000, timeout=60, slow=told.append
    )
    assert (completed.status, len(completed.output), completed.timed_out, told) == (0, 300_000, False, [])


def test_git_has_no_terminal(tmp_path):
    env = script(tmp_path, "ps -o sid= -p $$; echo $GIT_TERMINAL_PROMPT; (: < /dev/tty) 2>/dev/null && echo tty\n")
    lines = call_git(["x"], env=env).output.decode().split()
    assert lines[1:] == ["0"]
    assert int(lines[0]) != os.getsid(0)


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("fatal: write error: No space left on device", CacheFailed, "disk-full"),
        ("remote: fatal: write error: No space left on device", RemoteFailed, "remote-disk-full"),
        (
            "remote: error: insufficient permission for adding an object to repository",
            AccessDenied,
            "remote-not-writable",
        ),
        ("error: unable to create temporary file: Read-only file system", CacheFailed, "cache-read-only"),
        ("error: insufficient permission for adding an object", CacheFailed, "cache-not-writable"),
        ("fatal: mismatched algorithms: client sha1; server sha256", RemoteFailed, "object-format-mismatch"),
        ("fatal: unable to access 'https://h/': SSL certificate problem: x", RemoteFailed, "remote-certificate"),
        ("fatal: loose object 12 (stored in x) is corrupt", CacheFailed, "mirror-damaged"),
        ("fatal: something new", GitpromoteError, "git-failed"),
    ],
)
def test_what_git_says_is_told_apart(words, kind, code):
    error = git_failure(Completed(128, b"", words), doing="fetch from", where="https://ci:word@h/x")
    assert (type(error), error.code) == (kind, code)
    assert error.detail == f"fetch from https://***@h/x\n  git: {words}"


def test_a_failure_without_words_still_says_something():
    error = git_failure(Completed(-9, b"", ""), doing="fetch from", where="x")
    assert str(error) == "A git command failed  [git-failed]\nfetch from x\n  git: ended by signal 9"
    assert git_failure(Completed(3, b"", " \n"), doing="d", where="x").detail == "d x\n  git: exit status 3"
    assert len(git_failure(Completed(1, b"", "x" * 10_000), doing="d", where="x").detail) < 2100


def test_a_lock_tells_whether_its_last_holder_came_to_the_end(tmp_path):
    file = tmp_path / "x.lock"
    with locked(file, timeout=1) as left_over:
        assert left_over is False
    with pytest.raises(RuntimeError), locked(file, timeout=1) as left_over:
        assert left_over is False
        raise RuntimeError
    with locked(file, timeout=1) as left_over:
        assert left_over is True
    with locked(file, timeout=1) as left_over:
        assert left_over is False
