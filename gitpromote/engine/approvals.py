"""Approvals: consent to one change in one Environment, signed, bound to what changes and not to when."""

from __future__ import annotations

from gitpromote.engine.append import append, event, freight_created, planned
from gitpromote.engine.consent import Given, consent
from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, UsageError
from gitpromote.model.canonical import canonical
from gitpromote.model.plan import EnvironmentPlan, Plan, PlanFile
from gitpromote.model.record import CONTENT_KINDS, Actor, Record
from gitpromote.model.state import Approval, LedgerState

FORMAT = "gitpromote.approval/1.0"


def signed_bytes(environment: str, approval: Approval) -> bytes:
    """What an approval's signature is over."""
    return canonical(
        {
            "format": FORMAT,
            "environment": environment,
            "change_digest": approval.change_digest,
            "identity": approval.identity,
            "expires": approval.expires,
        }
    )


def approved_changes(world: World, seen: Look) -> dict[str, frozenset[str]]:
    """Environment to the change digests that are approved there now.

    Each needs a sound signature. Where the Pipeline names its signers, it must be one of theirs, checked against that
    file on the home repository's default branch as it is now.
    """
    allowed = allowed_signers(world)
    return {
        name: frozenset(one.change_digest for one in state.approvals if _counts(world, name, one, allowed))
        for name, state in seen.ledger.environments.items()
        if state.approvals
    }


def _counts(world: World, environment: str, approval: Approval, allowed: bytes | None) -> bool:
    if approval.expires is not None and world.clock.now() >= approval.expires:
        return False
    data = signed_bytes(environment, approval)
    verified = world.signing.verify(data, approval.signature, identity=approval.identity, allowed=allowed)
    return verified is not None


def allowed_signers(world: World) -> bytes | None:
    """The file of allowed signers on the home repository's default branch as it is now; ``None`` where none is named.

    :raises ConfigurationError: it is named and is not there (``signers-missing``)
    """
    path = world.pipeline.signers
    if path is None:
        return None
    refs = world.home.fetch(["HEAD", "refs/heads/*"])
    default = world.home.default_ref()
    head = refs.get(default) if default else None
    found = world.home.texts([f"{head}:{path}"])[0] if head else None
    if found is None:
        raise ConfigurationError(
            "The file of allowed signers is missing",
            code="signers-missing",
            detail=f"{path} on {default or 'the default branch'} of {world.home.url}",
            hint="Without it no approval counts. Commit it, in the format of ssh-keygen's allowed signers.",
        )
    return found


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
    return _recorded(world, file, document, planned_environment, data, found.key)


def _recorded(
    world: World, file: PlanFile, document: bytes, environment: EnvironmentPlan, data: dict[str, object], key: str
) -> Record:
    def records(state: LedgerState) -> list[Record]:
        freight = [one.freight() for one in file.plan.freight.values()]
        made = freight_created(world, freight, state, plan=file.digest)
        made += planned(world, file.plan, file.digest, world.ledger.plans(state.head))
        approval = event(
            world,
            "approved",
            environment=environment.name,
            plan=file.digest,
            change_digest=environment.change_digest,
            freight={name: moving.id for name, moving in environment.freight.items()},
            data=data,
        )
        return [*made, approval.model_copy(update={"actor": Actor(claimed=world.actor, proven_by=f"ssh:{key}")})]

    appended, _ = append(world, records, documents={file.digest: document})
    return appended[-1]
