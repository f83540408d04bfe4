"""Marks in place of the secrets inside texts, and the memory of which secrets were seen."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from gitpromote.diff.copies import SHORTEST, Copies
from gitpromote.diff.labels import Marks
from gitpromote.model.plaintext import is_ciphertext
from gitpromote.model.secret_names import name_holds_secret
from gitpromote.model.sensitive import Span, assigned_spans, says_something, token_spans

_WORD = re.compile(r"[A-Z]?[a-z]+\Z")
_LONG_LINE = 16


class Secrets:
    """The secrets that were found so far.

    :ivar known: each as text, or as bytes where it is no text; in the order in which they were found
    """

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[str | bytes, None] = {}

    def add(self, value: str | bytes) -> None:
        """One secret."""
        self.known[value] = None

    def add_file(self, text: str) -> None:
        """A secret of several lines, or of JSON: its parts get copied without the rest."""
        self.add(text)
        if "\n" in text:
            self.known.update((line, None) for each in text.splitlines() if len(line := each.strip()) >= _LONG_LINE)
        if text.lstrip()[:1] in ("{", "["):
            self._add_leaves(_json(text))

    def _add_leaves(self, value: Any) -> None:
        if isinstance(value, str):
            self.add(value)
        elif isinstance(value, dict | list):
            for member in value.values() if isinstance(value, dict) else value:
                self._add_leaves(member)


class TextMask:
    """Puts marks in place of secrets in texts.

    :param marks: where the marks come from
    :param copies: the secrets that are known already
    :param short: known secrets that are too short to be looked for inside longer texts
    :param found: where to put the secrets that are recognised; ``None`` to forget them
    :ivar plain_keys: names of fields that neither hold a secret nor say that their value is one; it grows
    """

    def __init__(
        self, marks: Marks, *, copies: Copies | None = None, short: Collection[str] = (), found: Secrets | None = None
    ) -> None:
        self.marks = marks
        self.found = found
        self.plain_keys: set[str] = set()
        self._copies = copies
        self._short = short
        self._hidden: tuple[dict[str, str], dict[str, str]] = ({}, {})
        self._clean: tuple[set[str], set[str]] = (set(), set())

    def text(self, text: str, *, prose: bool = False) -> str:
        """A text with marks in place of everything in it that is recognised.

        :param prose: it is written for people, so a word behind "password:" is none
        """
        # The very object comes back where nothing is hidden: whoever walks a document sees that by identity.
        if text in self._clean[prose]:
            return text
        hidden = self._hidden[prose].get(text)
        if hidden is None:
            hidden = self._masked(text, prose)
            if hidden == text:
                self._clean[prose].add(text)
                return text
            self._hidden[prose][text] = hidden
        return hidden

    def clean(self, *, prose: bool) -> set[str]:
        """The texts that were looked at and hold nothing; it grows."""
        return self._clean[prose]

    def whole(self, value: str) -> str:
        """A mark for a text that is secret as a whole."""
        if is_ciphertext(value):
            return self.marks.ciphertext(value)
        if self.found is not None:
            self.found.add(value)
        return self.marks.secret(value)

    def named(self, name: str, value: str) -> str:
        """The value of a variable, a parameter or a header, whose name may say that it is secret."""
        if value in self._short or (name_holds_secret(name) and says_something(value)):
            return self.whole(value)
        return self.text(value)

    def number(self, value: int) -> str:
        """A mark for a number."""
        if self.found is not None:
            self.found.add(str(value))
        return self.marks.secret(str(value), form="number")

    def is_copy(self, text: str) -> bool:
        """Whether a text as a whole is a known secret."""
        return self._copies is not None and text in self._copies

    def _masked(self, text: str, prose: bool) -> str:
        if len(text) < SHORTEST - 2:
            return text
        if is_ciphertext(text):
            return self.marks.ciphertext(text)
        spans = token_spans(text) if prose else token_spans(text) + assigned_spans(text)
        if self.found is not None:
            self._remember(text, spans)
        if self._copies:
            spans += self._copies.spans(text)
        return self.marks.over(text, spans) if spans else text

    def _remember(self, text: str, spans: list[Span]) -> None:
        """A plain word behind "password:" in a longer text is more often prose than a secret."""
        for start, end, what in spans:
            piece = text[start:end]
            if self.found is not None and not (what == "an assigned secret" and _WORD.match(piece)):
                self.found.add(piece)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
