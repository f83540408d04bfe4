"""What goes on, as it goes on: a stream of events for programs, and lines on the terminal for people."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

from gitpromote.errors import UsageError
from gitpromote.ports import Reporter

#: Nothing is shown of work that is done sooner, seconds.
PATIENCE = 0.4
#: The shortest time between two drawings of the same line, seconds.
PACE = 0.25


class Everyone:
    """Tells all of its reporters. One that fails does not stop the others, and none stops the work."""

    def __init__(self, reporters: Sequence[Reporter]) -> None:
        self.reporters = list(reporters)

    def event(self, kind: str, **data: Any) -> None:
        """Pass it on."""
        for reporter in self.reporters:
            reporter.event(kind, **data)


class EventStream:
    """Events as lines of JSON, numbered without a gap; the last one is ``summary`` with the exit code.

    :ivar failure: why the file could not be written to its end
    """

    def __init__(self, path: str, *, verb: str) -> None:
        try:
            self._file = Path(path).open("w", encoding="utf-8")  # noqa: SIM115 (it lives as long as the run)
        except OSError as error:
            raise UsageError(
                "The file for events cannot be written",
                code="events-unwritable",
                detail=f"{path}: {error.strerror}",
                hint="Give --json-into a file in a folder that exists.",
            ) from error
        self.failure: OSError | None = None
        self._sequence = 0
        self._lock = threading.Lock()
        self.event("start", format="gitpromote.events/1.0", verb=verb)

    def event(self, kind: str, **data: Any) -> None:
        """Append one event."""
        with self._lock:
            line = {**data, "kind": kind, "seq": self._sequence, "at": _now()}
            self._append(json.dumps(line, ensure_ascii=True, sort_keys=True, default=str))
            self._sequence += 1

    def close(self, exit_code: int) -> None:
        """The last line, and the end of the file."""
        self.event("summary", exit_code=exit_code)
        try:
            self._file.close()
        except OSError as error:
            self.failure = error

    def _append(self, line: str) -> None:
        if self.failure is not None or self._file.closed:
            return
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            self.failure = error


def named_stream(words: Sequence[str]) -> str | None:
    """The file that ``--json-into`` names among words that could not be read."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word == "--":
            return None
        if name in ("--json-into", "-json-into"):
            return value if equals else next(iter(words[at + 1 :]), None)
    return None


class CommandEcho:
    """Prints the command line of each renderer that is run: what ``-v`` asks for."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def event(self, kind: str, **data: Any) -> None:
        """Print it, if it is a command."""
        argv = data.get("argv") or data.get("command")
        if argv:
            _print(self.stream, "+ " + _command_text(argv))


class StatusLine:
    """One line on a terminal that says what is being done; it goes away when it is over.

    :param clock: seconds that only grow
    """

    def __init__(self, stream: TextIO, *, width: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream
        self.width = width
        self.clock = clock
        self._drawn = False
        self._next = clock() + PATIENCE
        self._done = self._total = 0
        self._lock = threading.Lock()

    def event(self, kind: str, **data: Any) -> None:
        """Show it, unless the line was drawn a moment ago."""
        with self._lock:
            text = self._counted(kind, data)
            now = self.clock()
            if now < self._next:
                return
            self._next = now + PACE
            _write(self.stream, "\r\x1b[2K" + text[: self.width - 1])
            self._drawn = True

    def _counted(self, kind: str, data: dict[str, Any]) -> str:
        """The event in a few words; a render with how many are done."""
        if kind == "rendering":
            self._done, self._total = 0, int(data.get("total") or 0)
            return f"rendering {self._total:,}"
        if kind == "rendered":
            self._done += 1
            return f"rendered {self._done:,} of {max(self._total, self._done):,}  {progress_text('', data)}"
        return progress_text(kind, data)

    def clear(self) -> None:
        """Take the line away: something else is to be written."""
        with self._lock:
            if self._drawn:
                _write(self.stream, "\r\x1b[2K")
                self._drawn = False


class PlainProgress:
    """Prints what is waited for, and what happens to each environment of an apply, for logs that are read meanwhile.

    :param fates: whether the latter
    """

    def __init__(self, stream: TextIO, *, fates: bool = True) -> None:
        self.stream = stream
        self._kinds = ("waiting", "environment") if fates else ("waiting",)

    def event(self, kind: str, **data: Any) -> None:
        """Print it, if it is one of these."""
        if kind in self._kinds:
            _print(self.stream, progress_text(kind, data))


def progress_text(kind: str, data: dict[str, Any]) -> str:
    """An event in a few words."""
    from gitpromote.model.words import clean

    words = [str(data[key]) for key in ("name", "message", "label", "subject") if data.get(key)]
    if kind == "environment":
        return clean("  ".join(words))
    return clean(f"{kind.replace('-', ' ')} {' '.join(words)}")


def _command_text(argv: Any) -> str:
    import shlex

    from gitpromote.views.text import visible

    return visible(argv if isinstance(argv, str) else shlex.join(str(word) for word in argv))


def _print(stream: TextIO, text: str) -> None:
    _write(stream, text + "\n")


def _write(stream: TextIO, text: str) -> None:
    from gitpromote.views.screen import readable

    try:
        stream.write(readable(text, stream))
        stream.flush()
    except OSError:
        return  # whoever read along has left; the work goes on


def _now() -> str:
    from gitpromote.views.time import iso

    return iso(int(time.time()))
