"""Versions as Helm, Flux and Argo CD read them: https://semver.org, and leniently also ``v1.4`` and ``1``."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from gitpromote.model.constraint import LARGEST, Term, identifier_problem

__all__ = ["Version", "difference", "natural_key"]

Identifier: TypeAlias = tuple[int, int, str]
Stage: TypeAlias = tuple[int | Identifier, ...]

_SIGNS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_FORM = re.compile(rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-({_SIGNS}))?(?:\+({_SIGNS}))?")
_RELEASE: Stage = (1,)
_PRERELEASE = 0
_MOST_DIGITS = len(str(LARGEST))


class Version(NamedTuple):
    """A version. Versions sort as they are, the greatest being the newest, and no two texts are equal:

    1. by precedence: the numbers, then a prerelease before its release, prereleases by their identifiers;
    2. by build metadata, which precedence does not know: with it after without, identifiers as in a prerelease;
    3. by how much is written: ``1.4.0`` after ``1.4``, which is often a tag that moves;
    4. by the text: ``v1.4.0`` after ``1.4.0``.

    :ivar numbers: major, minor, patch; what is not written is 0
    :ivar stage: ``(1,)`` for a release, ``(0, …)`` with the identifiers for a prerelease
    :ivar build: the identifiers of the build metadata
    :ivar written: how many numbers are written
    :ivar text: as it was read
    """

    numbers: tuple[int, int, int]
    stage: Stage
    build: tuple[Identifier, ...]
    written: int
    text: str

    @classmethod
    def parse(cls, text: str, *, strict: bool = False) -> Version | None:
        """The version that a text stands for, or ``None`` if it is none.

        :param strict: only three numbers without leading zeros; a leading ``v`` is allowed
        """
        match = _FORM.fullmatch(text)
        if match is None:
            return None
        major, minor, patch, prerelease, build = match.groups()
        written = (major, minor, patch) if patch else (major, minor) if minor else (major,)
        if len(text) >= _MOST_DIGITS and not all(map(_fits, written)):
            return None
        if strict and (patch is None or any(number[0] == "0" != number for number in written)):
            return None
        if prerelease and identifier_problem(prerelease):
            return None
        kept = tuple(map(_identifier, build.split("."))) if build else ()
        return cls((int(major), int(minor or 0), int(patch or 0)), _stage(prerelease), kept, len(written), text)

    @classmethod
    def of(cls, term: Term) -> Version:
        """The version that a term of a constraint compares with; what is not written is 0."""
        major, minor, patch = (*term.numbers, 0, 0, 0)[:3]
        return cls((major, minor, patch), _stage(term.prerelease), (), len(term.numbers), str(term))

    @property
    def precedence(self) -> tuple[tuple[int, int, int], Stage]:
        """What ranges compare: everything but build metadata and spelling."""
        return self.numbers, self.stage

    @property
    def prerelease(self) -> str:
        """``rc.1`` of ``1.4.0-rc.1``; empty for a release."""
        return self.text.partition("+")[0].partition("-")[2] if self.is_prerelease else ""

    @property
    def is_prerelease(self) -> bool:
        """Whether something stands behind ``-``."""
        return self.stage[0] == _PRERELEASE

    @property
    def release(self) -> Version:
        """What a prerelease comes before."""
        return self._replace(stage=_RELEASE)

    def __str__(self) -> str:
        """``1.4.0-rc.1+build.5``: three numbers, without ``v``."""
        rest = self.text.removeprefix("v").lstrip("0123456789.")
        return ".".join(map(str, self.numbers)) + rest


def difference(before: Version, after: Version) -> str:
    """The first part that differs: ``major``, ``minor``, ``patch``, ``prerelease``, or ``none``."""
    for part, one, other in zip(("major", "minor", "patch"), before.numbers, after.numbers, strict=True):
        if one != other:
            return part
    return "none" if before.stage == after.stage else "prerelease"


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts names as people do, numbers by their size: ``build-9`` before ``build-10``. Equal for ``1`` and ``01``."""
    parts = re.split(r"([0-9]+)", text)
    numbers = ((0, len(number), number) for number in (digits.lstrip("0") for digits in parts[1::2]))
    words = [(1, 0, word) for word in parts[0::2]]
    return tuple(part for pair in zip(words, [*numbers, (0, 0, "")], strict=True) for part in pair)


def _stage(prerelease: str | None) -> Stage:
    return (_PRERELEASE, *map(_identifier, prerelease.split("."))) if prerelease else _RELEASE


def _identifier(text: str) -> Identifier:
    """Numbers by their size and before words; a number that does not fit counts as a word."""
    return (0, int(text), "") if text.isdigit() and _fits(text) else (1, 0, text)


def _fits(digits: str) -> bool:
    number = digits.lstrip("0")
    return len(number) < _MOST_DIGITS or (len(number) == _MOST_DIGITS and int(number) <= LARGEST)
