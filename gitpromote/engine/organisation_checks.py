"""What can be told wrong of an organisation's expressions and packs before they judge: names, types, settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitpromote.engine.organisation import Organisation
from gitpromote.errors import Problem
from gitpromote.model.definition import Definition, problem
from gitpromote.model.gate import Gate
from gitpromote.model.gate_evidence import HTTP, Prometheus
from gitpromote.model.gate_plain import CEL
from gitpromote.model.gate_time import Freeze, Window
from gitpromote.model.names import did_you_mean
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.policy import Pack, Rule
from gitpromote.model.problems import Fault, Place, configuration_error
from gitpromote.model.standing import ORG
from gitpromote.render.organisation_file import SUMMARY

__all__ = ["refuse_flawed"]


def refuse_flawed(organisation: Organisation, pipeline: Pipeline) -> None:
    """Refuse expressions that cannot be judged, and packs or settings that there are not.

    Expressions of gates are looked at where a gate is about an Environment of this Pipeline.

    :raises ConfigurationError: with every problem, its file and line
    """
    found = [*_of_policies(organisation), *_of_gates(organisation, pipeline)]
    if found:
        raise configuration_error(found, summary=SUMMARY)


def _told(organisation: Organisation, name: str, of: Definition, faults: Iterable[Fault]) -> Iterator[Problem]:
    file = organisation.file
    place = Place(file.path, file.lines.get(name, 0))
    yield from (problem(place, fault, of.subject) for fault in faults)


def _of_policies(organisation: Organisation) -> Iterator[Problem]:
    for one in organisation.rules.policies:
        match one.policy:
            case Rule() as rule:
                yield from _told(organisation, one.name, rule, _rule_faults(rule))
            case Pack() as pack:
                yield from _told(organisation, one.name, pack, _pack_faults(pack))


def _rule_faults(rule: Rule) -> Iterator[Fault]:
    from gitpromote.cel.expression import problems_in  # the floor of expressions is loaded where there is one
    from gitpromote.cel.policy_contexts import rule as declared

    for wrong in problems_in(rule.expression, declared(rule.on)):
        yield Fault("expression-invalid", f"expression, {wrong.told}", wrong.hint, "expression")


def _pack_faults(policy: Pack) -> Iterable[Fault]:
    from gitpromote.policy.packs import PACKS

    pack = PACKS.get(policy.name)
    if pack is not None:
        return pack.faults(policy.settings, policy.leave_out)
    hint = did_you_mean(policy.name, PACKS, quote='"') or f"there are {', '.join(PACKS)}"
    return [Fault("unknown-pack", "there is no pack of this name", hint, "name")]


def _of_gates(organisation: Organisation, pipeline: Pipeline) -> Iterator[Problem]:
    asked = {gate.name for name in pipeline.order() for gate in pipeline.resolved(name).organisation.gates}
    gates = [one.gate for one in organisation.rules.gates]
    for gate in gates:
        if ORG + gate.name in asked:
            yield from _told(organisation, gate.name, gate, _gate_faults(gate, gates, pipeline))


def _gate_faults(gate: Gate, gates: Iterable[Gate], pipeline: Pipeline) -> Iterator[Fault]:
    if not (isinstance(gate, CEL | HTTP) or gate.when):
        return
    from gitpromote.cel import contexts
    from gitpromote.cel.expression import problems_in

    said = [("when", gate.when, contexts.when())] if gate.when else []
    if isinstance(gate, HTTP) and gate.success is not None:
        said.append(("success", gate.success, contexts.http_answer()))
    if isinstance(gate, CEL):
        declared = contexts.gates(
            environments=pipeline.order(),
            metrics=[ORG + one.name for one in gates if isinstance(one, Prometheus)],
            windows=[ORG + one.name for one in gates if isinstance(one, Window | Freeze)],
        )
        said.append(("expression", gate.expression, declared))
    for member, text, declaration in said:
        for wrong in problems_in(text, declaration):
            yield Fault("expression-invalid", f"{member}, {wrong.told}", wrong.hint, member)
