"""What is kept can be shared, damaged, read-only, full or lost, and does not grow without end."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.adapters.registries.kept import Kept
from gitpromote.adapters.registries.registry import HttpRegistry
from gitpromote.errors import CacheFailed
from gitpromote.project.wiring import WallClock

DAY = 86400


@pytest.fixture
def root(tmp_path):
    return tmp_path / "cache" / "registries"


def again(root, name="ghcr.io/acme/shop"):
    """What another process finds."""
    return Kept.open(root).repository(name)


def only(root):
    (file,) = root.glob("*.kept")
    return file


def test_what_was_put_is_got_by_another_process_and_the_last_counts(root):
    kept = again(root)
    kept.put("tag latest", "sha256:1")
    kept.put("tag latest", "sha256:2")
    kept.put("facts", [1, {"a": "ü\n"}, []])
    assert again(root).get("tag latest") == "sha256:2"
    assert again(root).get("facts") == [1, {"a": "ü\n"}, []]
    assert again(root).get("other") is None
    assert again(root, "ghcr.io/acme/other").get("facts") is None


def test_it_is_the_users_alone(root):
    again(root).put("a", 1)
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert stat.S_IMODE(only(root).stat().st_mode) == 0o600


def test_the_same_again_writes_nothing(root):
    again(root).put("a", [1])
    before = only(root).read_bytes()
    again(root).put("a", [1])
    assert only(root).read_bytes() == before


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_costs_what_it_hits_and_never_gives_something_else(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("kept")
    wanted = {f"k{at}": [at, "x" * at] for at in range(5)}
    for key, value in wanted.items():
        again(root).put(key, value)
    whole = only(root).read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    how = data.draw(st.sampled_from(["flip", "cut", "insert"]))
    damaged = {
        "flip": whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :],
        "cut": whole[:at],
        "insert": whole[:at] + data.draw(st.binary(min_size=1, max_size=9)) + whole[at:],
    }[how]
    only(root).write_bytes(damaged)
    found = {key: again(root).get(key) for key in wanted}
    assert all(value is None or value == wanted[key] for key, value in found.items())
    assert how == "cut" or sum(value is None for value in found.values()) <= 2
    again(root).put("new", 7)
    assert again(root).get("new") == 7


def test_threads_and_processes_write_at_once(root):
    code = (
        "import sys; from pathlib import Path; from gitpromote.adapters.registries.kept import Kept\n"
        "kept = Kept.open(Path(sys.argv[1])).repository('r')\n"
        "for at in range(200): kept.put(f'{sys.argv[2]} {at}', 'x' * at)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    words = [sys.executable, "-c", code, str(root)]
    running = [subprocess.Popen([*words, name], env=environment) for name in "ab"]
    kept = again(root, "r")
    threads = [
        threading.Thread(target=lambda name=name: [kept.put(f"{name} {at}", at) for at in range(200)]) for name in "cd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait(30) for process in running] == [0, 0]
    found = again(root, "r")
    assert all(found.get(f"{name} {at}") == "x" * at for name in "ab" for at in range(200))
    assert all(found.get(f"{name} {at}") == at for name in "cd" for at in range(200))


def test_what_no_longer_counts_is_left_out_in_time(root):
    kept = again(root)
    for at in range(300):
        kept.put("tags", [f"{at}" * 100, "x" * 2000])
    kept.put("digest", 1)
    assert only(root).stat().st_size < 200_000
    assert again(root).get("tags") == ["299" * 100, "x" * 2000]
    assert again(root).get("digest") == 1
    assert list(root.glob("*.tmp")) == []


def test_too_much_loses_the_oldest(root):
    kept = again(root)
    for at in range(40):
        kept.put(f"k{at}", str(at) + "x" * 1_000_000)
    assert only(root).stat().st_size < 20_000_000
    assert again(root).get("k0") is None
    assert str(again(root).get("k39")).startswith("39x")


def test_a_cache_that_cannot_be_made_or_written_keeps_nothing_and_is_read(root, tmp_path, monkeypatch):
    again(root).put("a", 1)
    before = only(root).read_bytes()
    real = os.open

    def refuse(path, flags, *more, **others):
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(30, "Read-only file system", str(path))
        return real(path, flags, *more, **others)

    monkeypatch.setattr(os, "open", refuse)
    kept = again(root)
    kept.put("b", 2)
    assert (kept.get("a"), kept.get("b"), again(root).get("b")) == (1, 2, None)
    assert only(root).read_bytes() == before
    (tmp_path / "file").write_text("")
    kept = Kept.open(tmp_path / "file" / "registries").repository("r")
    kept.put("a", 1)
    assert kept.get("a") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_folder_is_refused(root):
    root.mkdir(parents=True)
    os.chown(root, 12345, 12345)
    code = (
        "import os, sys; from pathlib import Path; from gitpromote.adapters.registries.kept import Kept\n"
        "os.seteuid(4321)\n"
        "try: Kept.open(Path(sys.argv[1]))\n"
        "except Exception as error: print(error.code)"
    )
    for parent in (root.parent, *root.parents):
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, env=environment)
    assert done.stdout == "cache-not-ours\n"
    assert CacheFailed.exit_code == 1


def test_what_nobody_asks_for_is_removed_and_what_is_read_stays(root):
    now = time.time()
    for name in ("old", "used"):
        again(root, name).put("a", 1)
    for file in root.glob("*.kept"):
        os.utime(file, (now - 40 * DAY, now - 40 * DAY))
    (root / "broken.1.2.tmp").write_bytes(b"x")
    os.utime(root / "broken.1.2.tmp", (now - 2 * DAY, now - 2 * DAY))
    assert again(root, "used").get("a") == 1
    assert Kept.open(root).prune(now=now) == 2
    assert again(root, "used").get("a") == 1
    assert again(root, "old").get("a") is None


def test_opening_registries_removes_what_nobody_asks_for_once_a_day(tmp_path):
    root, now = tmp_path / "registries", time.time()
    again(root, "young").put("a", 1)

    def opened_with_something_old():
        again(root, "old").put("a", 1)
        old = Kept.open(root).repository("old")._file
        os.utime(old, (now - 40 * DAY, now - 40 * DAY))
        HttpRegistry.open(tmp_path, clock=WallClock(), env={}).close()
        return old.exists()

    assert opened_with_something_old() is False
    assert opened_with_something_old() is True, "not twice a day"
    os.utime(root / "pruned", (now - 2 * DAY, now - 2 * DAY))
    assert opened_with_something_old() is False
    assert again(root, "young").get("a") == 1
