"""The Freight of a Warehouse that plans choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitpromote.model.freight import Freight

if TYPE_CHECKING:
    from gitpromote.model.discovered import DiscoveredWarehouse

__all__ = ["MANUAL", "Candidates", "in_order"]

#: Why a Warehouse with ``policy="manual"`` has nothing newer.
MANUAL = "its Warehouse makes Freight by hand alone: gitpromote freight assemble"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The Freight of one Warehouse, newest first.

    :ivar missing: why there is no newer one
    :ivar newest: what its subscriptions come to now, be it known or not
    :ivar given: artifacts of it were named by hand: ``newest`` is what they come to, and what is asked for
    :ivar told: what was found, where something was sought
    :ivar facts: what of that stands in a plan
    """

    freight: tuple[Freight, ...]
    missing: str = ""
    newest: Freight | None = None
    given: bool = False
    told: DiscoveredWarehouse | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def found(self) -> str | None:
        """The id of what the subscriptions come to by themselves."""
        return self.newest.id if self.newest is not None and not self.given else None


def in_order(newest: Freight | None, known: Sequence[Freight], *, first: bool) -> tuple[Freight, ...]:
    """The Freight of a Warehouse, newest first.

    :param first: what was found comes first, although it is known
    """
    same = next((one for one in known if newest is not None and one.id == newest.id), None)
    if newest is None or (same is not None and not first):
        return tuple(known)
    before = [number for number, one in enumerate(known, 1) if one.id == newest.older_than]
    if same is None and before and not first:
        return (*known[: before[0]], newest, *known[before[0] :])
    return (same or newest, *(one for one in known if one.id != newest.id))
