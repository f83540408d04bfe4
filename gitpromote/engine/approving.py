"""Giving consent: one person's signature under one change, appended to the ledger."""

from __future__ import annotations

from gitpromote.engine.append import said_of_change
from gitpromote.engine.approvals import allowed_signers, signed_bytes
from gitpromote.engine.consent import Given, consent
from gitpromote.engine.world import World
from gitpromote.errors import UsageError
from gitpromote.model.plan import EnvironmentPlan, Plan, PlanFile
from gitpromote.model.record import CONTENT_KINDS, Record
from gitpromote.model.state import Approval


def refuse_idle(plan: Plan, environment: str) -> EnvironmentPlan:
    """The part of a plan that can be approved.

    :raises UsageError: the plan changes nothing there
    """
    planned_environment = plan.environment(environment)
    if planned_environment is None or not planned_environment.steps:
        names = [one.name for one in plan.environments if one.steps]
        raise UsageError(
            "There is nothing to approve",
            code="nothing-to-approve",
            detail=f"{environment}: the plan changes {', '.join(names) or 'nothing'}",
        )
    return planned_environment


def _refuse_over(world: World, planned_environment: EnvironmentPlan, expires: int | None) -> None:
    name = planned_environment.name
    if expires is not None and expires <= world.clock.now():
        raise UsageError(
            "This approval would be over before it begins",
            code="approval-over",
            detail=f"{name}: it would end at once.",
            hint="Give it a while:\n  --expires 7d",
        )
    head = world.home.fetch([world.ledger.ref]).get(world.ledger.ref)
    content = [one for one in world.ledger.records(head) if one.environment == name and one.kind in CONTENT_KINDS]
    if content and content[-1].change_digest == planned_environment.change_digest:
        raise UsageError(
            "There is nothing to approve",
            code="already-applied",
            detail=f"{name}: this very change was made there already, and nothing has changed there since.",
            hint=f"Look at what is left to be done:\n  gitpromote plan {world.pipeline.name}",
        )


def approve(
    world: World, file: PlanFile, document: bytes, *, environment: str, expires: int | None, key: str | None
) -> Record:
    """Append one person's consent to an environment's change; the plan document goes along if it is not there yet.

    :param expires: epoch seconds
    :param key: the file of an SSH key; default: the one that git signs with
    :raises UsageError: it would be over at once, or what it allows has been done already
    """
    planned_environment = refuse_idle(file.plan, environment)
    _refuse_over(world, planned_environment, expires)
    change = planned_environment.change_digest
    draft = Approval(record="", at=0, identity=world.actor_address, change_digest=change, expires=expires)
    signed = signed_bytes(environment, draft)
    signature = world.signing.sign(signed, key=key)
    given = Given(identity=draft.identity, signed=signed, signature=signature, allowed=allowed_signers(world))
    found = consent(world, file.plan, planned_environment, given)
    counts = {"counts": found.counts} if found.counts else {}
    data: dict[str, object] = {"identity": draft.identity, "expires": expires, "signature": signature, **counts}
    return said_of_change(
        world, file, document, "approved", environment=planned_environment, data=data, proof=f"ssh:{found.key}"
    )
