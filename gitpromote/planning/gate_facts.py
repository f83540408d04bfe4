"""What the expressions of gates may name, from the Journey: each part is worked out when an expression reads it.

A fact that nobody knows is left out, or ``None``: an expression that needs it is an error, and blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from gitpromote.model.change import ObjectChange, highest
from gitpromote.model.freight import Freight
from gitpromote.model.gate import Gate
from gitpromote.model.gate_time import Freeze, Window
from gitpromote.model.moments import iso
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Verified
from gitpromote.planning.availability import Journey
from gitpromote.planning.expressions import environment_variables, freight_variables
from gitpromote.planning.requirement import Part, Place
from gitpromote.policy.gate_context import Variables

__all__ = ["RECENT", "Metric", "gate_variables", "windows_of"]

#: How far back ``recentSuccessCount`` and ``recentFailureCount`` count. Seconds.
RECENT = 30 * 86400

Metric: TypeAlias = Callable[[Gate], Mapping[str, Any]]
"""The gate of a metric -> its ``value`` and ``result``, as far as they are known."""


class _Late(Mapping[str, Any]):
    """Facts by name, each made at its first use."""

    __slots__ = ("_made", "_makers")

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = makers
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def gate_variables(
    journey: Journey,
    resolved: ResolvedEnvironment,
    *,
    entering: Mapping[str, Freight],
    changes: Sequence[ObjectChange],
    metric: Metric,
) -> Variables:
    """Makes the variables of an Environment's gates at a moment, once for each Freight that would enter.

    :param metric: what a metric's gate says now: ``value`` and ``result``
    """
    pipeline = journey.pipeline
    fixed = _Late(
        {
            "environment": lambda: environment_variables(resolved)["environment"],
            "plan": lambda: _plan(resolved, changes),
            "metrics": lambda: {gate.name: metric(gate) for gate in _gates(pipeline, resolved, "prometheus")},
        }
    )

    def variables(at: int) -> Sequence[Mapping[str, Any]]:
        there = journey if at == journey.as_of else journey.at(at)
        return [_of(there, resolved, one, changes, fixed) for one in entering.values() or (None,)]

    return variables


def _of(
    journey: Journey,
    resolved: ResolvedEnvironment,
    freight: Freight | None,
    changes: Sequence[ObjectChange],
    fixed: Mapping[str, Any],
) -> Mapping[str, Any]:
    before = _before(journey, resolved, freight)
    makers: dict[str, Callable[[], Any]] = {name: _getter(fixed, name) for name in fixed}
    makers |= dict.fromkeys(("freight", "bundle"), lambda: _freight(journey, resolved, freight))
    makers |= dict.fromkeys(("previousFreight", "previousBundle"), lambda: _known(journey, before))
    makers |= {
        "change": lambda: _change(before, freight, changes),
        "upstream": lambda: {name: _upstream(journey, name, freight) for name in journey.pipeline.order()},
        "changewindow": lambda: _blocked(journey, resolved),
    }
    return _Late(makers)


def _getter(facts: Mapping[str, Any], name: str) -> Callable[[], Any]:
    return lambda: facts[name]


# -- Freight and what changes


def _before(journey: Journey, resolved: ResolvedEnvironment, freight: Freight | None) -> Freight | None:
    held = journey.state(resolved.name).freight.get(freight.warehouse) if freight is not None else None
    known = journey.known(held) if held is not None else None
    return known.freight if known is not None else None


def _known(journey: Journey, freight: Freight | None) -> dict[str, Any]:
    if freight is None:
        return {}
    known = journey.known(freight.id)
    told: dict[str, Any] = freight_variables(freight, known.intent if known else None)["freight"]
    return told


def _freight(journey: Journey, resolved: ResolvedEnvironment, freight: Freight | None) -> dict[str, Any]:
    # Every name is there, so that an expression may be checked; what is not known of it has no value.
    reviews: dict[str, Any] = {"pr": {name: {} for name in journey.pipeline.order()}}
    if freight is None:
        return reviews
    parts = journey.verdict(resolved.name, freight).requirement
    seconds = _lived(journey, parts, freight) if parts.parts else None
    return _known(journey, freight) | reviews | {"upstreamSoakMinutes": None if seconds is None else seconds // 60}


def _lived(journey: Journey, part: Part, freight: Freight) -> int:
    """How long Freight has lived in all Environments before, or in any where that is enough. Seconds."""
    if isinstance(part, Place):
        if part.note and part.at is not None:  # left out: it passed there when it was made
            return max(0, journey.as_of - part.at)
        return _stayed(journey, part.name, freight) if part.at is not None else 0
    found = [_lived(journey, inner, freight) for inner in part.parts]
    return max(found, default=0) if part.join == "any" else min(found, default=0)


def _stayed(journey: Journey, environment: str, freight: Freight) -> int:
    verified = journey.state(environment).verified.get(freight.id)
    if verified is None:
        return 0
    here = max(0, journey.as_of - verified.since) if verified.since is not None else 0
    over = max(0, min(verified.stayed[1], journey.as_of) - verified.stayed[0]) if verified.stayed else 0
    return max(here, over)


def _change(before: Freight | None, freight: Freight | None, changes: Sequence[ObjectChange]) -> dict[str, Any]:
    from gitpromote.cel.facts import change_semver

    semver = change_semver(before, freight) if freight is not None else None
    return {"semver": semver, "risk": highest([one.risk for one in changes])}


def _plan(resolved: ResolvedEnvironment, changes: Sequence[ObjectChange]) -> dict[str, Any]:
    return {
        "environment": resolved.name,
        "changes": len(changes),
        "adds": sum(one.actions == ("create",) for one in changes),
        "deletes": sum("delete" in one.actions for one in changes),
        "risk": highest([one.risk for one in changes]),
    }


# -- what is live


def _upstream(journey: Journey, environment: str, freight: Freight | None) -> dict[str, Any]:
    """One Environment, as what this Freight has been there, and how it fared lately."""
    state = journey.state(environment)
    told: dict[str, Any] = {
        "recentSuccessCount": sum(journey.as_of - RECENT < one.at for one in state.verified.values()),
        "recentFailureCount": sum(journey.as_of - RECENT < at for at in {**state.failed, **state.not_landed}.values()),
        "lastPromotedAt": iso(max(state.promoted)) if state.promoted else "",
    }
    if freight is None:
        return told
    verified = state.verified.get(freight.id)
    return told | {
        "verified": verified is not None and journey.flows_on(environment, freight),
        "healthy": verified is not None and _is_healthy(verified) and freight.id not in state.failed,
        "soakMinutes": _stayed(journey, environment, freight) // 60,
    }


def _is_healthy(verified: Verified) -> bool:
    """It lives there without an alarm, or did so to its end."""
    return verified.healthy is not None or (verified.since is None and verified.baked is not None)


def _blocked(journey: Journey, resolved: ResolvedEnvironment) -> Mapping[str, Any]:
    from gitpromote.policy.windows import blocked  # few expressions name one

    return blocked(windows_of(journey.pipeline, resolved), journey.as_of)


def windows_of(pipeline: Pipeline, resolved: ResolvedEnvironment) -> dict[str, list[Window | Freeze]]:
    """Name to the windows and freezes that an Environment's expressions mean by it."""
    found: dict[str, list[Window | Freeze]] = {}
    for gate in _gates(pipeline, resolved, "window", "freeze"):
        found.setdefault(gate.name, []).append(gate)
    return found


def _gates(pipeline: Pipeline, resolved: ResolvedEnvironment, *kinds: str) -> list[Any]:
    """Gates that expressions may name: of a name that the Environment has itself, its own; otherwise all others'."""
    own = [gate for gate in resolved.gates if gate.kind in kinds]
    if resolved.apart:
        return own
    names = {gate.name for gate in own}
    given = [*(pipeline.gates or ()), *(gate for one in pipeline.environments for gate in one.gates or ())]
    others = [gate for gate in given if gate.kind in kinds and gate.name not in names]
    return [*own, *{id(gate): gate for gate in others}.values()]
