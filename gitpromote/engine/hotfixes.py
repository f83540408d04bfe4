"""Hotfixes that count: who signed which, and what is known of that when Freight is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitpromote.engine.approvals import allowed_signers
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError
from gitpromote.model.canonical import canonical
from gitpromote.model.plan import Plan
from gitpromote.model.state import Bypass, FreightState, LedgerState

__all__ = ["as_a_plan_knew", "proof_of", "signature_for", "with_proofs"]

FORMAT = "gitpromote.hotfix/1.0"

_Why = Callable[[str, FreightState, Bypass], str]
"""Environment, Freight and hotfix -> why its signature does not count, or an empty string."""


def _signed_bytes(pipeline: str, environment: str, freight: str, bypass: Bypass) -> bytes:
    told = bypass.model_dump(mode="json", include={"reason", "expires", "identity"})
    return canonical({"format": FORMAT, "pipeline": pipeline, "environment": environment, "freight": freight, **told})


def proof_of(world: World, environment: str, freight: str, bypass: Bypass, allowed: bytes | None) -> str | None:
    """Which key proves a hotfix (``ssh:…``); ``None`` where none does."""
    if not bypass.signature:
        return None
    signed = _signed_bytes(world.pipeline.name, environment, freight, bypass)
    found = world.signing.verify(signed, bypass.signature, identity=bypass.identity, allowed=allowed)
    return f"ssh:{found}" if found is not None else None


def signature_for(
    world: World, environment: str, freight: str, bypass: Bypass, *, key: str | None
) -> tuple[str, str | None]:
    """The signature under a hotfix, and how that proves its identity; nothing where none is asked for or given.

    :raises ConfigurationError: it would not count (``signer-unknown``)
    """
    asked = world.pipeline.signers is not None and world.pipeline.is_production(environment)
    if not asked and key is None:
        return "", None
    signature = world.signing.sign(_signed_bytes(world.pipeline.name, environment, freight, bypass), key=key)
    signed = bypass.model_copy(update={"signature": signature})
    proof = proof_of(world, environment, freight, signed, allowed_signers(world))
    if proof is None:
        raise ConfigurationError(
            "This signature would not count",
            code="signer-unknown",
            detail=f"{bypass.identity} with this key is not in {world.pipeline.signers}.",
            hint="Use the key that is listed there: --key FILE.",
        )
    return signature, proof


# -- which count


def with_proofs(world: World, ledger: LedgerState) -> LedgerState:
    """What the ledger says, with each signed hotfix that no key proves now told as such.

    What is not signed needs no look: where that matters follows from the Pipeline alone.
    """
    now = world.clock.now()
    if not any(_is_asked(bypass, now) for known in ledger.freight.values() for bypass in known.bypass.values()):
        return ledger
    try:
        allowed = allowed_signers(world)
    except ConfigurationError as error:
        told = f"{error.summary}: {error.detail}"
        return _marked(ledger, lambda environment, known, bypass: told if bypass.signature else "")
    by = f"no key of {world.pipeline.signers} signed it" if world.pipeline.signers else "its signature is not sound"

    def why(environment: str, known: FreightState, bypass: Bypass) -> str:
        asked = _is_asked(bypass, now)
        return by if asked and proof_of(world, environment, known.freight.id, bypass, allowed) is None else ""

    return _marked(ledger, why)


def _is_asked(bypass: Bypass, now: int) -> bool:
    return bool(bypass.signature) and (bypass.expires is None or now < bypass.expires)


def as_a_plan_knew(plan: Plan, ledger: LedgerState) -> LedgerState:
    """What the ledger said, with the hotfixes that did not count when a plan was made."""
    facts: Any = plan.facts.get("freight", {})

    def why(environment: str, known: FreightState, bypass: Bypass) -> str:
        told = facts.get(known.freight.id, {}).get("bypass", {}).get(environment, {})
        return str(told.get("unproven", ""))

    return _marked(ledger, why)


def _marked(ledger: LedgerState, why: _Why) -> LedgerState:
    freight = {}
    for identifier, known in ledger.freight.items():
        marks = {name: why(name, known, bypass) for name, bypass in known.bypass.items()}
        if any(marks.values()):
            told = {name: one.model_copy(update={"unproven": marks[name]}) for name, one in known.bypass.items()}
            freight[identifier] = known.model_copy(update={"bypass": told})
    return ledger.model_copy(update={"freight": {**ledger.freight, **freight}}) if freight else ledger
