"""Which manifests may hold a secret, told from their text alone: most hold none, and need no walk through their fields.

Sound for any text: what makes a value or a name secret stands in it in one piece, without blanks, unless it is written
with escapes, which are a hint themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from gitpromote.model.secret_names import FIELDS_OF_PODS
from gitpromote.model.sensitive import TOKEN_HINTS

# Every name that is recognised has one of these in it. An escape may spell anything; the others need a closer look.
_NAMES = ["pass", "pwd", "secret", "token", "credential", "psk", "authorization", "connection", "key"]
_OTHERS = ["\\", "enc[", "binarydata", "basic", "bearer"]
_HINTS = tuple(sorted({*_NAMES, *_OTHERS, *(hint.lower().strip() for hint in TOKEN_HINTS)}))

# The last word of a name decides, and what stands behind a name follows it at once. Fields of the pod are no names.
_NAME = re.compile(
    r"(?:pass|passcode|passphrase|passwd|passwords?|password[^a-z0-9]*hash|pwd|secrets?|tokens?|credentials?|psk"
    r"|authorization|connection[^a-z0-9]*string"
    r"|(?:access|account|api|auth|deploy|encryption|license|master|private|secret|service|session|shared|signature|signing"
    r"|ssh|storage)[^a-z0-9]*key)"
    r"(?:[^a-z0-9]*(?:base64|base|b64|dev|new|next|old|plain|prev|previous|primary|prod|secondary|staging|test|text|value"
    r"|[0-9]+))*(?![a-z0-9]|[-_.]+[a-z0-9])"
)
_URL = re.compile(r"://[^/]*:.*@")


def _names_a_secret(word: str) -> bool:
    return word.strip("\"',:-{}") not in _NO_NAMES and bool(_NAME.search(word))


_NO_NAMES = frozenset(name.lower() for name in FIELDS_OF_PODS)

#: What makes a hint of texts that stand everywhere.
_PROVISOS: dict[str, Callable[[str], object]] = {**dict.fromkeys(_NAMES, _names_a_secret), "://": _URL.search}


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
