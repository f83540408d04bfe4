"""A change budget: so many promotions in a stretch of time, counted from the ledger."""

from __future__ import annotations

from typing import cast

from gitpromote.model.gate_plain import ChangeBudget
from gitpromote.model.moments import duration
from gitpromote.model.outcome import Outcome
from gitpromote.policy.answers import verdict
from gitpromote.policy.gate_context import GateContext

__all__ = ["judge"]


def judge(gate: ChangeBudget, context: GateContext) -> Outcome:
    """Pending while the budget is spent; it opens when the oldest promotion that is one too many leaves the stretch."""
    per = cast("int", gate.per)
    made = sorted(at for at in context.state.promoted if context.as_of - per < at)
    spent = len(made)
    threshold = f"fewer than {gate.count} in {duration(per)}"
    operands = {"made": made[-gate.count :], "count": spent, "most": gate.count, "per": per}
    text = f"{spent} of {gate.count} promotions in {duration(per)}"
    if spent < gate.count:
        return verdict(gate, "pass", text, operands=operands, threshold=threshold)
    return verdict(gate, "pending", text, operands=operands, threshold=threshold, opens=made[-gate.count] + per)
