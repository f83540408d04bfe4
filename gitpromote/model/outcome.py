"""What a Gate or a Policy concluded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import ConfigDict, Field

from gitpromote.model.base import Document
from gitpromote.model.finding import Finding

Status = Literal["pass", "warn", "fail", "pending", "error", "skip"]
Level = Literal["advisory", "soft", "hard"]
Reads = Literal["live", "fixed"]

#: The outcome that says that what is in an Environment was rejected since, and what comes instead.
REPLACES_REJECTED = "replaces-rejected"

#: From harmless to worst. ``pending`` blocks until a fact changes, ``error`` until we can tell, ``fail`` for good.
STRICTNESS: tuple[Status, ...] = ("skip", "pass", "warn", "pending", "error", "fail")


class Overridden(Document):
    """Somebody said that a soft verdict shall not stop this change. ``expires`` is epoch seconds.

    :ivar status: what the verdict would be without it
    """

    status: Status
    by: str
    reason: str
    ticket: str = ""
    expires: int | None = None
    record: str = ""


class Outcome(Document):
    """One verdict: who judged, how binding it is, what came out, from which operands and for which time.

    ``from_`` and ``until`` are epoch seconds between which the verdict holds; ``None`` means no bound.

    :ivar reads: whether it may change without a new plan (``live``) or reads the plan's own content alone (``fixed``)
    :ivar expression: what was asked, as somebody wrote it
    :ivar threshold: what the operands are held against, in words
    :ivar remedy: the one command that would help
    :ivar findings: what a policy found, told once per cause
    :ivar overridden: by whom and why, where a soft verdict stops nothing
    """

    id: str
    kind: Literal["gate", "policy", "availability"] = "gate"
    level: Level = "hard"
    status: Status
    message: str
    operands: dict[str, Any] = Field(default_factory=dict)
    from_: int | None = Field(default=None, alias="from")
    until: int | None = None
    # Left out where they say nothing, so that plans of earlier versions keep their bytes.
    reads: Reads | None = Field(default=None, exclude_if=lambda value: value is None)
    expression: str = Field(default="", exclude_if=lambda value: not value)
    threshold: str = Field(default="", exclude_if=lambda value: not value)
    remedy: str = Field(default="", exclude_if=lambda value: not value)
    findings: tuple[Finding, ...] = Field(default=(), exclude_if=lambda value: not value)
    overridden: Overridden | None = Field(default=None, exclude_if=lambda value: value is None)

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    @property
    def binding(self) -> bool:
        """Whether this verdict may stop a promotion: advisory ones only inform."""
        return self.level != "advisory"

    @property
    def is_audited(self) -> bool:
        """Whether it is only counted yet: an organisation's rule that is neither told nor enforced before some day."""
        ramp = self.operands.get("ramp")
        return isinstance(ramp, dict) and ramp.get("phase") in ("off", "audit")


def worst_of(outcomes: Iterable[Outcome]) -> Status:
    """The worst status among the binding outcomes; ``pass`` where there is none."""
    statuses = {outcome.status for outcome in outcomes if outcome.binding}
    return max(statuses, key=STRICTNESS.index, default="pass")
