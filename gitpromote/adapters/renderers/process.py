"""Running a renderer: bytes out, within a time and a size, and nothing left behind."""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, Self

from gitpromote.errors import ConfigurationError
from gitpromote.model.render import Limits

_SIGNALLED = 128  # an exit status above it: as shells tell of the signal of the number that it is above
_CHUNK = 64 * 1024  # bytes: what a pipe holds
_DRAIN = 0.5  # seconds in which an ended process's output is still read, where a stray child holds the pipe
_TICK = 0.05  # seconds between looks at the process where the system has no descriptor for its end


class Ended(NamedTuple):
    """How a process ended.

    :ivar status: its exit status; negative: the signal that ended it
    :ivar excess: which limit it broke and was killed for, or ``None``
    """

    status: int
    output: bytes
    words: bytes
    seconds: float
    excess: Literal["time", "output", "words"] | None = None

    def as_of_a_second(self) -> Self:
        """With the signal that ended the process that it tells of, where its own status tells of that as shells do."""
        return self._replace(status=_SIGNALLED - self.status) if self.status > _SIGNALLED else self


def run(words: Sequence[str], *, cwd: Path, env: Mapping[str, str], limits: Limits, stdin: Path | None = None) -> Ended:
    """Run a program to its end, as the leader of a group that ends with it.

    What it prints beside its output has a limit of its own, and a lower one. Whatever happens here,
    ``KeyboardInterrupt`` included, the group is killed: it works in a throw-away folder, so there is nothing for it to
    clean up.

    :param stdin: a file that it reads as its standard input; default: nothing
    :raises ConfigurationError: it cannot be started (``tool-broken``)
    """
    started = time.monotonic()
    process = _start(words, cwd, env, stdin)
    collected = _Collected(process, limits, deadline=started + limits.timeout)
    try:
        with _watched(process):
            excess = collected.until_end()
    finally:
        collected.close()
        status = process.wait()
    return Ended(status, collected.output, collected.words, time.monotonic() - started, excess)


def lifetime(limits: Limits) -> int:
    """Seconds after which a process of ours ends itself: only one whose parent was killed lives for so long."""
    return math.ceil(limits.timeout) + 5


def kill_all() -> None:
    """Kill the groups of all renderers that run in this process: for whoever is interrupted while threads wait."""
    with _LOCK:
        for group in _RUNNING:
            _kill_group(group)


_LOCK = threading.Lock()
_RUNNING: set[int] = set()


@contextlib.contextmanager
def _watched(process: subprocess.Popen[bytes]) -> Iterator[None]:
    with _LOCK:
        _RUNNING.add(process.pid)
    try:
        yield
    finally:
        # The leader is waited for only after this, so its number cannot have passed to somebody else.
        _kill_group(process.pid)
        with _LOCK:
            _RUNNING.discard(process.pid)


def _start(words: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: Path | None) -> subprocess.Popen[bytes]:
    try:
        # A session of its own: no terminal to ask on, and one group to kill. Nothing here keeps the child from vfork.
        with Path(stdin or os.devnull).open("rb") as given:
            return subprocess.Popen(
                words,
                cwd=cwd,
                env=env,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                bufsize=0,
            )
    except OSError as error:
        raise ConfigurationError(
            "A renderer cannot be started", code="tool-broken", detail=f"{words[0]}: {error.strerror}"
        ) from error


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


class _Collected:
    """The two streams of a process as they come in, and its end."""

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits, *, deadline: float) -> None:
        self._process = process
        self._deadline = deadline
        self._streams = [stream for stream in (process.stdout, process.stderr) if stream is not None]
        self._descriptors = [stream.fileno() for stream in self._streams]
        self._chunks: dict[int, list[bytes]] = {descriptor: [] for descriptor in self._descriptors}
        self._left = dict(zip(self._descriptors, (limits.output, limits.words), strict=True))
        self._open = set(self._chunks)
        self._end = _end_of(process.pid)
        self._poll = select.poll()
        for descriptor in (*self._chunks, *([] if self._end is None else [self._end])):
            self._poll.register(descriptor, select.POLLIN)

    @property
    def output(self) -> bytes:
        return b"".join(self._chunks[self._descriptors[0]])

    @property
    def words(self) -> bytes:
        return b"".join(self._chunks[self._descriptors[1]])

    def until_end(self) -> Literal["time", "output", "words"] | None:
        """Read until the program has ended and both streams have, or a limit is broken."""
        ended = False
        while self._open or not ended:
            left = self._deadline - time.monotonic()
            if left <= 0:
                return None if ended else "time"
            for descriptor, _ in self._poll.poll(1000 * (left if self._end is not None else min(left, _TICK))):
                if descriptor != self._end and not self._read(descriptor):
                    return "output" if descriptor == self._descriptors[0] else "words"
            if not ended and self._has_ended():
                ended = True
                _kill_group(self._process.pid)
                self._deadline = time.monotonic() + _DRAIN
        return None

    def _read(self, descriptor: int) -> bool:
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            self._open.discard(descriptor)
            self._poll.unregister(descriptor)
        self._left[descriptor] -= len(chunk)
        self._chunks[descriptor].append(chunk)
        return self._left[descriptor] >= 0

    def _has_ended(self) -> bool:
        if not hasattr(os, "waitid"):
            return self._process.poll() is not None
        # Asked without reaping: until wait() the number of the process stays its own.
        ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        if ended and self._end is not None:
            self._poll.unregister(self._end)
        return ended

    def close(self) -> None:
        if self._end is not None:
            os.close(self._end)
        for stream in self._streams:
            stream.close()


def _end_of(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends, where the system has that."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
