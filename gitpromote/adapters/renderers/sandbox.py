"""The place where a render runs: a throw-away folder with the declared inputs, and an environment without secrets.

What this keeps away from a renderer:

- undeclared files: only the inputs are in its folder, so a path that was not found to be read is missing, not stale;
- credentials: the environment is made from nothing, home and configuration folders are empty ones of this render alone;
- the network: proxies that lead nowhere stop well-behaved programs; where the system lets us there is none (``apart``).

It runs as the same user: what else code of a user may see is in ``apart`` and in ``gitpromote.adapters.child_process``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from gitpromote.errors import CacheFailed, SourceInvalid
from gitpromote.model.tree import EXECUTABLE, LINK

_NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens there
_PREFIX = "gitpromote-render-"
_LARGEST_IN_MEMORY = 32 * 1024 * 1024  # bytes of inputs
_LEFT_BEHIND = 86400  # seconds: no render takes a day
_MEMORY = "/dev/shm"  # made private by mkdtemp

Inputs = Mapping[str, tuple[str, bytes]]


class Sandbox:
    """A throw-away folder. ``source`` in it holds the inputs; use as a context manager."""

    def __init__(self, inputs: Inputs, *, copies: Sequence[tuple[str, str]] = ()) -> None:
        self.inputs = with_copies(inputs, copies) if copies else inputs
        self.root = Path()
        self.source = Path()
        self.checkout = Path()

    def __enter__(self) -> Self:
        size = sum(len(content) for _, content in self.inputs.values())
        try:
            parent = _parent(size)
            _sweep(parent)
            self.root = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            self.source = self.root / "source"
            for name in ("source", "home", "tmp"):
                (self.root / name).mkdir()
            write_files(self.inputs, str(self.source))
        except OSError as error:
            self.__exit__(None, None, None)
            raise _not_written(error, self.root) from error
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.root.name.startswith(_PREFIX):
            shutil.rmtree(self.root, ignore_errors=True)

    def put_beside(self, name: str, content: str) -> Path:
        """Put a file of ours into the folder, beside the inputs and not among them."""
        path = self.root / name
        try:
            path.write_text(content)
        except OSError as error:
            raise _not_written(error, path) from error
        return path

    def environment(self, *, parallel: bool) -> dict[str, str]:
        """What a renderer is told of the world.

        :param parallel: several run at once, so each does with one processor
        """
        home = str(self.root / "home")
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": home,
            "TMPDIR": str(self.root / "tmp"),
            "LC_ALL": "C",
            "TZ": "UTC",
            "PYTHONHASHSEED": "0",  # the order of a set is the same each time
            "XDG_CACHE_HOME": f"{home}/cache",
            "XDG_CONFIG_HOME": f"{home}/config",
            "XDG_DATA_HOME": f"{home}/data",
            "HELM_CACHE_HOME": f"{home}/helm/cache",
            "HELM_CONFIG_HOME": f"{home}/helm/config",
            "HELM_DATA_HOME": f"{home}/helm/data",
            "HELM_NO_PLUGINS": "1",
            "KUBECONFIG": f"{home}/kubeconfig",
            "GIT_ALLOW_PROTOCOL": "none",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GOGC": "400",
        }
        env.update((name, _NOWHERE) for name in _PROXIES)
        if parallel:
            env["GOMAXPROCS"] = "1"
        return env

    def plain(self, words: str) -> str:
        """Words of a renderer, with paths of this folder as they are in the source tree."""
        for root in dict.fromkeys((str(self.source.resolve()), str(self.source))):
            words = words.replace(root + "/", "").replace(root, ".")
        for copy in (f"{self.root}/code{self.checkout}/", f"{self.root}/code"):  # of the user's own code
            words = words.replace(copy, "")
        return words.replace(str(self.root) + "/", "")


_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


def with_copies(inputs: Inputs, copies: Sequence[tuple[str, str]]) -> dict[str, tuple[str, bytes]]:
    """The inputs with some of their folders in a second place too."""
    files = dict(inputs)
    for source, target in copies:
        start = source + "/" if source else ""
        inside = {path: content for path, content in inputs.items() if path.startswith(start)}
        files.update((posixpath.join(target, path[len(start) :]), content) for path, content in inside.items())
    return files


def _parent(size: int) -> str | None:
    """Memory where there is plenty of it: a thousand small files are written and removed twice as fast."""
    if "TMPDIR" in os.environ or size > _LARGEST_IN_MEMORY:
        return None
    try:
        room = os.statvfs(_MEMORY)
        is_usable = os.access(_MEMORY, os.W_OK | os.X_OK) and room.f_bavail * room.f_frsize > 8 * _LARGEST_IN_MEMORY
    except OSError:
        return None
    return _MEMORY if is_usable else None


@cache
def _sweep(parent: str | None) -> None:
    """Once per process, remove what processes that were killed left behind."""
    with contextlib.suppress(OSError), os.scandir(parent or tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX):
                _remove_what_is_old(entry)


def _remove_what_is_old(entry: os.DirEntry[str]) -> None:
    with contextlib.suppress(FileNotFoundError):  # another process may be faster
        stat = entry.stat(follow_symlinks=False)
        is_ours = entry.is_dir(follow_symlinks=False) and stat.st_uid == os.geteuid()
        if is_ours and time.time() - stat.st_mtime > _LEFT_BEHIND:
            shutil.rmtree(entry.path, ignore_errors=True)


def write_files(inputs: Inputs, root: str, *, replace: bool = False) -> None:
    """Write files below a folder that is there, bytes and modes verbatim.

    :param replace: whether files of these names may be there already
    :raises SourceInvalid: a path or link that leads out of the folder
    """
    made = {""}
    links = []
    for path, (mode, content) in inputs.items():
        _refuse_unsafe(path)
        folder = posixpath.dirname(path)
        if folder not in made:
            Path(f"{root}/{folder}").mkdir(parents=True, exist_ok=True)
            made.add(folder)
        if mode == LINK:
            links.append((path, content))
            continue
        if replace:
            Path(f"{root}/{path}").unlink(missing_ok=True)
        permissions = 0o755 if mode == EXECUTABLE else 0o644
        file = os.open(f"{root}/{path}", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, permissions)
        try:
            _write_all(file, content)
        finally:
            os.close(file)
    for path, content in links:  # last, so that nothing is written through one
        if replace:
            Path(f"{root}/{path}").unlink(missing_ok=True)
        _link(root, path, content)


def _write_all(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]


def _link(root: str, path: str, target: bytes) -> None:
    leads = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(target)))
    if leads.startswith(("/", "../")) or leads == "..":
        detail = f"{path} -> {os.fsdecode(target)}"
        raise SourceInvalid("A symbolic link leads out of the repository", code="source-outside", detail=detail)
    Path(f"{root}/{path}").symlink_to(os.fsdecode(target))


def _refuse_unsafe(path: str) -> None:
    parts = path.split("/")
    if not path or path.startswith("/") or "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise SourceInvalid("A source path cannot be written to disk", code="source-path-unsafe", detail=repr(path))


def _not_written(error: OSError, where: Path) -> CacheFailed | SourceInvalid:
    if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ, errno.ENAMETOOLONG):
        return SourceInvalid(
            "A source path cannot be written to disk",
            code="source-path-unsafe",
            detail=f"{error.filename}: {error.strerror}",
        )
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return CacheFailed(
        "The disk for temporary files is full" if full else "A temporary folder cannot be written",
        code="disk-full" if full else "temporary-not-writable",
        detail=f"{where}: {error.strerror}",
        hint="Free space, or name another place:\n  export TMPDIR=…",
    )
