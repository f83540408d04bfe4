"""What a Gate or a Policy concluded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import ConfigDict, Field

from gitpromote.model.base import Document

Status = Literal["pass", "warn", "fail", "pending", "error", "skip"]
Level = Literal["advisory", "soft", "hard"]

# From harmless to worst. `pending` blocks until a fact changes, `error` until we can tell, `fail` for good.
_ORDER: tuple[Status, ...] = ("skip", "pass", "warn", "pending", "error", "fail")


class Outcome(Document):
    """One verdict: who judged, how binding it is, what came out, from which operands and for which time.

    ``from_`` and ``until`` are epoch seconds between which the verdict holds; ``None`` means no bound.
    """

    id: str
    kind: Literal["gate", "policy", "availability"] = "gate"
    level: Level = "hard"
    status: Status
    message: str
    operands: dict[str, Any] = Field(default_factory=dict)
    from_: int | None = Field(default=None, alias="from")
    until: int | None = None

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    @property
    def binding(self) -> bool:
        """Whether this verdict may stop a promotion: advisory ones only inform."""
        return self.level != "advisory"


def worst_of(outcomes: Iterable[Outcome]) -> Status:
    """The worst status among the binding outcomes; ``pass`` where there is none."""
    statuses = {outcome.status for outcome in outcomes if outcome.binding}
    return max(statuses, key=_ORDER.index, default="pass")
