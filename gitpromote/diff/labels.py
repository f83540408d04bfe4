"""Masked values: marks in place of them while documents are compared, numbered words when the result is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from typing import Any

from gitpromote.model.canonical import plain_number
from gitpromote.model.change import Path
from gitpromote.model.sensitive import Span, disjoint

# Lone surrogates: no text that came as UTF-8 holds one, so a mark is never mistaken for content, and one that was
# forgotten cannot be encoded, let alone printed.
_OPEN, _CLOSE = "\udc91", "\udc92"
_MARK = re.compile(f"{_OPEN}([se])([0-9]+){_CLOSE}")

_CIRCLED = [(0x2460, 20), (0x3251, 15), (0x32B1, 15)]


class Marks:
    """One mark for each distinct value. Two marks are equal exactly if what they stand for is."""

    __slots__ = ("_next", "_numbers")

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str | bytes], int] = {}
        self._next = count()

    def __bool__(self) -> bool:
        """Whether any value was masked."""
        return bool(self._numbers)

    def secret(self, value: str | bytes, *, form: str = "text") -> str:
        """The mark of a secret. ``form`` keeps apart equal texts of which one is, say, a number."""
        return self._mark("s", form, value)

    def ciphertext(self, value: str) -> str:
        """The mark of an encrypted value."""
        return self._mark("e", "text", value)

    def over(self, text: str, spans: Iterable[Span]) -> str:
        """A text with marks in place of some of its pieces."""
        parts, at = [], 0
        for start, end, _ in disjoint(spans):
            parts += [text[at:start], self.secret(text[start:end])]
            at = end
        return "".join([*parts, text[at:]])

    def _mark(self, letter: str, form: str, value: str | bytes) -> str:
        number = self._numbers.setdefault((letter + form, value), next(self._next))
        return f"{_OPEN}{letter}{number}{_CLOSE}"


class Labels:
    """Numbers masked values in the order in which they are first shown: ``(sensitive ①)``, ``(encrypted ②)``.

    The number says which values are equal, and nothing else: neither a length nor a hash. It holds within what was
    labelled by one instance; an environment is.
    """

    __slots__ = ("_numbers",)

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def text(self, text: str) -> str:
        """The text with words in place of marks."""
        return _MARK.sub(self._word, text) if _OPEN in text else text

    def plain(self, value: Any) -> Any:
        """A value as it may be shown and saved: words in place of marks, floats as canonical JSON has them."""
        kind = value.__class__
        if kind is str:
            return self.text(value) if _OPEN in value else value
        if kind is dict:
            return {self.text(key): self.plain(member) for key, member in value.items()}
        if kind is list:
            return [self.plain(member) for member in value]
        return plain_number(value) if kind is float else value

    def _word(self, match: re.Match[str]) -> str:
        number = self._numbers.setdefault((match[1], match[2]), len(self._numbers) + 1)
        return f"({'sensitive' if match[1] == 's' else 'encrypted'} {circled(number)})"


def unnumbered(text: str) -> str:
    """The text with ``(sensitive)`` in place of marks: where there is nothing to compare with."""
    return _MARK.sub(lambda match: "(sensitive)" if match[1] == "s" else "(encrypted)", text)


def is_marked(text: str) -> bool:
    """Whether a text holds a mark."""
    return _OPEN in text


def path_is_marked(path: Path) -> bool:
    """Whether any step of a path holds a mark."""
    texts = (step.values() if isinstance(step, dict) else (step,) for step in path)
    return any(isinstance(text, str) and is_marked(text) for step in texts for text in step)


def is_encrypted(value: Any) -> bool:
    """Whether a value is the mark of an encrypted one."""
    return isinstance(value, str) and value.startswith(f"{_OPEN}e")


def circled(number: int) -> str:
    """A circled number up to fifty, beyond that the digits."""
    left = number
    for first, size in _CIRCLED:
        if left <= size:
            return chr(first + left - 1)
        left -= size
    return str(number)
