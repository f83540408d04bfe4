"""The line that ends every plan. Its words are stable: programs read it."""

from __future__ import annotations

from gitpromote.model.plan import Summary

_INDENT = " " * len("Plan: ")


def summary_line(summary: Summary) -> str:
    """``Plan: 1 environment to promote, 3 waiting, 0 blocked; 0 to add, … Gates: 2 passed, 8 pending, 0 failed.``"""
    promote = f"{summary.promote} environment{'s' * (summary.promote != 1)}"
    return (
        f"Plan: {promote} to promote, {summary.waiting} waiting, {summary.blocked} blocked; "
        f"{summary.add} to add, {summary.change} to change, {summary.delete} to delete. "
        f"Gates: {summary.gates_passed} passed, {summary.gates_pending} pending, {summary.gates_failed} failed."
    )


def summary_lines(summary: Summary, width: int | None) -> list[str]:
    """The same on a screen, broken where one thing ends and the next begins.

    :param width: how many characters a line may have; ``None`` where it is one line, as for programs
    """
    whole = summary_line(summary)
    if width is None or len(whole) <= width:
        return [whole]
    first, _, rest = whole.partition("; ")
    changes, _, gates = rest.partition(" Gates: ")
    more = [rest] if len(_INDENT + rest) <= width else [changes, f"Gates: {gates}"]
    return [f"{first};", *(f"{_INDENT}{each}" for each in more)]
