"""Overrides as people read them: who let what pass, why, and until when."""

from __future__ import annotations

from gitpromote.model.outcome import Outcome
from gitpromote.model.words import clean
from gitpromote.views.time import instant

__all__ = ["override_text"]


def override_text(outcome: Outcome, *, now: int | None = None) -> str:
    """``overridden by cleo@acme.example until 14:00Z: "the shop is down" (INC-2211); it says pending``.

    An empty string where nobody overrode it. Without ``now`` the day is told.
    """
    told = outcome.overridden
    if told is None:
        return ""
    until = f" until {instant(told.expires, now=now)}" if told.expires is not None else ""
    ticket = f" ({clean(told.ticket)})" if told.ticket else ""
    return f'overridden by {clean(told.by)}{until}: "{clean(told.reason)}"{ticket}; it says {told.status}'
