"""That the git on PATH is new enough, before anything is done with it: asked once per program, then remembered."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from gitpromote.adapters.git.cachefolder import cache_root
from gitpromote.adapters.git.process import OLDEST, git_version, require_version
from gitpromote.adapters.remembered import recall, remember
from gitpromote.errors import GitpromoteError


def require_recent_git(env: Mapping[str, str] | None = None) -> None:
    """Ask git for its version, unless this very file has said a good one before.

    :param env: where git is started from something else than this process's environment, it is not asked
    :raises ConfigurationError: git is too old (``git-too-old``)
    """
    if env is None:
        _require(os.environ.get("PATH", os.defpath))


@cache
def _require(path: str) -> None:
    """Once per process. That there is no git at all is told by whoever starts it."""
    program = shutil.which("git", path=path)
    if program is None:
        return
    file, stamp = _kept(program), _stamp(program)
    if file is not None and stamp and recall(file) == stamp:
        return
    require_version(git_version())
    if file is not None and stamp:
        remember(file, stamp)


def _kept(program: str) -> Path | None:
    """Where it is remembered. A cache that cannot be had is told about where it matters."""
    try:
        name = hashlib.sha256(os.path.realpath(program).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return cache_root(os.environ) / f"git-{name}"
    except GitpromoteError:
        return None


def _stamp(program: str) -> bytes:
    """What the program's file is known again by, and what was asked of it; empty for a script, which starts another."""
    try:
        real = Path(program).resolve(strict=True)
        with real.open("rb") as opened:
            if opened.read(2) == b"#!":
                return b""
        stat = real.stat()
    except OSError:
        return b""
    return f"{OLDEST} {stat.st_size} {stat.st_mtime_ns} {stat.st_ino} {stat.st_dev}\n".encode()
