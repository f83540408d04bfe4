"""Overriding: one person says that a soft gate or policy shall not stop one change; signed where signers are named."""

from __future__ import annotations

from dataclasses import dataclass

from gitpromote.engine.append import said_of_change
from gitpromote.engine.approvals import allowed_signers
from gitpromote.engine.consent import OrgSigners, organisations_signers
from gitpromote.engine.overrides import proof_of, signed_override
from gitpromote.engine.world import World
from gitpromote.errors import Blocked, ConfigurationError, UsageError
from gitpromote.model.names import did_you_mean
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan, PlanFile
from gitpromote.model.record import Record
from gitpromote.model.standing import is_organisations
from gitpromote.model.state import Override

__all__ = ["Wanted", "override"]

_STANDING = ("pending", "fail", "error")
_RECORDED = {"gate", "reason", "ticket", "expires", "identity", "signature"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be overridden, and why.

    :ivar gate: the gate or the policy, by name
    :ivar expires: epoch seconds
    :ivar key: the file of an SSH key; ``None``: the one that git signs with
    """

    environment: str
    gate: str
    reason: str
    ticket: str = ""
    expires: int
    key: str | None = None


def override(world: World, file: PlanFile, document: bytes, wanted: Wanted) -> Record:
    """Append one person's word; the plan document goes along if it is not there yet.

    :raises UsageError: nothing of that name stands in the way, or it would be over at once
    :raises Blocked: it is hard: nobody overrides it
    """
    planned_environment = _planned(file.plan, wanted.environment)
    _refuse(planned_environment, wanted)
    _refuse_unsaid(world, wanted)
    draft = Override(
        record="",
        at=0,
        gate=wanted.gate,
        identity=world.actor_address,
        change_digest=planned_environment.change_digest,
        reason=wanted.reason,
        ticket=wanted.ticket,
        expires=wanted.expires,
    )
    signed, proof = _signed(world, wanted, draft, _signers(world, file.plan, wanted))
    data = signed.model_dump(mode="json", include=_RECORDED)
    return said_of_change(world, file, document, "overridden", environment=planned_environment, data=data, proof=proof)


def _refuse_unsaid(world: World, wanted: Wanted) -> None:
    """An override says why, and lasts a while."""
    if not wanted.reason.strip():
        raise UsageError(
            "An override says why",
            code="reason-missing",
            detail=f"{wanted.environment}: {wanted.gate}",
            hint='Write --reason "…".',
        )
    if wanted.expires <= world.clock.now():
        raise UsageError(
            "This override would be over before it begins",
            code="override-over",
            detail=f"{wanted.environment}: it would end at once.",
            hint="Give it a while:\n  --expires 4h",
        )


def _signers(world: World, plan: Plan, wanted: Wanted) -> OrgSigners | None:
    """Whose keys count: an organisation's own signers for what it asks, where it names any; ``None``: nobody is named.

    :raises ConfigurationError: the Pipeline names a file that is not there (``signers-missing``)
    """
    theirs = organisations_signers(world, plan) if is_organisations(wanted.gate) else None
    if theirs is not None:
        return OrgSigners(path=f"the organisation's {theirs.path}", content=theirs.content or b"")
    path = world.pipeline.signers
    return OrgSigners(path=path, content=allowed_signers(world)) if path is not None else None


def _signed(world: World, wanted: Wanted, draft: Override, signers: OrgSigners | None) -> tuple[Override, str | None]:
    """With a signature, where it takes one or a key is named; and how the identity is proven."""
    if signers is None and wanted.key is None:
        return draft, None
    data = signed_override(wanted.environment, draft)
    found = draft.model_copy(update={"signature": world.signing.sign(data, key=wanted.key)})
    proof = proof_of(world, wanted.environment, found, signers.content if signers is not None else None)
    if proof is None:
        raise ConfigurationError(
            "This signature would not count",
            code="signer-unknown",
            detail=f"{draft.identity} with this key is not in {signers.path if signers is not None else 'any file'}.",
            hint="Use the key that is listed there: --key FILE.",
        )
    return found, proof


def _planned(plan: Plan, environment: str) -> EnvironmentPlan:
    found = plan.environment(environment)
    if found is None or not found.steps:
        raise UsageError(
            "There is nothing to override",
            code="nothing-to-override",
            detail=f"{environment}: the plan changes nothing there, so nothing stands in its way.",
        )
    return found


def _refuse(planned_environment: EnvironmentPlan, wanted: Wanted) -> None:
    """What cannot be overridden, or needs no override."""
    name, outcomes = planned_environment.name, planned_environment.outcomes
    outcome = next((one for one in outcomes if one.id == wanted.gate), None)
    if outcome is None:
        soft = ", ".join(one.id for one in outcomes if one.level == "soft")
        raise UsageError(
            "There is no such gate or policy",
            code="gate-unknown",
            detail=f"{name}: {wanted.gate}; {f'soft are {soft}' if soft else 'none of its is soft'}.",
            hint=did_you_mean(wanted.gate, [one.id for one in outcomes]),
        )
    if outcome.level == "hard" and outcome.status in _STANDING:
        raise Blocked(
            "What is hard cannot be overridden",
            code="override-hard",
            detail=f"{name}: {outcome.id} is hard, and says {outcome.status}: {outcome.message}",
            hint=_who_may(outcome),
        )
    _refuse_pointless(name, outcome)


def _who_may(outcome: Outcome) -> str:
    """Who could let it pass."""
    if outcome.kind == "availability":
        return "It says how Freight goes: no definition makes it soft."
    if not is_organisations(outcome.id):
        return 'Whoever writes the pipeline may make it soft: level="soft".'
    if "beyond" in outcome.operands:
        return "It is a boundary: the organisation's owners alone may widen it, in organisation.yaml."
    told = "The organisation's owners alone may make it soft, in organisation.yaml: level: soft"
    exempt = ", or excuse what it finds by a file in exceptions/" if outcome.kind == "policy" else ""
    return f"{told}{exempt}."


def _refuse_pointless(name: str, outcome: Outcome) -> None:
    if outcome.overridden is not None:
        return  # again, for longer or for another reason
    if outcome.level == "advisory":
        why = "is advisory: it stops nothing"
    elif outcome.status not in _STANDING:
        why = f"does not stand in the way: it says {outcome.status}: {outcome.message}"
    else:
        return
    raise UsageError("There is nothing to override", code="override-pointless", detail=f"{name}: {outcome.id} {why}")
