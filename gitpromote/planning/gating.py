"""Which function judges which gate, and what it is given: the Journey and what was seen, as one context.

A verdict holds for its subject alone. What was answered about another one is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.gate import PASSED_BY, Gate, Occasion
from gitpromote.model.gate_plain import SkipPermission
from gitpromote.model.gate_time import Bake, Soak
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.planning.asking import Asking
from gitpromote.planning.gate_facts import Metric, gate_variables, windows_of
from gitpromote.planning.soaking import gate_outcome
from gitpromote.policy.conditional import not_asked
from gitpromote.policy.gate_context import GateContext, Judge

if TYPE_CHECKING:
    from gitpromote.model.gate_evidence import Prometheus

__all__ = ["JUDGES", "Asking", "gate_context", "gate_outcomes", "judge_of", "organisations_part", "subject_of"]

#: Kind of gate to the module and the function that judge it; few pipelines need more than one or two of them. Soak and
#: Bake are not here: they follow from the Journey alone.
JUDGES: Mapping[str, tuple[str, str]] = {
    "approvals": ("approvals", "judge"),
    "cel": ("expression_gate", "judge"),
    "change-budget": ("budget", "judge"),
    "commit-signature": ("signature", "judge_commits"),
    "freeze": ("windows", "judge_freeze"),
    "http": ("http_answer", "judge"),
    "image-signature": ("signature", "judge_images"),
    "job": ("job", "judge"),
    "prometheus": ("metric", "judge"),
    "python-gate": ("python_gate", "judge"),
    "window": ("windows", "judge_window"),
}

_RESULTS = {"pass": "Pass", "pending": "Fail", "fail": "Fail"}
_LATER = "not judged by this version"
_IDLE = "nothing moves here"


def judge_of(gate: Gate) -> Judge | None:
    """Who judges a gate; ``None`` for Soak and Bake, and where this version has nobody."""
    return _judge(gate.kind) if gate.kind in JUDGES else None


@cache
def _judge(kind: str) -> Judge:
    module, name = JUDGES[kind]
    return cast("Judge", getattr(import_module(f"gitpromote.policy.{module}"), name))


def gate_outcomes(asking: Asking) -> list[Outcome]:
    """The verdict of every gate that judges this occasion, in their order."""
    judged = [*_of_pipeline(asking), *_of_organisation(asking)]
    return [*judged, *_passed_by(asking)] if asking.occasion == "hotfix" else judged


def _of_pipeline(asking: Asking) -> list[Outcome]:
    if not (asking.changes and asking.journey.pipeline.risks and asking.resolved.organisation):
        return _own(asking)
    from gitpromote.planning.lowered import strictest, with_lowered_risk  # few pipelines lower risk

    return strictest([_own(asking), *map(_own, with_lowered_risk(asking))])


def _own(asking: Asking) -> list[Outcome]:
    gates = [one for one in asking.resolved.gates if _judges(one, asking.occasion)]
    context = gate_context(asking) if any(one.kind in JUDGES or one.when for one in gates) else None
    return [_outcome(asking, gate, context) for gate in gates]


def _passed_by(asking: Asking) -> list[Outcome]:
    """The gates that a hotfix goes past: told, so that nobody overlooks what is not judged."""
    passed = [one for one in asking.resolved.all_gates if not _judges(one, "hotfix")]
    return [
        Outcome(id=one.name, kind="gate", level=one.level, status="skip", message=PASSED_BY)
        for one in passed
        if not isinstance(one, SkipPermission)
    ]


def _of_organisation(asking: Asking) -> list[Outcome]:
    """What an organisation asks for, apart from the Pipeline's own gates, so that neither can open the other.

    A window, for one, opens for all others of its Environment that allow.
    """
    gates = [one for one in asking.resolved.organisation.gates if _judges(one, asking.occasion)]
    if not gates:
        return []
    apart = organisations_part(asking)
    context = gate_context(apart)
    return [_outcome(apart, gate, _alone(context, gate)) for gate in gates]


def organisations_part(asking: Asking) -> Asking:
    """The same with an organisation's gates alone."""
    resolved = asking.resolved
    return replace(asking, resolved=replace(resolved, gates=resolved.organisation.gates, apart=True))


