"""What registries said and what cannot change, kept for the next discovery: private, shared by processes, safe to lose.

One file per repository, to which lines are added: the digest of the rest of the line, and JSON of a key and its value.
A line is written at once. One that is damaged fails its digest and counts as absent. Of several with one key the last
counts; once they are too many, the file is written anew beside its place and renamed into it, and a line that another
process adds to the old file meanwhile is lost, which costs a request and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from gitpromote.adapters.git.cachefolder import private_folder
from gitpromote.adapters.pruning import is_due
from gitpromote.errors import CacheFailed

_DAY = 86400
_MOST = 64 << 20  # bytes of a file that is read
_ENOUGH = 8 << 20  # bytes that stay when a file is written anew, the newest
_SMALL = 64 << 10  # bytes below which nothing is written anew
_SUM = 16  # characters
_FORMAT = b"gitpromote-kept/1 "  # in every digest: lines of another format are none


class Kept:
    """What is kept for all repositories, in a folder. Get one with :meth:`open`."""

    def __init__(self, root: Path, *, writable: bool) -> None:
        self._root, self._writable = root, writable
        self._open: dict[str, KeptRepository] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, root: Path) -> Kept:
        """The folder, made with mode 0700 where it is missing; where that cannot be, nothing new is kept.

        :raises CacheFailed: it belongs to somebody else
        """
        try:
            private_folder(root)
        except CacheFailed as failure:
            if failure.code == "cache-not-ours":
                raise
            return cls(root, writable=False)
        return cls(root, writable=True)

    def prune_daily(self, *, now: float | None = None) -> None:
        """:meth:`prune`, if nobody has done so for a day. ``now`` is epoch seconds; default: the time."""
        moment = time.time() if now is None else now
        if self._writable and is_due(self._root, now=moment):
            self.prune(now=moment)

    def repository(self, name: str) -> KeptRepository:
        """What is kept for a repository, by any name that is its own."""
        with self._lock:
            found = self._open.get(name)
            if found is None:
                file = self._root / f"{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:40]}.kept"
                found = self._open[name] = KeptRepository(file, writable=self._writable)
            return found

    def prune(self, *, now: float, days: float = 30) -> int:
        """Remove what nobody has asked for in so many days, and broken writes; how many files that were.

        :param now: epoch seconds
        """
        removed = 0
        for path in [*self._root.glob("*.kept"), *self._root.glob("*.tmp")]:
            with contextlib.suppress(OSError):
                if now - path.stat().st_mtime > (_DAY if path.suffix == ".tmp" else days * _DAY):
                    path.unlink()
                    removed += 1
        return removed


class KeptRepository:
    """JSON values by keys. Safe to share between threads."""

    def __init__(self, file: Path, *, writable: bool) -> None:
        self._file, self._writable = file, writable
        self._lock = threading.Lock()
        self._values: dict[str, Any] | None = None
        self._size = 0
        self._look_at = _SMALL

    def get(self, key: str) -> Any:
        """What is kept under a key; ``None``: nothing."""
        with self._lock:
            return self._loaded().get(key)

    def put(self, key: str, value: Any) -> None:
        """Keep a value. Where it cannot be written, it is kept in memory alone."""
        with self._lock:
            values = self._loaded()
            if key in values and values[key] == value:
                return
            values.pop(key, None)
            values[key] = value
            if self._writable:
                self._add(_line(key, value))

    def _loaded(self) -> dict[str, Any]:
        if self._values is None:
            data = _read(self._file)
            self._size = len(data)
            self._values = dict(filter(None, map(_entry, data.split(b"\n"))))
        return self._values

    def _add(self, line: bytes) -> None:
        try:
            file = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.write(file, line)
                self._size = os.fstat(file).st_size
            finally:
                os.close(file)
            if self._size > self._look_at:
                self._write_anew()
                self._look_at = max(_SMALL, 2 * self._size)
        except OSError:
            self._writable = False

    def _write_anew(self) -> None:
        """Leave out what no longer counts, if that is most of it, and the oldest if there is too much."""
        lines = [_line(key, value) for key, value in self._loaded().items()]
        whole = sum(map(len, lines))
        if self._size < 3 * whole and whole < 2 * _ENOUGH:
            return
        while len(lines) > 1 and whole > _ENOUGH:
            whole -= len(lines.pop(0))
        draft = self._file.with_name(f"{self._file.stem}.{os.getpid()}.{time.monotonic_ns()}.tmp")
        try:
            file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "wb") as stream:
                stream.writelines(lines)
            draft.replace(self._file)
            self._size = whole
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)


def _read(file: Path) -> bytes:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        try:
            stat = os.fstat(descriptor)
            data = os.read(descriptor, stat.st_size) if stat.st_size <= _MOST else b""
        finally:
            os.close(descriptor)
    except OSError:
        return b""
    if time.time() - stat.st_mtime > _DAY:
        with contextlib.suppress(OSError):
            os.utime(file)  # so that prune() sees that it is of use
    return data


def _line(key: str, value: Any) -> bytes:
    rest = json.dumps([key, value], separators=(",", ":")).encode()
    # The first break ends a line that somebody did not come to the end of.
    return b"\n" + _sum(rest) + b" " + rest + b"\n"


def _entry(line: bytes) -> tuple[str, Any] | None:
    if len(line) <= _SUM or line[:_SUM] != _sum(line[_SUM + 1 :]):
        return None
    key, value = json.loads(line[_SUM + 1 :])
    return key, value


def _sum(rest: bytes) -> bytes:
    return hashlib.sha256(_FORMAT + rest).hexdigest()[:_SUM].encode()
