"""Telling what was recorded: verbs that append one Record to the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitpromote.cli.session import Session
from gitpromote.model.words import clean
from gitpromote.views.lines import Line, Span, line


def told(
    session: Session, record: Any, words: str, *, then: str = "", command: str = "", commands: Sequence[str] = ()
) -> dict[str, Any]:
    """Say what was recorded and what it leads to; the Record as data.

    :param command: a command that takes it back or goes on, or several ``commands``
    """
    head: list[str | Span] = [words]
    reason = record.data.get("reason")
    if reason:
        head.append(f': "{clean(str(reason))}"')
    lines: list[Line] = [line(*head, "   ", Span(f"record {record.id[:12]}", "faint"))]
    if then:
        lines.append(line(then))
    lines += [line("  ", Span(each, "command")) for each in ([command] if command else commands)]
    session.show(lines)
    data: dict[str, Any] = record.to_data()
    return data
