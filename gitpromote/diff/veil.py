"""Copies of known secrets, hidden in what differs between two documents that hold no secrets of their own."""

from __future__ import annotations

from typing import Any

from gitpromote.diff.copies import SHORTEST, Copies
from gitpromote.diff.fields import Difference
from gitpromote.diff.labels import Marks
from gitpromote.model.change import PathElement

#: Maps whose keys are anybody's. Elsewhere a word of letters is a field of the schema, whatever it may be a copy of.
FREE_MAPS = frozenset(
    {
        "annotations",
        "binaryData",
        "data",
        "labels",
        "matchLabels",
        "nodeSelector",
        "options",
        "parameters",
        "stringData",
    }
)


def is_free_key(key: str, under: str) -> bool:
    """Whether a key may hold a copy of a secret, being no field of a schema."""
    return under in FREE_MAPS or not key.isalpha()


class Veil:
    """Puts marks in place of copies."""

    def __init__(self, copies: Copies, marks: Marks) -> None:
        self._copies = copies
        self._marks = marks
        self._texts: dict[str, str] = {}

    def __bool__(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._copies)

    def difference(self, found: Difference) -> Difference:
        """The same difference without copies, in its path neither."""
        path: list[PathElement] = []
        under = ""
        for step in found.path:
            path.append(self._step(step, under))
            under = step if isinstance(step, str) else ""
        before, after = self.value(found.before, under), self.value(found.after, under)
        return Difference(tuple(path), found.op, before, after, found.place)

    def value(self, value: Any, under: str = "") -> Any:
        """A value without copies. ``under`` is the key that it stands under."""
        kind = value.__class__
        if kind is str:
            return self.text(value)
        if kind is dict:
            return {self._key(key, under): self.value(member, key) for key, member in value.items()}
        if kind is list:
            return [self.value(member) for member in value]
        if kind is int and str(value) in self._copies:
            return self._marks.secret(str(value), form="number")
        return value

    def text(self, text: str) -> str:
        """A text without copies."""
        if len(text) < SHORTEST:
            return text
        hidden = self._texts.get(text)
        if hidden is None:
            hidden = self._texts[text] = self._marks.over(text, self._copies.spans(text))
        return hidden

    def _key(self, key: str, under: str) -> str:
        return self.text(key) if is_free_key(key, under) else key

    def _step(self, step: PathElement, under: str) -> PathElement:
        if isinstance(step, str):
            return self._key(step, under)
        return {key: self.value(value) for key, value in step.items()} if isinstance(step, dict) else step
