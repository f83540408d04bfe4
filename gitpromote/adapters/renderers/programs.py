"""Where the programs of a tool lie, in the order in which they are taken, and by what a file is known again.

Little is loaded for this: a plan that finds nothing moved looks here, and renders nothing.
"""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

__all__ = ["KINDS", "Kind", "Program", "is_itself", "programs", "search_path", "stamp"]


class Kind(NamedTuple):
    """A program that can do the job of a tool.

    :ivar words: what follows the program to start the tool
    :ivar version: what follows the program to ask for its version
    """

    program: str
    words: tuple[str, ...]
    version: tuple[str, ...]


class Program(NamedTuple):
    """A file that may be run as a tool.

    :ivar path: where it was found, absolute
    :ivar real: the file that this leads to
    """

    kind: Kind
    path: str
    real: str


KINDS: Mapping[str, tuple[Kind, ...]] = {
    "kustomize": (
        Kind("kustomize", ("build",), ("version",)),
        Kind("kubectl", ("kustomize",), ("version", "--client", "-o", "json")),
    ),
    "helm": (Kind("helm", (), ("version", "--short")),),
}


def search_path(environ: Mapping[str, str]) -> str:
    """The folders that programs are looked for in first."""
    return environ.get("PATH", os.defpath)


def programs(tool: str, path: str) -> Iterator[Program]:
    """All that a tool may be taken from, the most wanted first, each file once.

    They are looked for on ``path`` and then beside the running Python, where ``pip install 'gitpromote[tools]'`` puts
    them.
    """
    seen = set()
    for folders in (path, sysconfig.get_path("scripts")):
        for kind in KINDS[tool]:
            for folder in folders.split(os.pathsep):
                found = shutil.which(kind.program, path=folder) if folder else None
                if found is not None and (real := os.path.realpath(found)) not in seen:
                    seen.add(real)
                    yield Program(kind, str(Path(found).absolute()), real)


def stamp(program: Program) -> str:
    """What is another text where another file stands in its place.

    :raises OSError: it is gone
    """
    stat = Path(program.real).stat()
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ino} {stat.st_dev}"


def is_itself(program: Program) -> bool:
    """Whether the file is the program, and not a version manager's shim that starts another one tomorrow.

    :raises OSError: it cannot be read
    """
    with Path(program.real).open("rb") as file:
        return Path(program.real).name.startswith(program.kind.program) and file.read(2) != b"#!"
