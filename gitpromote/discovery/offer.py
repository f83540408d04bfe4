"""What a subscription has to offer, and how messages call its candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitpromote.cel.contexts import place_of
from gitpromote.model.candidate import Candidate, ChartFacts, CommitCandidate, ImageFacts
from gitpromote.model.subscription import Git, Subscription

__all__ = ["Offer", "Offers", "short_commit"]

_SHORT = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The candidates of one subscription, newest first."""

    subscription: Subscription
    candidates: tuple[Candidate, ...]

    @property
    def trigger(self) -> bool:
        """Whether its news alone make Freight."""
        return not isinstance(self.subscription, Git) or self.subscription.trigger


class Offers:
    """All offers of a Warehouse, with names for people."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self.offers = tuple(offers)
        self.subscriptions = [one.subscription for one in offers]
        self.places = [place_of(self.subscriptions, number) for number in range(len(offers))]

    def of_kind(self, table: str) -> list[int]:
        """The numbers of the offers that are filed under ``images``, ``charts`` or ``commits``."""
        return [number for number, place in enumerate(self.places) if place[0] == table]

    def short(self, number: int) -> str:
        """The last part of a repository's address."""
        return self.places[number][1].rpartition("/")[2]

    def what(self, number: int) -> str:
        """``image``, or ``image of api`` where there are several."""
        table = self.places[number][0]
        kind = table.removesuffix("s")
        return kind if len(self.of_kind(table)) == 1 else f"{kind} of {self.short(number)}"

    def name(self, number: int, age: int) -> str:
        """How people call a candidate: its tag, version or short commit id, its repository's name where that helps."""
        bare = _bare(self.offers[number].candidates[age])
        several = len(self.of_kind(self.places[number][0])) > 1
        return f"{self.short(number)} {bare}" if several else bare

    def order(self) -> list[int]:
        """The numbers in the order in which ages are compared: triggers first, then by kind and repository.

        The order in which a pipeline lists them makes no difference.
        """
        return sorted(range(len(self.offers)), key=lambda at: (not self.offers[at].trigger, self.places[at], at))


def _bare(candidate: Candidate) -> str:
    match candidate:
        case ImageFacts():
            return candidate.tag or candidate.digest[:19]
        case ChartFacts():
            return candidate.version
        case CommitCandidate():
            return candidate.tag or short_commit(candidate.oid)


def short_commit(oid: str) -> str:
    """The first seven digits."""
    return oid[:_SHORT]
