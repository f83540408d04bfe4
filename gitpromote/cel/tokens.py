"""An expression cut into tokens, and what its literals mean.

https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gitpromote.cel.problem import InvalidExpression

__all__ = ["Token", "quoted_text", "text_of", "tokens"]

_STRING = r"""[bB]?(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n\r]|\\.)*'|"(?:[^"\\\n\r]|\\.)*")"""
_RAW = r"""[bB]?[rR](?:'''.*?'''|\"\"\".*?\"\"\"|'[^'\n\r]*'|"[^"\n\r]*")"""
_TOKEN = re.compile(
    rf"""
    (?P<space>[\t\n\f\r ]+|//[^\n]*)
  | (?P<string>{_RAW}|{_STRING})
  | (?P<double>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
  | (?P<int>0x[0-9a-fA-F]+[uU]?|[0-9]+[uU]?)
  | (?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
  | (?P<escaped>`[a-zA-Z0-9_.\-/\ ]+`)
  | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{{}}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_VALID = re.compile(
    r"""\\(?:[abfnrtv\\?"'`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})""", re.DOTALL
)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Token(NamedTuple):
    """One token; ``kind`` is ``string``, ``double``, ``int``, ``name``, ``escaped``, ``sign`` or ``end``."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends, exclusive."""
        return self.start + len(self.text)


def tokens(text: str) -> list[Token]:
    """All tokens, and one of kind ``end`` behind them.

    :raises InvalidExpression: a sign that CEL does not have, a text that is not closed
    """
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(text, at)
        kind = match.lastgroup or ""
        if kind == "string":
            _check_escapes(text, match)
        if kind != "space":
            found.append(Token(kind, match[0], at))
        at = match.end()
    return [*found, Token("end", "", at)]


def _check_escapes(text: str, match: re.Match[str]) -> None:
    """A regular expression in a text that is not raw is the usual mistake."""
    if match[0].lstrip("bB")[0] in "rR":
        return
    for escape in re.finditer(r"\\.", match[0], re.DOTALL):
        if not _VALID.match(match[0], escape.start()):
            at = match.start() + escape.start()
            raise InvalidExpression(
                text, at, f"a text has no {escape[0]}", f"write r{match[0]}, or {chr(92)}{escape[0]}"
            )


def _unreadable(text: str, at: int) -> InvalidExpression:
    sign = text[at]
    if sign in "'\"":
        return InvalidExpression(text, at, "the text that starts here is not closed", f"add a closing {sign}")
    near = {"=": "==", "&": "&&", "|": "||"}.get(sign)
    hint = f"write {near}" if near else ""
    return InvalidExpression(text, at, f"CEL has no {sign if sign.isprintable() else repr(sign)}", hint)


def text_of(literal: str) -> str | None:
    """What a string literal stands for; ``None`` for bytes."""
    prefix = re.match(r"[rRbB]*", literal)
    head = prefix[0].lower() if prefix else ""
    body = literal[len(head) :]
    quotes = 3 if body[:3] in ("'''", '"""') and len(body) >= 6 else 1
    inner = body[quotes:-quotes]
    if "b" in head:
        return None
    return inner if "r" in head else _ESCAPE.sub(_unescaped, inner)


def _unescaped(match: re.Match[str]) -> str:
    sign = match[0][1]
    digits = match[0][2:]
    if sign in "xXuU" and digits:
        return _character(int(digits, base=16))
    if sign.isdigit() and digits:
        return _character(int(sign + digits, base=8))
    return _PLAIN.get(sign, sign)


def _character(number: int) -> str:
    return chr(number) if number < 0x110000 else "\ufffd"


def quoted_text(text: str) -> str:
    """A text as a literal of CEL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
