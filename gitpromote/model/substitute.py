"""``$env`` and its sisters in paths, branches, contexts and queries.

``$name`` and ``${name}`` stand for a value, ``$label.NAME`` for a label of the Environment, ``$$`` for a dollar sign. A
label's name with more than letters, digits and ``_`` needs the braces: ``${label.example.com/tier}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from gitpromote.model.names import did_you_mean

__all__ = ["Template", "parse", "unknown_names"]

_NAME = re.compile(
    r"\$(?:(?P<dollar>\$)"
    r"|\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*|label\.[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?)\}"
    r"|(?P<label>label\.[A-Za-z0-9_]+)|(?P<plain>[A-Za-z_][A-Za-z0-9_]*))"
)
# What people write who think of another tool: {env}, {{ env }}, <env>, %env%.
_FOREIGN = re.compile(r"\{+ ?\.?(env|app|upstream|environment|stage)\b[^{}]*\}+|<(env|app|stage)>|%(env|app)%")


class Piece(NamedTuple):
    """A stretch of literal text, or a name with the text that it was written as."""

    text: str
    name: str | None


class Template(NamedTuple):
    """A text with names in it, taken apart once.

    :ivar names: each name in it, in order, once
    :ivar ends: what stands before and behind its name, if there is one name in one place
    """

    text: str
    pieces: tuple[Piece, ...]
    names: tuple[str, ...]
    ends: tuple[str, str] | None

    def fill(self, values: Mapping[str, str | None]) -> str:
        """The text with values for its names; a name without a value stays as it is written."""
        if self.ends is not None:
            value = values.get(self.names[0])
            if value is not None:
                return self.ends[0] + value + self.ends[1]
        if not self.names:
            return self.pieces[0].text if self.pieces else ""
        return "".join([piece.text if piece.name is None else _value(piece, values) for piece in self.pieces])


def _value(piece: Piece, values: Mapping[str, str | None]) -> str:
    value = values.get(piece.name or "")
    return piece.text if value is None else value


@lru_cache(maxsize=8192)
def parse(text: str) -> Template:
    """A text taken apart into literals and names."""
    pieces: list[Piece] = []
    end = 0
    for match in _NAME.finditer(text):
        _add_literal(pieces, text[end : match.start()])
        name = match["braced"] or match["label"] or match["plain"]
        if name is None:
            _add_literal(pieces, "$")
        else:
            pieces.append(Piece(match[0], name))
        end = match.end()
    _add_literal(pieces, text[end:])
    named = [index for index, piece in enumerate(pieces) if piece.name is not None]
    ends = None
    if len(named) == 1:
        ends = ("".join(piece.text for piece in pieces[: named[0]]), "".join(p.text for p in pieces[named[0] + 1 :]))
    names = dict.fromkeys(piece.name for piece in pieces if piece.name is not None)
    return Template(text, tuple(pieces), tuple(names), ends)


def _add_literal(pieces: list[Piece], text: str) -> None:
    if pieces and pieces[-1].name is None:
        pieces[-1] = Piece(pieces[-1].text + text, None)
    elif text:
        pieces.append(Piece(text, None))


def unknown_names(text: str, known: Iterable[str]) -> list[tuple[str, str]]:
    """What a path, branch or context must not have: (what is wrong, hint) for each.

    ``known`` are the names without a dollar sign; a label is always known here, an Environment may lack it.
    """
    known = tuple(known)
    found = [
        (f"${name} is not known", _hint(name, known))
        for name in parse(text).names
        if name not in known and not name.startswith("label.")
    ]
    literals = "\0".join(piece.text for piece in parse(text).pieces if piece.name is None)
    if "$" in literals and "$$" not in text:
        found.append(("a $ stands alone", "write $$ for a dollar sign"))
    found += [(f"{match[0]} is not substituted", f"write ${_word(match)}") for match in _FOREIGN.finditer(literals)]
    return found


def _hint(name: str, known: tuple[str, ...]) -> str:
    for start in sorted(known, key=len, reverse=True):
        if name.startswith(start + "_"):
            return f"write ${{{start}}}{name[len(start) :]}"
    if name.lower().startswith("env") or name.lower() == "stage":
        return "did you mean $env?"
    if name == "label":
        return "write $label.NAME"
    return did_you_mean(name, known).replace("mean ", "mean $") or "write $$ for a dollar sign"


def _word(match: re.Match[str]) -> str:
    word = next(group for group in match.groups() if group)
    return "env" if word in ("environment", "stage") else word
