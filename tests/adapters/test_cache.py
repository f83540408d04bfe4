"""The cache of renders can be shared, damaged, full, read-only or lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gitpromote.adapters.cache import DiskRenderCache
from gitpromote.errors import CacheFailed
from gitpromote.model.render import Closure
from gitpromote.model.tree import Entry, blob_id
from gitpromote.ports import KeptRender
from gitpromote.render.memo import Memo, MemoEntry

KEY = "ab" * 32
DAY = 86400


def kept(contents: dict[str, bytes], **others: object) -> tuple[KeptRender, dict[str, bytes]]:
    files = {path: Entry("100644", blob_id(content)) for path, content in contents.items()}
    given: dict[str, object] = {"random": {}, **others}
    return KeptRender(files=files, **given), {blob_id(content): content for content in contents.values()}


RENDER, BLOBS = kept(
    {"a.yaml": b"a: 1\n", "b.yaml": "ü\r\n".encode(), "c.yaml": b""},
    sensitive=("a.yaml",),
    secrets=("v1/Secret shop/key",),
    warnings=("something is old",),
    random={"a.yaml": (("spec", 0, "x"), ())},
)


@pytest.fixture
def cache(tmp_path: Path) -> DiskRenderCache:
    return DiskRenderCache.open(tmp_path / "cache")


def again(cache: DiskRenderCache) -> DiskRenderCache:
    """The same cache in another process, as it were."""
    return DiskRenderCache.open(cache.root)


def test_what_was_put_is_got_by_another_process(cache: DiskRenderCache) -> None:
    cache.put(KEY, RENDER, BLOBS)
    other = again(cache)
    assert other.get(KEY) == RENDER
    assert other.blobs(BLOBS) == BLOBS
    assert other.get("cd" * 32) is None


def test_bytes_are_given_for_renders_that_were_asked_for(cache: DiskRenderCache) -> None:
    cache.put(KEY, RENDER, BLOBS)
    other = again(cache)
    assert other.blobs(BLOBS) == {}
    other.get(KEY)
    assert other.blobs([*BLOBS, "0" * 40]) == BLOBS


def test_it_is_private(cache: DiskRenderCache) -> None:
    cache.put(KEY, RENDER, BLOBS)
    modes = {path.stat().st_mode & 0o777 for path in [cache.root, *cache.root.rglob("*")]}
    assert modes <= {0o700, 0o600}


def test_any_damage_makes_it_absent(cache: DiskRenderCache) -> None:
    cache.put(KEY, RENDER, BLOBS)
    path = cache.root / "renders" / KEY[:2] / KEY
    whole = path.read_bytes()
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert again(cache).get(KEY) is None
    for end in range(0, len(whole), 5):
        path.write_bytes(whole[:end])
        assert again(cache).get(KEY) is None
    cache.put(KEY, RENDER, BLOBS)
    assert again(cache).get(KEY) == RENDER


def test_bytes_that_were_damaged_after_the_look_are_left_out(cache: DiskRenderCache) -> None:
    cache.put(KEY, RENDER, BLOBS)
    other = again(cache)
    other.get(KEY)
    (cache.root / "renders" / KEY[:2] / KEY).write_bytes(b"")
    assert other.blobs(BLOBS) == {}


def test_many_writers_of_one_key_leave_it_whole(cache: DiskRenderCache) -> None:
    script = (
        "import sys; sys.path[:] = eval(sys.argv[2])\n"
        "from pathlib import Path\nfrom gitpromote.adapters.cache import DiskRenderCache\n"
        "from gitpromote.model.tree import Entry, blob_id\nfrom gitpromote.ports import KeptRender\n"
        "content = b'x' * 50_000\nrender = KeptRender(files={'a': Entry('100644', blob_id(content))}, random={})\n"
        "cache = DiskRenderCache.open(Path(sys.argv[1]))\n"
        "for n in range(40):\n    cache.put('ab' * 32, render, {blob_id(content): content})\n"
        "    assert DiskRenderCache.open(Path(sys.argv[1])).get('ab' * 32) == render\n"
    )
    words = [sys.executable, "-c", script, str(cache.root), repr(sys.path)]
    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(lambda _: subprocess.run(words, capture_output=True, check=False), range(3)))
    assert [one.stderr for one in ended] == [b""] * 3
    assert list(cache.root.rglob("*.tmp")) == []


def test_memos_are_kept_by_name(cache: DiskRenderCache) -> None:
    memo = Memo().updated({"prod/shop": MemoEntry("spec", Closure((("a", "100644", "1" * 40),)))})
    cache.keep_memo("shop", memo)
    assert again(cache).memo("shop").dumps() == memo.dumps()
    assert len(cache.memo("../../etc/other")) == 0
    cache.keep_memo("../../etc/other", memo)
    assert len(cache.memo("../../etc/other")) == 1
    assert {path.parent for path in cache.root.rglob("memo-*")} == {cache.root}
    for path in cache.root.glob("memo-*"):
        path.write_text("{broken")
    assert len(cache.memo("shop")) == 0


def test_what_nobody_asks_for_is_pruned_and_what_is_asked_for_stays(cache: DiskRenderCache) -> None:
    old = time.time() - 40 * DAY
    for number, key in enumerate((KEY, "cd" * 32, "ef" * 32)):
        cache.put(key, RENDER, BLOBS)
        if number:
            os.utime(cache.root / "renders" / key[:2] / key, (old, old))
    (cache.root / "renders" / "ab" / "x.123.tmp").write_bytes(b"left over")
    os.utime(cache.root / "renders" / "ab" / "x.123.tmp", (old, old))
    assert again(cache).get("cd" * 32) == RENDER
    assert cache.prune(now=time.time()) == 2
    assert [again(cache).get(key) is not None for key in (KEY, "cd" * 32, "ef" * 32)] == [True, True, False]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB. Mounting needs root, which a user's machine may lack."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("tmpfs cannot be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_is_told_and_what_is_there_stays(small_disk: Path) -> None:
    cache = DiskRenderCache.open(small_disk / "cache")
    cache.put(KEY, RENDER, BLOBS)
    big, blobs = kept({"big": os.urandom(300_000)})
    with pytest.raises(CacheFailed) as caught:
        cache.put("cd" * 32, big, blobs)
    assert caught.value.code == "disk-full"
    assert caught.value.exit_code == 1
    assert str(small_disk) in caught.value.detail
    assert list(cache.root.rglob("*.tmp")) == []
    assert again(cache).get(KEY) == RENDER
    (small_disk / "filler").write_bytes(b"")
    with pytest.raises(OSError), (small_disk / "filler").open("wb") as filler:
        filler.write(bytes(300_000))
    with pytest.raises(CacheFailed) as caught:
        again(cache)
    assert caught.value.code == "disk-full"


def test_a_read_only_cache_is_an_error_or_read_alone(small_disk: Path) -> None:
    cache = DiskRenderCache.open(small_disk / "cache")
    cache.put(KEY, RENDER, BLOBS)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(CacheFailed) as caught:
        again(cache)
    assert caught.value.code == "cache-read-only"
    assert str(cache.root) in caught.value.detail
    other = DiskRenderCache.open(cache.root, on_read_only="ignore")
    assert other.get(KEY) == RENDER
    assert other.blobs(BLOBS) == BLOBS
    other.put("cd" * 32, RENDER, BLOBS)
    other.keep_memo("shop", Memo())
    assert other.get("cd" * 32) is None
    assert (other.writable, other.tools_file) == (False, None)
    absent = DiskRenderCache.open(small_disk / "none", on_read_only="ignore")
    assert absent.get(KEY) is None


def test_keeping_a_memo_removes_what_nobody_asks_for_once_a_day(cache: DiskRenderCache) -> None:
    def kept_with_something_old() -> bool:
        cache.put(KEY, RENDER, BLOBS)
        old = cache._path(KEY)
        os.utime(old, (time.time() - 40 * 86400,) * 2)
        cache.keep_memo("shop", Memo())
        return old.exists()

    assert [kept_with_something_old(), kept_with_something_old()] == [False, True]
    os.utime(cache.root / "pruned", (0, 0))
    assert kept_with_something_old() is False
