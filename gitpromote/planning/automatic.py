"""What ``run`` may do by itself. A plan that a person applies is that person's act: none of this concerns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.expressions import Ask, Truth, evaluate


def may_run(
    planned: EnvironmentPlan, resolved: ResolvedEnvironment, *, ask: Ask = evaluate, variables: Mapping[str, Any] = {}
) -> Outcome:
    """Whether ``run`` applies an Environment's plan without a person, and why.

    ``pass``: it does. ``skip``: there is nothing to do, or it is left to people. ``pending``: not yet. ``error``: the
    expression could not be judged, so it does not.

    :param ask: who evaluates expressions
    :param variables: what the expression may name, such as ``change`` and ``freight``
    """
    if not planned.steps:
        return _outcome("skip", planned.reason or "nothing to do")
    if planned.decision == "blocked":
        return _outcome("fail", f"blocked: {planned.reason}")
    if planned.decision not in ("ready", "noop"):
        return _outcome("pending", planned.reason or planned.decision)
    return _by_definition(resolved, ask, variables)


def _by_definition(resolved: ResolvedEnvironment, ask: Ask, variables: Mapping[str, Any]) -> Outcome:
    if resolved.auto is None and resolved.after:
        # It writes nothing, and those before it and its gates have let it. In front of all others it is a person's.
        return _outcome("pass", "a point of control goes by itself")
    if not resolved.auto:
        return _outcome("skip", "auto=False: a person applies it")
    if resolved.auto is True:
        return _outcome("pass", "auto=True")
    truth = ask(resolved.auto, variables)
    return _told(resolved.auto, truth)


def _told(expression: str, truth: Truth) -> Outcome:
    why = f": {truth.message}" if truth.message else ""
    if truth.holds is None:
        return _outcome("error", f"auto: {expression} cannot be told{why}", truth.operands)
    if truth.holds:
        return _outcome("pass", f"auto: {expression}{why}", truth.operands)
    return _outcome("skip", f"auto: {expression} is false{why}: a person applies it", truth.operands)


def _outcome(status: Any, message: str, operands: Mapping[str, Any] | None = None) -> Outcome:
    return Outcome(id="auto", kind="gate", level="hard", status=status, message=message, operands=dict(operands or {}))
