"""Writing commits without a work tree: any number of them in one ``git fast-import``, without a ref that stays."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gitpromote.adapters.git.process import call_git
from gitpromote.adapters.git.store import Store
from gitpromote.errors import Blocked, ConfigurationError, InternalError
from gitpromote.model.tree import EXECUTABLE, FILE, FOLDER, LINK, SUBMODULE, empty_tree, unsafe_path

# All commits go over one name, which is emptied after each: at its end fast-import finds nothing to store under it.
_REF = b"refs/gitpromote/building"
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ZONE = re.compile(r"[+-](0\d|1[0-4])[0-5]\d")
_MODES = frozenset({FILE, EXECUTABLE, LINK, SUBMODULE, FOLDER})
_EMPTY = frozenset({empty_tree("sha1"), empty_tree("sha256")})
_IDENTITY = re.compile(r"\s*([^<>\n\0]*[^<>\s\0][^<>\n\0]*?)\s*<\s*([^<>\s\0]*)\s*>\s*")
_ESCAPED = re.compile(rb'[\x00-\x1f"\\\x7f]')

Content = bytes | str | None
"""What stands at a path: a file's bytes, the id of a stored object, or ``None``: nothing any more."""


class Identity(NamedTuple):
    """Who a commit is by."""

    name: str
    email: str

    @classmethod
    def parse(cls, text: str) -> Identity:
        """From ``Name <mail@example>``.

        :raises ConfigurationError: it is not written so (``identity-malformed``)
        """
        match = _IDENTITY.fullmatch(text)
        if match is None:
            hint = "Write it as: gitpromote <gitpromote@localhost>"
            raise ConfigurationError(
                "An identity is malformed", code="identity-malformed", detail=repr(text), hint=hint
            )
        return cls(match[1], match[2])

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class CommitSpec(NamedTuple):
    """A commit to be written.

    :ivar parent: its parent's id; the position of an earlier spec in the same call; or ``None``: the first of a history
    :ivar files: path, mode and content. Paths that are not named stay as they are in the start tree; a path that is
        removed takes with it what is below
    :ivar tree: the id of the tree to start from; default: the parent's, or none. With the empty tree's id ``files`` is
        all that the commit holds
    :ivar at: epoch seconds, for author and committer
    :ivar zone: as in ``+0200``
    """

    parent: str | int | None
    message: str
    author: Identity
    at: int
    files: Sequence[tuple[str, str, Content]] = ()
    tree: str | None = None
    committer: Identity | None = None
    zone: str = "+0000"


class Signing(NamedTuple):
    """How commits are signed: by git's own settings (``gpg.format``, ``user.signingKey`` …).

    :param key: instead of ``user.signingKey``
    :param config: settings that a repository has of its own
    """

    key: str = ""
    config: tuple[tuple[str, str], ...] = ()


def write_commits(store: Store, specs: Iterable[CommitSpec], *, signing: Signing | None = None) -> list[str]:
    """Write these commits and give their ids, in the same order. No ref names them: a push does.

    :param specs: from an iterator each is written while the next one is made
    :raises Blocked: a path that a tree must not hold (``unsafe-path``)
    :raises CacheFailed: the cache cannot be written
    :raises ConfigurationError: signing failed (``signing-failed``)
    """
    stream = _Stream()
    if isinstance(specs, Iterator) and signing is None and not store.remote.is_partial:
        return _imported(store, map(stream.add, specs), stream)
    every = list(specs)
    if not every:
        return []
    store.fetch_blobs(_stored(every))
    found = _imported(store, [stream.add(spec) for spec in every], stream)
    return found if signing is None else _signed(store, every, found, signing)


def _stored(specs: Sequence[CommitSpec]) -> set[str]:
    files = (file for spec in specs for file in spec.files)
    return {content for _, mode, content in files if isinstance(content, str) and mode not in (FOLDER, SUBMODULE)}


def _imported(store: Store, pieces: Iterable[bytes], stream: _Stream) -> list[str]:
    completed = store.feed(["fast-import", "--quiet", "--date-format=raw", "--done"], pieces, stream.end)
    if completed.status != 0:
        for report in store.path.glob("fast_import_crash_*"):
            with contextlib.suppress(OSError):
                report.unlink()
        raise store.failure(completed, doing="write commits into the mirror of")
    return completed.output.decode().split()


