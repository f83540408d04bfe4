"""Replacements in a text, and the way back from a place in the result."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Edits", "Rewritten"]


class Rewritten(NamedTuple):
    """A text after its edits.

    :ivar spans: (start in the result, its length, start in the original, whether it was kept as it was)
    """

    text: str
    spans: tuple[tuple[int, int, int, bool], ...]

    def original(self, at: int) -> int:
        """Where an offset of the result was in the original."""
        for start, length, source, kept in self.spans:
            if at < start + length:
                return source + (max(at - start, 0) if kept else 0)
        last = self.spans[-1] if self.spans else (0, 0, 0, True)
        return last[2] + (last[1] if last[3] else 0)


class Edits:
    """Replacements by range; where one lies in another, the outer one counts."""

    def __init__(self) -> None:
        self._found: set[tuple[int, int, str, int]] = set()
        self._around = 0

    def add(self, start: int, end: int, text: str) -> None:
        """Put a text in the place of a range; an empty range is an insertion."""
        self._found.add((start, end, text, 0))

    def around(self, start: int, end: int, opening: str, closing: str = ")") -> None:
        """Put something around a range, ``f(`` and ``)``. Of what begins at one place the later call is the outer one.

        :param closing: begins with a bracket
        """
        self._around += 1
        self._found.add((start, start, opening, self._around))
        self._found.add((end, end, closing, self._around))

    def apply(self, text: str) -> Rewritten:
        """The text with all of them."""
        ordered = sorted(self._found, key=_order)
        parts, spans, cursor, length = list[str](), list[tuple[int, int, int, bool]](), 0, 0

        def take(piece: str, source: int, *, kept: bool) -> None:
            nonlocal length
            if piece:
                parts.append(piece)
                spans.append((length, len(piece), source, kept))
                length += len(piece)

        for start, end, new, _ in ordered:
            if start < cursor:
                continue
            take(text[cursor:start], cursor, kept=True)
            take(new, start, kept=False)
            cursor = end
        take(text[cursor:], cursor, kept=True)
        return Rewritten("".join(parts), tuple(spans))


def _order(edit: tuple[int, int, str, int]) -> tuple[int, bool, int, int, int]:
    """At one place: what goes on, what closes, what opens, the outermost first, then the longest replacement."""
    start, end, text, around = edit
    if text[:1] in (")", "]"):
        return start, start != end, 1, -end, around
    return start, start != end, 0 if text[:1] == "." else 2 if around else 3, -end, -around
