"""Which images a subscription takes, in two steps: names cost nothing, what stands behind one costs a request.

``tags_wanted`` says which tags to ask for and in which order, ``images_in_order`` what the answers amount to. What was
passed over is kept with its reason, and ``why_nothing`` tells it.

How ties are broken, newest first, so that one list of tags has one order:

- ``semver``: by precedence; then build metadata; then the fuller text (``1.4.0``, ``1.4``, ``1``); then the text, which
  puts ``v1.4.0`` before ``1.4.0``;
- ``lexical``: by the characters of the tag; there are no ties;
- ``newest-build``: by the time of the build; then by the characters of the tag, the greater one first; those without a
  time last;
- ``digest``: there is one tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gitpromote.discovery.found import Selection
from gitpromote.discovery.tags import NameRules, Sorted, by_name, by_numbers, by_version, sort_names
from gitpromote.model.candidate import ImageFacts, Rejected
from gitpromote.model.subscription import Image

__all__ = ["MOST_ASKED", "Selection", "Shortlist", "images_in_order", "shortlisted", "tags_wanted"]

MOST_ASKED = 1_000  # requests for one repository; a greater limit= asks for more

# The variant that is meant where none is written: https://github.com/containerd/platforms
_USUAL_VARIANT = {"linux/arm64": "linux/arm64/v8", "linux/arm": "linux/arm/v7"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortlist:
    """Names to ask for.

    :ivar wanted: in the order in which they are asked for
    :ivar rejected: nearest first; names that only the limit keeps out stand last
    :ivar enough: as soon as so many answers are candidates, the rest of ``wanted`` need not be asked for; ``None``: all
        of them are needed
    :ivar notes: sentences about what was not looked at
    """

    wanted: tuple[str, ...]
    rejected: tuple[Rejected, ...] = ()
    enough: int | None = None
    notes: tuple[str, ...] = ()


def tags_wanted(image: Image, tags: Iterable[str]) -> Shortlist:
    """Which tags of a repository to ask for.

    :raises ConfigurationError: ``constraint-invalid``
    """
    if image.strategy == "digest":
        return _followed(image, tags)
    if image.strategy == "newest-build":
        return _to_be_dated(image, tags)
    if image.strategy == "lexical":
        found = sort_names(tags, NameRules.for_names(allow=image.allow, ignore=image.ignore), order=by_name)
    else:
        rules = NameRules.for_versions(image.constraint, allow=image.allow, ignore=image.ignore, strict=image.strict)
        found = sort_names(tags, rules, order=by_version)
    most = max(MOST_ASKED, image.limit) if image.platform else image.limit
    return shortlisted(found, most=most, enough=image.limit)


def shortlisted(found: Sorted, *, most: int, enough: int | None, beyond: str = "") -> Shortlist:
    """The first names of a sorted list; the others are told as beyond it, for the reason given."""
    reason = beyond or f"is not among the newest {most:,}"
    rest = (Rejected(name=name, reason=reason) for name in found.taken[most:])
    return Shortlist(wanted=found.taken[:most], rejected=(*found.rejected, *rest), enough=enough)


def images_in_order(image: Image, facts: Iterable[ImageFacts], *, shortlist: Shortlist | None = None) -> Selection:
    """What the answers amount to.

    :param facts: of tags that were asked for; others are judged like them
    :param shortlist: where the names came from: what it rejected and noted is told along
    """
    asked = {one.tag: one for one in sorted(facts, key=lambda one: (one.tag, one.digest), reverse=True)}
    fitting = {tag: one for tag, one in asked.items() if not _platform_problem(image, one)}
    names = tags_wanted(image.model_copy(update={"platform": None, "limit": len(fitting) or 1}), fitting)
    candidates = [fitting[tag] for tag in names.wanted]
    unfit = sort_names(asked.keys() - fitting.keys(), NameRules(), order=by_numbers).taken
    rejected = [Rejected(name=tag, reason=_platform_problem(image, asked[tag])) for tag in unfit]
    notes = list(shortlist.notes if shortlist else ())
    if image.strategy == "newest-build":
        candidates.sort(key=_build, reverse=True)
        notes += _undated(candidates)
    beyond = (
        Rejected(name=one.tag, reason=f"is not among the newest {image.limit:,}") for one in candidates[image.limit :]
    )
    told = shortlist.rejected if shortlist else ()
    return Selection(
        candidates=tuple(candidates[: image.limit]),
        rejected=_each_once([*rejected, *names.rejected, *told, *beyond]),
        notes=tuple(notes),
    )


def _followed(image: Image, tags: Iterable[str]) -> Shortlist:
    """The one tag that is followed, if it is there. Others are told by how much they resemble it."""
    followed = image.constraint or ""
    rules = NameRules.for_names(allow=image.allow, ignore=image.ignore)
    names = set(tags)
    problem = rules.pattern_problem(followed)
    wanted = (followed,) if followed in names and not problem else ()
    kept_out = (Rejected(name=followed, reason=problem),) if followed in names and problem else ()
    others = sorted(names - {followed}, key=lambda name: _likeness(name, followed), reverse=True)
    rest = (Rejected(name=name, reason=f"is not {followed}, the tag that is followed") for name in others)
    return Shortlist(wanted=wanted, rejected=(*kept_out, *rest), enough=1)


def _likeness(name: str, followed: str) -> tuple[int, int, str]:
    """Greater is more alike: the same but for case, a common beginning, then the name."""
    pairs = zip(name.lower(), followed.lower(), strict=False)
    common = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(name), len(followed)))
    return common, -len(name), name


def _to_be_dated(image: Image, tags: Iterable[str]) -> Shortlist:
    """Every tag that the expressions let through, up to a bound: when each was built is known to the registry only."""
    rules = NameRules.for_names(allow=image.allow, ignore=image.ignore)
    found = sort_names(tags, rules, order=by_numbers)
    most = max(MOST_ASKED, image.limit)
    shortlist = shortlisted(found, most=most, enough=None, beyond="was not asked when it was built")
    if len(found.taken) <= most:
        return shortlist
    note = (
        f"only {most:,} of {len(found.taken):,} tags were asked when they were built, those with the greatest names: "
        f"narrow them down with allow=, or raise limit="
    )
    return replace(shortlist, notes=(note,))


def _build(facts: ImageFacts) -> tuple[bool, int, str]:
    return facts.created is not None, facts.created or 0, facts.tag


def _undated(candidates: Sequence[ImageFacts]) -> list[str]:
    """Who does not tell when it was built."""
    tags = [one.tag for one in candidates if one.created is None]
    if not tags:
        return []
    more = f" and {len(tags) - 3:,} more" if len(tags) > 3 else ""
    verb, stand = ("does", "stands") if len(tags) == 1 else ("do", "stand")
    return [f"{', '.join(tags[:3])}{more} {verb} not tell when built, and {stand} last"]


def _platform_problem(image: Image, facts: ImageFacts) -> str:
    """Why an image is not for the platform that is asked for; empty if it is.

    ``linux/arm`` asks for any variant, ``linux/arm/v7`` for this one.
    """
    if image.platform is None:
        return ""
    real = sorted(platform for platform in facts.platforms if not platform.startswith("unknown/"))
    full = (_USUAL_VARIANT.get(platform, platform) for platform in real)
    if any(f"{platform}/".startswith(f"{image.platform}/") for platform in full):
        return ""
    return f"is not for {image.platform}, but for {', '.join(real)}" if real else "does not tell its platforms"


def _each_once(rejected: Iterable[Rejected]) -> tuple[Rejected, ...]:
    kept: dict[str, Rejected] = {}
    for one in rejected:
        kept.setdefault(one.name, one)
    return tuple(kept.values())
