"""A change of a decision by the passing of time."""

from __future__ import annotations

from gitpromote.model.base import Document
from gitpromote.model.plan import Decision

__all__ = ["Turn"]


class Turn(Document):
    """From ``at`` on (epoch seconds) an Environment's decision is another one than before."""

    at: int
    environment: str
    decision: Decision
    reason: str = ""
