"""Kubernetes ValidatingAdmissionPolicy objects over what would be written, as a cluster would answer it.

https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from gitpromote.model.change import ObjectId, Path
from gitpromote.model.finding import Finding
from gitpromote.model.names import kind_of, shown
from gitpromote.model.policy import AdmissionPolicies
from gitpromote.model.sensitive import MASK, without_secrets
from gitpromote.policy.admission_court import Case, Court, Unheard
from gitpromote.policy.admission_facts import Runner
from gitpromote.policy.admission_load import LoadedPolicy, loaded
from gitpromote.policy.admission_objects import Validation
from gitpromote.policy.admission_program import Rule
from gitpromote.policy.judged import Judged, Material
from gitpromote.policy.reasons import Wrong
from gitpromote.policy.scene import Scene

__all__ = ["judge_admission"]

#: Characters of a message.
_LONGEST = 5 * 1024
#: Lines of what is told beside the verdict.
_MOST = 20


def judge_admission(policy: AdmissionPolicies, scene: Scene, material: Material) -> Judged:
    """What a cluster with these policies would deny, warn of and write down.

    What only a cluster knows, who asks and what he may do, is an error where ``failurePolicy`` is not ``Ignore``.
    """
    own = {path: material.documents.get(path, ()) for path in material.of.get(policy.name, ())}
    found = loaded(policy.name, own)
    if found.faults:
        return Judged(errors=found.faults, warnings=found.warnings)
    court = Court(found, scene, material.kept)
    verdicts = _Verdicts(policy.name)
    for case in court.cases():
        if isinstance(case, Unheard):
            verdicts.unheard(case)
        else:
            verdicts.hear(case)
    return Judged(
        findings=verdicts.findings,
        warnings=(*found.warnings, *verdicts.warnings),
        errors=verdicts.errors,
        looked_at=len(verdicts.judged),
        operands=verdicts.operands(),
    )


class _Ruling(NamedTuple):
    """One validation that does not hold, or of which nobody can tell."""

    message: str
    path: Path = ()
    hint: str = ""
    reason: str = ""
    error: bool = False


class _Verdicts:
    """Everything that was found, by what its binding makes of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.findings: list[Finding] = []
        self.warnings: list[Finding] = []
        self.errors: list[Finding] = []
        self.judged: set[int] = set()
        self._reasons: set[str] = set()
        self._audited: Counter[str] = Counter()
        self._annotations: set[str] = set()

    def unheard(self, case: Unheard) -> None:
        """A request that nobody can judge here."""
        if case.policy.spec.failure_policy == "Fail":
            self._add(case, _Ruling(case.why.message, hint=case.why.hint, error=True), case.actions)

    def hear(self, case: Case) -> None:
        """One request before one policy."""
        self.judged.add(id(case.request))
        for ruling in _rulings(case, self._annotations):
            if not ruling.error or case.policy.spec.failure_policy == "Fail":
                self._add(case, ruling, case.binding.spec.validation_actions)

    def _add(self, case: Case | Unheard, ruling: _Ruling, actions: Collection[str]) -> None:
        finding = self._finding(case.policy, ObjectId.of(case.request.ref), ruling)
        if "Deny" in actions:
            (self.errors if ruling.error else self.findings).append(finding)
            self._reasons |= {ruling.reason} - {"", "Invalid"}
        if "Warn" in actions:
            self.warnings.append(finding)
        if "Audit" in actions:
            self._audited[f"{finding.rule}: {finding.message}"] += 1

    def _finding(self, policy: LoadedPolicy, of: ObjectId, ruling: _Ruling) -> Finding:
        rule = f"{self.name}/{policy.name}"
        return Finding(rule=rule, message=ruling.message, object=of, path=ruling.path, hint=ruling.hint)

    def operands(self) -> dict[str, Any]:
        """What is told beside the verdict."""
        audited = (f"{told} ({count})" for told, count in self._audited.items())
        lists = {"reasons": self._reasons, "audited": audited, "annotations": self._annotations}
        return {name: told for name, lines in lists.items() if (told := _few(lines))}


def _few(lines: Iterable[str]) -> list[str]:
    found = sorted(lines)
    return found if len(found) <= _MOST else [*found[:_MOST], f"and {len(found) - _MOST} more"]


# --- one case


def _rulings(case: Case, annotations: set[str]) -> Iterator[_Ruling]:
    policy = case.policy
    conditions = [(one, one.run(case.ground)[1]) for one in policy.program.conditions]
    if any(value is False for _, value in conditions):
        return
    unmet = [_error(one, value) for one, value in conditions if value is not True]
    if unmet:
        yield from unmet
        return
    for spec, rule in zip(policy.spec.validations, policy.program.rules, strict=True):
        value = rule.holds.run(case.ground)[1]
        if value is False:
            yield _Ruling(_message(case, spec, rule), _path(rule.holds), reason=spec.reason)
        elif value is not True:
            yield _error(rule.holds, value)
    for key, runner in policy.program.audits:
        value = runner.run(case.ground)[1]
        if isinstance(value, str):
            told = MASK if case.secret else without_secrets(value.strip())[:_LONGEST]
            annotations.add(f"{policy.name}/{key}: {told}")
        elif value is not None:
            yield _error(runner, value, wanted="text")


def _error(runner: Runner, value: Any, wanted: str = "true or false") -> _Ruling:
    if not isinstance(value, Wrong):
        what = kind_of(value) if not isinstance(value, int | float | bool) else "a value of another type"
        value = Wrong(f"it gives {what}, not {wanted}")
    return _Ruling(value.message, _path(runner), value.hint, error=True)


def _message(case: Case, spec: Validation, rule: Rule) -> str:
    """What ``messageExpression`` gives on one line; otherwise ``message``, otherwise the expression."""
    if rule.told is not None and not case.secret:
        told = rule.told.run(case.ground)[1]
        if isinstance(told, str) and told.strip() and "\n" not in told.strip() and len(told) <= _LONGEST:
            return without_secrets(told.strip())
    return spec.message.strip() or f"failed expression: {shown(' '.join(spec.expression.split()), 160)}"


def _path(runner: Runner) -> Path:
    """The field that an expression is about, where it asks for one alone."""
    found = {use.path[1:] for use in runner.expression.uses if use.path[0] == "object"}
    return found.pop() if len(found) == 1 else ()
