"""What a version constraint takes: the meaning that Helm 3.17 gives it (https://github.com/Masterminds/semver).

Corners that surprise, and are kept, since the same text must mean the same to the agent:

- a prerelease is taken only where *each* term of a group names one: ``>=1.4.0-0`` takes ``1.5.0-rc.1``, and
  ``>=1.4.0-0, <2`` does not, because ``<2`` names none. Write ``>=1.4.0-0, <2.0.0-0``. Later versions of that library
  take it as soon as one term names one: ``Range.parse(text, opt_in="group")``;
- ``!=1.4.0`` says nothing of prereleases, so it takes them;
- ``^*`` takes ``0.0.0`` alone, ``>*`` everything but ``0.0.0``, and ``~0.0.0`` everything;
- ``<=1.4`` takes ``1.4.9``, and ``>1.4`` does not;
- build metadata does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from gitpromote.errors import ConfigurationError
from gitpromote.model.constraint import Term, constraint_terms
from gitpromote.model.version import Version

__all__ = ["ANY", "NONE", "Distance", "OptIn", "Range", "Verdict"]

OptIn: TypeAlias = Literal["term", "group"]
Distance: TypeAlias = tuple[int, int]
NONE: Distance = (0, 0)

_Holds: TypeAlias = Callable[["_Compared", Version], bool]


@dataclass(frozen=True, slots=True)
class _Compared:
    """A term, and the version that it compares with."""

    term: Term
    base: Version

    @property
    def written(self) -> int:
        return self.base.written

    def holds(self, version: Version) -> bool:
        """Whether the comparison holds, prereleases taken for what they are."""
        return _HOLDS[self.term.operator](self, version)

    def bars(self, version: Version) -> bool:
        """Whether the version is a prerelease, and this term does not ask for any."""
        says_nothing = self.term.operator == "!=" and self.written == 3
        return version.is_prerelease and not self.base.is_prerelease and not says_nothing

    def distance(self, version: Version) -> Distance:
        """How far off: which number differs first (3 the major), and by how much."""
        (major, minor, patch), (to_major, to_minor, to_patch) = version.numbers, self.base.numbers
        if major != to_major:
            return 3, abs(major - to_major)
        if minor != to_minor:
            return 2, abs(minor - to_minor)
        return (1, abs(patch - to_patch)) if patch != to_patch else NONE


class Verdict(NamedTuple):
    """What a range says of a version.

    :ivar reason: why it is not in the range, to complete its name: ``is a prerelease``. Empty: it is
    :ivar distance: how far it is from the range, the nearer, the smaller; prereleases count like releases
    """

    reason: str
    distance: Distance


@dataclass(frozen=True, slots=True)
class Range:
    """The versions that a constraint takes. Equal ranges have the same terms, however they are spelled.

    :ivar text: as the user wrote it
    """

    groups: tuple[tuple[_Compared, ...], ...]
    opt_in: OptIn = "term"
    text: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str, *, opt_in: OptIn = "term") -> Range:
        """Read a constraint such as ``^1.4``, ``>=1.2, <2 || ~3.1`` or ``1.2 - 1.4``.

        :param opt_in: which terms must name a prerelease for prereleases to count: each, or one of the group
        :raises ConfigurationError: ``constraint-invalid``
        """
        try:
            groups = constraint_terms(text)
        except ValueError as reason:
            raise ConfigurationError(
                "This is not a version constraint",
                code="constraint-invalid",
                detail=f"{text[:80]!r} {reason}",
                hint='Write "^1.4", "~1.4.2" or ">=1.4, <2"; || stands between alternatives.',
            ) from None
        return cls(tuple(tuple(_Compared(term, Version.of(term)) for term in group) for group in groups), opt_in, text)

    def __str__(self) -> str:
        return " || ".join(" ".join(str(one.term) for one in group) for group in self.groups)

    def takes(self, version: Version) -> bool:
        """Whether a version is in the range."""
        return any(
            all(one.holds(version) for one in group) for group in self.groups if not self._barring(group, version)
        )

    def judge(self, version: Version) -> Verdict:
        """Whether a version is in the range, and if not, why and how far it is off."""
        distances: list[Distance] = []
        reason = ""
        for group in self.groups:
            failed = [one.distance(version) for one in group if not one.holds(version)]
            if not failed:
                barring = self._barring(group, version)
                if barring is None:
                    return _INSIDE
                reason = reason or _prerelease_reason(group, barring)
            distances.append(max(failed, default=NONE))
        return Verdict(reason or self._outside(version), min(distances))

    def _outside(self, version: Version) -> str:
        """``1.4.0-rc.1`` comes before ``^1.4``, and people call it a prerelease all the same."""
        asks_for_none = not any(one.base.is_prerelease for group in self.groups for one in group)
        early = version.is_prerelease and asks_for_none and self.takes(version.release)
        return "is a prerelease" if early else f"is not in {self.text}"

    def _barring(self, group: tuple[_Compared, ...], version: Version) -> _Compared | None:
        """The term that keeps a version out of a group because it is a prerelease."""
        if not version.is_prerelease:
            return None
        if self.opt_in == "group":
            return None if any(one.base.is_prerelease for one in group) else group[0]
        return next((one for one in group if one.bars(version)), None)


def _prerelease_reason(group: tuple[_Compared, ...], barring: _Compared) -> str:
    if any(one.base.is_prerelease for one in group):
        return f"is a prerelease, and {barring.term} names none"
    return "is a prerelease"


def _within(one: _Compared, version: Version, places: int) -> bool:
    """Not before the base, and the same in its first numbers."""
    return version.numbers[:places] == one.base.numbers[:places] and version.precedence >= one.base.precedence


def _tilde(one: _Compared, version: Version) -> bool:
    if one.written == 3:
        return _within(one, version, 2 if any(one.base.numbers) else 0)
    return _within(one, version, one.written)


def _caret(one: _Compared, version: Version) -> bool:
    """The first number that is not zero stays, or the last one that is written."""
    major, minor, _ = one.base.numbers
    if major or one.written == 1:
        return _within(one, version, 1)
    return _within(one, version, 2 if minor or one.written == 2 else 3)


def _equal(one: _Compared, version: Version) -> bool:
    return version.precedence == one.base.precedence if one.written == 3 else _tilde(one, version)


def _unequal(one: _Compared, version: Version) -> bool:
    if one.written == 1:
        return version.numbers[0] != one.base.numbers[0]
    if one.written == 2:
        return version.numbers[:2] != one.base.numbers[:2] or version.stage != one.base.stage
    return version.precedence != one.base.precedence


def _greater(one: _Compared, version: Version) -> bool:
    if one.written in (1, 2):
        return version.numbers[: one.written] > one.base.numbers[: one.written]
    return version.precedence > one.base.precedence


def _at_most(one: _Compared, version: Version) -> bool:
    if one.written == 3:
        return version.precedence <= one.base.precedence
    places = one.written or 2
    return version.numbers[:places] <= one.base.numbers[:places]


_HOLDS: dict[str, _Holds] = {
    "=": _equal,
    "!=": _unequal,
    ">": _greater,
    "<": lambda one, version: version.precedence < one.base.precedence,
    ">=": lambda one, version: version.precedence >= one.base.precedence,
    "<=": _at_most,
    "~": _tilde,
    "^": _caret,
}

_INSIDE = Verdict("", NONE)
ANY = Range.parse("*")
