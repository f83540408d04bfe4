"""Reading a mirror: blobs verbatim, trees, commits. A handful of processes for thousands of objects.

Filters, line endings and export rules are never applied: what is read is what is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import NoReturn, Self

from gitpromote.adapters.git.batch import Batch, BatchBrokenError, Stored
from gitpromote.adapters.git.commitinfo import CommitInfo, parse_commit
from gitpromote.adapters.git.store import Store
from gitpromote.errors import CacheFailed, InternalError
from gitpromote.model.tree import FOLDER, Entry, empty_tree

_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LFS = re.compile(rb"version https://(git-lfs|hawser)\.github\.com/spec/[^\n]*\n.*oid [a-z0-9]+:[0-9a-f]+\n", re.DOTALL)
_LFS_SIZE = 1024  # bytes; a pointer is never larger
_MANY_PATHS = 1000  # more are sorted out here, since a command line has an end


def is_lfs_pointer(content: bytes) -> bool:
    """Whether a file only says where Git LFS has its content."""
    return len(content) < _LFS_SIZE and _LFS.match(content) is not None


class Objects:
    """A reader of a mirror's objects. It may hold a process, which :meth:`close` or the end of a ``with`` ends.

    What the remote's refs lead to is there; where a mirror turns out to lack it, the next fetch makes the mirror anew.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._batch = Batch(store.path, env=store.remote.env)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if there is one; the reader stays usable."""
        self._batch.close()

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """The content of these files. What was not fetched yet is fetched in one request.

        :raises CacheFailed: the mirror lacks one, and the remote as well (``object-missing``)
        """
        asked = list(dict.fromkeys(oids))
        found = self._read(asked)
        missing = [oid for oid in asked if oid not in found]
        if missing and self._store.remote.is_partial:
            self._store.fetch_blobs(missing)
            found |= self._read(missing)
        return {oid: self._expect(found, oid, "blob") for oid in asked}

    def trees_of(self, commits: Iterable[str]) -> dict[str, str]:
        """The tree of each commit; an annotated tag counts as what it tags. One process."""
        asked = list(dict.fromkeys(commits))
        found = self.ids([f"{commit}^{{tree}}" for commit in asked])
        return {commit: found[f"{commit}^{{tree}}"] or self._lacks(commit) for commit in asked}

    def peeled(self, oids: Iterable[str]) -> dict[str, str | None]:
        """The commit that each tag leads to, or ``None`` where it leads to something else; a commit is its own."""
        asked = list(dict.fromkeys(oids))
        found = self.ids([f"{oid}^{{commit}}" for oid in asked])
        return {oid: found[f"{oid}^{{commit}}"] for oid in asked}

    def ids(self, expressions: Iterable[str]) -> dict[str, str | None]:
        """What expressions such as ``<commit>:<path>`` or ``<tag>^{commit}`` name; ``None`` where nothing."""
        asked = list(dict.fromkeys(expressions))
        answerable = [name for name in asked if "\n" not in name]
        data = "\n".join([*answerable, ""]).encode("utf-8", "surrogateescape")
        output = self._store.git(["cat-file", "--batch-check=%(objectname)"], data=data) if answerable else b""
        lines = output.decode("utf-8", "surrogateescape").split("\n")
        found = {name: line for name, line in zip(answerable, lines, strict=False) if _OID.fullmatch(line)}
        if self._store.remote.is_partial:
            found |= self._ids_of_files([name for name in answerable if ":" in name and name not in found])
        return {name: found.get(name) for name in asked}

    def _ids_of_files(self, names: Sequence[str]) -> dict[str, str]:
        """What ``<commit>:<path>`` names where the file itself was never fetched: its folder says it."""
        parts = {name: name.rpartition("/") if "/" in name else name.rpartition(":") for name in names}
        folders = {name: f"{above}:" if sign == ":" else above for name, (above, sign, _) in parts.items()}
        unique = list(dict.fromkeys(folders.values()))
        trees = dict(zip(unique, self.trees(unique), strict=True))
        entries = {name: (trees[folders[name]] or {}).get(last) for name, (_, _, last) in parts.items()}
        return {name: entry.oid for name, entry in entries.items() if entry}

    def read_tree(self, oid: str) -> dict[str, Entry]:
        """The entries of one tree by name, without what is inside of its folders."""
        found = self._read([oid])
        self._expect(found, oid, "tree")
        return _tree_entries(found[oid])

    def trees(self, expressions: Sequence[str]) -> list[dict[str, Entry] | None]:
        """The entries of the trees that expressions such as ``<commit>:<path>`` name; ``None`` where there is none.

        Thousands of them through the one process that also reads files.
        """
        names = [name if ":" in name else f"{name}^{{tree}}" for name in expressions]
        return [_tree_entries(stored) if stored and stored.kind == "tree" else None for stored in self._stored(names)]

    def files(self, expressions: Sequence[str]) -> list[dict[str, Entry]]:
        """The files below the folders that expressions such as ``<commit>:<path>`` name, by their path in them, sorted.

        Level by level through the one process that also reads files: cheaper than a listing for each of many commits.
        Where there is no folder there is no file.
        """
        found: list[dict[str, Entry]] = [{} for _ in expressions]
        level = [(at, "", tree) for at, tree in enumerate(self.trees(expressions)) if tree is not None]
        while level:
            folders: list[tuple[int, str, str]] = []
            for at, prefix, tree in level:
                for name, entry in tree.items():
                    if entry.mode == FOLDER:
                        folders.append((at, f"{prefix}{name}/", entry.oid))
                    else:
                        found[at][prefix + name] = entry
            oids = list(dict.fromkeys(oid for _, _, oid in folders))
            trees = dict(zip(oids, self.trees(oids), strict=True))
            level = [(at, prefix, self._there(trees[oid], oid)) for at, prefix, oid in folders]
        return [dict(sorted(files.items(), key=_by_bytes)) for files in found]

    def listing(self, treeish: str, paths: Sequence[str] = ()) -> dict[str, Entry]:
        """Everything below a commit or tree by path, folders included (mode ``040000``). One process.

        :param treeish: the full id
        :param paths: only these files and folders, with what is in them and the folders above; absent ones are left out
        """
        _check_oids([treeish])
        few = len(paths) <= _MANY_PATHS
        args = ["ls-tree", "-r", "-t", "-z", "--full-tree", treeish, "--", *(paths if few else ())]
        completed = self._store.call(args)
        if completed.status != 0 and treeish not in self._store.has([treeish]):
            self._lacks(treeish)
        if completed.status != 0:
            raise self._store.failure(completed, doing="read a tree of")
        entries = _listed(completed.output)
        return entries if few else _only(entries, frozenset(paths))

    def commits(self, oids: Iterable[str]) -> dict[str, CommitInfo]:
        """These commits, by the ids that were given."""
        asked = list(dict.fromkeys(oids))
        found = self._read(asked)
        return {oid: parse_commit(oid, self._expect(found, oid, "commit")) for oid in asked}

    def log(
        self,
        tips: Sequence[str],
        *,
        without: Sequence[str] = (),
        paths: Sequence[str] = (),
        limit: int = 0,
        first_parent: bool = False,
    ) -> list[CommitInfo]:
        """Commits that the tips contain, newest first.

        :param tips: full ids
        :param without: leave out what these contain
        :param paths: only commits that touch one of these files or folders
        :param limit: at most so many; 0: all
        """
        _check_oids([*tips, *without])
        args = ["rev-list", "--topo-order", "--stdin", *(["--first-parent"] if first_parent else [])]
        args += [f"--max-count={limit}"] if limit else []
        lines = [*tips, *(f"^{oid}" for oid in without), "--", *paths, ""]
        output = self._store.git(
            args, data="\n".join(lines).encode("utf-8", "surrogateescape"), doing="read the history of"
        )
        found = output.decode().split()
        infos = self.commits(found)
        return [infos[oid] for oid in found]

    def changed_paths(self, head: str, since: str | None) -> list[str]:
        """The files that differ between two commits, deleted ones too; a rename is two. ``None``: all of ``head``."""
        _check_oids([head, *([since] if since else [])])
        since = since or empty_tree("sha256" if len(head) == 64 else "sha1")
        args = ["diff-tree", "-r", "-z", "--no-renames", "--name-only", since, head, "--"]
        output = self._store.git(args, doing="compare two commits of")
        return output.decode("utf-8", "surrogateescape").split("\0")[:-1]

    def _read(self, oids: Sequence[str]) -> dict[str, Stored]:
        _check_oids(oids)
        return {oid: stored for oid, stored in zip(oids, self._stored(oids), strict=True) if stored is not None}

    def _stored(self, names: Sequence[str]) -> list[Stored | None]:
        try:
            return self._batch.read(names)
        except BatchBrokenError as broken:
            self._store.distrust()
            raise self._store.failure(broken.completed, doing="read an object of") from broken

    def _expect(self, found: Mapping[str, Stored], oid: str, kind: str) -> bytes:
        stored = found.get(oid)
        if stored is None:
            self._lacks(oid)
        if stored.kind != kind:
            raise InternalError(
                "A Git object is of another kind", code="object-kind", detail=f"{oid}: {stored.kind}, not {kind}"
            )
        return stored.content

    def _there(self, tree: dict[str, Entry] | None, oid: str) -> dict[str, Entry]:
        return self._lacks(oid) if tree is None else tree

    def _lacks(self, oid: str) -> NoReturn:
        self._store.distrust()
        raise CacheFailed(
            "An object is missing in the cached copy of a repository",
            code="object-missing",
            detail=f"{oid} of {self._store.remote.label}",
            hint="Run the command again: the copy is made anew.",
        )


