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


class Verified(Document):
    """That a Freight was verified in an Environment. ``at`` is epoch seconds; ``inherited``: nothing changed there."""

    at: int
    record: str
    tree: str | None = None
    inherited: bool = False


class Held(Document):
    """An Environment keeps its Freight until released."""

    at: int
    record: str
    reason: str
    actor: str
    freight: dict[str, str] = Field(default_factory=dict)


class Approval(Document):
    """Somebody's consent to one change in one Environment.

    :ivar expires: epoch seconds, or ``None``
    :ivar signature: an SSH signature over it, or an empty string
    """

    record: str
    at: int
    identity: str
    change_digest: str
    expires: int | None = None
    signature: str = ""


class EnvironmentState(Document):
    """Where one Environment stands.

    :ivar generation: how many Records have changed what a plan may assume of it
    :ivar freight: Warehouse to Freight id, what its desired state holds
    :ivar verified: Freight id to when it was verified here, newest last, the last hundred
    """

    name: str
    generation: int = 0
    freight: dict[str, str] = Field(default_factory=dict)
    content: Content | None = None
    verified: dict[str, Verified] = Field(default_factory=dict)
    held: Held | None = None
    approvals: tuple[Approval, ...] = ()
    retired: bool = False

    def placed(self, *, repository: str, ref: str, path: str) -> EnvironmentState:
        """This state as far as it speaks of a target: what was recorded of another one says nothing of its content."""
        content = self.content
        if content is None or (content.repository, content.ref, content.path) == (repository, ref, path):
            return self
        return self.model_copy(update={"content": None})


class FreightState(Document):
    """A Freight that the ledger knows. ``created_at`` is epoch seconds, ``sequence`` its order of arrival."""

    freight: Freight
    created_at: int
    sequence: int
    approved_for: tuple[str, ...] = ()
    rejected: str | None = None


class LedgerState(Document):
    """Everything that the ledger says now. ``head`` is its commit, or ``None`` where there is no ledger yet."""

    head: str | None = None
    environments: dict[str, EnvironmentState] = Field(default_factory=dict)
    freight: dict[str, FreightState] = Field(default_factory=dict)

    def environment(self, name: str) -> EnvironmentState:
        """The state of an Environment, empty if nothing was recorded of it."""
        return self.environments.get(name) or EnvironmentState(name=name)
