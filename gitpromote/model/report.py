"""What ``status`` shows: which Freight each Environment holds, and what would come next."""

from __future__ import annotations

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.freight import Freight
from gitpromote.model.freight_words import spoken_for
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Decision, PlannedTarget
from gitpromote.model.state import Held


class Lag(Document):
    """How far an Environment is behind the newest Freight of a Warehouse. What was rejected is none of it.

    :ivar newest: ``None`` where there is none that may come
    :ivar runs: what it runs of that Warehouse; where there is nothing of it, or other Freight took its place, what it
        runs of another one with the same image or chart
    :ivar behind: how many Freight are newer than what it runs; ``None`` where it runs none that counts
    :ivar since: epoch seconds at which the oldest of those became known; ``None`` if just now
    :ivar kept_by: what keeps the newest back: gates by their names, ``approval``, ``hold``, ``auto`` for a person who
        has to apply it, ``select`` where older Freight goes first, ``target``, ``skipped`` and ``skip-denied`` by what
        was asked for that Freight, ``rejected`` and ``unavailable`` where there is none; empty where nothing does
    :ivar why: the same for people
    """

    newest: Freight | None = None
    runs: Freight | None = None
    behind: int | None = None
    since: int | None = None
    kept_by: tuple[str, ...] = ()
    why: str = ""


class EnvironmentStatus(Document):
    """One Environment now.

    :ivar runs: Warehouse to the Freight that its desired state holds
    :ivar arrived: Warehouse to when that came, epoch seconds: where two hold one artifact, the one that came last runs
    :ivar partly: the Apps that hold other Freight than ``runs``, since they were promoted alone
    :ivar since: epoch seconds of the last Record that wrote its content
    :ivar rejected: Warehouse to the reason for which the Freight that it runs was rejected
    :ivar verified_at: epoch seconds at which that Freight was verified there; of a point of control, at which Freight
        passed it last
    :ivar next: Warehouse to the Freight that would come next, where that is another one
    :ivar lag: Warehouse to how far it is behind, where that was asked for and it is
    :ivar drift: whether the target holds something else than the last Record says
    """

    name: str
    production: bool
    target: PlannedTarget
    runs: dict[str, Freight] = Field(default_factory=dict)
    arrived: dict[str, int] = Field(default_factory=dict)
    partly: tuple[str, ...] = ()
    rejected: dict[str, str] = Field(default_factory=dict)
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
    lag: dict[str, Lag] = Field(default_factory=dict)
    drift: bool = False
    generation: int = 0

    @property
    def running(self) -> tuple[Freight, ...]:
        """Of all that it holds what runs: what came last of artifacts that several hold."""
        return tuple(spoken_for(self.runs, self.arrived).values())


class GoneEnvironment(Document):
    """An Environment that the Pipeline has no more, and that the ledger remembers.

    :ivar why: why the Pipeline does not stand for it any more, where that is known
    :ivar retired_at: when what it had written was deleted, epoch seconds; ``None``: it was not
    :ivar last_at: when its last Record was made, epoch seconds
    :ivar target: where it was written to, as people call it; empty where nothing is recorded there any more
    """

    name: str
    pipeline: str
    why: str = ""
    retired_at: int | None = None
    retired_by: str = ""
    reason: str = ""
    last_at: int
    target: str = ""


class StatusReport(Document):
    """A Pipeline now.

    :ivar as_of: epoch seconds
    :ivar newer: Warehouse to why there is no newer Freight of it, for people; those where something is sought in vain
    :ivar passed_over: Warehouse to what is newer and was rejected, for people
    :ivar troubles: what failed while it was found out what comes next: a Warehouse's registry or repository, a render
    :ivar notices: what people should know of beside it
    :ivar resting: why it has no Environment at this moment, for people; an empty string where it has
    """

    pipeline: str
    as_of: int
    ledger: str | None = None
    environments: tuple[EnvironmentStatus, ...] = ()
    resting: str = ""
    newer: dict[str, str] = Field(default_factory=dict)
    passed_over: dict[str, str] = Field(default_factory=dict, exclude_if=lambda passed: not passed)
    troubles: tuple[str, ...] = Field(default=(), exclude_if=lambda troubles: not troubles)
    notices: tuple[str, ...] = ()


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
