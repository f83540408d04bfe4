"""What would help where a verdict stands in the way: one command, or the line to mend."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from gitpromote.model.finding import Finding
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.policy.approvals import PLAN
from gitpromote.views.journey import moving_into
from gitpromote.views.text import clean

__all__ = ["UNSAVED", "Remedy", "remedies", "remedy"]

#: How a plan is called that nobody has saved.
UNSAVED = "plans/…"

_STANDING = frozenset({"pending", "fail", "error"})
_OURS = "gitpromote "


class Remedy(NamedTuple):
    """What would help.

    :ivar command: whether it is to be typed as it stands; otherwise it is to be read
    """

    text: str
    command: bool = True


def remedies(plan: Plan, environment: EnvironmentPlan, *, called: str = "") -> dict[str, str]:
    """The id of each verdict that stands in the way, with what would help, where something would."""
    found = {one.id: remedy(plan, environment, one, called=called) for one in environment.outcomes}
    return {name: one.text for name, one in found.items() if one is not None}


def remedy(plan: Plan, environment: EnvironmentPlan, outcome: Outcome, *, called: str = "") -> Remedy | None:
    """What would help against one verdict; ``None`` where nothing but time or another plan does, or nothing need.

    :param called: the plan's file or digest, by which it is found again
    """
    if outcome.status not in _STANDING or not outcome.binding:
        return None
    own = clean(outcome.remedy).replace(f" {PLAN} ", f" {shlex.quote(called) if called else UNSAVED} ")
    if own.startswith(_OURS):
        return Remedy(own)
    if outcome.level == "soft":
        return Remedy(_command("override", *_place(plan, environment), outcome.id) + " --reason … --expires 4h")
    if own:
        return Remedy(own)
    if outcome.kind == "availability" and outcome.status == "pending":
        return _towards(plan, environment, outcome, called)
    first = next((one for one in outcome.findings if one.file and not one.excepted), None)
    return Remedy(f"mend {_line_of(first)}", command=False) if first is not None else None


def _line_of(finding: Finding) -> str:
    return clean(f"{finding.file}:{finding.line}" if finding.line else finding.file)


def _towards(plan: Plan, environment: EnvironmentPlan, outcome: Outcome, called: str) -> Remedy | None:
    """What brings Freight on: an Environment before that could go, or a look at why it cannot."""
    wanted = {one.id for one in environment.freight.values() if one.moving}
    before = [plan.environment(name) for name in outcome.operands.get("missing", ())]
    coming = [one for one in before if one is not None and wanted & {each.id for each in one.freight.values()}]
    ready = [one.name for one in coming if one.decision == "ready"]
    if ready:
        return Remedy(_command("apply", called or plan.pipeline.name, *(word for name in ready for word in _env(name))))
    if coming:
        return Remedy(_command("explain", plan.pipeline.name, coming[0].name))
    [*freight] = moving_into(plan, environment)
    if len(freight) != 1:
        return None
    words = ("freight", "approve", plan.pipeline.name, freight[0].alias, *_env(environment.name))
    return Remedy(_command(*words) + " --reason …")


def _env(name: str) -> tuple[str, str]:
    return "--env", name


def _place(plan: Plan, environment: EnvironmentPlan) -> tuple[str, str]:
    return plan.pipeline.name, environment.name


def _command(*words: str) -> str:
    return _OURS + shlex.join(clean(word) for word in words)
