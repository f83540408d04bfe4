"""A copy of the user's code that holds just what its digest covers, for the process that runs it.

So what else lies beside a module is not there for it, neither to be read nor to be listed: a change of that would go
unnoticed. Where it looks for that nonetheless, what it gives is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitpromote.adapters.code_digest import files_of_code, is_installed, is_program
from gitpromote.adapters.looked_for import left_behind, watch
from gitpromote.adapters.patterns import checkout_of, only

__all__ = ["copied", "original"]


def copied(request: Mapping[str, Any], place: Path) -> dict[str, Any]:
    """A request for the code's copy below a folder, from which this process takes its modules from now on.

    Paths are the same below that folder, so what lies above what stays so.
    """
    installed = [entry for entry in sys.path if is_installed(Path(entry))]
    file = Path(request.get("file") or "")
    if not request.get("file") or is_installed(file):
        sys.path[:] = installed
        return dict(request)
    code = files_of_code(file, request["module"])
    for one in (*code.modules, *code.data):
        _put(_below(place, one), one)
    for folder in code.folders:
        _below(place, folder).mkdir(parents=True, exist_ok=True)
    root = checkout_of(file)
    if (root / ".git").exists():
        _below(place, root / ".git").mkdir(parents=True)
    only(_below(place, root), code.searches)
    watch(place, left=left_behind(place, root), patterns=[_below(place, one) for one in code.patterns])
    places = [entry for entry in sys.path if entry not in installed]
    sys.path[:] = [str(_below(place, Path(entry))) if entry in places else entry for entry in sys.path]
    return {**request, "file": str(_below(place, file.absolute())), "copy": str(place)}


def original(words: str, request: Mapping[str, Any]) -> str:
    """Words that name files of the copy, with the names of the user's files instead."""
    return words.replace(request["copy"], "") if "copy" in request else words


def _below(place: Path, path: Path) -> Path:
    return place / path.relative_to(path.anchor)


def _put(path: Path, file: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.read_bytes())
    path.chmod(0o755 if is_program(file) else 0o644)
