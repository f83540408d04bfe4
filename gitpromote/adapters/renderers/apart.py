"""How far a program is kept apart from this machine: what to put before its command line.

Linux's namespaces, by ``unshare`` of util-linux. Where the system does not let us, less is taken away, down to nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from functools import cache

__all__ = ["apart", "without_network"]

# A user namespace of its own: also as root it may not look into processes that are not its own.
_USER = ("--user", "--map-current-user")
# Numbers of its own for processes: what leaves its session ends, too, with the first of them.
_PROCESSES = ("--pid", "--fork", "--kill-child")


@cache
def without_network() -> tuple[str, ...]:
    """For a renderer whose code we know: it has no network."""
    return _first(("--net",) if os.geteuid() == 0 else (*_USER, "--net"))


@cache
def apart() -> tuple[str, ...]:
    """For code of a user: no network, no look at other processes, and all that it starts ends with it."""
    whole = (*_USER, "--net", *_PROCESSES)
    return _first((*whole, "--mount-proc"), whole, (*_USER, "--net")) or without_network()


def _first(*choices: tuple[str, ...]) -> tuple[str, ...]:
    program = shutil.which("unshare")
    return next(((program, *words, "--") for words in choices if program and _is_let(program, words)), ())


def _is_let(program: str, words: tuple[str, ...]) -> bool:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        tried = subprocess.run(
            (program, *words, "true"), stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=10
        )
        return tried.returncode == 0
    return False
