"""Which names are worth a look, in which order, and why the others are not: tags of images, charts and commits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from gitpromote.discovery.ranges import ANY, NONE, Distance, Range
from gitpromote.model.candidate import Rejected
from gitpromote.model.version import Version, natural_key

__all__ = ["NameRules", "Sorted", "by_name", "by_numbers", "by_version", "is_signature", "sort_names"]

# What cosign and the referrers of OCI 1.1 leave beside an image: https://github.com/opencontainers/distribution-spec
_SIGNATURE = re.compile(r"sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{128})(?:\..*)?", re.DOTALL)
_NOWHERE: Distance = (4, 0)  # farther than any version: the greatest distance is one in the major number
_HOPELESS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRules:
    """What a name must be like.

    :ivar range: ``None``: names need not be versions
    :ivar strict: only full versions count
    """

    range: Range | None = None
    strict: bool = True
    allow: tuple[re.Pattern[str], ...] = ()
    ignore: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def for_versions(
        cls, constraint: str | None, *, allow: Iterable[str] = (), ignore: Iterable[str] = (), strict: bool = True
    ) -> NameRules:
        """Names must be versions in a range; without a constraint any release is.

        :raises ConfigurationError: ``constraint-invalid``
        """
        versions = ANY if constraint is None else Range.parse(constraint)
        return cls(range=versions, strict=strict, allow=_compiled(allow), ignore=_compiled(ignore))

    @classmethod
    def for_names(cls, *, allow: Iterable[str] = (), ignore: Iterable[str] = ()) -> NameRules:
        """Names may be anything that the expressions let through."""
        return cls(allow=_compiled(allow), ignore=_compiled(ignore))

    def pattern_problem(self, name: str) -> str:
        """Why ``allow`` and ``ignore`` keep a name out; empty if they do not. ``ignore`` wins."""
        for pattern in self.ignore:
            if pattern.search(name):
                return f"is ignored by {pattern.pattern}"
        if self.allow and not any(pattern.search(name) for pattern in self.allow):
            return "is not allowed by " + " or ".join(pattern.pattern for pattern in self.allow)
        return ""


class _Judged(NamedTuple):
    """A name, and how it fares. The fewer rules it breaks and the smaller its distance, the nearer it is.

    :ivar order: greater is newer
    """

    broken: int
    distance: Distance
    order: Any
    name: str
    reason: str


_ORDER, _NAME, _NEARNESS = attrgetter("order"), attrgetter("name"), attrgetter("broken", "distance")


@dataclass(frozen=True, slots=True)
class Sorted:
    """All names, each once.

    :ivar taken: newest first
    :ivar rejected: nearest first: those that break one rule by how far they are off, then those that break more;
        among equals newest first
    """

    taken: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()


def by_version(name: str) -> Version | None:
    """The order of versions; ``None``: no version."""
    return Version.parse(name)


def by_name(name: str) -> str:
    """The order of characters."""
    return name


def by_numbers(name: str) -> tuple[object, ...]:
    """The order of people, ``build-9`` before ``build-10``; then that of characters."""
    return *natural_key(name), name


def sort_names(names: Iterable[str], rules: NameRules, *, order: Callable[[str], Any]) -> Sorted:
    """Judge names by the rules and put them in an order, the greatest first. The order of the input does not count.

    :param order: a place for each name, which no other has; ``None`` for names without one, which are the farthest
    """
    judged = [_judge(name, rules, order) for name in set(names)]
    placed = [one for one in judged if one.order is not None]
    placed.sort(key=_ORDER, reverse=True)
    lost = sorted((one for one in judged if one.order is None), key=_NAME, reverse=True)
    passed = [one for one in (*placed, *lost) if one.broken]
    passed.sort(key=_NEARNESS)  # stable: the newest stay in front
    return Sorted(
        tuple(one.name for one in placed if not one.broken),
        tuple(Rejected(name=one.name, reason=one.reason) for one in passed),
    )


def is_signature(name: str) -> bool:
    """Whether a tag is not of an image, but of what was said of one."""
    return name.startswith("sha") and _SIGNATURE.fullmatch(name) is not None


def _judge(name: str, rules: NameRules, order: Callable[[str], Any]) -> _Judged:
    if is_signature(name):
        return _Judged(_HOPELESS, _NOWHERE, None, name, "is a signature or attestation of an image")
    reason = rules.pattern_problem(name)
    if rules.range is None:
        return _Judged(1 if reason else 0, NONE, order(name), name, reason)
    version = Version.parse(name)
    if version is None:
        return _Judged(3 if reason else 2, _NOWHERE, None, name, reason or "is not a version")
    verdict = rules.range.judge(version)
    loose = _looseness(version) if rules.strict else ""
    reasons = [one for one in (verdict.reason, reason, loose) if one]
    # A prerelease that is also out of range breaks two rules, and one is told.
    hidden = version.is_prerelease and verdict.distance > NONE
    return _Judged(len(reasons) + hidden, verdict.distance, version, name, ", and ".join(reasons))


def _looseness(version: Version) -> str:
    """Why a version is not a full one; empty if it is."""
    if version.written < 3:
        return "is not a full version: strict asks for major.minor.patch"
    if not version.text.removeprefix("v").startswith("{}.{}.{}".format(*version.numbers)):
        return "has a number with a leading zero, which strict does not take"
    return ""


def _compiled(patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """Expressions that may match anywhere in a name."""
    return tuple(re.compile(pattern) for pattern in patterns)
