"""What ``status`` shows: which Freight each Environment holds, and what would come next."""

from __future__ import annotations

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.freight import Freight
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Decision, PlannedTarget
from gitpromote.model.state import Held


class EnvironmentStatus(Document):
    """One Environment now.

    :ivar runs: Warehouse to the Freight that its desired state holds
    :ivar since: epoch seconds of the last Record that wrote its content
    :ivar verified_at: epoch seconds at which that Freight was verified there
    :ivar next: Warehouse to the Freight that would come next, where that is another one
    :ivar drift: whether the target holds something else than the last Record says
    """

    name: str
    production: bool
    target: PlannedTarget
    runs: dict[str, Freight] = Field(default_factory=dict)
    since: int | None = None
    by: str = ""
    verified_at: int | None = None
    commit: str | None = None
    next: dict[str, Freight] = Field(default_factory=dict)
    decision: Decision | None = None
    reason: str = ""
    outcomes: tuple[Outcome, ...] = ()
    held: Held | None = None
    locked_by: str | None = None
    drift: bool = False
    generation: int = 0


class StatusReport(Document):
    """A Pipeline now. ``as_of`` is epoch seconds."""

    pipeline: str
    as_of: int
    ledger: str | None = None
    environments: tuple[EnvironmentStatus, ...] = ()


class VerifyFinding(Document):
    """One thing that ``verify`` recomputed, and whether it holds."""

    subject: str
    ok: bool
    message: str


class VerifyReport(Document):
    """What Git alone proves of a Pipeline's history."""

    pipeline: str
    findings: tuple[VerifyFinding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return all(finding.ok for finding in self.findings)
