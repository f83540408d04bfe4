"""How a version constraint is written: ``||`` between groups, commas or blanks between the terms of one.

The form is the one that Helm, Flux and Argo CD read (https://github.com/Masterminds/semver), down to its corners: what
they refuse is refused here. What a term means stands in ``discovery.ranges``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["LARGEST", "Term", "constraint_terms", "identifier_problem"]

LARGEST = 2**64 - 1  # the largest number that a version may hold: they are unsigned, of 64 bits

_LONGEST = 1_000  # of a constraint: reading a span takes time in the square of it
_BLANKS = "\t\n\f\r "
_BLANK = f"[{_BLANKS}]"
_PART = r"[0-9xX*|]+"  # | is no slip: the others read it there too, and refuse it only where it counts
_SIGNS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = rf"v?{_PART}(?:\.{_PART}){{0,2}}(?:-{_SIGNS})?(?:\+{_SIGNS})?"
_PARTS = rf"v?(?P<numbers>{_PART}(?:\.{_PART}){{0,2}})(?:-(?P<prerelease>{_SIGNS}))?(?:\+{_SIGNS})?"
_TERM = rf"(?P<operator>[!<>]=|=[<>]|~>|[=<>~^])?{_BLANK}*(?P<version>{_VERSION})"
_BETWEEN = re.compile(rf"{_BLANK}*,{_BLANK}*|{_BLANK}+")
_HYPHEN = rf"{_BLANK}*({_VERSION}){_BLANK}+-{_BLANK}+({_VERSION}){_BLANK}*"
_WILD = frozenset({"x", "X", "*"})
_SAME = {"": "=", "=>": ">=", "=<": "<=", "~>": "~"}


class Term(NamedTuple):
    """One comparison.

    :ivar operator: ``= != > < >= <= ~ ^``
    :ivar numbers: those that are written before the first wildcard: ``()`` for ``*``, ``(1, 4)`` for ``1.4.x``
    :ivar prerelease: ``rc.1``, or empty
    """

    operator: str
    numbers: tuple[int, ...]
    prerelease: str

    def __str__(self) -> str:
        version = ".".join(map(str, self.numbers)) or "*"
        prerelease = f"-{self.prerelease}" if self.prerelease else ""
        return f"{'' if self.operator == '=' else self.operator}{version}{prerelease}"


def constraint_terms(text: str) -> tuple[tuple[Term, ...], ...]:
    """The groups of a constraint, of which one must hold, and the terms of each, all of which must.

    :raises ValueError: it is none; the reason completes "the constraint …"
    """
    if not text.strip(_BLANKS):
        raise ValueError("is empty")
    if len(text) > _LONGEST:
        raise ValueError(f"has {len(text):,} characters, and {_LONGEST:,} are allowed")
    spelled = re.sub(_HYPHEN, r">= \1, <= \2 ", text) if "-" in text else text
    return tuple(tuple(_terms(group)) for group in spelled.split("||"))


def identifier_problem(identifiers: str) -> str | None:
    """Why the part behind ``-`` is no prerelease, or ``None`` if it is one."""
    for one in identifiers.split("."):
        if len(one) > 1 and one[0] == "0" and one.isdigit():
            return f"has a leading zero in the prerelease {identifiers}"
    return None


def _terms(group: str) -> Iterator[Term]:
    """The terms of a group. A text that is taken as a whole is never tried twice: no input takes long."""
    rest = group.strip(_BLANKS)
    if not rest:
        raise ValueError("has nothing on one side of ||")
    term, at = re.compile(_TERM), 0
    while True:
        match = term.match(rest, at)
        if match is None:
            raise ValueError(f"has no version at {rest[at:][:40]!r}")
        yield _term(match["operator"] or "", match["version"])
        if match.end() == len(rest):
            return
        between = _BETWEEN.match(rest, match.end())
        if between is None:
            raise ValueError(f"cannot be read from {rest[match.end() :][:40]!r} on")
        at = between.end()


def _term(operator: str, version: str) -> Term:
    match = re.fullmatch(_PARTS, version)
    assert match is not None, version
    prerelease = match["prerelease"] or ""
    if reason := identifier_problem(prerelease):
        raise ValueError(reason)
    return Term(_SAME.get(operator, operator), tuple(_numbers(match["numbers"], version)), prerelease)


def _numbers(parts: str, version: str) -> Iterator[int]:
    """The numbers before the first wildcard; what stands behind it does not count, whatever it is."""
    for part in parts.split("."):
        if part in _WILD:
            return
        if not part.isdigit():
            raise ValueError(f"has {part!r} where {version[:40]!r} must have a number or a wildcard")
        digits = part.lstrip("0") or "0"
        if len(digits) > 20 or int(digits) > LARGEST:
            raise ValueError(f"has a number that is too large: {digits[:24]}")
        yield int(digits)
