"""Words for people, wherever they are put together: cleaned of what a screen may not get, cut, counted, in a row."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = [
    "ESCAPE_SEQUENCE",
    "UNSEEN",
    "clean",
    "count",
    "in_one_line",
    "listed",
    "short_commit",
    "short_digest",
    "shorten",
]

# CSI, OSC (until BEL or ST) and two-byte escape sequences: a terminal would obey them.
ESCAPE_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]|\x9b[0-?]*[ -/]*[@-~]"
)
# Control, bidirectional, zero-width and tag characters, lone surrogates: they change what a reader believes to see.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_SPACE = re.compile(r"[ \t\r\n]+")


def clean(text: str) -> str:
    """One line of somebody else's words, without what a terminal would obey or a reader could not see."""
    return UNSEEN.sub("", _SPACE.sub(" ", ESCAPE_SEQUENCE.sub("", text))).strip()


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


def in_one_line(text: str) -> str:
    """What stands on lines of its own, one after the other."""
    return "; ".join(each.strip() for each in text.splitlines() if each.strip())


def listed(words: Iterable[str], *, limit: int = 5, joiner: str = ", ") -> str:
    """The words in a row; more than the limit are counted."""
    every = list(words)
    shown = every if len(every) <= limit + 1 else [*every[:limit], f"{len(every) - limit:,} more"]
    return joiner.join(shown)
