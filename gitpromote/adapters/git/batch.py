"""A long-lived ``git cat-file --batch``: any number of objects for the price of one process."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gitpromote.adapters.git.environment import git_environment
from gitpromote.adapters.git.process import Completed, command, end_group
from gitpromote.adapters.git.url import masked

# Git answers each line before it reads the next, so questions must fit into a pipe while nobody reads the answers.
_AT_ONCE = 8192  # bytes
_PATIENCE = 0.5  # seconds


class Stored(NamedTuple):
    """An object as it is stored: ``blob``, ``tree``, ``commit`` or ``tag``, and its bytes, verbatim."""

    oid: str
    kind: str
    content: bytes


class BatchBrokenError(Exception):
    """The process ended in the middle; how it did is in ``completed``."""

    def __init__(self, completed: Completed) -> None:
        super().__init__(completed.words)
        self.completed = completed


class Batch:
    """The process, started by the first question. Threads may share it."""

    def __init__(self, path: Path, *, env: Mapping[str, str] | None) -> None:
        self._path = path
        self._env = env
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._finalizer: weakref.finalize[[subprocess.Popen[bytes]], Batch] | None = None

    def read(self, names: Iterable[str]) -> list[Stored | None]:
        """The objects of these names in their order, ``None`` for each that is missing or ambiguous.

        :param names: ids, or expressions such as ``<commit>^{tree}``
        :raises BatchBrokenError: git stopped, e.g. at an object that is corrupt
        """
        found: list[Stored | None] = []
        for chunk in _chunks(names):
            with self._lock:
                found += self._ask(chunk)
        return found

    def close(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            self._drop()

    def _ask(self, lines: Sequence[bytes]) -> list[Stored | None]:
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(b"".join(lines))
            process.stdin.flush()
            return [self._answer(process) for _ in lines]
        except BrokenPipeError:
            raise BatchBrokenError(self._drop()) from None
        except BatchBrokenError:
            raise
        except BaseException:
            # Interrupted between question and answer: the next reader would take our answers for its own.
            self._drop()
            raise

    def _answer(self, process: subprocess.Popen[bytes]) -> Stored | None:
        assert process.stdout is not None
        line = process.stdout.readline()
        words = line.rsplit(b" ", 2)
        if line.endswith((b" missing\n", b" ambiguous\n")):
            return None
        if len(words) != 3 or not words[2].strip().isdigit():
            raise BatchBrokenError(self._drop())
        size = int(words[2])
        content = process.stdout.read(size + 1)
        if len(content) != size + 1:
            raise BatchBrokenError(self._drop())
        return Stored(words[0].decode("ascii"), words[1].decode("ascii"), content[:-1])

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                command(["cat-file", "--batch"], git_dir=self._path),
                cwd="/",
                env=git_environment(self._env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._finalizer = weakref.finalize(self, _end, self._process)
        return self._process

    def _drop(self) -> Completed:
        process, self._process = self._process, None
        if self._finalizer is not None:
            self._finalizer.detach()
        return Completed(0, b"", "") if process is None else _end(process)


def _chunks(names: Iterable[str]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for name in names:
        # Nothing is named by two lines; an empty one is answered as missing.
        line = b"\n" if "\n" in name else name.encode("utf-8", "surrogateescape") + b"\n"
        if chunk and size + len(line) > _AT_ONCE:
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += len(line)
    if chunk:
        yield chunk


def _end(process: subprocess.Popen[bytes]) -> Completed:
    """End the process and say how it ended; it has nothing to clean up."""
    with contextlib.suppress(BrokenPipeError):
        if process.stdin:
            process.stdin.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:  # it is in the middle of an answer
        end_group(process)
    words = process.stderr.read() if process.stderr else b""
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()
    return Completed(process.wait(), b"", masked(words.decode("utf-8", "replace")))
