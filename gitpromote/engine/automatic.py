"""Whether an environment of a plan goes by itself: its definition's word, and in production somebody's approval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitpromote.cel.facts import change_semver, environment_facts, freight_facts
from gitpromote.model.change import highest
from gitpromote.model.freight import Freight
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.automatic import may_run
from gitpromote.planning.availability import planned_freight
from gitpromote.planning.expressions import evaluate


def by_itself(plan: Plan, planned: EnvironmentPlan, resolved: ResolvedEnvironment, approved: frozenset[str]) -> Outcome:
    """Whether ``run`` carries out an environment's plan as soon as its gates let it.

    ``pass`` says so of what waits or is blocked now, too; ``skip`` leaves it to a person; ``pending`` asks for an
    approval.

    :param approved: the change digests that are approved there
    """
    opened = planned.model_copy(update={"decision": "ready"})  # what time and gates say is the apply's to judge
    verdicts = [may_run(opened, resolved, ask=evaluate, variables=facts) for facts in _facts(plan, planned, resolved)]
    verdict = next((one for one in verdicts if one.status != "pass"), verdicts[0])
    if verdict.status == "pass" and _needs_approval(planned, resolved) and planned.change_digest not in approved:
        return verdict.model_copy(
            update={"id": "approval", "status": "pending", "message": "production: nobody has approved this change"}
        )
    return verdict


def _needs_approval(planned: EnvironmentPlan, resolved: ResolvedEnvironment) -> bool:
    return (planned.production or resolved.production) and bool(planned.writes)


def wants_approval(plan: Plan) -> bool:
    """Whether any environment of a plan is production and has something to write."""
    return any(one.production and one.writes for one in plan.environments)


def _facts(plan: Plan, planned: EnvironmentPlan, resolved: ResolvedEnvironment) -> Iterator[dict[str, Any]]:
    """What an expression may name, once for each Freight that moves: it has to hold for all of them."""
    freight = planned_freight(plan, planned)
    moving = [one for name, one in freight.items() if planned.freight[name].moving] or list(freight.values())
    environment = environment_facts(
        resolved.name, production=resolved.production, delivery=resolved.delivery, labels=resolved.labels
    )
    risk = highest([change.risk for change in planned.changes])
    if not moving:
        yield {"environment": environment, "change": {"risk": risk}}
    for one in moving:
        before = _before(plan, planned, one.warehouse)
        yield {
            "environment": environment,
            "change": {"risk": risk, "semver": change_semver(before, one)},
            **_named("freight", "bundle", plan, one),
            **(_named("previousFreight", "previousBundle", plan, before) if before is not None else {}),
        }


def _named(word: str, other: str, plan: Plan, freight: Freight) -> dict[str, Any]:
    intent = plan.facts.get("freight", {}).get(freight.id, {}).get("intent") or {}
    facts = freight_facts(freight) | {"intent": {"target": intent.get("target"), "skip": intent.get("skip") or []}}
    return {word: facts, other: facts}


def _before(plan: Plan, planned: EnvironmentPlan, warehouse: str) -> Freight | None:
    """What the environment holds of a Warehouse, as the plan saw it."""
    held = plan.facts.get("environments", {}).get(planned.name, {}).get("freight", {}).get(warehouse)
    known = plan.freight.get(held)
    return known.freight() if known is not None else None
