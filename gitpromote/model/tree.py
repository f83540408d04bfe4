"""Git's objects by their ids, computed and not asked for: blobs, nested trees, and which paths a tree may hold.

An id is the hash over ``<type> <size>\\0<content>``. A tree lists its entries sorted by the bytes of their names, where
a folder's name ends in ``/``. So the *whole* paths of a nested tree, sorted by their bytes, stand in the order in which
all of its trees are filled, and one pass suffices.

Paths are text; bytes that are no UTF-8 stand in them as surrogate escapes, as in ``os.fsdecode``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from gitpromote.errors import InternalError, SourceInvalid
from gitpromote.model.safepath import Collision, blocked_parent, collisions, unsafe_path

__all__ = [
    "EMPTY_TREE",
    "EXECUTABLE",
    "FILE",
    "FOLDER",
    "LINK",
    "SUBMODULE",
    "Collision",
    "Entry",
    "blob_id",
    "blocked_parent",
    "collisions",
    "empty_tree",
    "object_id",
    "tree_id",
    "tree_objects",
    "unsafe_path",
]

FILE = "100644"
EXECUTABLE = "100755"
LINK = "120000"
SUBMODULE = "160000"
FOLDER = "040000"

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The id of the tree without entries, in a sha1 repository; :func:`empty_tree` knows the other format too."""

# As they stand inside a tree object: git writes a folder's mode without its leading zero.
_MODES = {
    FILE: b"100644 ",
    EXECUTABLE: b"100755 ",
    LINK: b"120000 ",
    SUBMODULE: b"160000 ",
    FOLDER: b"40000 ",
    "100664": b"100664 ",  # old repositories have group-writable files; their trees must keep their ids
}


class Entry(NamedTuple):
    """One entry of a tree: a six-digit mode as ``git ls-tree`` prints it, and the id of what it names."""

    mode: str
    oid: str


def object_id(kind: str, content: bytes, *, object_format: str = "sha1") -> str:
    """The id of an object of this kind (``blob``, ``tree``, ``commit``, ``tag``) and content."""
    hashed = _hash(object_format)(b"%s %d\0" % (kind.encode(), len(content)))
    hashed.update(content)
    return hashed.hexdigest()


def blob_id(content: bytes, *, object_format: str = "sha1") -> str:
    """The id that Git gives to a file of these bytes."""
    return object_id("blob", content, object_format=object_format)


def empty_tree(object_format: str) -> str:
    """The id of the tree without entries."""
    return object_id("tree", b"", object_format=object_format)


def tree_id(entries: Mapping[str, Entry], *, object_format: str = "sha1") -> str:
    """The id of the tree that holds these paths, with their folders.

    An entry of mode ``040000`` stands for a whole folder whose id is known already.

    :raises SourceInvalid: one path is a file and a folder at once (``path-conflict``)
    :raises InternalError: a mode or an id that Git does not have
    """
    return _build(entries, _hash(object_format), None)


def tree_objects(entries: Mapping[str, Entry], *, object_format: str = "sha1") -> dict[str, bytes]:
    """All tree objects of these paths by id, innermost first and the root last: what has to be written."""
    found: dict[str, bytes] = {}
    root = _build(entries, _hash(object_format), found)
    # An inner tree may equal the root; the root stands last all the same.
    found[root] = found.pop(root)
    return found


_New = Callable[[bytes], "hashlib._Hash"]


def _hash(object_format: str) -> _New:
    if object_format == "sha1":
        return _sha1
    if object_format == "sha256":
        return hashlib.sha256
    raise InternalError("A Git object format is unknown", code="object-format-unknown", detail=object_format)


def _sha1(start: bytes) -> hashlib._Hash:
    return hashlib.sha1(start, usedforsecurity=False)


class _Folder:
    """A tree while it is being filled."""

    __slots__ = ("names", "parts", "prefix")

    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix
        self.parts: list[bytes] = []
        self.names: list[bytes] = []


def _build(entries: Mapping[str, Entry], new: _New, found: dict[str, bytes] | None) -> str:
    open_folders = [_Folder(b"")]
    for key, mode, oid in sorted(_keyed(entries, width=2 * new(b"").digest_size)):
        path = key[:-1] if mode == b"40000 " else key
        cut = path.rfind(b"/") + 1
        if path[:cut] != open_folders[-1].prefix:
            _enter(open_folders, path[:cut], new, found)
        folder = open_folders[-1]
        folder.names.append(path[cut:])
        folder.parts += (mode, path[cut:], b"\0", oid)
    while len(open_folders) > 1:
        _close(open_folders, new, found)
    return _finish(open_folders[0], new, found).hex()


def _keyed(entries: Mapping[str, Entry], *, width: int) -> list[tuple[bytes, bytes, bytes]]:
    try:
        keyed = [
            (path.encode("utf-8", "surrogateescape"), _MODES[mode], bytes.fromhex(oid))
            for path, (mode, oid) in entries.items()
        ]
    except (KeyError, ValueError) as error:
        raise InternalError("A tree entry is malformed", code="tree-entry-malformed", detail=str(error)) from error
    for at, (path, mode, oid) in enumerate(keyed):
        if 2 * len(oid) != width or not path or path[0] == 47 or path[-1] == 47 or b"//" in path:
            raise InternalError(
                "A tree entry is malformed", code="tree-entry-malformed", detail=f"{path!r} {oid.hex()}"
            )
        if mode == b"40000 ":
            keyed[at] = (path + b"/", mode, oid)
    return keyed


def _enter(open_folders: list[_Folder], prefix: bytes, new: _New, found: dict[str, bytes] | None) -> None:
    """Close what has been left and open what comes next, down to ``prefix``."""
    while not prefix.startswith(open_folders[-1].prefix):
        _close(open_folders, new, found)
    at = len(open_folders[-1].prefix)
    while at < len(prefix):
        at = prefix.index(b"/", at) + 1
        open_folders.append(_Folder(prefix[:at]))


def _close(open_folders: list[_Folder], new: _New, found: dict[str, bytes] | None) -> None:
    folder = open_folders.pop()
    oid = _finish(folder, new, found)
    parent = open_folders[-1]
    name = folder.prefix[len(parent.prefix) : -1]
    parent.names.append(name)
    parent.parts += (b"40000 ", name, b"\0", oid)


def _finish(folder: _Folder, new: _New, found: dict[str, bytes] | None) -> bytes:
    if len(set(folder.names)) != len(folder.names):
        _refuse_twice(folder)
    content = b"".join(folder.parts)
    hashed = new(b"tree %d\0" % len(content))
    hashed.update(content)
    if found is not None:
        found[hashed.hexdigest()] = content
    return hashed.digest()


def _refuse_twice(folder: _Folder) -> None:
    seen: set[bytes] = set()
    for name in folder.names:
        if name in seen:
            path = (folder.prefix + name).decode("utf-8", "replace")
            raise SourceInvalid("A path is a file and a folder at once", code="path-conflict", detail=path)
        seen.add(name)
