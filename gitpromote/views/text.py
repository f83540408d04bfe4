"""Words on a screen: what may not reach one is taken out, what is too long is cut, and columns stand in line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

# CSI, OSC (until BEL or ST) and two-byte escape sequences: a terminal would obey them.
_ESCAPE_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]|\x9b[0-?]*[ -/]*[@-~]"
)
# Control, bidirectional, zero-width and tag characters, lone surrogates: they change what a reader believes to see.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_SPACE = re.compile(r"[ \t\r\n]+")


def clean(text: str) -> str:
    """One line of somebody else's words, without what a terminal would obey or a reader could not see."""
    return _UNSEEN.sub("", _SPACE.sub(" ", _ESCAPE_SEQUENCE.sub("", text))).strip()


def clean_lines(text: str) -> str:
    """Several lines of somebody else's words, cleaned; the line breaks and indents stay."""
    lines = _ESCAPE_SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\t", "    ").split("\n")
    return "\n".join(_UNSEEN.sub("", line) for line in lines)


def visible(text: str) -> str:
    """A value as it is, with every unseen character written as its escape: a reviewer must see that it is there."""
    return _UNSEEN.sub(lambda found: _escape(found.group()), text)


def visible_json(text: str) -> str:
    """JSON text that is safe on a terminal and still the same JSON."""
    return _UNSEEN.sub(lambda found: found.group() if found.group() == "\n" else _escape(found.group()), text)


def quoted(text: str) -> str:
    """A string in double quotes, with line breaks and unseen characters as escapes."""
    return visible(json.dumps(text, ensure_ascii=False))


def _escape(character: str) -> str:
    number = ord(character)
    if number <= 0xFFFF:
        return f"\\u{number:04x}"
    high, low = divmod(number - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def shorten(text: str, width: int) -> str:
    """At most so many characters; what was cut from the end leaves an ellipsis."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 environment``, ``1,000 environments``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def short_digest(digest: str) -> str:
    """``sha256:b20e…``: enough for the eye; never for a decision."""
    algorithm, colon, value = digest.partition(":")
    return f"{algorithm}:{value[:4]}…" if colon else f"{digest[:4]}…"


def short_commit(commit: str | None) -> str:
    """The first seven digits of a commit's id, ``nothing`` where there is none."""
    return commit[:7] if commit else "nothing"


def listed(words: Iterable[str], *, limit: int = 5, joiner: str = ", ") -> str:
    """The words in a row; more than the limit are counted."""
    every = list(words)
    shown = every if len(every) <= limit + 1 else [*every[:limit], f"{len(every) - limit:,} more"]
    return joiner.join(shown)


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
