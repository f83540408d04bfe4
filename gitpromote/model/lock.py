"""A lock on an Environment."""

from __future__ import annotations

from gitpromote.model.base import Document


class EnvironmentLock(Document):
    """Who keeps others from applying to an Environment.

    :ivar at: since when, epoch seconds
    :ivar until: when it no longer counts, epoch seconds; ``None``: never by itself
    :ivar mine: whether it is one's own
    """

    environment: str
    who: str
    reason: str = ""
    at: int = 0
    until: int | None = None
    mine: bool = False