class _Stream:
    """The commands for one fast-import; each content goes over once."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._marks: dict[bytes, int] = {}
        self._commits: list[int] = []

    def add(self, spec: CommitSpec) -> bytes:
        """The commands for one more commit."""
        self._parts = []
        self._add_blobs(spec)
        parent, mark = self._parent(spec), self._next_mark()
        self._add_commit(spec, mark=mark, parent=parent)
        self._commits.append(mark)
        return b"".join(self._parts)

    def end(self) -> bytes:
        """The last commands: they ask for the ids of all."""
        return b"".join([*(b"get-mark :%d\n" % mark for mark in self._commits), b"done\n"])

    def _next_mark(self) -> int:
        return len(self._marks) + len(self._commits) + 1

    def _add_blobs(self, spec: CommitSpec) -> None:
        for _, _, content in spec.files:
            if isinstance(content, bytes) and content not in self._marks:
                self._marks[content] = mark = self._next_mark()
                self._parts += (b"blob\nmark :%d\ndata %d\n" % (mark, len(content)), content, b"\n")

    def _parent(self, spec: CommitSpec) -> bytes:
        if isinstance(spec.parent, int):
            if not 0 <= spec.parent < len(self._commits):
                raise InternalError(
                    "A commit's parent comes later",
                    code="commit-order",
                    detail=f"{spec.parent} of {len(self._commits)}",
                )
            return b":%d" % self._commits[spec.parent]
        return b"" if spec.parent is None else _oid(spec.parent)

    def _add_commit(self, spec: CommitSpec, *, mark: int, parent: bytes) -> None:
        author, committer = _by(spec.author, spec), _by(spec.committer or spec.author, spec)
        message = _message(spec.message)
        self._parts.append(b"reset %b\n\ncommit %b\nmark :%d\n" % (_REF, _REF, mark))
        self._parts.append(b"author %b\ncommitter %b\ndata %d\n%b\n" % (author, committer, len(message), message))
        if parent:
            self._parts.append(b"from %b\n" % parent)
        if spec.tree is not None:
            start = b"deleteall\n" if spec.tree in _EMPTY else b'M 040000 %b ""\n' % _oid(spec.tree)
            self._parts.append(start)
        # Removed first: a file may give way to a folder of its name.
        self._parts += [b"D %b\n" % _quoted(path) for path, _, content in spec.files if content is None]
        self._parts += [self._change(path, mode, content) for path, mode, content in spec.files if content is not None]
        self._parts.append(b"\nreset %b\n\n" % _REF)

    def _change(self, path: str, mode: str, content: bytes | str) -> bytes:
        if reason := unsafe_path(path):
            detail = f"the path {path!r} {reason}"
            raise Blocked("A path must not stand in a commit", code="unsafe-path", detail=detail)
        if mode not in _MODES:
            raise InternalError("A file mode is unknown", code="tree-entry-malformed", detail=f"{mode} {path}")
        what = b":%d" % self._marks[content] if isinstance(content, bytes) else _oid(content)
        return b"M %b %b %b\n" % (mode.encode(), what, _quoted(path))


def _oid(text: str) -> bytes:
    if not _OID.fullmatch(text):
        raise InternalError("A Git id is malformed", code="object-id-malformed", detail=repr(text))
    return text.encode()


def _by(identity: Identity, spec: CommitSpec) -> bytes:
    Identity.parse(str(identity))
    if spec.at < 0 or not _ZONE.fullmatch(spec.zone):
        raise InternalError("A commit's time is malformed", code="commit-time", detail=f"{spec.at} {spec.zone}")
    return f"{identity} {spec.at} {spec.zone}".encode("utf-8", "replace")


def _message(text: str) -> bytes:
    return text.replace("\0", "").rstrip("\n").encode("utf-8", "replace") + b"\n"


def _quoted(path: str) -> bytes:
    data = path.encode("utf-8", "surrogateescape")
    return b'"%b"' % _ESCAPED.sub(lambda found: b"\\%03o" % found[0][0], data)


def _signed(store: Store, specs: Sequence[CommitSpec], unsigned: Sequence[str], signing: Signing) -> list[str]:
    """The same commits, signed: fast-import knows no signatures, so it gave the trees alone."""
    names = "".join(f"{oid}^{{tree}}\n" for oid in unsigned).encode()
    trees = store.git(["cat-file", "--batch-check=%(objectname)"], data=names).decode().split()
    found: list[str] = []
    for spec, tree in zip(specs, trees, strict=True):
        parent = found[spec.parent] if isinstance(spec.parent, int) else spec.parent
        found.append(_sign(store, spec, tree, parent, signing))
    return found


def _sign(store: Store, spec: CommitSpec, tree: str, parent: str | None, signing: Signing) -> str:
    args = ["commit-tree", f"-S{signing.key}", *(["-p", parent] if parent else []), "-F", "-", tree]
    data, who = _message(spec.message), _variables(spec)
    completed = call_git(args, git_dir=store.path, data=data, env=store.remote.env, config=signing.config, extra=who)
    if completed.status != 0:
        raise ConfigurationError(
            "A commit could not be signed",
            code="signing-failed",
            detail=completed.words.strip(),
            hint="Signing must work without a terminal. Try it:\n  git commit-tree -S -m test HEAD^{tree}",
        )
    return completed.output.decode().strip()


def _variables(spec: CommitSpec) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for role, who in (("AUTHOR", spec.author), ("COMMITTER", spec.committer or spec.author)):
        found |= {f"GIT_{role}_NAME": who.name, f"GIT_{role}_EMAIL": who.email}
        found[f"GIT_{role}_DATE"] = f"@{spec.at} {spec.zone}"
    return found
