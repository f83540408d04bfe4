"""A stream of YAML as the texts of its documents, before any of them is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gitpromote.render.yaml_problems import unreadable
from gitpromote.render.yaml_reader import LIMITS, Limits
from gitpromote.render.yaml_text import without_bom

__all__ = ["Piece", "split_documents"]

_SEPARATOR = re.compile(r"^---(.*)\n?", re.MULTILINE)
_BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*")
_KEEPS_NEWLINES = re.compile(r"[|>][0-9]?\+")


class Piece(NamedTuple):
    """One document's own text.

    :param text: from its first line with something on it, to one final newline (or more, where a block scalar at the
        end keeps them)
    :param line: where the text begins in its stream, from 1
    :param number: which document of the stream it is, from 1; documents without text count too
    """

    text: str
    line: int
    number: int


def split_documents(text: str, *, file: str, limits: Limits = LIMITS) -> list[Piece]:
    """A stream cut where Kubernetes cuts it: at lines that begin with ``---``. Documents without any text are left out.

    Equal pieces are equal documents, so what two streams have in common need not be read.

    :raises SourceInvalid: ``yaml-separator`` if something other than a comment follows ``---``; ``yaml-too-large``
    """
    text = without_bom(text)
    pieces: list[Piece] = []
    start, line, number = 0, 1, 1
    for found in _SEPARATOR.finditer(text):
        rest = found[1].strip()
        if rest and not rest.startswith("#"):
            here = line + text.count("\n", start, found.start())
            raise unreadable("yaml-separator", f"{file}:{here}: document {number + 1}: {rest:.60}")
        pieces.extend(_piece(text[start : found.start()], line, number))
        line += text.count("\n", start, found.end())
        start, number = found.end(), number + 1
        if number > limits.documents:
            raise unreadable("yaml-too-large", f"{file}:{line}: more than {limits.documents} documents")
    pieces.extend(_piece(text[start:], line, number))
    return pieces


def _piece(text: str, line: int, number: int) -> Iterator[Piece]:
    blank = _BLANK_LINES.match(text)
    begin = blank.end() if blank else 0
    end = "\r\n" if text.endswith("\r\n") else "\n"
    body = text[begin:].rstrip("\r\n")
    if not body.strip():
        return
    line += text.count("\n", 0, begin)
    if "+" in body and _KEEPS_NEWLINES.search(body):
        # A block scalar that keeps its final line breaks may be the last thing here.
        body = text[begin:].removesuffix("\n").removesuffix("\r")
    yield Piece(body + end, line, number)
