"""Which manifests may hold a secret, told from their text alone: most hold none, and need no walk through their fields.

Sound for any text: what makes a value or a name secret stands in it in one piece, without blanks, unless it is written
with escapes, which are a hint themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from gitpromote.model.sensitive import TOKEN_HINTS

# Every name that is recognised has one of these in it. An escape may spell anything; the others need a closer look.
_NAMES = ["pass", "pwd", "secret", "token", "credential", "psk", "authorization", "connection", "key"]
_OTHERS = ["\\", "enc[", "binarydata", "basic", "bearer"]
_HINTS = tuple(sorted({*_NAMES, *_OTHERS, *(hint.lower().strip() for hint in TOKEN_HINTS)}))

_KEY = re.compile(
    r"(?:access|account|api|auth|deploy|encryption|license|master|private|service|session|shared|signature|signing|ssh|storage)"
    r"[^a-z0-9]*key"
)
_URL = re.compile(r"://[^/]*:.*@")

#: What makes a hint of texts that stand everywhere.
_PROVISOS: dict[str, Callable[[str], object]] = {"key": _KEY.search, "://": _URL.search}


def hinting_lines(texts: Iterable[str]) -> frozenset[str]:
    """The lines that hint at a secret. Equal lines are looked at once: manifests share most of theirs."""
    lines: set[str] = set()
    for text in texts:
        lines.update(text.split("\n"))
    words = "\n".join(set("\n".join(lines).lower().split()))
    # Searching for one hint after the other is faster than for all at once; few are there at all.
    found = {word for hint in _HINTS if hint in words for word in _with(hint, words)}
    return frozenset(line for line in lines if not found.isdisjoint(line.lower().split())) if found else frozenset()


def hints(text: str, lines: frozenset[str]) -> bool:
    """Whether a text may hold a secret, given the lines that do. What has no text may hold anything."""
    return not text or (bool(lines) and not lines.isdisjoint(text.split("\n")))


def _with(hint: str, words: str) -> Iterator[str]:
    proviso = _PROVISOS.get(hint, bool)
    at = words.find(hint)
    while at >= 0:
        end = words.find("\n", at)
        word = words[words.rfind("\n", 0, at) + 1 : end if end >= 0 else None]
        if proviso(word):
            yield word
        at = words.find(hint, end) if end >= 0 else -1
