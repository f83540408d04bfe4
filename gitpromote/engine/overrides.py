"""Overrides that count: who signed what, and what a plan says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from gitpromote.engine.approvals import allowed_signers
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, PlanInvalid
from gitpromote.model.canonical import canonical
from gitpromote.model.observation import Observation
from gitpromote.model.plan import Plan
from gitpromote.model.standing import is_organisations
from gitpromote.model.state import EnvironmentState, Override

if TYPE_CHECKING:
    from gitpromote.engine.consent import OrgSigners

__all__ = ["overrides_in", "proof_of", "signed_override", "sound_overrides", "with_known_overrides", "with_overrides"]

FORMAT = "gitpromote.override/1.0"


def signed_override(environment: str, override: Override) -> bytes:
    """What an override's signature is over."""
    told = override.model_dump(mode="json", include={"gate", "reason", "ticket", "expires", "identity"})
    return canonical({"format": FORMAT, "environment": environment, "change_digest": override.change_digest, **told})


# -- which count


def sound_overrides(world: World, state: EnvironmentState) -> tuple[Override, ...]:
    """The overrides of an Environment whose word counts now, each with how it was proven.

    A signature that is there must be sound. Where the Pipeline names its signers, production asks for one by them; what
    an organisation asks for is overridden by its own signers alone, everywhere, where it names any.
    """
    now = world.clock.now()
    current = [one for one in state.overrides if now < one.expires]
    if not current:
        return ()
    try:
        allowed = allowed_signers(world)
    except ConfigurationError as error:  # a gate stays as it is; what needs no override goes on
        world.notices.append(f"{state.name}: no override counts: {error.summary}: {error.detail}")
        return ()
    strict = world.pipeline.signers is not None and world.pipeline.is_production(state.name)
    theirs = _organisations(world) if any(is_organisations(one.gate) for one in current) else None
    judged = [
        _proven(world, state.name, one, strict=strict, allowed=allowed)
        if theirs is None or not is_organisations(one.gate)
        else _proven(world, state.name, one, strict=True, allowed=theirs.content or b"")
        for one in current
    ]
    return tuple(one for one in judged if one is not None)


def _proven(
    world: World, environment: str, override: Override, *, strict: bool, allowed: bytes | None
) -> Override | None:
    """An override that counts, with how it was proven."""
    proof = proof_of(world, environment, override, allowed)
    counts = proof is not None or not (strict or override.signature)
    return override.model_copy(update={"proven_by": proof}) if counts else None


def _organisations(world: World) -> OrgSigners | None:
    """Whose word counts for what an organisation asks; ``None`` where it names nobody."""
    from gitpromote.engine.consent import signers_at  # few have any

    if world.governing is None or world.organisation is None:
        return None
    return signers_at(world, world.organisation, world.governing.now)


def proof_of(world: World, environment: str, override: Override, allowed: bytes | None) -> str | None:
    """Which key proves an override (``ssh:…``); ``None`` where none does."""
    if not override.signature:
        return None
    signed = signed_override(environment, override)
    found = world.signing.verify(signed, override.signature, identity=override.identity, allowed=allowed)
    return f"ssh:{found}" if found is not None else None


def with_overrides(world: World, observation: Observation) -> Observation:
    """What was seen, with the overrides that count."""
    states = observation.ledger.environments
    found = {
        name: replace(one, overrides=sound_overrides(world, states[name]))
        for name, one in observation.environments.items()
        if name in states and states[name].overrides
    }
    return replace(observation, environments={**observation.environments, **found}) if found else observation


def with_known_overrides(observation: Observation, plan: Plan) -> Observation:
    """What was seen, with the overrides that counted when a plan was made."""
    found = {name: replace(one, overrides=overrides_in(plan, name)) for name, one in observation.environments.items()}
    return replace(observation, environments=found)


def overrides_in(plan: Plan, environment: str) -> tuple[Override, ...]:
    """What a plan says was overridden.

    :raises PlanInvalid: its facts are no overrides (``plan-facts-invalid``)
    """
    told: Any = plan.facts.get("overrides", {})
    given = told.get(environment, ()) if isinstance(told, Mapping) else None
    try:
        return tuple(Override.model_validate(one) for one in list(given or ()))
    except (ValidationError, ValueError, TypeError):
        raise PlanInvalid(
            "What was overridden cannot be read from the plan",
            code="plan-facts-invalid",
            detail=f"facts.overrides of {environment} is not what this version writes.",
            hint=f"Plan again:\n  gitpromote plan {plan.pipeline.name}",
        ) from None
