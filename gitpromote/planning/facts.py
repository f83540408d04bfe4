"""What a plan says of what it knew: every operand that a verdict read, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gitpromote.model.observation import Observation
from gitpromote.model.state import EnvironmentState, FreightState, Verified


def facts_of(observation: Observation) -> dict[str, Any]:
    """Which Freight was where, since when, verified when and for how long, held or not; what people decided of it."""
    ledger = observation.ledger
    states = {name: ledger.environment(name) for name in _concerned(observation)}
    environments = {name: _environment(state) for name, state in states.items() if _says_anything(state)}
    spoken = {one.id for observed in observation.environments.values() for one in observed.freight.values()}
    decided = {one: told for one in sorted(spoken) if one in ledger.freight and (told := _freight(ledger.freight[one]))}
    found: dict[str, Any] = {}
    if environments or decided:
        found = {"environments": environments, "source": "ledger", "at": observation.basis.ledger.head}
    if decided:
        found["freight"] = decided
    return found | ({"discovery": dict(observation.discovery)} if observation.discovery else {})


def _concerned(observation: Observation) -> Iterable[str]:
    return observation.environments


def _says_anything(state: EnvironmentState) -> bool:
    return bool(state.generation or state.verified or state.failed)


def _environment(state: EnvironmentState) -> dict[str, Any]:
    lived = {identifier: told for identifier, one in state.verified.items() if (told := _lived(one))}
    return {
        "freight": state.freight,
        "verified": {identifier: verified.at for identifier, verified in state.verified.items()},
        "held": state.held.model_dump(mode="json") if state.held else None,
        "tree": state.content.tree if state.content else None,
        **({"arrived": state.arrived} if state.arrived else {}),
        **({"lived": lived} if lived else {}),
        **({"failed": state.failed} if state.failed else {}),
    }


def _lived(verified: Verified) -> dict[str, Any]:
    """How long it has been there, where anything counts."""
    told = verified.model_dump(mode="json", include={"since", "stayed", "healthy", "baked"})
    return {name: value for name, value in told.items() if value is not None}


def _freight(state: FreightState) -> dict[str, Any]:
    """What people decided of a Freight, where they did."""
    told: dict[str, Any] = {
        "approved_for": list(state.approved_for),
        "rejected": state.rejected,
        "intent": state.intent.model_dump(mode="json") if state.intent else None,
        "bypass": {name: one.model_dump(mode="json") for name, one in state.bypass.items()},
    }
    return {name: value for name, value in told.items() if value}
