"""The counts of a plan's summary line, which follow from its environments alone."""

from __future__ import annotations

from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Summary

__all__ = ["summarise"]


def summarise(environments: tuple[EnvironmentPlan, ...]) -> Summary:
    """The counts of the summary line."""
    decisions = [planned.decision for planned in environments]
    actions = [tuple(change.actions) for planned in environments for change in planned.changes]
    verdicts = [outcome for planned in environments for outcome in planned.outcomes if _is_gate(outcome)]
    return Summary(
        promote=decisions.count("ready"),
        waiting=sum(decisions.count(word) for word in ("waiting", "held", "unavailable")),
        blocked=decisions.count("blocked"),
        add=actions.count(("create",)),
        change=sum(1 for action in actions if action in (("update",), ("delete", "create"))),
        delete=actions.count(("delete",)),
        gates_passed=sum(1 for outcome in verdicts if outcome.status == "pass"),
        gates_pending=sum(1 for outcome in verdicts if outcome.status == "pending"),
        gates_failed=sum(1 for outcome in verdicts if outcome.status in ("fail", "error")),
    )


def _is_gate(outcome: Outcome) -> bool:
    return outcome.kind in ("gate", "availability")
