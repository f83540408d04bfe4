"""Archives of charts that were fetched, by address, version and digest: private, whole or not there, safe to lose."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path

from gitpromote.adapters.git.cachefolder import private_folder
from gitpromote.adapters.pruning import is_due
from gitpromote.adapters.remembered import recall, remember
from gitpromote.errors import CacheFailed

_DAY = 86400


class Archives:
    """A folder of archives; it is made when the first one is kept.

    What was damaged counts as absent; what cannot be written is fetched again by the next run.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, pinned: str) -> bytes | None:
        """The archive of ``address:version@digest``; the digest is its own or that of its manifest."""
        path = self._path(pinned)
        data = recall(path)
        if data is not None:
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _DAY:
                    os.utime(path)  # so that prune() sees that it is of use
        return data

    def put(self, pinned: str, data: bytes) -> None:
        """Keep it, looked into.

        :raises CacheFailed: the folder belongs to somebody else
        """
        try:
            private_folder(self._root)
        except CacheFailed as failure:
            if failure.code == "cache-not-ours":
                raise
            return
        remember(self._path(pinned), data)
        if is_due(self._root):
            self.prune(now=time.time())

    def prune(self, *, now: float, days: float = 30) -> int:
        """Remove what nobody has asked for in so many days, and broken writes; how many files that were.

        :param now: epoch seconds
        """
        removed = 0
        for path in [*self._root.glob("*.tgz"), *self._root.glob("*.tmp")]:
            with contextlib.suppress(OSError):
                if now - path.stat().st_mtime > (_DAY if path.suffix == ".tmp" else days * _DAY):
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, pinned: str) -> Path:
        return self._root / f"{hashlib.sha256(pinned.encode()).hexdigest()[:40]}.tgz"
