"""evaluate(policies, scene, material) -> what each of them concluded. Nothing is asked, nothing raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from gitpromote.errors import GitpromoteError
from gitpromote.model.finding import Finding
from gitpromote.model.outcome import Outcome, Status
from gitpromote.model.policy import AdmissionPolicies, ExecPolicy, Pack, PythonPolicy, Rego, Rule
from gitpromote.model.policy_base import Policy
from gitpromote.policy.findings import fold, objects_of, single
from gitpromote.policy.judged import NOT_JUDGED, Evaluator, Judged, Material, cannot_tell
from gitpromote.policy.scene import Scene

__all__ = ["EVALUATORS", "OUTSIDE", "Excuse", "applies", "evaluate", "is_outside", "outcomes_of"]

Excuse = Callable[[Policy, Finding], str]
"""A policy and one of its Findings -> who excused it until when; empty where nobody did."""


def _rule(policy: Rule, scene: Scene, material: Material) -> Judged:
    from gitpromote.policy.rules import judge_rule  # the floor of expressions is loaded where there is one

    return judge_rule(policy, scene, material)


def _pack(policy: Pack, scene: Scene, material: Material) -> Judged:
    from gitpromote.policy.pack_rules import judge_pack

    return judge_pack(policy, scene, material)


def _admission(policy: AdmissionPolicies, scene: Scene, material: Material) -> Judged:
    from gitpromote.policy.admission import judge_admission

    return judge_admission(policy, scene, material)


def _answered(policy: Policy, scene: Scene, material: Material) -> Judged:
    """What a program or a function outside of this process said; silence is no consent."""
    answer = material.answers.get(policy.name)
    return answer if answer is not None else cannot_tell(policy.name, "nobody has asked it")


#: Who judges which kind of policy.
EVALUATORS: dict[type[Policy], Evaluator] = {
    Rule: _rule,
    Pack: _pack,
    AdmissionPolicies: _admission,
    Rego: _answered,
    PythonPolicy: _answered,
    ExecPolicy: _answered,
}

#: Those that somebody else judges: ``Material.answers`` has what came back.
OUTSIDE: tuple[type[Policy], ...] = (Rego, PythonPolicy, ExecPolicy)


def is_outside(policy: Policy) -> bool:
    """Whether somebody outside of this process has to be asked; so for some packs."""
    if isinstance(policy, Pack):
        from gitpromote.policy.pack_rules import is_outside_pack

        return is_outside_pack(policy)
    return isinstance(policy, OUTSIDE)


def applies(policy: Policy, scene: Scene) -> bool:
    """Whether a policy judges this occasion in this Environment."""
    return scene.occasion in policy.applies_to and _matched(policy, scene) is not None


def evaluate(
    policies: Iterable[Policy], scene: Scene, material: Material | None = None, *, excuse: Excuse = lambda *_: ""
) -> tuple[Outcome, ...]:
    """What each policy concludes that applies, in their order.

    :param excuse: says who excused a Finding: it is told and stops nothing
    """
    material = material if material is not None else Material()
    found: list[Outcome] = []
    for policy in policies:
        if applies(policy, scene):
            judged = _judged(policy, scene, material)
            found += outcomes_of(policy, judged, scene, excuse=excuse)
    return tuple(found)


class _Raised:
    """Takes in whatever a check raises, but for Ctrl-C: it is told, and the check counts as not passed."""

    def __init__(self) -> None:
        self.why = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, GitpromoteError):
            # An expression's error draws a caret below it, which is nothing for one line.
            self.why = "; ".join(part for part in (error.summary, error.detail.partition("\n")[0]) if part)
        elif isinstance(error, Exception):
            # Its words may repeat a value, which may be secret.
            self.why = f"it failed with {type(error).__name__}"
        return isinstance(error, Exception)


def _judged(policy: Policy, scene: Scene, material: Material) -> Judged:
    if policy.name in material.missing:
        return cannot_tell(policy.name, material.missing[policy.name])
    evaluator = EVALUATORS.get(type(policy))
    if evaluator is None:
        return cannot_tell(policy.name, f"this version knows no policy of the kind {policy.kind}")
    judged = Judged()
    with _Raised() as raised:
        judged = evaluator(policy, scene, material)
        # They may be generators: what they raise is raised here.
        judged = _whole(judged)
    return cannot_tell(policy.name, raised.why) if raised.why else judged


def _whole(judged: Judged) -> Judged:
    return Judged(
        findings=tuple(judged.findings),
        warnings=tuple(judged.warnings),
        errors=tuple(judged.errors),
        looked_at=judged.looked_at,
        operands=judged.operands,
    )


# -- verdicts


def outcomes_of(policy: Policy, judged: Judged, scene: Scene, *, excuse: Excuse = lambda *_: "") -> list[Outcome]:
    """The verdict of a policy, and a second one that stops nothing where it warns beside."""
    against = fold((_excused(policy, one, excuse) for one in single(judged.findings)), scene)
    errors = fold((_excused(policy, one, excuse) for one in single(judged.errors)), scene)
    warnings = fold(judged.warnings, scene)
    status = _status(policy, against, errors, warnings)
    told = (*against, *errors) if against or errors else warnings
    verdict = _outcome(policy, policy.name, status, told, judged, scene)
    if not warnings or told is warnings:
        return [verdict]
    beside = _outcome(policy, f"{policy.name}/warnings", "warn", warnings, judged, scene)
    return [verdict, beside.model_copy(update={"level": "advisory"})]


def _excused(policy: Policy, finding: Finding, excuse: Excuse) -> Finding:
    by = finding.excepted or excuse(policy, finding)
    return finding if by == finding.excepted else finding.model_copy(update={"excepted": by})


def _status(
    policy: Policy, against: tuple[Finding, ...], errors: tuple[Finding, ...], warnings: tuple[Finding, ...]
) -> Status:
    if any(not one.excepted for one in against):
        return "warn" if policy.level == "advisory" else "fail"
    if any(not one.excepted for one in errors):
        return "error"
    return "warn" if warnings else "pass"


def _outcome(
    policy: Policy, identifier: str, status: Status, told: tuple[Finding, ...], judged: Judged, scene: Scene
) -> Outcome:
    return Outcome(
        id=identifier,
        kind="policy",
        level=policy.level,
        status=status,
        message=_message(status, told, judged),
        operands=_operands(policy, told, judged, scene),
        reads="fixed",
        expression=policy.expression if isinstance(policy, Rule) else "",
        findings=told,
    )


def _operands(policy: Policy, told: tuple[Finding, ...], judged: Judged, scene: Scene) -> dict[str, Any]:
    counts = {"causes": len(told), "objects": objects_of(told)} if told else {}
    looked_at = {} if judged.looked_at is None else {"judged": judged.looked_at}
    matched = _matched(policy, scene)
    return {**judged.operands, **looked_at, **counts, **({"matched": matched} if matched else {})}


def _message(status: Status, told: tuple[Finding, ...], judged: Judged) -> str:
    """One cause in its own words, several counted."""
    standing = [one for one in told if not one.excepted]
    excused = len(told) - len(standing)
    beside = f" ({excused} excepted)" if excused else ""
    if not standing:
        return _passing(judged) + beside
    [first, *others] = standing
    words = f"cannot be judged: {first.message}" if status == "error" else first.message
    if not others:
        return words + beside
    return f"{len(standing)} causes{_in_objects(standing)}, first: {words}{beside}"


def _passing(judged: Judged) -> str:
    if judged.looked_at is None:
        return "nothing found"
    beside = f", {judged.operands[NOT_JUDGED]} not judged" if NOT_JUDGED in judged.operands else ""
    return (f"holds for {judged.looked_at}" if judged.looked_at else "nothing here that it judges") + beside


def _in_objects(findings: Iterable[Finding]) -> str:
    number = objects_of(findings)
    return f" in {number} object{'s' * (number != 1)}" if number else ""


def _matched(policy: Policy, scene: Scene) -> Mapping[str, Any] | None:
    if policy.match is None:
        return {}
    here = scene.environment
    return policy.match.matched(name=here.name, labels=here.labels, production=here.production)
