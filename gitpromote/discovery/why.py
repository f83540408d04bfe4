"""Why a subscription takes nothing, or not the newest, in words for whoever has to know at night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitpromote.discovery.select import Selection, Shortlist
from gitpromote.discovery.tags import is_signature
from gitpromote.model.candidate import ChartFacts, CommitCandidate, ImageFacts, Rejected
from gitpromote.model.subscription import Chart, Git, Image
from gitpromote.model.version import Version

__all__ = ["MOST_TOLD", "Nothing", "newer_rejected", "why_nothing"]

MOST_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Why there is nothing to take.

    :ivar sentence: what was looked for, and among how many
    :ivar nearest: those that would have been taken if a rule were looser, nearest first, then newest first
    :ivar more: how many others there are
    """

    sentence: str
    nearest: tuple[Rejected, ...] = ()
    more: int = 0
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"  {one.name} {one.reason}" for one in self.nearest]
        more = [f"  and {self.more:,} more"] if self.more else []
        return "\n".join([self.sentence, *lines, *more, *(f"  {note}" for note in self.notes)])


def why_nothing(subscription: Image | Git | Chart, selection: Selection | Shortlist) -> Nothing:
    """Why nothing was found, from what was passed over."""
    rejected = selection.rejected
    missing = selection.missing if isinstance(selection, Selection) else ""
    return Nothing(
        sentence=missing or _sentence(subscription, rejected),
        nearest=rejected[:MOST_TOLD],
        more=max(0, len(rejected) - MOST_TOLD),
        notes=selection.notes,
    )


def newer_rejected(
    subscription: Image | Git | Chart, selection: Selection, *, at_most: int = 3
) -> tuple[Rejected, ...]:
    """What was passed over although its name is newer than what is taken, newest first.

    Only where names have an order: versions, and ``lexical``.
    """
    if not selection.candidates:
        return ()
    strategy = "semver" if isinstance(subscription, Chart) else subscription.strategy
    taken = _name(selection.candidates[0])
    if strategy == "lexical":
        newer = [one for one in selection.rejected if one.name > taken and not is_signature(one.name)]
        return tuple(sorted(newer, key=lambda one: one.name, reverse=True)[:at_most])
    current = Version.parse(taken)
    if strategy != "semver" or current is None:
        return ()
    versions = ((Version.parse(one.name), one) for one in selection.rejected)
    later = [(version, one) for version, one in versions if version and version.precedence > current.precedence]
    return tuple(one for _, one in sorted(later, key=lambda pair: pair[0], reverse=True)[:at_most])


def _name(candidate: ImageFacts | ChartFacts | CommitCandidate) -> str:
    if isinstance(candidate, ChartFacts):
        return candidate.version
    return candidate.tag or ""


def _sentence(subscription: Image | Git | Chart, rejected: Sequence[Rejected]) -> str:
    (where, noun), count = _place(subscription), len(rejected)
    if not count:
        return f"{where} has no {noun}s"
    followed = subscription.constraint if isinstance(subscription, Image) and subscription.strategy == "digest" else ""
    if followed and any(one.name == followed for one in rejected):
        return f"the {noun} {followed} of {where} does not count"
    if isinstance(subscription, Image) and subscription.strategy == "digest":
        return f"none of the {count:,} {noun}s of {where} is {subscription.constraint}{_behind(subscription)}"
    if count == 1:
        return f"the only {noun} of {where} does not count: wanted is one that {_wish(subscription)}"
    return f"none of the {count:,} {noun}s of {where} {_wish(subscription)}"


def _place(subscription: Image | Git | Chart) -> tuple[str, str]:
    if isinstance(subscription, Chart):
        return subscription.address, "version"
    if isinstance(subscription, Image):
        return subscription.repo, "tag"
    where = subscription.repo or "the home repository"
    return where, "commit" if subscription.strategy == "newest-from-branch" else "tag"


def _wish(subscription: Image | Git | Chart) -> str:
    if isinstance(subscription, Chart) or subscription.strategy == "semver":
        inside = f"is in {subscription.constraint}" if subscription.constraint else "is a release"
        return inside + _behind(subscription)
    return f"counts{_behind(subscription)}"


def _behind(subscription: Image | Git | Chart) -> str:
    platform = subscription.platform if isinstance(subscription, Image) else None
    return f" and is for {platform}" if platform else ""
