"""How a string must be written so that every reader of YAML takes it for that string.

Unquoted, ``1e3``, ``1.10``, ``0755``, ``1_000``, ``0o17``, ``12:30`` and ``yes`` are numbers, times and booleans to one
reader or another. So a string stands plain only if it is of a shape that none of them takes for anything else.
"""

from __future__ import annotations

import re
from itertools import product

from gitpromote.render.yaml_problems import unreadable

__all__ = ["as_string", "double_quoted", "is_plain", "literal_block", "single_quoted"]

_PLAIN = re.compile(
    # Letters first, then what neither block nor flow style gives a meaning; a colon or a space only between others.
    # Each run possessive, so that a long text that is not plain is found out in one pass; the whole is not, as
    # before 3.11.5 Python takes a possessive group for longer than it matched.
    r"[A-Za-z_/](?:[A-Za-z0-9_./@%+=~^$()*&!?;<>|'\\-]++|:(?=[A-Za-z0-9_./@%-])|[ ]++(?=[A-Za-z0-9_./@%+=$(-]))*"
    # 1.2.3, 10.0.0.1, 1.2.3-rc.1+build: with two points it is no number.
    r"|[0-9]+\.[0-9]+\.[0-9]+(?:[-+.][A-Za-z0-9.+-]*)?"
    # 500m, 1.5Gi, 30s, 7f1c9e2: a number never goes on with these letters (an e would be an exponent).
    r"|[1-9][0-9]*(?:\.[0-9]+)?[A-DF-Za-df-z][A-Za-z0-9.-]*"
)
_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity")
# In every mixture of capitals: readers differ about those too.
_RESERVED = frozenset("".join(letters) for word in _WORDS for letters in product(*zip(word, word.upper(), strict=True)))
# What may stand in quotes as it is; line breaks of all sorts, odd spaces and controls may not.
_ONE_LINE = r"\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffd"
_PRINTABLE = re.compile(f"[{_ONE_LINE}]*")
_BLOCK = re.compile(f"[\t\n{_ONE_LINE}]*")
_ESCAPED = re.compile(rf"[^{_ONE_LINE}]|[\"\\]")
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def is_plain(text: str) -> bool:
    """Whether a string may stand unquoted, in block and in flow style, as a key and as a value."""
    return _PLAIN.fullmatch(text) is not None and text not in _RESERVED


def as_string(text: str) -> str:
    """A string on one line: plain, single-quoted, or where it must be, double-quoted.

    :raises SourceInvalid: for half a surrogate pair, which UTF-8 cannot hold
    """
    if _PLAIN.fullmatch(text) is not None and text not in _RESERVED:
        return text
    return single_quoted(text) if _PRINTABLE.fullmatch(text) else double_quoted(text)


def single_quoted(text: str) -> str:
    """In single quotes if that can hold it, otherwise in double quotes."""
    if not _PRINTABLE.fullmatch(text):
        return double_quoted(text)
    return "'" + text.replace("'", "''") + "'"


def double_quoted(text: str) -> str:
    """In double quotes, everything that is not plainly printable escaped."""
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def literal_block(text: str, indent: str) -> str | None:
    """A string of several lines as a literal block, without a final line break; None where that would not be exact.

    :param indent: the spaces before each line
    """
    first = text.lstrip("\n")
    if not first or first[0] in " \t" or not _BLOCK.fullmatch(text):
        return None
    # Blank lines at the end would grow and shrink with what is written behind the block.
    if text[-1] in " \t" or text.endswith("\n\n"):
        return None
    chomp = "" if text[-1] == "\n" else "-"
    body = text.removesuffix("\n")
    lines = [indent + line if line else "" for line in body.split("\n")]
    return f"|{chomp}\n" + "\n".join(lines)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise unreadable("yaml-value", f"a string holds half a surrogate pair, U+{code:04X}")
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