def _by_bytes(item: tuple[str, Entry]) -> bytes:
    """The order in which Git lists paths."""
    return item[0].encode("utf-8", "surrogateescape")


def _check_oids(oids: Iterable[str]) -> None:
    for oid in oids:
        if not _OID.fullmatch(oid):
            raise InternalError("A Git id is malformed", code="object-id-malformed", detail=repr(oid))


def _listed(output: bytes) -> dict[str, Entry]:
    entries = {}
    for line in output.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        head, _, path = line.partition("\t")
        entries[path] = Entry(head[:6], head[head.rindex(" ") + 1 :])
    return entries


def _only(entries: Mapping[str, Entry], paths: frozenset[str]) -> dict[str, Entry]:
    above = {path[:at] for path in paths for at, sign in enumerate(path) if sign == "/"}
    return {path: entry for path, entry in entries.items() if path in above or _is_in(path, paths)}


def _is_in(path: str, paths: frozenset[str]) -> bool:
    return path in paths or any(path[:at] in paths for at, sign in enumerate(path) if sign == "/")


def _tree_entries(tree: Stored) -> dict[str, Entry]:
    entries = {}
    content, width = tree.content, len(tree.oid) // 2
    at = 0
    while at < len(content):
        blank = content.index(b" ", at)
        end = content.index(b"\0", blank)
        oid = content[end + 1 : end + 1 + width].hex()
        entries[content[blank + 1 : end].decode("utf-8", "surrogateescape")] = Entry(
            content[at:blank].decode().zfill(6), oid
        )
        at = end + 1 + width
    return entries