def _alone(context: GateContext, gate: Gate) -> GateContext:
    return replace(context, environment=replace(context.environment, gates=(gate,)))


def _judges(gate: Gate, occasion: Occasion) -> bool:
    return occasion in gate.applies_to and not isinstance(gate, SkipPermission)


def _outcome(asking: Asking, gate: Gate, context: GateContext | None) -> Outcome:
    unasked = not_asked(gate, context) if context is not None and not asking.idle else None
    if unasked is not None:
        return unasked
    if isinstance(gate, Soak | Bake):
        return gate_outcome(asking.journey, asking.resolved, gate, asking.entering.values())
    judge = judge_of(gate)
    if judge is None or context is None:
        return Outcome(id=gate.name, kind="gate", level=gate.level, status="pending", message=_LATER)
    if asking.idle:
        return Outcome(id=gate.name, kind="gate", level=gate.level, status="skip", message=_IDLE)
    return judge(gate, replace(context, evidence=_answer(asking.observed, gate)))


def gate_context(asking: Asking) -> GateContext:
    """What all gates of an Environment are judged by; each is given its own evidence beside it."""
    journey, resolved = asking.journey, asking.resolved
    variables = gate_variables(
        journey, resolved, entering=asking.entering, changes=asking.changes, metric=_metrics(asking)
    )
    return replace(_bare(asking), windows=windows_of(journey.pipeline, resolved), variables=variables)


def _bare(asking: Asking) -> GateContext:
    journey, resolved = asking.journey, asking.resolved
    state = journey.state(resolved.name)
    here = {name: journey.known(identifier) for name, identifier in state.freight.items()}
    return GateContext(
        environment=resolved,
        occasion=asking.occasion,
        as_of=journey.as_of,
        freight=asking.entering,
        previous={name: known.freight for name, known in here.items() if known is not None},
        arrived=_arrived(asking),
        state=state,
        change_digest=asking.change_digest,
        ledger=journey.ledger.head,
        requested_by=_requested_by(asking),
    )


def _requested_by(asking: Asking) -> tuple[str, ...]:
    """Who asked by name for what would enter."""
    known = (asking.journey.known(one.id) for one in asking.entering.values())
    return tuple(one.intent.actor for one in known if one is not None and one.intent is not None)


def _metrics(asking: Asking) -> Metric:
    """What the answer of a metric's gate is worth to expressions: its number, and what that gate concludes of it."""

    def told(gate: Gate) -> dict[str, Any]:
        from gitpromote.policy import metric  # few expressions name one

        evidence = _answer(asking.observed, gate)
        if evidence is None:
            return {}
        verdict = metric.judge(cast("Prometheus", gate), replace(_bare(asking), evidence=evidence))
        return {"value": metric.value_of(evidence), "result": _RESULTS.get(verdict.status, "Error")}

    return told


def _arrived(asking: Asking) -> int | None:
    """Since when all that would enter is verified before; what is taken directly was nowhere before."""
    verdicts = [asking.journey.verdict(asking.resolved.name, one) for one in asking.entering.values()]
    moments = [one.requirement.at for one in verdicts if one.requirement.parts]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


# -- answers


def subject_of(observed: EnvironmentObservation) -> Subject:
    """What a verdict on an Environment is about: its Freight, and what would be written."""
    commits = {
        artifact.repository: artifact.commit
        for one in observed.freight.values()
        for artifact in one.artifacts
        if artifact.kind == "commit"
    }
    return Subject(
        environment=observed.name,
        freight={name: one.id for name, one in observed.freight.items()},
        tree=observed.desired.tree if observed.desired is not None else None,
        commits=commits,
    )


def _answer(observed: EnvironmentObservation, gate: Gate) -> Evidence | None:
    evidence = observed.evidence.get(gate.name)
    return evidence if evidence is not None and evidence.subject == subject_of(observed) else None
