"""How risky changes are by the rules of a Pipeline, beside what the rules in the box say.

Every rule sees the risk that the rules in the box give, not what another rule made of it: their order does not matter.
Lowering comes first and raising last, so that one more raising rule never makes a risk lower.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gitpromote.cel.expression import compile_expression
from gitpromote.cel.policy_contexts import risk as declaration
from gitpromote.errors import GitpromoteError
from gitpromote.model.change import RISKS, ObjectChange, Risk
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.risk import RiskRule
from gitpromote.policy.reasons import Wrong
from gitpromote.policy.rule_facts import Facts, SceneFacts
from gitpromote.policy.rule_program import RuleProgram, is_of
from gitpromote.policy.scene import Scene

__all__ = ["rated"]


def rated(rules: Iterable[RiskRule], scene: Scene) -> tuple[ObjectChange, ...]:
    """The changes of a Scene with the risk that the rules give them, and notes that say why. Nothing raises."""
    judges = [_Judge.of(one) for one in rules if _is_about(one, scene.environment)]
    if not judges:
        return scene.changes
    facts = {id(change): each for change, each in SceneFacts(scene).changes()}
    return tuple(_rated(change, judges, facts.get(id(change))) for change in scene.changes)


def _is_about(rule: RiskRule, here: ResolvedEnvironment) -> bool:
    match = rule.match
    return match is None or (match.matched(name=here.name, labels=here.labels, production=here.production) is not None)


@dataclass(frozen=True, slots=True)
class _Judge:
    """A rule, ready to be asked; or why nobody can ask it."""

    rule: RiskRule
    program: RuleProgram | Wrong

    @classmethod
    def of(cls, rule: RiskRule) -> _Judge:
        try:
            return cls(rule, RuleProgram(compile_expression(rule.expression, declaration())))
        except GitpromoteError as error:
            return cls(rule, Wrong(error.detail.partition("\n")[0] or error.summary))

    def says(self, change: ObjectChange, facts: Facts) -> bool | Wrong:
        if not is_of(self.rule.kinds, change.object.group, change.object.kind):
            return False
        return self.program if isinstance(self.program, Wrong) else self.program.verdict(facts)


def _rated(change: ObjectChange, judges: Sequence[_Judge], facts: Facts | None) -> ObjectChange:
    """Noise and order are no change: their facts are not there."""
    if facts is None:
        return change
    said = [(judge.rule, verdict) for judge in judges if (verdict := judge.says(change, facts)) is not False]
    if not said:
        return change
    risk = min([change.risk, *(rule.risk for rule, verdict in said if rule.lower and verdict is True)], key=_rank)
    risk = max([risk, *(rule.risk for rule, _ in said if not rule.lower)], key=_rank)
    notes = [note for rule, verdict in said for note in _notes(rule, verdict, change.risk)]
    return change.model_copy(update={"risk": risk, "notes": (*change.notes, *notes)})


def _rank(risk: Risk) -> int:
    return RISKS.index(risk)


def _notes(rule: RiskRule, verdict: bool | Wrong, before: Risk) -> Iterator[str]:
    why = f": {rule.message}" if rule.message else ""
    if rule.lower and _rank(rule.risk) >= _rank(before):
        return
    if isinstance(verdict, Wrong):
        told = f"not lowered to {rule.risk}" if rule.lower else f"rated {rule.risk}"
        yield f"{told} by {rule.name}, which cannot be judged: {verdict.message}"
    elif rule.lower:
        yield f"lowered from {before} to {rule.risk} by {rule.name}{why}"
    else:
        yield f"rated {rule.risk} by {rule.name}{why}"
