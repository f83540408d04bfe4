"""What becomes, further on, of the Freight that a rollback takes away from an Environment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, TypeAlias

from gitpromote.model.freight import Freight
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.availability import Journey

__all__ = ["further_on"]

Fate: TypeAlias = Literal["closed", "open", "runs"]
"""It will not get there; it may all the same, by another way; it is there already."""


def further_on(journey: Journey, planned: Iterable[EnvironmentPlan]) -> dict[str, dict[str, dict[Fate, list[str]]]]:
    """Environment to the Freight that is left there to what becomes of it in those that come after."""
    found = {one.name: _after(journey, one.name, {each.id for each in one.freight.values()}) for one in planned}
    return {name: one for name, one in found.items() if one}


def _after(journey: Journey, environment: str, comes: set[str]) -> dict[str, dict[Fate, list[str]]]:
    held = journey.state(environment).freight.values()
    left = [known.freight for one in held if one not in comes and (known := journey.known(one)) is not None]
    then = _without(journey, environment, {one.id for one in left})
    behind = [journey.pipeline.resolved(name) for name in _behind(journey, environment)]
    told: dict[str, dict[Fate, list[str]]] = {}
    for freight in left:
        for resolved in behind:
            if freight.warehouse in resolved.warehouses:
                fates = told.setdefault(freight.id, {})
                fates.setdefault(_fate(then, resolved, freight), []).append(resolved.name)
    return told


def _without(journey: Journey, environment: str, left: set[str]) -> Journey:
    """As it will be: what is left has lost its verification there."""
    state = journey.state(environment)
    verified = {key: value for key, value in state.verified.items() if key not in left}
    states = {**journey.ledger.environments, environment: state.model_copy(update={"verified": verified})}
    ledger = journey.ledger.model_copy(update={"environments": states})
    return replace(journey, ledger=ledger, _known={}, _states={})


def _behind(journey: Journey, environment: str) -> list[str]:
    """Everything that comes after it, in the Pipeline's order."""
    found = {environment}
    for name in journey.pipeline.order():
        if not found.isdisjoint(journey.pipeline.upstream(name)):
            found.add(name)
    return [name for name in journey.pipeline.order() if name in found and name != environment]


def _fate(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> Fate:
    if not resolved.is_control_flow and freight.id in journey.state(resolved.name).freight.values():
        return "runs"  # a point of control runs nothing: it follows from what comes before it
    return "open" if journey.verdict(resolved.name, freight).admitted else "closed"
