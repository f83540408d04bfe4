"""The cache of renders: by key, private to the user, safe to share between processes, and safe to lose.

One file per render: a line with the digest of all that follows, a line of JSON (files with modes and ids, warnings,
random places), and the files' bytes, compressed. It is written beside its place and renamed into it, so it is there
whole or not at all; what was damaged afterwards fails its digest and counts as absent. Nothing is changed in place.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gitpromote.adapters.git.cachefolder import private_folder
from gitpromote.adapters.git.failures import cache_failure
from gitpromote.adapters.pruning import is_due
from gitpromote.adapters.remembered import recall, sealed
from gitpromote.errors import CacheFailed
from gitpromote.model.tree import Entry
from gitpromote.ports import KeptRender

if TYPE_CHECKING:
    from gitpromote.render.memo import Memo

_MAGIC = b"gitpromote-render/1 "
_HEAD = len(_MAGIC) + 65  # bytes: the first line
_LEVEL = 1  # of compression: a seventh of the size for 0.1 ms; higher levels cost more than they save
_DAY = 86400


class DiskRenderCache:
    """Renders by their keys, in a folder. Get one with :meth:`open`.

    :ivar writable: otherwise it gives what is there and keeps nothing
    """

    def __init__(self, root: Path, *, writable: bool) -> None:
        self.root = root
        self.writable = writable
        self._renders = f"{root}/renders"
        self._opened = time.time()
        self._seen: dict[str, KeptRender] = {}
        self._holder: dict[str, str] = {}
        self._noted: set[str] = set()

    @classmethod
    def open(cls, root: Path, *, on_read_only: Literal["error", "ignore"] = "error") -> DiskRenderCache:
        """The cache in a folder, which is made with mode 0700 where it is missing.

        :param on_read_only: ``ignore`` reads what is there and keeps nothing new
        :raises CacheFailed: ``disk-full``, ``cache-read-only``, ``cache-not-writable``, or somebody else's
        """
        try:
            _make(root)
        except CacheFailed as failure:
            if on_read_only == "ignore" and failure.code in ("cache-read-only", "cache-not-writable"):
                return cls(root, writable=False)
            raise
        return cls(root, writable=True)

    @property
    def tools_file(self) -> Path | None:
        """Where a :class:`~gitpromote.adapters.renderers.tools.Toolbox` may keep what it knows."""
        return self.root / "tools.json" if self.writable else None

    def get(self, key: str) -> KeptRender | None:
        """What is kept for a key; ``None`` if it is absent or damaged."""
        kept = self._seen.get(key)
        if kept is not None:
            return kept
        parts = _parts(self._read(key))
        if parts is None:
            return None
        kept = self._seen[key] = _kept(parts[0])
        return kept

    def put(self, key: str, kept: KeptRender, contents: Mapping[str, bytes]) -> None:
        """Keep a render and the bytes of its files by blob id. A cache that is not writable keeps nothing.

        :raises CacheFailed: the disk is full, or the folder is no longer writable
        """
        if self.writable:
            self._write(self._path(key), _encoded(kept, contents))
            self._seen[key] = kept

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """The bytes of files, by blob id, of renders that were got or put before; what is damaged is left out."""
        for key in [key for key in self._seen if key not in self._noted]:
            self._holder.update((entry.oid, key) for entry in self._seen[key].files.values())
            self._noted.add(key)
        wanted = set(oids)
        found: dict[str, bytes] = {}
        for key in {self._holder[oid] for oid in wanted if oid in self._holder}:
            found.update(_contents(self._read(key)))
        return {oid: found[oid] for oid in wanted if oid in found}

    def memo(self, name: str) -> Memo:
        """The memo of this name, like a pipeline's; an empty one if there is none or it is damaged."""
        from gitpromote.render.memo import Memo  # an apply opens the cache, and renders nothing

        path = self._memo_path(name)
        data = recall(path)
        if data is None:
            return Memo()
        self._touch(path)
        return Memo.loads(data)

    def keep_memo(self, name: str, memo: Memo) -> None:
        """Keep a memo in place of the one of this name.

        :raises CacheFailed: the disk is full, or the folder is no longer writable
        """
        if self.writable:
            self._write(self._memo_path(name), sealed(memo.dumps().encode()))
            if is_due(self.root):  # a plan that has rendered something has the time, once a day
                self.prune(now=time.time())

    def prune(self, *, now: float, days: float = 30) -> int:
        """Remove what nobody has asked for in so many days, and what broken writes left; how many files that were.

        :param now: epoch seconds
        """
        removed = 0
        for path in [*self.root.glob("renders/??/*"), *self.root.glob("memo-*"), *self.root.glob("*.tmp")]:
            limit = _DAY if path.suffix == ".tmp" else days * _DAY
            with contextlib.suppress(OSError):
                if now - path.stat().st_mtime > limit:
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, key: str) -> Path:
        return self.root / "renders" / key[:2] / key

    def _memo_path(self, name: str) -> Path:
        return self.root / f"memo-{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"

    def _touch(self, path: Path) -> None:
        """Show :meth:`prune` that it is of use. With a memo nobody asks for the renders that it speaks of."""
        with contextlib.suppress(OSError):
            if self.writable and self._opened - path.stat().st_mtime > _DAY:
                os.utime(path)

    def _read(self, key: str) -> bytes | None:
        path = f"{self._renders}/{key[:2]}/{key}"
        try:
            # Bare system calls: a plan of a thousand environments does this a thousand times.
            file = os.open(path, os.O_RDONLY)
            try:
                stat = os.fstat(file)
                data = os.read(file, stat.st_size)
            finally:
                os.close(file)
            if self.writable and self._opened - stat.st_mtime > _DAY:
                os.utime(path)  # so that prune() sees that it is of use
        except OSError:
            return None
        return data

    def _write(self, path: Path, data: bytes) -> None:
        draft = path.with_name(f"{path.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
        try:
            try:
                _write_new(draft, data)
            except FileNotFoundError:
                path.parent.mkdir(mode=0o700, exist_ok=True)
                _write_new(draft, data)
            draft.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise cache_failure(error, where=str(self.root)) from error


class NoRenderCache:
    """A cache that knows of no render and keeps none: whoever has it renders everything, for one run alone."""

    def get(self, key: str) -> KeptRender | None:
        """Nothing."""
        return None

    def put(self, key: str, kept: KeptRender, contents: Mapping[str, bytes]) -> None:
        """Keep nothing."""

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """No bytes of anything."""
        return {}

    def memo(self, name: str) -> Memo:
        """An empty one."""
        from gitpromote.render.memo import Memo

        return Memo()

    def keep_memo(self, name: str, memo: Memo) -> None:
        """Keep nothing."""


def _write_new(path: Path, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(data)


def _make(root: Path) -> None:
    """Make the folders, and find out now, not after a minute of rendering, whether anything can be kept."""
    private_folder(root)
    probe = root / f"probe.{os.getpid()}.{time.monotonic_ns()}.tmp"
    try:
        (root / "renders").mkdir(mode=0o700, exist_ok=True)
        _write_new(probe, b"\0" * 4096)
    except OSError as error:
        raise cache_failure(error, where=str(root)) from error
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)


def _encoded(kept: KeptRender, contents: Mapping[str, bytes]) -> bytes:
    body = zlib.compress(b"".join(contents.values()), _LEVEL)
    head = {
        "paths": list(kept.files),
        "entries": list(kept.files.values()),
        "sensitive": kept.sensitive,
        "secrets": kept.secrets,
        "warnings": kept.warnings,
        "random": list(kept.random.items()),
        "contents": [[oid, len(content)] for oid, content in contents.items()],
    }
    rest = json.dumps(head, separators=(",", ":")).encode() + b"\n" + body
    return _first_line(rest) + rest


def _first_line(rest: bytes | memoryview) -> bytes:
    return _MAGIC + hashlib.sha256(rest).hexdigest().encode() + b"\n"


def _parts(data: bytes | None) -> tuple[dict[str, Any], bytes] | None:
    """The head and the packed contents of a file that is whole."""
    if data is None or data[:_HEAD] != _first_line(memoryview(data)[_HEAD:]):
        return None
    end = data.index(b"\n", _HEAD)
    return json.loads(data[_HEAD:end]), data[end + 1 :]


def _kept(head: Mapping[str, Any]) -> KeptRender:
    return KeptRender(
        files=dict(zip(head["paths"], map(Entry._make, head["entries"]), strict=True)),
        sensitive=tuple(head["sensitive"]),
        secrets=tuple(head["secrets"]),
        warnings=tuple(head["warnings"]),
        random={path: tuple(map(tuple, places)) for path, places in head["random"]},
    )


def _contents(data: bytes | None) -> dict[str, bytes]:
    parts = _parts(data)
    if parts is None:
        return {}
    head, packed = parts
    body, at, found = zlib.decompress(packed), 0, {}
    for oid, size in head["contents"]:
        found[oid] = body[at : at + size]
        at += size
    return found
