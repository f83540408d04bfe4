"""Where lines are drawn: as plain text, or in colour on a terminal. The stream is handed in; nothing is global."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from gitpromote.views.lines import Line, plain

if TYPE_CHECKING:
    from rich.text import Text

#: Style names to the terminal's own sixteen colours, which follow the reader's theme.
PALETTE = {
    "add": "green",
    "change": "yellow",
    "delete": "red",
    "good": "green",
    "wait": "cyan",
    "bad": "bold red",
    "strong": "bold",
    "faint": "dim",
    "command": "bold",
}


def draw(lines: Iterable[Line], stream: TextIO, *, colour: bool) -> None:
    """Write the lines to the stream. Without colour there is no control character in what is written."""
    if colour:
        _draw_in_colour(lines, stream)
    else:
        stream.write(readable(plain(lines), stream))


def readable(text: str, stream: TextIO) -> str:
    """The text in characters that the stream's encoding has."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_SIMPLER).encode(encoding, "backslashreplace").decode(encoding)
    return text


_SIMPLER = str.maketrans({"·": "-", "…": "...", "—": "-", "①": "(1)", "→": "->", "“": '"', "”": '"'})


def _draw_in_colour(lines: Iterable[Line], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, color_system="standard", highlight=False, emoji=False)
    console.print(Text("\n").join(_styled(every, stream) for every in lines), soft_wrap=True, markup=False)


def _styled(every: Line, stream: TextIO) -> Text:
    from rich.text import Text

    text = Text()
    for span in every:
        text.append(readable(span.text, stream), PALETTE.get(span.style))
    text.rstrip()
    return text
