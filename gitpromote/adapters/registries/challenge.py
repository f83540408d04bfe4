"""What a server says about how to log in: the header ``WWW-Authenticate``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=]+))\s*(?:,|$)\s*')
_SCHEME = re.compile(rf"({_TOKEN})(?:\s+|\s*,\s*|$)")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*\s*(?:,|$)\s*")


class Challenge(NamedTuple):
    """One way to log in. Scheme and parameter names are in small letters."""

    scheme: str
    parameters: Mapping[str, str]


def challenges(header: str) -> tuple[Challenge, ...]:
    """All ways that a header offers, in its order; what follows something unreadable is left out."""
    found: list[Challenge] = []
    position = 0
    text = header.strip()
    while position < len(text):
        scheme = _SCHEME.match(text, position)
        if scheme is None:
            break
        position = scheme.end()
        parameters, position = _parameters(text, position)
        found.append(Challenge(scheme[1].lower(), parameters))
    return tuple(found)


def _parameters(text: str, position: int) -> tuple[dict[str, str], int]:
    parameters: dict[str, str] = {}
    while found := _PARAMETER.match(text, position):
        value = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3]
        parameters.setdefault(found[1].lower(), value)
        position = found.end()
    if not parameters and (blob := _TOKEN68.match(text, position)) and "=" in blob[0]:
        position = blob.end()
    return parameters, position
