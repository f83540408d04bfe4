"""Words on a screen: what may not reach one is taken out, what is too long is cut, and columns stand in line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from gitpromote.model.words import (
    ESCAPE_SEQUENCE,
    UNSEEN,
    listed,
)

__all__ = [
    "clean_lines",
    "column_widths",
    "did_you_mean",
    "nearest",
    "quoted",
    "visible",
    "visible_json",
    "wrapped",
]


def clean_lines(text: str) -> str:
    """Several lines of somebody else's words, cleaned; the line breaks and indents stay."""
    lines = ESCAPE_SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\t", "    ").split("\n")
    return "\n".join(UNSEEN.sub("", line) for line in lines)


def visible(text: str) -> str:
    """A value as it is, with every unseen character written as its escape: a reviewer must see that it is there."""
    return UNSEEN.sub(lambda found: _escape(found.group()), text)


def visible_json(text: str) -> str:
    """JSON text that is safe on a terminal and still the same JSON."""
    return UNSEEN.sub(lambda found: found.group() if found.group() == "\n" else _escape(found.group()), text)


def quoted(text: str) -> str:
    """A string in double quotes, with line breaks and unseen characters as escapes."""
    return visible(json.dumps(text, ensure_ascii=False))


def _escape(character: str) -> str:
    number = ord(character)
    if number <= 0xFFFF:
        return f"\\u{number:04x}"
    high, low = divmod(number - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody who typed this one may have meant."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that helps with a word that is not known: the nearest one, or all of them."""
    every = list(known)
    close = nearest(word, every)
    if close is not None:
        return f'Did you mean "{close}"?'
    return f"There {'is' if len(every) == 1 else 'are'}: {listed(every, limit=12)}." if every else "There are none."


def wrapped(text: str, width: int) -> list[str]:
    """The words of one line on as many lines as they need; a word that is too long stays whole."""
    lines = [""]
    for word in text.split(" "):
        candidate = f"{lines[-1]} {word}" if lines[-1] else word
        if len(candidate) <= width or not lines[-1]:
            lines[-1] = candidate
        else:
            lines.append(word)
    return lines


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """How wide each column must be; all rows have equally many cells."""
    return [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
