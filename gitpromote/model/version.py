"""Versions: read as Masterminds/semver reads them, ordered by the precedence of semver 2.0.0.

https://github.com/Masterminds/semver/blob/master/version.go · https://semver.org/#spec-item-11
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import total_ordering

__all__ = ["Version", "difference"]

_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-({_WORDS}))?(?:\+({_WORDS}))?", re.ASCII)
_LARGEST = 2**64
_PARTS = ("major", "minor", "patch")


@total_ordering
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Version:
    """A version. Two are equal when neither comes before the other: build metadata does not count.

    :ivar text: as it was written
    :ivar given: how many of the three numbers were written
    """

    text: str
    major: int
    minor: int
    patch: int
    prerelease: str = ""
    build: str = ""
    given: int = 3
    precedence: tuple[object, ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str, *, strict: bool = False) -> Version | None:
        """A version from ``1.4.2``, ``v1.4`` or ``1.4.2-rc.1+build.5``; ``None`` if the text is none.

        :param strict: only all three numbers make a version; a ``v`` in front is allowed all the same
        """
        match = _VERSION.fullmatch(text)
        if match is None:
            return None
        given = sum(part is not None for part in match.groups()[:3])
        prerelease = match[4] or ""
        if (strict and given < 3) or any(_has_idle_zero(word) for word in prerelease.split(".")):
            return None
        major, minor, patch = (int(part or 0) if len(part or "") < 21 else _LARGEST for part in match.groups()[:3])
        if max(major, minor, patch) >= _LARGEST:
            return None
        precedence = (major, minor, patch, not prerelease, tuple(map(_rank, prerelease.split("."))))
        return cls(
            text=text,
            major=major,
            minor=minor,
            patch=patch,
            prerelease=prerelease,
            build=match[5] or "",
            given=given,
            precedence=precedence,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.precedence == other.precedence

    def __lt__(self, other: Version) -> bool:
        return self.precedence < other.precedence

    def __hash__(self) -> int:
        return hash(self.precedence)

    def __str__(self) -> str:
        """In full: three numbers, no ``v``."""
        tail = f"-{self.prerelease}" * bool(self.prerelease) + f"+{self.build}" * bool(self.build)
        return f"{self.major}.{self.minor}.{self.patch}{tail}"


def difference(before: Version, after: Version) -> str:
    """The first part that differs: ``major``, ``minor``, ``patch``, ``prerelease``, or ``none``."""
    for part in _PARTS:
        if getattr(before, part) != getattr(after, part):
            return part
    return "none" if before == after else "prerelease"


def _has_idle_zero(word: str) -> bool:
    return len(word) > 1 and word[0] == "0" and word.isdigit()


def _rank(word: str) -> tuple[int, int, str]:
    """Numbers by value and below words; words by their characters."""
    return (0, int(word), "") if word.isdigit() and len(word) < 4000 else (1, 0, word)
