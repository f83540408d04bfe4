"""The standard output of one run: plain, in colour, or JSON. What a closed pipe or a full disk does is decided here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from gitpromote.views.lines import Line


class Output:
    """A stream that lines are drawn on. It never raises: work that has begun is not stopped by a reader who left.

    :ivar failure: why something could not be written, where that is worth telling; a closed pipe is not
    """

    def __init__(self, stream: TextIO, *, colour: bool, width: int | None) -> None:
        self.stream = stream
        self.colour = colour
        self.width = width
        self.failure: OSError | None = None
        self.written = False
        self._closed = False

    def lines(self, lines: Iterable[Line]) -> None:
        """Draw a view."""
        from gitpromote.views.screen import draw

        self._write(lambda: draw(lines, self.stream, colour=self.colour))

    def text(self, text: str) -> None:
        """Write a document, as it is."""
        from gitpromote.views.screen import readable

        self._write(lambda: self.stream.write(readable(text, self.stream)))

    def bytes(self, data: bytes) -> None:
        """Write bytes, as they are."""
        buffer = getattr(self.stream, "buffer", None)
        self._write(lambda: buffer.write(data) if buffer else self.stream.write(data.decode("utf-8", "replace")))

    def json(self, data: Any) -> None:
        """Write an object as JSON."""
        import json

        from gitpromote.views.text import visible_json

        text = json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True)
        self.text(visible_json(text) + "\n")

    def close(self) -> None:
        """Write what is still held back."""
        self._write(self.stream.flush)

    def _write(self, action: Any) -> None:
        if self._closed:
            return
        try:
            action()
            self.stream.flush()
            self.written = True
        except BrokenPipeError:
            self.give_up()
        except OSError as error:
            self.failure = error
            self.give_up()

    def give_up(self) -> None:
        """Write nothing more: nobody reads, or there is no room."""
        # The stream still holds what it could not write and would try again when Python ends.
        self._closed = True
        try:
            target = os.open(os.devnull, os.O_WRONLY)
            os.dup2(target, self.stream.fileno())
            os.close(target)
        except (OSError, ValueError):
            return


def wants_colour(stream: TextIO, environ: Mapping[str, str], *, refused: bool) -> bool:
    """Whether colour helps there: on a terminal that can, where nobody asked to go without."""
    if refused or environ.get("NO_COLOR") or in_automation(environ) or environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def in_automation(environ: Mapping[str, str]) -> bool:
    """Whether a CI system says that it runs us: nobody reads along there, and nobody answers."""
    return environ.get("CI", "").lower() not in ("", "0", "false")


def width_of(stream: TextIO, environ: Mapping[str, str]) -> int | None:
    """How wide the terminal is, or what ``COLUMNS`` says; ``None`` where lines may be as long as they are."""
    columns = environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    if not stream.isatty():
        return None
    return shutil.get_terminal_size().columns
