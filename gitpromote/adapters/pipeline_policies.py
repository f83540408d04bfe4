"""What is wrong with policies and rules of risk in a pipeline file: expressions, packs and settings; told at load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gitpromote.errors import Problem
from gitpromote.model.definition import problem
from gitpromote.model.names import did_you_mean
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.policy_base import Policy
from gitpromote.model.problems import Fault

if TYPE_CHECKING:
    from gitpromote.cel.declare import Declaration
    from gitpromote.model.policy import Pack, Rule
    from gitpromote.model.risk import RiskRule

__all__ = ["policy_problems"]


def policy_problems(pipelines: Iterable[Pipeline]) -> list[Problem]:
    """Every problem of every policy and rule of risk; what could not be made is passed over: that has been told."""
    pipelines = list(pipelines)
    found = {id(policy): policy for pipeline in pipelines for policy in _policies(pipeline) if not policy.flawed}
    told = [problem(one.place, fault, one.subject) for one in found.values() for fault in _faults(one)]
    risks = {id(rule): rule for pipeline in pipelines for rule in pipeline.risks or () if not rule.flawed}
    return told + [problem(one.place, fault, one.subject) for one in risks.values() for fault in _risk(one)]


def _policies(pipeline: Pipeline) -> Iterator[Policy]:
    yield from pipeline.policies or ()
    for environment in pipeline.environments or ():
        yield from environment.policies or ()


def _faults(policy: Policy) -> Iterable[Fault]:
    from gitpromote.model.policy import Pack, Rule  # few pipelines have any

    match policy:
        case Rule():
            return _rule(policy)
        case Pack():
            return _pack(policy)
    return ()


def _rule(policy: Rule) -> Iterator[Fault]:
    # The floor of expressions is not loaded by a pipeline that has none.
    from gitpromote.cel.policy_contexts import rule

    return _expression(policy.expression, rule(policy.on))


def _risk(rule: RiskRule) -> Iterator[Fault]:
    from gitpromote.cel.policy_contexts import risk

    return _expression(rule.expression, risk())


def _expression(text: str, declaration: Declaration) -> Iterator[Fault]:
    from gitpromote.cel.expression import problems_in

    for wrong in problems_in(text, declaration):
        yield Fault("expression-invalid", f"expression, {wrong.told}", wrong.hint, "expression")


def _pack(policy: Pack) -> Iterable[Fault]:
    from gitpromote.policy.packs import PACKS

    pack = PACKS.get(policy.name)
    if pack is not None:
        return pack.faults(policy.settings, policy.leave_out)
    hint = did_you_mean(policy.name, PACKS, quote='"') or f"there are {', '.join(PACKS)}"
    return [Fault("unknown-pack", "there is no pack of this name", hint, "name")]
