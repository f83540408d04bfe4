"""The current state of a Pipeline, folded from its Records: the tree of the ledger."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.freight import Freight


class Content(Document):
    """What an Environment's target holds, by the last Record that says so.

    :ivar tree: the target subtree's id, without kept and sensitive paths
    :ivar omitted: the sensitive paths that ``tree`` leaves out
    :ivar edits: for targets that hold unrendered sources: the edits that were made, to tell ours from foreign ones
    :ivar apps: the Apps that were promoted alone, if the rest is not of this Freight
    :ivar adopted: of what was adopted: the title of each object and the path of each field that somebody changed;
        ``None`` where that is not known
    """

    record: str
    kind: str
    at: int
    plan: str | None = None
    change_digest: str | None = None
    commit: str | None = None
    tree: str | None = None
    repository: str = "home"
    ref: str | None = None
    path: str = ""
    edits: tuple[dict[str, Any], ...] = ()
    omitted: tuple[str, ...] = ()
    freight: dict[str, str] = Field(default_factory=dict)
    actor: str = ""
    reason: str = ""
    adopted: tuple[tuple[str, str], ...] | None = None
    apps: tuple[str, ...] = Field(default=(), exclude_if=lambda apps: not apps)


Interval = tuple[int, int]
"""From one moment to another. Epoch seconds."""


class Verified(Document):
    """That a Freight was verified in an Environment, and how long it has lived there since.

    Times of stays never run backwards within an Environment, whatever the clocks of those who wrote the Records said:
    what is counted is never negative, and never more than has passed.

    :ivar at: epoch seconds of the last such Record
    :ivar inherited: nothing changed there
    :ivar since: from when the present stay counts; ``None`` while it is elsewhere
    :ivar stayed: the longest stay that has ended
    :ivar healthy: from when the present stretch without an alarm counts; ``None`` while there is one, or none is lived
    :ivar baked: the longest stretch without an alarm that ended because the Freight left; an alarm takes it away
    """

    at: int
    record: str
    tree: str | None = None
    inherited: bool = False
    since: int | None = None
    stayed: Interval | None = None
    healthy: int | None = None
    baked: Interval | None = None


class Held(Document):
    """An Environment keeps its Freight until released."""

    at: int
    record: str
    reason: str
    actor: str
    freight: dict[str, str] = Field(default_factory=dict)


class RolledBack(Document):
    """That an Environment went back from a Freight, and why."""

    at: int
    record: str
    reason: str
    actor: str


class Approval(Document):
    """Somebody's consent to one change in one Environment.

    :ivar expires: epoch seconds, or ``None``
    :ivar signature: an SSH signature over it, or an empty string
    :ivar plan: the plan that was looked at when it was given; it holds for every plan of the same change
    """

    record: str
    at: int
    identity: str
    change_digest: str
    expires: int | None = None
    signature: str = ""
    plan: str | None = Field(default=None, exclude_if=lambda plan: plan is None)


class Override(Document):
    """Somebody's word that one soft verdict shall not stop one change in one Environment. Times are epoch seconds.

    :ivar gate: the gate or the policy, by name
    :ivar signature: an SSH signature over it, or an empty string
    :ivar proven_by: how the identity was proven, where somebody has looked; never recorded
    """

    record: str
    at: int
    gate: str
    identity: str
    change_digest: str
    reason: str
    ticket: str = ""
    expires: int
    signature: str = ""
    proven_by: str | None = Field(default=None, exclude_if=lambda proof: proof is None)


class EnvironmentState(Document):
    """Where one Environment stands.

    :ivar generation: how many Records have changed what a plan may assume of it
    :ivar freight: Warehouse to Freight id, what its desired state holds
    :ivar arrived: Warehouse to when its Freight came
    :ivar verified: Freight id to when it was verified here: what is held, and the last hundred
    :ivar bypassed: the ids of Freight that a hotfix alone brought here: that they are verified counts for nothing that
        comes after, until they come the ordinary way
    :ivar failed: Freight id to when it failed here; until it is verified or healthy
    :ivar not_landed: Freight id to when the remote refused it here, or somebody changed it as it landed; until it is
        written or verified
    :ivar rolled_back: Freight id to how it was left by a rollback; until it comes again. The last hundred
    :ivar moved: what it was called before its first Record under this name
    :ivar clock: the latest time that a Record of this Environment has told
    :ivar promoted: when a promotion changed it, oldest first: the last thousand
    """

    name: str
    generation: int = 0
    freight: dict[str, str] = Field(default_factory=dict)
    arrived: dict[str, int] = Field(default_factory=dict)
    content: Content | None = None
    verified: dict[str, Verified] = Field(default_factory=dict)
    bypassed: tuple[str, ...] = Field(default=(), exclude_if=lambda bypassed: not bypassed)
    failed: dict[str, int] = Field(default_factory=dict)
    not_landed: dict[str, int] = Field(default_factory=dict, exclude_if=lambda failed: not failed)
    rolled_back: dict[str, RolledBack] = Field(default_factory=dict, exclude_if=lambda left: not left)
    moved: str | None = Field(default=None, exclude_if=lambda moved: moved is None)
    clock: int = 0
    promoted: tuple[int, ...] = Field(default=(), exclude_if=lambda promoted: not promoted)
    held: Held | None = None
    approvals: tuple[Approval, ...] = ()
    overrides: tuple[Override, ...] = Field(default=(), exclude_if=lambda overrides: not overrides)
    retired: bool = False

    def placed(self, *, repository: str, ref: str, path: str) -> EnvironmentState:
        """This state as far as it speaks of a target: what was recorded of another one says nothing of its content."""
        content = self.content
        if content is None or (content.repository, content.ref, content.path) == (repository, ref, path):
            return self
        return self.model_copy(update={"content": None})


class Intent(Document):
    """How far somebody asked a Freight to go; of several requests the latest counts.

    :ivar target: the Environment at which it stops; ``None`` for all
    :ivar skip: Environments that it leaves out, where that is permitted
    """

    at: int
    record: str
    target: str | None = None
    skip: tuple[str, ...] = ()
    reason: str = ""
    actor: str = ""


class Bypass(Document):
    """That a Freight may enter one Environment below those before it: a hotfix, until ``expires`` (epoch seconds).

    :ivar identity: the address of whoever signed it, and ``signature`` what they signed; empty where nobody did
    :ivar unproven: why its signature does not count; it is not recorded, but found out whenever it is looked at
    """

    at: int
    record: str
    reason: str
    actor: str
    expires: int | None = None
    identity: str = Field(default="", exclude_if=lambda identity: not identity)
    signature: str = Field(default="", exclude_if=lambda signature: not signature)
    unproven: str = Field(default="", exclude_if=lambda unproven: not unproven)


class Admission(Document):
    """That somebody approved a Freight for one Environment (``*``: for all), under a signature.

    :ivar identity: the address of whoever signed it, and ``signature`` what they signed
    """

    at: int
    record: str
    environment: str
    reason: str
    identity: str
    signature: str


class FreightState(Document):
    """A Freight that the ledger knows.

    :ivar created_at: epoch seconds
    :ivar sequence: its place: the order of arrival, but in front of what its source's history puts behind it
    :ivar aliases: names that people gave it, beside the one that comes from its id
    :ivar approved_for: the Environments that it may enter by approval; ``*`` for all
    :ivar admissions: those of its approvals that are signed
    :ivar unproven: of ``approved_for``: why nothing that was signed counts there; it is not recorded, but found out
        whenever it is looked at
    :ivar rejected: why it may enter none, and ``rejected_by`` who said so
    :ivar intent: the latest request to promote it
    :ivar bypass: Environment to the hotfix that brought it there
    """

    freight: Freight
    created_at: int
    sequence: int
    aliases: tuple[str, ...] = ()
    approved_for: tuple[str, ...] = ()
    admissions: tuple[Admission, ...] = Field(default=(), exclude_if=lambda admissions: not admissions)
    unproven: dict[str, str] = Field(default_factory=dict, exclude_if=lambda unproven: not unproven)
    rejected: str | None = None
    rejected_by: str = Field(default="", exclude_if=lambda actor: not actor)
    intent: Intent | None = None
    bypass: dict[str, Bypass] = Field(default_factory=dict)

    @property
    def rejection(self) -> str:
        """``rejected by Lea (CVE-1)``, of what was."""
        return f"rejected{f' by {self.rejected_by}' if self.rejected_by else ''} ({self.rejected})"


class LedgerState(Document):
    """Everything that the ledger says now. ``head`` is its commit, or ``None`` where there is no ledger yet."""

    head: str | None = None
    environments: dict[str, EnvironmentState] = Field(default_factory=dict)
    freight: dict[str, FreightState] = Field(default_factory=dict)

    def environment(self, name: str) -> EnvironmentState:
        """The state of an Environment, empty if nothing was recorded of it."""
        return self.environments.get(name) or EnvironmentState(name=name)
