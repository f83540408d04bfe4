"""Entries of a tree that stand for content that Git does not hold: LFS pointers and submodules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from gitpromote.errors import SourceInvalid

_LFS = b"version https://git-lfs.github.com/spec/"
_LONGEST_POINTER = 1024  # bytes; git-lfs reads no more


def is_lfs_pointer(content: bytes) -> bool:
    """Whether a file is the placeholder that Git LFS commits in place of the content."""
    return content.startswith(_LFS) and len(content) <= _LONGEST_POINTER


def refuse_pointers(inputs: Mapping[str, tuple[str, bytes]]) -> None:
    """Refuse to render from placeholders.

    :param inputs: path to (mode, bytes) of what a render reads
    :raises SourceInvalid: ``source-lfs``
    """
    pointers = [path for path, (_, content) in inputs.items() if is_lfs_pointer(content)]
    if pointers:
        raise SourceInvalid(
            "A source file is a Git LFS pointer, not the content",
            code="source-lfs",
            detail="\n".join(sorted(pointers)),
            hint="What a render reads must stand in Git itself:\n"
            "  git lfs untrack PATTERN && git add --renormalize PATH",
        )


def refuse_submodule(told: str) -> NoReturn:
    """Refuse to render from another repository's content that this one only names.

    :param told: its path, and who refers to it
    """
    raise SourceInvalid(
        "A source path is a submodule",
        code="source-submodule",
        detail=told,
        hint="Its files are not in this repository. Copy them here, or let the App read the other repository.",
    )
