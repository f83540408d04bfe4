"""When a folder of the cache is cleaned of what nobody asks for any more: once a day, by whoever comes first."""

from __future__ import annotations

import time
from pathlib import Path

_DAY = 86400
_STAMP = "pruned"


def is_due(folder: Path, *, now: float | None = None) -> bool:
    """Whether a folder was last cleaned a day ago or more; from then on it counts as cleaned, so that others leave it.

    :param now: epoch seconds, by the clock of the file system
    """
    moment = time.time() if now is None else now
    stamp = folder / _STAMP
    try:
        if abs(moment - stamp.stat().st_mtime) < _DAY:  # a time that lies far ahead cannot be true
            return False
    except FileNotFoundError:
        pass
    except OSError:
        return False
    try:
        stamp.touch()
    except OSError:
        return False  # where nothing can be written, nothing can be removed
    return True
