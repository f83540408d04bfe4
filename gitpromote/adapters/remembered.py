"""Small files of what cannot change, kept to save time: safe to lose, and checked by a digest when they are read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path

_HEAD = 65  # bytes: the digest and a line break


def recall(path: Path) -> bytes | None:
    """What was kept there; ``None`` if there is nothing, or it is damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data[_HEAD:] if data[:_HEAD] == _digest(data[_HEAD:]) else None


def sealed(data: bytes) -> bytes:
    """What :func:`recall` reads back as this."""
    return _digest(data) + data


def remember(path: Path, data: bytes) -> None:
    """Keep it, whole or not at all. Where that cannot be done, the next run takes longer and nothing else is lost."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as stream:
            stream.write(sealed(data))
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode() + b"\n"
