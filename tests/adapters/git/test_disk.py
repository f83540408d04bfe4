"""A disk that is full or read-only is told as such, and leaves a mirror that works later."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from gitpromote.adapters.git.cachefolder import cache_root, private_folder
from gitpromote.adapters.git.commits import CommitSpec, Identity, write_commits
from gitpromote.adapters.git.failures import cache_failure
from gitpromote.adapters.git.mirror import Mirror
from gitpromote.errors import CacheFailed

HEADS = ["refs/heads/*"]
WHO = Identity("gitpromote", "gitpromote@localhost")


@pytest.fixture
def mount(tmp_path):
    """A small file system in memory; needs root."""
    place = tmp_path / "mounted"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m,nr_inodes=4000", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def remount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


def used(place: Path) -> int:
    stat = os.statvfs(place)
    return (stat.f_blocks - stat.f_bfree) * stat.f_frsize


def test_a_full_disk_while_fetching(origin, mount):
    origin.commit("main", {"a": "1"})
    mirror = Mirror.open(str(origin.path), cache_dir=mount / "cache")
    before = mirror.fetch(HEADS)
    size = used(mount)
    head = origin.commit("main", {str(at): os.urandom(40_000) for at in range(120)})
    with pytest.raises(CacheFailed) as caught:
        mirror.fetch(HEADS)
    assert (caught.value.code, caught.value.summary) == ("disk-full", "The disk of the cache is full")
    assert "export GITPROMOTE_CACHE_DIR=…" in caught.value.hint
    assert mirror.known_refs() == before
    assert used(mount) - size < 200_000
    remount(mount, "size=20m")
    assert mirror.fetch(HEADS) == {"refs/heads/main": head}


def test_a_full_disk_before_anything_is_there(origin, mount):
    origin.commit("main", {"a": "1"})
    (mount / "fill").write_bytes(b"")
    with pytest.raises(OSError, match="No space"), (mount / "fill").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    with pytest.raises(CacheFailed) as caught:
        Mirror.open(str(origin.path), cache_dir=mount / "cache").fetch(HEADS)
    assert caught.value.code == "disk-full"


def test_a_full_disk_while_committing(origin, mount):
    origin.commit("main", {"a": "1"})
    mirror = Mirror.open(str(origin.path), cache_dir=mount / "cache")
    head = mirror.fetch(HEADS)["refs/heads/main"]
    big = [(str(at), "100644", os.urandom(100_000)) for at in range(40)]
    with pytest.raises(CacheFailed) as caught:
        write_commits(mirror, [CommitSpec(parent=head, message="m", author=WHO, at=1, files=big)])
    assert caught.value.code == "disk-full"
    (small,) = write_commits(mirror, [CommitSpec(parent=head, message="m", author=WHO, at=1)])
    assert mirror.has([small]) == {small}


def test_a_read_only_cache_serves_what_it_has_and_takes_nothing(origin, mount):
    origin.commit("main", {"a": "1"})
    mirror = Mirror.open(str(origin.path), cache_dir=mount / "cache")
    before = mirror.fetch(HEADS)
    remount(mount, "ro")
    again = Mirror.open(str(origin.path), cache_dir=mount / "cache")
    assert again.fetch(HEADS) == before
    origin.commit("main", {"a": "2"})
    with pytest.raises(CacheFailed) as caught:
        again.fetch(HEADS)
    assert caught.value.code == "cache-read-only"
    with pytest.raises(CacheFailed) as caught:
        write_commits(again, [CommitSpec(parent=before["refs/heads/main"], message="m", author=WHO, at=1)])
    assert caught.value.code == "cache-read-only"


def test_a_read_only_place_for_a_new_cache(origin, mount):
    remount(mount, "ro")
    with pytest.raises(CacheFailed) as caught:
        Mirror.open(str(origin.path), cache_dir=mount / "cache")
    assert str(caught.value) == (
        "The cache is on a read-only file system  [cache-read-only]\n"
        f"{mount}/cache: Read-only file system\n"
        "Name another place:\n  export GITPROMOTE_CACHE_DIR=…"
    )


def test_a_file_where_the_cache_should_be(tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(CacheFailed) as caught:
        private_folder(tmp_path / "cache")
    assert caught.value.code == "cache-not-writable"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EROFS, "cache-read-only"),
        (errno.EACCES, "cache-not-writable"),
    ],
)
def test_what_the_system_says_is_told_apart(number, code):
    assert cache_failure(OSError(number, "x"), where="/cache").code == code


def test_a_cache_of_another_user_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    os.chown(tmp_path, 4712, -1) if os.getuid() == 0 else None
    with pytest.raises(CacheFailed) as caught:
        private_folder(tmp_path)
    assert caught.value.code == "cache-not-ours"


def test_where_the_cache_is(tmp_path, monkeypatch):
    home = {"HOME": str(tmp_path)}
    assert cache_root(home) == tmp_path / ".cache/gitpromote"
    assert cache_root(home | {"XDG_CACHE_HOME": str(tmp_path / "xdg")}) == tmp_path / "xdg/gitpromote"
    assert cache_root(home | {"XDG_CACHE_HOME": "relative"}) == tmp_path / ".cache/gitpromote"
    assert cache_root(home | {"GITPROMOTE_CACHE_DIR": str(tmp_path / "own")}) == tmp_path / "own"
    monkeypatch.chdir(tmp_path)
    assert cache_root(home | {"GITPROMOTE_CACHE_DIR": "here"}) == tmp_path / "here"
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700
