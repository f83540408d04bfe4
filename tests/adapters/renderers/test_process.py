"""Programs are ended in time, whole, and leave nothing behind."""

from __future__ import annotations

import os
import shlex
import signal
import threading
import time
from pathlib import Path

import pytest

from gitpromote.adapters.renderers.process import Ended, kill_all, run
from gitpromote.errors import ConfigurationError
from gitpromote.model.render import Limits

ENV = {"PATH": os.environ["PATH"]}


def shell(script: str, tmp_path: Path, **limits: float) -> Ended:
    given = Limits(timeout=limits.get("timeout", 20), output=int(limits.get("output", 10_000_000)))
    return run(["sh", "-c", script], cwd=tmp_path, env=ENV, limits=given)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> bool:
    for _ in range(100):
        if not is_running(pid):
            return True
        time.sleep(0.02)
    return False


def test_both_streams_and_the_status_come_back(tmp_path: Path) -> None:
    ended = shell("echo out; echo err >&2; exit 3", tmp_path)
    assert ended[:3] == (3, b"out\n", b"err\n")
    assert ended.excess is None
    assert 0 < ended.seconds < 10


def test_much_output_on_both_streams_does_not_block(tmp_path: Path) -> None:
    ended = shell("head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2", tmp_path)
    assert (len(ended.output), len(ended.words)) == (3_000_000, 2_000_000)


def test_one_that_closes_its_streams_and_goes_on_is_waited_for(tmp_path: Path) -> None:
    ended = shell("exec >&- 2>&-; sleep 0.3; exit 4", tmp_path)
    assert ended.status == 4


def test_a_timeout_ends_it_and_its_grandchildren(tmp_path: Path) -> None:
    started = time.monotonic()
    ended = shell("sleep 600 & echo $!; sleep 600", tmp_path, timeout=0.5)
    assert ended.excess == "time"
    assert ended.status == -signal.SIGKILL
    assert time.monotonic() - started < 5
    assert wait_until_gone(int(ended.output))


def test_a_flood_ends_it_long_before_the_timeout(tmp_path: Path) -> None:
    started = time.monotonic()
    ended = shell("yes & echo $!; wait", tmp_path, output=5_000_000)
    assert ended.excess == "output"
    assert time.monotonic() - started < 5
    assert len(ended.output) < 6_000_000
    assert wait_until_gone(int(ended.output.split(b"\n")[0]))


def test_a_flood_on_the_error_stream_counts_too(tmp_path: Path) -> None:
    assert shell("yes >&2", tmp_path, output=1_000_000).excess == "words"


def test_a_child_that_outlives_it_is_killed_and_not_waited_for(tmp_path: Path) -> None:
    started = time.monotonic()
    ended = shell("sleep 600 & echo $!", tmp_path)
    assert (ended.status, ended.excess) == (0, None)
    assert time.monotonic() - started < 5
    assert wait_until_gone(int(ended.output))


def test_a_child_that_left_the_group_and_holds_the_pipe_is_not_waited_for(tmp_path: Path) -> None:
    started = time.monotonic()
    ended = shell("setsid sh -c 'echo $$ > pid; sleep 600' & while [ ! -s pid ]; do :; done; echo done", tmp_path)
    stray = int((tmp_path / "pid").read_text())
    try:
        assert (ended.status, ended.output, ended.excess) == (0, b"done\n", None)
        assert time.monotonic() - started < 5
    finally:
        os.killpg(stray, signal.SIGKILL)


def test_it_has_no_terminal_and_nothing_to_read(tmp_path: Path) -> None:
    ended = shell("cat; (: < /dev/tty) 2>/dev/null && echo tty; true", tmp_path)
    assert ended[:2] == (0, b"")


def test_it_sees_the_environment_that_it_is_given_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "seeded-secret")
    ended = shell("env", tmp_path)
    assert b"seeded-secret" not in ended.output


def test_a_program_that_is_not_there_or_none_at_all_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"\x7fELFbroken")
    (tmp_path / "broken").chmod(0o755)
    for program, why in ((tmp_path / "none", "No such file or directory"), (tmp_path / "broken", "Exec format error")):
        with pytest.raises(ConfigurationError) as caught:
            run([str(program)], cwd=tmp_path, env=ENV, limits=Limits())
        assert str(caught.value) == f"A renderer cannot be started  [tool-broken]\n{program}: {why}"


def test_what_runs_in_other_threads_can_be_killed(tmp_path: Path) -> None:
    ended: list[Ended] = []
    threads = [threading.Thread(target=lambda: ended.append(shell("sleep 600", tmp_path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        kill_all()
        time.sleep(0.02)
    assert [one.status for one in ended] == [-signal.SIGKILL] * 3


def test_an_interrupt_kills_the_group(tmp_path: Path) -> None:
    script = f"echo $$ > {shlex.quote(str(tmp_path))}/pid; sleep 600 & wait"
    timer = threading.Timer(0.5, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        shell(script, tmp_path)
    assert wait_until_gone(int((tmp_path / "pid").read_text()))
