"""Disks that are full and caches that are read-only: told, and neither a file nor a ref is half written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gitpromote

PLACE = "export GITPROMOTE_CACHE_DIR=…\n"


def fill(place: Path) -> None:
    with pytest.raises(OSError, match="No space"), (place / "fill").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 1024)


def read_only(place: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)


def apply(shop, file) -> tuple[str, ...]:
    return ("apply", str(file), "--expect-digest", shop.digest(file))


@pytest.fixture
def in_cache(mounted, monkeypatch: pytest.MonkeyPatch):
    def mount(size: str) -> Path:
        place = mounted(size)
        monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(place / "cache"))
        return place

    return mount


def full(told: str) -> None:
    assert told.startswith("Error: The disk of the cache is full  [disk-full]\n\n")
    assert "No space left on device" in told or "Out of diskspace" in told  # as git says it elsewhere
    assert told.endswith(f"\n\nFree space, or name another place:\n  {PLACE}")


def test_a_cache_on_a_full_disk(shop, in_cache) -> None:
    place = in_cache("2m")
    file = shop.plan()
    fill(place)
    shop.push({"deploy/test/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"})
    full(shop.refused("plan", code=1))
    full(shop.refused(*apply(shop, file), code=1))
    (place / "fill").unlink()
    assert shop.run(*apply(shop, file)).code == 0


def test_a_disk_that_is_full_at_any_point_of_a_plan(shop, in_cache) -> None:
    """Whatever did not fit, the run ends with an error of ours, and is right once there is room."""
    codes = []
    for pages in (1, 4, 8, 12, 16, 20, 24, 28, 32):
        in_cache(f"{pages * 4}k")
        before = shop.everything()
        ended = shop.run("plan", "--json")
        codes.append(ended.code)
        assert ended.code in (0, 1), ended.err
        assert ended.code == 0 or "[disk-full]" in ended.err
        assert shop.everything() == before
    assert codes[0] == 1


def test_a_cache_that_is_read_only_from_the_start(shop, in_cache) -> None:
    read_only(in_cache("1m"))
    assert shop.refused("plan", code=1) == (
        "Error: The cache is on a read-only file system  [cache-read-only]\n\n"
        f"<tmp>/mounted0/cache: Read-only file system\n\nName another place:\n  {PLACE}"
    )


@pytest.mark.parametrize("when", ["from the start", "later"])
def test_the_doctor_lists_everything_where_the_cache_is_read_only(shop, in_cache, when: str) -> None:
    place = in_cache("1m")
    if when == "later":
        assert shop.run("plan").code == 0
    read_only(place)
    ended = shop.run("doctor")
    rows = {line.split()[1]: line.split()[0] for line in ended.out.splitlines()[:7]}
    expected = dict.fromkeys(["git", "home", "ledger", "organisation", "credentials", "identity"], "ok") | {
        "cache": "FAILED"
    }
    assert (ended.code, ended.err, rows) == (11, "", expected)
    assert PLACE in ended.out


def test_a_cache_that_became_read_only(shop, in_cache) -> None:
    place = in_cache("4m")
    file = shop.plan()
    read_only(place)
    shop.push({"deploy/test/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"})
    for words in (("plan",), apply(shop, file)):
        told = shop.refused(*words, code=1)
        assert told.startswith("Error: The cache is on a read-only file system  [cache-read-only]\n\n")
        assert told.endswith(f"\n\nName another place:\n  {PLACE}")


@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_plan_that_cannot_be_saved_leaves_no_file(shop, mounted, how: str) -> None:
    place = mounted("64k")
    fill(place) if how == "full" else read_only(place)
    before = sorted(place.iterdir())
    ended = shop.run("plan", "--out", str(place / "plan.json"))
    words = "No space left on device" if how == "full" else "Read-only file system"
    assert (ended.code, ended.err) == (
        1,
        (
            f"Error: A file cannot be written  [output-failed]\n\n<tmp>/mounted0/plan.json: {words}\n\n"
            "Nothing else was changed. Make room, or name another place with --out.\n"
        ),
    )
    assert sorted(place.iterdir()) == before


def test_a_plan_that_was_saved_before_stays_whole(shop, mounted) -> None:
    place = mounted("64k")
    file = place / "plan.json"
    assert shop.run("plan", "--out", str(file)).code == 0
    whole = file.read_bytes()
    fill(place)
    shop.push({"deploy/test/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"})
    assert shop.run("plan", "--out", str(file)).code == 1
    assert file.read_bytes() == whole


def test_a_screen_that_cannot_be_written_does_not_stop_an_apply(shop) -> None:
    file = shop.plan()
    with Path("/dev/full").open("w") as out:
        process = shop.program(*apply(shop, file), stdout=out)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (
        1,
        "Error: The output could not be written: No space left on device  [output-failed]\n",
    )
    assert "refs/heads/env/prod" in shop.refs()
    assert shop.run("verify").code == 0


def test_a_working_folder_that_is_gone(tmp_path: Path) -> None:
    """A shell stays in a folder that another one deletes, as after switching branches."""
    package = str(Path(gitpromote.__file__).parents[1])
    command = 'mkdir gone && cd gone && rmdir ../gone && "$PYTHON" -m gitpromote plan'
    ended = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PYTHON": sys.executable, "PYTHONPATH": package},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, list(tmp_path.glob("**/.git*"))) == (11, "", [])
    assert ended.stderr == (
        "Error: The working folder is gone  [folder-gone]\n\n"
        "It was deleted or moved since the shell went there, so no pipeline file can be looked for.\n\n"
        'If there is one of this name again:\n  cd "$PWD"\n'
    )
