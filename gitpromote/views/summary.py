"""The line that ends every plan. Its words are stable: programs read it."""

from __future__ import annotations

from gitpromote.model.plan import Summary


def summary_line(summary: Summary) -> str:
    """``Plan: 1 environment to promote, 3 waiting, 0 blocked; 0 to add, … Gates: 2 passed, 8 pending, 0 failed.``"""
    promote = f"{summary.promote} environment{'s' * (summary.promote != 1)}"
    return (
        f"Plan: {promote} to promote, {summary.waiting} waiting, {summary.blocked} blocked; "
        f"{summary.add} to add, {summary.change} to change, {summary.delete} to delete. "
        f"Gates: {summary.gates_passed} passed, {summary.gates_pending} pending, {summary.gates_failed} failed."
    )
