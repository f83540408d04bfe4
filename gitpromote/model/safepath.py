"""Which paths a tree may hold so that it means the same in every checkout, and none escapes its repository.

Checked out on macOS or Windows a name may stand for another one: case, Unicode composition, ignorable code points,
short names, trailing dots. ``.git`` in such a disguise would let a commit write into the repository of whoever checks
it out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

__all__ = ["Collision", "blocked_parent", "collisions", "folded_name", "folded_why", "unsafe_path"]

# HFS+ ignores these when it compares names.
_IGNORED_BY_HFS = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])
# NTFS: trailing dots and spaces are dropped, `:` starts a stream, git~1 is the short name of .git.
_GIT_ON_NTFS = re.compile(r"(\.git|git~[0-9]+)[. ]*(:.*)?", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_NAME = 255  # bytes, on every common file system
_LONGEST_PATH = 4095


def unsafe_path(path: str) -> str | None:
    """Why a tree of ours may not hold this path, or ``None`` if it may. The reason completes "the path …"."""
    if not path:
        return "is empty"
    if path.startswith("/"):
        return "is absolute"
    if "\\" in path:
        return "has a backslash, which separates folders on Windows"
    if _CONTROL.search(path):
        return "has a control character"
    return _unsafe_bytes(path) or next((why for part in path.split("/") if (why := _unsafe_name(part))), None)


def _unsafe_bytes(path: str) -> str | None:
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "is not UTF-8"
    return "is longer than 4095 bytes" if size > _LONGEST_PATH else None


def _unsafe_name(name: str) -> str | None:
    if not name:
        return "has an empty part"
    if name in (".", ".."):
        return f"has a part {name!r}"
    if _GIT_ON_NTFS.fullmatch(name) or name.translate(_IGNORED_BY_HFS).lower() == ".git":
        return "has a part that is .git on some file system"
    if len(name.encode()) > _LONGEST_NAME:
        return "has a part that is longer than 255 bytes"
    return None


class Collision(NamedTuple):
    """Two paths that cannot both be checked out everywhere.

    :param why: ``case`` and ``unicode``: one name on some file systems; ``folder``: the first is a folder of the second
    """

    first: str
    second: str
    why: Literal["case", "unicode", "folder"]


def collisions(paths: Iterable[str]) -> list[Collision]:
    """Every pair of paths, folders included, that some file system takes for one; sorted.

    Each path is compared with the first of its kind, so three spellings give two pairs. Equal paths are one path.
    """
    files = set(paths)
    names = files | {folder for path in files for folder in _folders(path)}
    first: dict[tuple[str, str], str] = {}
    found = []
    for name in sorted(names):
        parent, _, last = name.rpartition("/")
        # Names are compared within one folder: what stands below two folders that collide is not told again.
        other = first.setdefault((parent, folded_name(last)), name)
        if other != name:
            found.append(Collision(other, name, folded_why(other, name)))
    found += [Collision(folder, path, "folder") for path in files for folder in _folders(path) if folder in files]
    return sorted(found)


def blocked_parent(path: str, modes: Mapping[str, str]) -> str | None:
    """The folder of ``path`` that is no folder in the tree at hand but a link, a file or a submodule, if there is one.

    :param modes: the tree's modes by path, as :func:`gitpromote.model.tree.Entry` has them
    """
    return next((folder for folder in _folders(path) if modes.get(folder, "040000") != "040000"), None)


def _folders(path: str) -> list[str]:
    return [path[:at] for at, sign in enumerate(path) if sign == "/"]


def folded_name(name: str) -> str:
    """What every spelling of a name has in common that some file system takes for the same."""
    if name.isascii():
        return name.lower()
    # Folding may leave what composes anew, therefore twice.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def folded_why(first: str, second: str) -> Literal["case", "unicode"]:
    """What is folded where two names meet."""
    same = unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", second)
    return "unicode" if same else "case"
