"""What would help where a verdict stands in the way: one command, or the line to mend."""

from __future__ import annotations

import json
import shlex
from typing import NamedTuple

from gitpromote.model.asked_again import asked_again
from gitpromote.model.finding import Finding
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.words import clean, listed, shorten
from gitpromote.policy.approvals import PLAN
from gitpromote.views.journey import moving_into

__all__ = ["Remedy", "remedies", "remedy"]

_STANDING = frozenset({"pending", "fail", "error"})
_OURS = "gitpromote "
#: What an expression is held against, what it says of what is not known, and that time does not turn it.
_TRUE, _UNKNOWN, _NEVER = "true", "not known", "never"
#: What an organisation's selectors found says why it judges here, and no expression reads it.
_MATCHED = "matched"
#: Which of what an expression reads has to change, where not all of it has.
_NEEDS = "needs"
_VALUE = 40  # characters of what an expression reads


class Remedy(NamedTuple):
    """What would help.

    :ivar command: whether it is to be typed as it stands; otherwise it is to be read
    """

    text: str
    command: bool = True


def remedies(plan: Plan, environment: EnvironmentPlan, *, called: str = "", known_as: str = "") -> dict[str, str]:
    """The id of each verdict that stands in the way, with what would help, where something would."""
    found = {one.id: remedy(plan, environment, one, called=called, known_as=known_as) for one in environment.outcomes}
    return {name: one.text for name, one in found.items() if one is not None}


def remedy(
    plan: Plan, environment: EnvironmentPlan, outcome: Outcome, *, called: str = "", known_as: str = ""
) -> Remedy | None:
    """What would help against one verdict; ``None`` where nothing but time or another plan does, or nothing need.

    :param called: the plan's file or digest, by which it is found again
    :param known_as: a saved plan of the same change, where there is one
    """
    if outcome.status not in _STANDING or not outcome.binding:
        return None
    own = clean(outcome.remedy)
    if outcome.level == "soft" and not own.startswith(_OURS):
        own = _override(plan, environment, outcome, called)
    if own.startswith(_OURS):
        return _of_plan(plan, environment, own, called or known_as)
    if own:
        return Remedy(own)
    if outcome.kind == "availability" and outcome.status == "pending":
        return _towards(plan, environment, outcome, called)
    if outcome.kind == "gate" and outcome.threshold == _TRUE and outcome.from_ is None:
        return Remedy(_of_expression(outcome), command=False)
    first = next((one for one in outcome.findings if one.file and not one.excepted), None)
    return Remedy(f"mend {_place_of(first, environment)}", command=False) if first is not None else None


def _override(plan: Plan, environment: EnvironmentPlan, outcome: Outcome, called: str) -> str:
    """A fresh plan is a promotion of what is newest: any other one, and one that is looked at, is named."""
    words = _command("override", *_place(plan, environment), outcome.id)
    named = f" --plan {PLAN}" if called or plan.kind != "promote" else ""
    return f"{words}{named} --reason … --expires 4h"


def _of_plan(plan: Plan, environment: EnvironmentPlan, own: str, named: str) -> Remedy:
    """A command that names the plan; where nobody has saved it, that has to be done first."""
    before, there, after = own.rpartition(f" {PLAN} ")
    if not there:
        return Remedy(own)
    if named:
        return Remedy(f"{before} {shlex.quote(named)} {after}")
    saving, word = _saving(plan, environment)
    return Remedy(f"{saving}, then {before} {word} {after}", command=False)


def _saving(plan: Plan, environment: EnvironmentPlan) -> tuple[str, str]:
    """What makes such a plan once more where it is found again, and what it is called then."""
    if plan.kind in ("promote", "hotfix"):
        asked = asked_again(plan) if plan.kind == "promote" else ""
        return f"{_command('plan', plan.pipeline.name)}{asked} --record", "ID"
    if plan.kind == "rollback":
        words = ["rollback", *_place(plan, environment)]
        words += [word for one in moving_into(plan, environment)[:1] for word in ("--to", one.alias)]
    else:
        app = next((one for one in plan.request.apps if one != "*"), None)
        words = [plan.kind, plan.pipeline.name, *(("--app", app) if app else _env(environment.name))]
    return _command(*words, "--reason", plan.request.reason or "…", "-out=plan.json"), "plan.json"


def _of_expression(outcome: Outcome) -> str:
    """What would have to be otherwise so that an expression holds: of what it reads, with what stands there now."""
    read = {name: value for name, value in outcome.operands.items() if name not in (_NEVER, _MATCHED, _NEEDS)}
    if outcome.status == "error":
        unknown = [name for name, value in read.items() if value == _UNKNOWN]
        return clean(f"has to be known: {listed(unknown)}" if unknown else "mend the expression")
    if _NEVER in outcome.operands:
        return "time does not make it true within two weeks: mend the expression, or wait longer"
    if not read:
        return "mend the expression: it reads nothing that changes"
    needs = outcome.operands.get(_NEEDS, list(read))
    if not needs:
        return "mend the expression: nothing that it reads makes it true"
    told = listed(f"{name} (now {_now(value)})" for name, value in read.items() if name in needs)
    again = "; then plan again" if outcome.status == "fail" else ""
    return clean(f"has to change: {told}{again}")


def _now(value: object) -> str:
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _VALUE)


def _place_of(finding: Finding, environment: EnvironmentPlan) -> str:
    """What is written is mended where it comes from."""
    written = environment.target.kind != "in-place" and finding.file in {one.path for one in environment.writes}
    return f"what {_line_of(finding)} is rendered from" if written else _line_of(finding)


def _line_of(finding: Finding) -> str:
    return clean(f"{finding.file}:{finding.line}" if finding.line else finding.file)


def _towards(plan: Plan, environment: EnvironmentPlan, outcome: Outcome, called: str) -> Remedy | None:
    """What brings Freight on: an Environment before that could go, or a look at why it cannot."""
    wanted = {one.id for one in environment.freight.values() if one.moving}
    bypassed = outcome.operands.get("bypassed", ())
    before = [one for name in outcome.operands.get("missing", ()) if (one := plan.environment(name)) is not None]
    coming = [one for one in before if wanted & {each.id for each in one.freight.values()}]
    again = [one for one in coming if one.name in bypassed and one.decision == "noop" and one.steps]
    coming = [one for one in coming if one.name not in bypassed]
    ready = [one.name for one in (*coming, *again) if one.decision == "ready" or one in again]
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
