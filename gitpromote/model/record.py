"""Records: the entries of the ledger, one commit each."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.canonical import canonical

FORMAT = "gitpromote.record/1.0"

RecordKind = Literal[
    "freight-created",
    "freight-approved",
    "freight-aliased",
    "freight-labelled",
    "requested",
    "planned",
    "approved",
    "overridden",
    "started",
    "written",
    "pull-request-opened",
    "pull-request-updated",
    "pull-request-merged",
    "pull-request-closed",
    "synced",
    "healthy",
    "verified",
    "failed",
    "rolled-back",
    "held",
    "released",
    "rejected",
    "locked",
    "unlocked",
    "superseded",
    "foreign-commit",
    "adopted",
    "retired",
    "incident-opened",
    "incident-linked",
    "incident-closed",
]

#: Kinds that make what an older plan saw of an Environment outdated: each adds one to its generation.
GENERATION_KINDS = frozenset({"written", "rolled-back", "adopted", "held", "released", "foreign-commit"})

#: What the ``code`` of a ``failed`` Record is where a write failed; what runs there is as well as before.
NOT_LANDED = frozenset({"push-refused", "landed-differs"})

#: Kinds that say: the Environment's target now holds this tree, and it is ours.
CONTENT_KINDS = frozenset({"written", "rolled-back", "adopted"})


class Actor(Document):
    """Who did it: as claimed, and how that was proven, where it was (``ssh:<fingerprint>``, a forge's review)."""

    claimed: str
    proven_by: str | None = None


class Record(Document):
    """One thing that happened, with the plan, the actor, the tuple that it judged and the objects that it made.

    :ivar id: 64 hex digits; an append of an id that is present is dropped, which makes every append repeatable
    :ivar at: epoch seconds, wall clock
    :ivar plan: the plan's full digest, or ``None`` for what needs no plan
    :ivar freight: Warehouse to Freight id
    :ivar source: repository (canonical) to commit, what was rendered
    :ivar tree: the id of the target's subtree after it, without kept and sensitive paths
    :ivar data: what belongs to the kind
    """

    format: str = FORMAT
    id: str
    kind: RecordKind
    at: int
    actor: Actor
    plan: str | None = None
    environment: str | None = None
    freight: dict[str, str] = Field(default_factory=dict)
    source: dict[str, str] = Field(default_factory=dict)
    tree: str | None = None
    commit: str | None = None
    change_digest: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """Plain data in the ledger's form."""
        return self.model_dump(mode="json")

    def to_bytes(self) -> bytes:
        """The canonical bytes: the body of the ledger commit."""
        return canonical(self.to_data())


def planned_record_id(change_digest: str, generation: int, step: str, kind: str) -> str:
    """The id of what a plan's step records.

    The Environment's generation is the one in the plan's basis: a resumed apply finds its own Records, and the same
    change may come again after a rollback.
    """
    return _hash("gitpromote-record-v1", [change_digest, generation, step, kind])


def document_record_id(kind: str, subject: str) -> str:
    """The id of a Record that stands once per subject: a Freight that was created, a plan that was recorded."""
    return _hash("gitpromote-record-v1", [kind, subject])


def event_record_id(record_without_id: dict[str, Any], nonce: str) -> str:
    """The id of a Record that has no plan: the same event may happen twice, so a nonce (hex) tells them apart."""
    return _hash("gitpromote-record-v1", [record_without_id, nonce])


def _hash(domain: str, data: Any) -> str:
    return hashlib.sha256(domain.encode() + b"\n" + canonical(data)).hexdigest()
