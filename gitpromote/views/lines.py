"""What a view gives: lines of styled words. Without the styles they are plain text that says the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from gitpromote.views.text import column_widths, wrapped


class Span(NamedTuple):
    """Words in one style. The style's name says what they mean; a screen decides how that looks."""

    text: str
    style: str = ""


Line = tuple[Span, ...]

#: Every style, with what it means.
STYLES = {
    "add": "is created",
    "change": "is updated",
    "delete": "is deleted",
    "good": "holds",
    "wait": "waits",
    "bad": "fails or blocks",
    "strong": "what to look at first",
    "faint": "beside the point",
    "command": "to be typed",
}

_ROOM = 16


def line(*parts: str | Span) -> Line:
    """One line of words, some of them styled."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def indented(lines: Iterable[Line], by: int) -> list[Line]:
    """The lines, further in; empty ones stay empty."""
    return [(Span(" " * by), *every) if every else every for every in lines]


def plain(lines: Iterable[Line]) -> str:
    """The words alone, each line ended by a newline and without blanks before it."""
    return "".join("".join(span.text for span in every).rstrip() + "\n" for every in lines)


def paragraph(text: str, *, indent: int, style: str = "") -> list[Line]:
    """Somebody's lines, one by one, further in."""
    return indented([line(Span(every, style)) if every else () for every in text.split("\n")], indent)


def hanging(every: Line, *, indent: int, width: int | None) -> list[Line]:
    """One line of styled words on as many lines as it needs on a screen, those behind the first further in.

    :param indent: where the further ones begin
    :param width: how many characters a line may have; ``None`` for as many as it takes
    """
    if width is None or sum(len(span.text) for span in every) <= width:
        return [every]
    rows: list[list[Span]] = [[]]
    used, blanks = 0, ""
    for span in every:
        for word in re.findall(r" +|[^ ]+", span.text):
            if word.isspace():
                blanks += word
                continue
            if rows[-1] and used + len(blanks) + len(word) > width:
                rows.append([])
                used, blanks = 0, " " * indent
            rows[-1].append(Span(blanks + word, span.style))
            used += len(blanks + word)
            blanks = ""
    return [_merged(row) for row in rows]


def _merged(row: Iterable[Span]) -> Line:
    """The same with one span for all words in a row that have one style."""
    return tuple(Span("".join(one.text for one in several), style) for style, several in groupby(row, _style))


def _style(span: Span) -> str:
    return span.style


def filled(text: str, *, indent: int, width: int | None, style: str = "") -> list[Line]:
    """One text on as many lines as it needs on a screen, those behind the first further in.

    :param width: how many characters a line may have; ``None`` for as many as it takes
    """
    if width is None or len(text) <= width:
        return [line(Span(text, style))]
    start = len(text) - len(text.lstrip(" "))
    first, *more = wrapped(text.lstrip(" "), max(width - start, 1))
    rest = wrapped(" ".join(more), max(width - start - indent, 1)) if more else []
    head = line(*([" " * start] if start else []), Span(first, style))
    return [head, *(line(" " * (start + indent), Span(each, style)) for each in rest)]


def table(rows: Sequence[Sequence[Span]], *, indent: int = 2, gap: int = 2, width: int | None = None) -> list[Line]:
    """Rows in columns. On a narrow screen the last column is wrapped in its place, or stands below its row.

    :param width: how many characters a line may have; ``None`` for as many as it takes
    """
    widths = column_widths([[span.text for span in row] for row in rows])
    if not widths:
        return []
    start = indent + sum(widths[:-1]) + gap * (len(widths) - 1)
    if width is None or start + widths[-1] <= width:
        return [_row(row, widths, indent, gap) for row in rows]
    if width - start >= _ROOM:
        return [each for row in rows for each in _beside(row, widths, indent, gap, width - start)]
    return [each for row in rows for each in _below(row, widths, indent, gap, width)]


def _row(cells: Sequence[Span], widths: Sequence[int], indent: int, gap: int) -> Line:
    spans = [Span(" " * indent)] if indent else []
    for cell, size in zip(cells, widths, strict=False):
        spans += [cell, Span(" " * (size - len(cell.text) + gap))]
    return tuple(spans[:-1])


def _beside(cells: Sequence[Span], widths: Sequence[int], indent: int, gap: int, room: int) -> list[Line]:
    first, *more = wrapped(cells[-1].text, room)
    start = indent + sum(widths[:-1]) + gap * (len(widths) - 1)
    head = _row([*cells[:-1], Span(first, cells[-1].style)], widths, indent, gap)
    return [head, *(line(" " * start, Span(text, cells[-1].style)) for text in more)]


def _below(cells: Sequence[Span], widths: Sequence[int], indent: int, gap: int, width: int) -> list[Line]:
    head = _row(cells[:-1], widths, indent, gap)
    if not cells[-1].text:
        return [head]
    rest = wrapped(cells[-1].text, width - indent - 4)
    return [head, *(line(" " * (indent + 4), Span(text, cells[-1].style)) for text in rest)]
