"""What ``freight list`` and ``freight show`` tell of Freight."""

from __future__ import annotations

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.freight import Freight
from gitpromote.model.state import Bypass, Intent

__all__ = ["FreightReport", "FreightStop"]


class FreightStop(Document):
    """A Freight in one Environment. Times are epoch seconds.

    :ivar runs: whether it is what the Environment holds, and other Freight has not taken the place of all of it
    :ivar arrived: since when it holds it
    :ivar verified: when it was last verified there
    :ivar failed: when it failed there last, if it did
    :ivar way: how it may enter: ``direct``, ``upstream``, ``approved``, ``hotfix``, or why not
    """

    environment: str
    runs: bool = False
    arrived: int | None = None
    verified: int | None = None
    failed: int | None = None
    held: bool = False
    way: str = ""
    admitted: bool = False
    message: str = ""


class FreightReport(Document):
    """A Freight, as the ledger knows it. ``created_at`` is epoch seconds.

    :ivar aliases: names that people gave it
    :ivar unproven: of ``approved_for``: why no approval counts there
    :ivar journey: the Environments that its Warehouse's Freight gets to, in their order
    """

    freight: Freight
    type: str
    created_at: int
    sequence: int
    aliases: tuple[str, ...] = ()
    approved_for: tuple[str, ...] = ()
    unproven: dict[str, str] = Field(default_factory=dict)
    rejected: str | None = None
    rejected_by: str = ""
    intent: Intent | None = None
    bypass: dict[str, Bypass] = Field(default_factory=dict)
    journey: tuple[FreightStop, ...] = ()
