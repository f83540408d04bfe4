"""The place where a render runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitpromote.adapters.renderers.apart import without_network
from gitpromote.adapters.renderers.sandbox import Sandbox, with_copies
from gitpromote.errors import CacheFailed, SourceInvalid


def test_inputs_are_there_verbatim_with_their_modes_and_nothing_else_is() -> None:
    inputs = {
        "a/b.sh": ("100755", b"#!/bin/sh\r\n$Id$\r\n"),
        "a/c": ("100644", b"\x00\xff"),
        "link": ("120000", b"a/c"),
        "empty": ("100644", b""),
        os.fsdecode(b"caf\xe9"): ("100644", b"latin"),
    }
    with Sandbox(inputs) as sandbox:
        found = {path.relative_to(sandbox.source).as_posix(): path for path in sandbox.source.rglob("*")}
        assert set(found) == {*inputs, "a"}
        assert found["a/b.sh"].read_bytes() == b"#!/bin/sh\r\n$Id$\r\n"
        assert found["a/b.sh"].stat().st_mode & 0o111
        assert not found["a/c"].stat().st_mode & 0o111
        assert found["link"].readlink() == Path("a/c")
        assert sandbox.root.stat().st_mode & 0o777 == 0o700
    assert not sandbox.root.exists()


def test_it_is_gone_after_an_error_too() -> None:
    with pytest.raises(RuntimeError), Sandbox({"a": ("100644", b"")}) as sandbox:
        raise RuntimeError
    assert not sandbox.root.exists()


@pytest.mark.parametrize("path", ["../a", "/a", "a/../../b", "a//b", "", "a/./b", "a\0b"])
def test_a_path_that_leaves_it_is_refused(path: str) -> None:
    with pytest.raises(SourceInvalid) as caught, Sandbox({path: ("100644", b"")}):
        pass
    assert caught.value.code == "source-path-unsafe"


@pytest.mark.parametrize("target", ["/etc/passwd", "../x", "b/../../x", ".."])
def test_a_link_that_leaves_it_is_refused(target: str) -> None:
    with pytest.raises(SourceInvalid) as caught, Sandbox({"a": ("120000", target.encode())}):
        pass
    assert caught.value.code == "source-outside"


def test_nothing_is_written_through_a_link() -> None:
    inputs = {"a": ("120000", b"b"), "a/x": ("100644", b"x"), "b/y": ("100644", b"y")}
    with pytest.raises(SourceInvalid) as caught, Sandbox(inputs):
        pass
    assert caught.value.code == "source-path-unsafe"


def test_a_name_too_long_for_a_file_system_is_the_sources_fault() -> None:
    with pytest.raises(SourceInvalid) as caught, Sandbox({"n" * 300: ("100644", b"")}):
        pass
    assert caught.value.code == "source-path-unsafe"


def test_the_environment_is_made_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "KUBECONFIG", "HELM_REGISTRY_CONFIG", "SSH_AUTH_SOCK", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "seeded-secret")
    with Sandbox({}) as sandbox:
        env = sandbox.environment(parallel=True)
        inside = [env[name] for name in ("HOME", "TMPDIR", "KUBECONFIG", "HELM_CACHE_HOME", "XDG_CONFIG_HOME")]
        assert all(path.startswith(f"{sandbox.root}/") for path in inside)
    assert "seeded-secret" not in env.values()
    assert sorted(env) == [
        *("ALL_PROXY", "GIT_ALLOW_PROTOCOL", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_TERMINAL_PROMPT"),
        *("GOGC", "GOMAXPROCS", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_NO_PLUGINS", "HOME"),
        *("HTTPS_PROXY", "HTTP_PROXY", "KUBECONFIG", "LC_ALL", "PATH", "PYTHONHASHSEED", "TMPDIR", "TZ"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "all_proxy", "http_proxy", "https_proxy"),
    ]
    with Sandbox({}) as sandbox:
        assert "GOMAXPROCS" not in sandbox.environment(parallel=False)


def test_its_own_paths_are_taken_out_of_what_is_said() -> None:
    with Sandbox({}) as sandbox:
        said = f"open {sandbox.source}/over/a.yaml: no {sandbox.source} and {sandbox.root}/tmp/x"
        assert sandbox.plain(said) == "open over/a.yaml: no . and tmp/x"


def test_copies_stand_in_both_places() -> None:
    inputs = {"common/a": ("100644", b"a"), "common/b/c": ("100755", b"c"), "commons": ("100644", b"x")}
    assert with_copies(inputs, [("common", "shop/charts/common")]) == inputs | {
        "shop/charts/common/a": ("100644", b"a"),
        "shop/charts/common/b/c": ("100755", b"c"),
    }


def test_where_the_network_can_be_taken_away_it_is() -> None:
    words = without_network()
    if words:
        seen = subprocess.run([*words, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True).stdout
        assert [line.split(":")[0].strip() for line in seen.splitlines()[2:]] == ["lo"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB. Mounting needs root, which a user's machine may lack."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("tmpfs cannot be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_is_told_with_what_to_do(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(small_disk))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(CacheFailed) as caught, Sandbox({"a": ("100644", bytes(100_000))}):
        pass
    assert caught.value.code == "disk-full"
    assert str(caught.value).startswith("The disk for temporary files is full  [disk-full]\n" + str(small_disk))
    assert caught.value.hint == "Free space, or name another place:\n  export TMPDIR=…"
    assert list(small_disk.iterdir()) == []
