"""What discovery found: for each subscription of a Warehouse, and the Freight that comes of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.freight import Freight

__all__ = ["DiscoveredSubscription", "DiscoveredWarehouse", "DiscoveryReport", "FreightLock", "LockedWarehouse", "Told"]

LOCK_FORMAT = "gitpromote.freight-lock/1.0"

#: ``new``: Freight that the ledger does not know; ``known``: it does; ``waiting``: news that make no Freight yet;
#: ``manual``: news that make none by themselves; ``rejected``: somebody rejected the very Freight that they make;
#: ``nothing``: there is no set of artifacts.
Status = Literal["new", "known", "waiting", "manual", "rejected", "nothing"]


class Told(Document):
    """A candidate that was passed over, and why: ``3.9.0-rc.1``, ``is a prerelease``.

    :ivar waits: it is passed over because nothing fits it yet
    """

    name: str
    reason: str
    waits: bool = False


class DiscoveredSubscription(Document):
    """What one subscription offers.

    :ivar address: the repository, as the pipeline calls it; ``home`` for the home repository
    :ivar taken: the tag, version or commit that is taken; empty: none
    :ivar created: when that was made, epoch seconds; ``None``: not told
    :ivar mutable: the tag is followed, and may name another image tomorrow
    :ivar by_hand: somebody named it
    :ivar candidates: how many count, the newest first in ``names``
    :ivar passed_over: how many were rejected; the nearest are in ``rejected``
    :ivar missing: why there is none, or an empty string
    :ivar failure: the code of the error where its registry could not be asked
    """

    kind: Literal["image", "chart", "commit"]
    address: str
    strategy: str
    taken: str = ""
    digest: str | None = None
    created: int | None = None
    mutable: bool = False
    by_hand: bool = False
    candidates: int = 0
    names: tuple[str, ...] = ()
    passed_over: int = 0
    rejected: tuple[Told, ...] = ()
    notes: tuple[str, ...] = ()
    missing: str = ""
    failure: str = ""

    def facts(self) -> dict[str, Any]:
        """What of it decided, as it stands in a plan."""
        told = self.model_dump(
            mode="json", include={"kind", "address", "strategy", "taken", "digest", "created", "mutable", "by_hand"}
        )
        return {name: value for name, value in told.items() if value not in (None, False, "")}


class DiscoveredWarehouse(Document):
    """What a Warehouse's subscriptions come to.

    :ivar freight: the newest coherent set; ``None``: there is none
    :ivar reason: why there is none, or none yet
    :ivar newer: newer candidates that are not in it, with the reasons
    :ivar bounded: the search for a set was cut short
    :ivar next: epoch seconds at which news become Freight if nothing else arrives
    """

    name: str
    policy: Literal["automatic", "manual"] = "automatic"
    status: Status
    freight: Freight | None = None
    reason: str = ""
    subscriptions: tuple[DiscoveredSubscription, ...] = ()
    newer: tuple[Told, ...] = ()
    bounded: bool = False
    next: int | None = None

    def facts(self) -> dict[str, Any]:
        """What of it decided, as it stands in a plan; empty where Git alone did, and nothing was passed over."""
        registries = any(one.kind != "commit" for one in self.subscriptions)
        # Where nothing fits, the reason says it; what does not is not newer than anything.
        newer = [one for one in self.newer if self.status != "nothing" or not one.waits]
        rejected = self.freight if self.status == "rejected" else None
        if rejected is not None:
            newer.insert(0, Told(name=rejected.alias, reason=f"was {self.reason}"))
        told: dict[str, Any] = {
            "newer": [one.model_dump(mode="json", exclude_defaults=True) for one in newer],
            "reason": self.reason if rejected is None else "",
            "next": self.next,
            "bounded": self.bounded,
        }
        told = {name: value for name, value in told.items() if value}
        if registries:
            told["subscriptions"] = [one.facts() for one in self.subscriptions]
        return told


class DiscoveryReport(Document):
    """What discovery found for a Pipeline. ``as_of`` is epoch seconds."""

    pipeline: str
    as_of: int
    warehouses: tuple[DiscoveredWarehouse, ...] = ()

    @property
    def failures(self) -> tuple[str, ...]:
        """The codes of the errors where registries could not be asked."""
        return tuple(one.failure for each in self.warehouses for one in each.subscriptions if one.failure)


class LockedWarehouse(Document):
    """The Freight that a Warehouse's subscriptions resolved to, and what a plan says of it."""

    freight: Freight | None = None
    reason: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)


class FreightLock(Document):
    """What discovery found, kept so that a plan can be made of it again.

    :ivar definition: the digest of the Pipeline's Warehouses; with another one the lock is of no use
    """

    format: str = LOCK_FORMAT
    pipeline: str
    definition: str
    as_of: int
    warehouses: dict[str, LockedWarehouse] = Field(default_factory=dict)
