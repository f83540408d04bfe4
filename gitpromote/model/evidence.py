"""What somebody else said when a gate asked: a fact with where from, when, and what it speaks of."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gitpromote.model.base import Document

__all__ = ["Evidence", "Subject"]


class Subject(Document):
    """What a verdict is about. A verdict about another subject says nothing about this one.

    :ivar freight: Warehouse to the id of its Freight
    :ivar tree: the id of what would be written; ``None`` where nothing is rendered
    :ivar commits: repository to the commit of the sources
    """

    environment: str
    freight: dict[str, str] = Field(default_factory=dict)
    tree: str | None = None
    commits: dict[str, str] = Field(default_factory=dict)


class Evidence(Document):
    """One answer. ``at`` is epoch seconds.

    :ivar gate: the gate that asked, by name
    :ivar source: who was asked, for people: an address, ``git``, ``ledger``; never with credentials
    :ivar value: the answer as plain data; what it holds depends on the kind of the gate
    :ivar error: why there is no answer; then ``value`` says nothing
    """

    gate: str
    subject: Subject
    at: int
    source: str
    value: dict[str, Any] = Field(default_factory=dict)
    error: str = ""
