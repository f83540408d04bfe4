"""One process at a time: a lock on a file, given back by the kernel when its holder dies.

While it is held the file is not empty. So whoever takes it next sees whether the last holder came to its end.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gitpromote.adapters.git.failures import cache_failure
from gitpromote.errors import Contention

_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.05


@contextmanager
def locked(path: Path, *, timeout: float) -> Iterator[bool]:
    """Hold the lock of this file, which is made and stays. Threads of one process exclude one another too.

    Yields whether the last holder was killed or failed, so that something may lie about.

    :param timeout: seconds to wait for it
    :raises Contention: somebody else held it for longer (``mirror-busy``)
    :raises CacheFailed: the file cannot be made
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise cache_failure(error, where=str(path)) from error
    try:
        _wait(descriptor, path, timeout)
        yield _marked(descriptor, path)
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _marked(descriptor: int, path: Path) -> bool:
    try:
        marked = os.fstat(descriptor).st_size > 0
        os.pwrite(descriptor, b"held\n", 0)
    except OSError as error:
        raise cache_failure(error, where=str(path)) from error
    return marked


def _wait(descriptor: int, path: Path, timeout: float) -> None:
    end = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while not _taken(descriptor, path):
        if time.monotonic() >= end:
            raise Contention(
                "The cached copy of a repository is in use",
                code="mirror-busy",
                detail=f"another process has held {path} for {timeout:.0f} s",
                hint="Wait for it to end, and run the command again.",
            )
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _taken(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno == errno.EINTR:
            return False
        raise cache_failure(error, where=str(path)) from error
    return True
