"""Rules in CEL: the kinds that they judge are sought first, equal operands are judged once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gitpromote.cel.expression import Expression, compile_expression
from gitpromote.cel.policy_contexts import rule as declaration_of
from gitpromote.model.change import ObjectId, Path
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest, ObjectRef
from gitpromote.model.names import shown
from gitpromote.model.policy import Rule
from gitpromote.policy.judged import Judged, Material
from gitpromote.policy.reasons import Wrong
from gitpromote.policy.rule_facts import Facts, SceneFacts
from gitpromote.policy.rule_program import RuleProgram, is_of
from gitpromote.policy.scene import Scene

__all__ = ["judge_rule"]

_KEPT = "rules"


class _Case(NamedTuple):
    """One thing that is judged; ``of`` is ``None`` for the plan."""

    of: ObjectRef | None
    facts: Facts

    @property
    def object(self) -> ObjectId | None:
        """Whom a Finding names."""
        return ObjectId.of(self.of) if self.of is not None else None


class _Kept:
    """What Rules of one Scene share."""

    def __init__(self, scene: Scene) -> None:
        self.facts = SceneFacts(scene)
        self.by_kind: dict[tuple[str, str], list[Manifest]] = {}
        for manifest in scene.objects.values():
            self.by_kind.setdefault((manifest.ref.group, manifest.ref.kind), []).append(manifest)


def judge_rule(policy: Rule, scene: Scene, material: Material) -> Judged:
    """Where a Rule does not hold, and where that cannot be told.

    :raises InvalidExpression: the expression cannot be used
    """
    expression = compile_expression(policy.expression, declaration_of(policy.on))
    kept = material.kept.get(_KEPT)
    if kept is None:
        kept = material.kept[_KEPT] = _Kept(scene)
    program = RuleProgram(expression)
    against: list[Finding] = []
    errors: list[Finding] = []
    number = 0
    for number, case in enumerate(_cases(policy, kept), 1):  # noqa: B007 how many there were is told
        verdict = program.verdict(case.facts)
        if verdict is True:
            continue
        if verdict is False:
            against.append(_finding(policy, case, expression))
        else:
            errors.append(_error(policy, case, verdict, expression))
    return Judged(findings=against, errors=errors, looked_at=None if policy.on == "plan" else number)


def _cases(policy: Rule, kept: _Kept) -> Iterator[_Case]:
    match policy.on:
        case "object":
            for (group, kind), manifests in kept.by_kind.items():
                if is_of(policy.kinds, group, kind):
                    for one in manifests:
                        yield _Case(one.ref, kept.facts.object(one))
        case "change":
            for change, facts in kept.facts.changes():
                if is_of(policy.kinds, change.object.group, change.object.kind):
                    yield _Case(change.ref, facts)
        case "plan":
            yield _Case(None, kept.facts.plan())


def _finding(policy: Rule, case: _Case, expression: Expression) -> Finding:
    message = policy.message or f"does not hold: {shown(' '.join(policy.expression.split()), 160)}"
    return Finding(rule=policy.name, message=message, object=case.object, path=_path(expression), hint=policy.hint)


def _error(policy: Rule, case: _Case, wrong: Wrong, expression: Expression) -> Finding:
    return Finding(rule=policy.name, message=wrong.message, object=case.object, path=_path(expression), hint=wrong.hint)


def _path(expression: Expression) -> Path:
    """The field that a Rule is about, where it asks for one alone."""
    found = {use.path[1:] for use in expression.uses if use.path[0] == "object"}
    return found.pop() if len(found) == 1 else ()
