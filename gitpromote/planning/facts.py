"""What a plan says of what it knew: every operand that a verdict read, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from gitpromote.model.gate_plain import CEL, ChangeBudget
from gitpromote.model.observation import Observation
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.state import EnvironmentState, FreightState, Verified

#: The fact with the ephemeral Pipeline whose previews a plan deletes.
TEMPLATE = "template"


def facts_of(observation: Observation, pipeline: Pipeline) -> dict[str, Any]:
    """Which Freight was where, since when, verified when and for how long, held or not; what people decided of it."""
    ledger = observation.ledger
    states = {name: ledger.environment(name) for name in _concerned(observation, pipeline)}
    environments = {
        name: _environment(state) | _promoted(state, pipeline, observation.as_of)
        for name, state in states.items()
        if _says_anything(state)
    }
    spoken = {one.id for observed in observation.environments.values() for one in observed.freight.values()}
    decided = {one: told for one in sorted(spoken) if one in ledger.freight and (told := _freight(ledger.freight[one]))}
    found: dict[str, Any] = {}
    if environments or decided:
        found = {"environments": environments, "source": "ledger", "at": observation.basis.ledger.head}
    if decided:
        found["freight"] = decided
    if gates := _gates(observation):
        found["gates"] = gates
    if overrides := _overrides(observation):
        found["overrides"] = overrides
    if observation.organisation:
        found["organisation"] = dict(observation.organisation)
    if observation.template:
        found[TEMPLATE] = dict(observation.template)
    if observation.policies:
        found["policies"] = dict(observation.policies)
    return found | ({"discovery": dict(observation.discovery)} if observation.discovery else {})


def _gates(observation: Observation) -> dict[str, Any]:
    """Environment to gate to what was answered when it asked."""
    return {
        name: {gate: one.model_dump(mode="json") for gate, one in observed.evidence.items()}
        for name, observed in observation.environments.items()
        if observed.evidence
    }


def _overrides(observation: Observation) -> dict[str, Any]:
    """Environment to what was overridden there, by whom and why; without the signatures."""
    return {
        name: [one.model_dump(mode="json", exclude={"signature"}) for one in observed.overrides]
        for name, observed in observation.environments.items()
        if observed.overrides
    }


def _concerned(observation: Observation, pipeline: Pipeline) -> Iterable[str]:
    """Those that are planned, all that come before them, and, where an expression may name any, all."""
    planned = [name for name in pipeline.order() if name in observation.environments]
    expressions = [gate for name in planned for gate in pipeline.resolved(name).gates if isinstance(gate, CEL)]
    if any("upstream" in gate.expression for gate in expressions):
        return pipeline.order()
    return pipeline.up_to(planned)


def _says_anything(state: EnvironmentState) -> bool:
    return bool(state.generation or state.verified or state.failed or state.not_landed)


def _environment(state: EnvironmentState) -> dict[str, Any]:
    lived = {identifier: told for identifier, one in state.verified.items() if (told := _lived(one))}
    return {
        "freight": state.freight,
        "verified": {identifier: verified.at for identifier, verified in state.verified.items()},
        "held": state.held.model_dump(mode="json") if state.held else None,
        "tree": state.content.tree if state.content else None,
        **({"arrived": state.arrived} if state.arrived else {}),
        **({"lived": lived} if lived else {}),
        **({"bypassed": list(state.bypassed)} if state.bypassed else {}),
        **({"failed": state.failed} if state.failed else {}),
        **({"not_landed": state.not_landed} if state.not_landed else {}),
    }


def _promoted(state: EnvironmentState, pipeline: Pipeline, as_of: int) -> dict[str, Any]:
    """When promotions changed it, as far back as its budgets count."""
    if not state.promoted or state.name not in pipeline.order():
        return {}
    spans = [cast("int", gate.per) for gate in pipeline.resolved(state.name).gates if isinstance(gate, ChangeBudget)]
    made = [at for at in state.promoted if as_of - max(spans, default=0) < at]
    return {"promoted": made} if spans and made else {}


def _lived(verified: Verified) -> dict[str, Any]:
    """How long it has been there, where anything counts."""
    told = verified.model_dump(mode="json", include={"since", "stayed", "healthy", "baked"})
    return {name: value for name, value in told.items() if value is not None}


def _freight(state: FreightState) -> dict[str, Any]:
    """What people decided of a Freight, where they did."""
    told: dict[str, Any] = {
        "approved_for": list(state.approved_for),
        "unproven": dict(state.unproven),
        "rejected": state.rejected,
        "rejected_by": state.rejected_by,
        "intent": state.intent.model_dump(mode="json") if state.intent else None,
        "bypass": {name: one.model_dump(mode="json") for name, one in state.bypass.items()},
        # From then on counts what a request leaves out by permission.
        "created_at": state.created_at if state.intent and state.intent.skip else None,
    }
    return {name: value for name, value in told.items() if value}
