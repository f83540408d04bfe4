"""The ready-made rules ``same_commit()``, ``same_version()`` and ``app_version()`` as joins over keys."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from itertools import combinations

from gitpromote.cel.facts import REVISION, bare_version
from gitpromote.discovery.offer import Offers, short_commit
from gitpromote.discovery.relations import Joined, Keys, Relation, Tested
from gitpromote.model.candidate import Candidate, ChartFacts, CommitCandidate, ImageFacts
from gitpromote.model.names import quoted

__all__ = ["coherent"]

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_SEPARATOR = re.compile(r"[-_.+]")


def coherent(rule: str, offers: Offers) -> list[Relation]:
    """The relations of a rule: ``same-commit``, ``same-version`` or ``app-version``."""
    rules: dict[str, Callable[[Offers], list[Relation]]] = {
        "same-commit": _same_commit,
        "same-version": _same_version,
        "app-version": _app_version,
    }
    return rules[rule](offers)


# --- same_commit


def named_commits(image: ImageFacts) -> tuple[str, ...]:
    """The commit ids, in full or from seven digits on, that an image says it was built from.

    Its revision label counts; where that is no commit id, the parts of its tag: ``77ab03e``, ``main-77ab03e``,
    ``sha-77ab03e``, ``main-77ab03e-1763599980``, and what ``git describe`` writes, ``v1.4-3-g77ab03e``.
    """
    revision = image.labels.get(REVISION, "").strip().lower()
    if _COMMIT.fullmatch(revision):
        return (revision,)
    parts = [part.lower() for part in _SEPARATOR.split(image.tag)]
    bare = [part[1:] if part[:1] == "g" else part for part in parts]
    return tuple(part for part in bare if _COMMIT.fullmatch(part))


def _same_commit(offers: Offers) -> list[Relation]:
    """Every image was built from a commit of one of the Git subscriptions, the one that travels with it."""
    images, commits = offers.of_kind("images"), offers.of_kind("commits")
    if not commits:
        return []
    if len(commits) == 1:
        return [_built_from(offers, image, commits[0]) for image in images]
    return [relation for image in images for relation in _built_from_any(offers, image, commits)]


def _oids(offers: Offers, number: int) -> list[str]:
    return [one.oid if isinstance(one, CommitCandidate) else "" for one in offers.offers[number].candidates]


def _sources(offers: Offers, image: int, commit: int) -> list[frozenset[Hashable]]:
    """For each image the full ids among a repository's candidates that it may have been built from."""
    known = sorted({oid.lower() for oid in _oids(offers, commit)})
    return [
        frozenset(full for named in _named(one) for full in _beginning(known, named))
        for one in offers.offers[image].candidates
    ]


def _named(candidate: Candidate) -> tuple[str, ...]:
    return named_commits(candidate) if isinstance(candidate, ImageFacts) else ()


def _beginning(known: Sequence[str], prefix: str) -> list[str]:
    at = bisect_left(known, prefix)
    found = []
    while at < len(known) and known[at].startswith(prefix):
        found.append(known[at])
        at += 1
    return found


def _built_from(offers: Offers, image: int, commit: int) -> Joined:
    keys: dict[int, Keys] = {
        image: _sources(offers, image, commit),
        commit: [frozenset([oid.lower()]) for oid in _oids(offers, commit)],
    }

    def reason(number: int, age: int) -> str:
        return f"has no {offers.what(image)} yet" if number == commit else _foreign(offers, image, age, [commit])

    return Joined((image, commit), keys, reason)


def _built_from_any(offers: Offers, image: int, commits: Sequence[int]) -> list[Tested]:
    """That some commit is the image's, which rules most of them out alone, and that it is one that travels along."""
    sources = {commit: _sources(offers, image, commit) for commit in commits}
    oids = {commit: [oid.lower() for oid in _oids(offers, commit)] for commit in commits}

    def test(ages: tuple[int, ...]) -> bool:
        return any(oids[one][age] in sources[one][ages[0]] for one, age in zip(commits, ages[1:], strict=True))

    def reason(_: int, age: int) -> str:
        return _foreign(offers, image, age, commits)

    some = [any(sources[commit][age] for commit in commits) for age in range(len(offers.offers[image].candidates))]
    classes: dict[int, Sequence[Hashable]] = {**oids, image: range(len(some))}
    return [
        Tested((image,), {image: some}, lambda ages: some[ages[0]], reason),
        Tested((image, *commits), classes, test, reason),
    ]


def _foreign(offers: Offers, image: int, age: int, commits: Sequence[int]) -> str:
    candidate = offers.offers[image].candidates[age]
    named = _named(candidate)
    if not named:
        return f"does not say which commit it was built from: it has no label {REVISION}, and its tag no commit id"
    where = " or ".join(offers.short(commit) for commit in commits)
    return f"was built from {short_commit(named[0])}, not from a commit of {where}"


# --- versions


def _same_version(offers: Offers) -> list[Relation]:
    """All images and charts have one version, a ``v`` in front aside."""
    numbers = sorted([*offers.of_kind("images"), *offers.of_kind("charts")])
    return [_equal(offers, one, other, _version, _version, "version") for one, other in combinations(numbers, 2)]


def _app_version(offers: Offers) -> list[Relation]:
    """The ``appVersion`` of each chart is the tag of the image of its name, or of every image if none has it."""
    found: list[Relation] = []
    images = offers.of_kind("images")
    for chart in offers.of_kind("charts"):
        same = [image for image in images if offers.short(image) == offers.short(chart)]
        found += [_equal(offers, chart, image, _chart_app, _version, "appVersion") for image in same or images]
    return found


def _version(candidate: Candidate) -> str:
    match candidate:
        case ImageFacts():
            return bare_version(candidate.tag)
        case ChartFacts():
            return bare_version(candidate.version)
    return ""


def _chart_app(candidate: Candidate) -> str:
    return bare_version(candidate.app_version) if isinstance(candidate, ChartFacts) else ""


def _equal(
    offers: Offers,
    one: int,
    other: int,
    first: Callable[[Candidate], str],
    second: Callable[[Candidate], str],
    word: str,
) -> Joined:
    values = {
        number: [read(candidate) for candidate in offers.offers[number].candidates]
        for number, read in ((one, first), (other, second))
    }
    keys: dict[int, Keys] = {
        number: [frozenset([value] if value else ()) for value in texts] for number, texts in values.items()
    }

    def reason(number: int, age: int) -> str:
        partner = other if number == one else one
        value = values[number][age]
        if not value:
            return f"has no {word}"
        asked = word if number == one or word == "version" else "tag"
        return f"has {asked} {quoted(value)[1:-1]}, and no {offers.what(partner)} has {_asked(word, number == one)}"

    return Joined((one, other), keys, reason)


def _asked(word: str, of_first: bool) -> str:
    if word == "version":
        return "this version"
    return "this tag" if of_first else "this appVersion"
