"""Kubernetes ValidatingAdmissionPolicy objects over what would be written, as a cluster would answer it.

https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from gitpromote.model.change import ObjectId, Path
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
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
    """One validation that does not hold, or of which nobody can tell.

    :ivar place: what is to be mended, where that is not the object
    """

    message: str
    path: Path = ()
    hint: str = ""
    reason: str = ""
    error: bool = False
    place: Manifest | None = None


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
            ruling = _Ruling(case.why.message, hint=case.why.hint, error=True, place=case.place)
            self._add(case, ruling, case.actions)

    def hear(self, case: Case) -> None:
        """One request before one policy."""
        self.judged.add(id(case.request))
        if case.policy.program.is_one and _holds(case):
            return
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
        found = Finding(rule=rule, message=ruling.message, object=of, path=ruling.path, hint=ruling.hint)
        if ruling.place is None:
            return found
        return found.model_copy(update={"file": ruling.place.file, "line": ruling.place.line})

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
    unmet = [_error(case, one, value) for one, value in conditions if value is not True]
    if unmet:
        yield from unmet
        return
    yield from _broken(case)
    for key, runner in policy.program.audits:
        value = runner.run(case.ground)[1]
        if isinstance(value, str):
            told = MASK if case.secret else without_secrets(value.strip())[:_LONGEST]
            annotations.add(f"{policy.name}/{key}: {told}")
        elif value is not None:
            yield _error(case, runner, value, wanted="text")


def _holds(case: Case) -> bool:
    """Whether all validations hold, asked at once."""
    together = case.policy.program.together
    return together is not None and together.run(case.ground)[1] is True


def _broken(case: Case) -> Iterator[_Ruling]:
    """The validations that do not hold, and those of which nobody can tell."""
    program = case.policy.program
    if _holds(case):
        return
    for spec, rule in zip(case.policy.spec.validations, program.rules, strict=True):
        value = rule.holds.run(case.ground)[1]
        if value is False:
            place = case.parameter if _reads(rule.holds) == {"params"} else None
            yield _Ruling(_message(case, spec, rule), _path(rule.holds), reason=spec.reason, place=place)
        elif value is not True:
            yield _error(case, rule.holds, value)


def _error(case: Case, runner: Runner, value: Any, wanted: str = "true or false") -> _Ruling:
    if not isinstance(value, Wrong):
        what = kind_of(value) if not isinstance(value, int | float | bool) else "a value of another type"
        value = Wrong(f"it gives {what}, not {wanted}")
    if _about_parameter(runner, value):
        return _Ruling(value.message, (), value.hint, error=True, place=case.parameter)
    return _Ruling(value.message, _path(runner), value.hint, error=True)


def _about_parameter(runner: Runner, wrong: Wrong) -> bool:
    """Whether a parameter lacks what is asked of it."""
    return _reads(runner) == {"params"} or wrong.message.startswith("params.")


def _reads(runner: Runner) -> set[str]:
    return {use.path[0] for use in runner.expression.uses}


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
