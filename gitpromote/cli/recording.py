"""Telling what was recorded: verbs that append one Record to the ledger."""

from __future__ import annotations

from typing import Any

from gitpromote.cli.session import Session
from gitpromote.model.words import clean
from gitpromote.views.lines import Line, Span, line


def told(session: Session, record: Any, words: str, *, then: str = "", command: str = "") -> dict[str, Any]:
    """Say what was recorded and what it leads to; the Record as data.

    :param command: a command that takes it back or goes on
    """
    head: list[str | Span] = [words]
    reason = record.data.get("reason")
    if reason:
        head.append(f': "{clean(str(reason))}"')
    lines: list[Line] = [line(*head, "   ", Span(f"record {record.id[:12]}", "faint"))]
    if then:
        lines.append(line(then))
    if command:
        lines.append(line("  ", Span(command, "command")))
    session.show(lines)
    data: dict[str, Any] = record.to_data()
    return data
