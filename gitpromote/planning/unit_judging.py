"""Unit tests of policies and gates, judged: what is expected against what they conclude, and which rules were seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gitpromote.diff.compare import compare
from gitpromote.diff.redact import Redactor
from gitpromote.model.artifact import Artifact, CommitArtifact, ImageArtifact
from gitpromote.model.change import path_text
from gitpromote.model.finding import Finding
from gitpromote.model.freight import Freight
from gitpromote.model.gate import Gate
from gitpromote.model.gate_plain import CEL, ChangeBudget
from gitpromote.model.gate_time import Freeze, Window
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.outcome import Outcome
from gitpromote.model.policy import Pack
from gitpromote.model.policy_base import Policy
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.model.unit_report import RuleSeen
from gitpromote.planning.expressions import environment_variables, freight_variables
from gitpromote.planning.gating import judge_of
from gitpromote.planning.unit_cases import Expected, Place, UnitCase
from gitpromote.policy.conditional import not_asked
from gitpromote.policy.evaluate import applies, evaluate
from gitpromote.policy.gate_context import GateContext
from gitpromote.policy.judged import Material
from gitpromote.policy.packs import PACKS
from gitpromote.policy.scene import Scene
from gitpromote.policy.windows import blocked

__all__ = ["Coverage", "Tested", "environment_of", "freight_of", "judged", "mismatches", "scene_of"]

#: What is judged by facts that a test can tell: the others ask somebody, or follow a whole journey.
BY_FACTS: tuple[type[Gate], ...] = (Window, Freeze, CEL, ChangeBudget)

_TIMED = ("schedule", "changewindow")
_NO_TIME = "the test does not say at which time: write at:"
_ANSWERED = "it asks somebody else, or follows a whole journey: simulate it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What one test judges.

    :ivar at: epoch seconds; ``None`` where the test does not say
    :ivar promoted: when promotions changed the Environment, epoch seconds
    :ivar environments: the names that expressions may use beside those of which the test tells something
    """

    case: UnitCase
    environment: ResolvedEnvironment
    policies: Sequence[Policy]
    gates: Sequence[Gate]
    scene: Scene
    material: Material = field(default_factory=Material)
    at: int | None = None
    promoted: tuple[int, ...] = ()
    environments: tuple[str, ...] = ()


# -- what is judged


def environment_of(place: Place) -> ResolvedEnvironment:
    """An Environment as a test tells it."""
    target = ResolvedTarget(kind="branch", ref=f"refs/heads/env/{place.name}")
    return ResolvedEnvironment(
        name=place.name,
        production=place.production,
        delivery=place.delivery,
        labels=dict(place.labels),
        target=target,
    )


def freight_of(told: Mapping[str, Any] | None) -> dict[str, Freight]:
    """Warehouse to Freight as a test tells it.

    :raises UsageError: an image cannot be read
    """
    if told is None:
        return {}
    artifacts: list[Artifact] = [ImageArtifact.parse(one) for one in told["images"]]
    if told["commit"]:
        artifacts.append(CommitArtifact(repository="home", commit=told["commit"]))
    return {"test": Freight.of("test", artifacts, labels=told["labels"])}


def scene_of(
    pipeline: str, environment: ResolvedEnvironment, case: UnitCase, objects: ManifestSet, before: ManifestSet
) -> Scene:
    """What policies look at in a test."""
    return Scene(
        pipeline=pipeline,
        environment=environment,
        occasion=case.occasion,
        objects=objects,
        before=before,
        changes=tuple(compare(before, objects, redactor=Redactor(before, objects, sensitive_paths=())).changes),
        freight=freight_of(case.freight),
    )


def judged(tested: Tested) -> dict[str, Outcome]:
    """Name to what each policy and gate concludes; what does not judge here says ``skip``."""
    found = {one.id: one for one in evaluate(tested.policies, tested.scene, tested.material)}
    for policy in tested.policies:
        if not applies(policy, tested.scene):
            found[policy.name] = _skipped(policy.name, "policy")
    for gate in tested.gates:
        found[gate.name] = _gate(tested, gate)
    return found


def _skipped(name: str, kind: Any) -> Outcome:
    return Outcome(id=name, kind=kind, status="skip", message="does not judge here")


def _gate(tested: Tested, gate: Gate) -> Outcome:
    if tested.case.occasion not in gate.applies_to:
        return _skipped(gate.name, "gate")
    judge = judge_of(gate) if isinstance(gate, BY_FACTS) else None
    if judge is None:
        return Outcome(id=gate.name, level=gate.level, status="error", message=_ANSWERED)
    if tested.at is None and _needs_time(gate):
        return Outcome(id=gate.name, level=gate.level, status="error", message=_NO_TIME)
    context = _context(tested)
    return not_asked(gate, context) or judge(gate, context)


def _needs_time(gate: Gate) -> bool:
    return not isinstance(gate, CEL) or any(word in gate.expression for word in _TIMED)


def _context(tested: Tested) -> GateContext:
    windows: dict[str, list[Window | Freeze]] = {}
    for gate in tested.gates:
        if isinstance(gate, Window | Freeze):
            windows.setdefault(gate.name, []).append(gate)
    here = replace(tested.environment, gates=tuple(tested.gates))

    def variables(moment: int) -> Sequence[Mapping[str, Any]]:
        return [_facts(tested, windows, moment)]

    return GateContext(
        environment=here,
        occasion=tested.case.occasion,
        as_of=tested.at or 0,
        freight=tested.scene.freight,
        state=EnvironmentState(name=here.name, promoted=tested.promoted),
        windows=windows,
        variables=variables,
    )


def _facts(tested: Tested, windows: Mapping[str, Sequence[Window | Freeze]], moment: int) -> Mapping[str, Any]:
    """What expressions may name: what follows from the test, and above it what the test says itself."""
    freight = next(iter(tested.scene.freight.values()), None)
    own: dict[str, Any] = environment_variables(tested.environment)
    own |= freight_variables(freight, None) if freight is not None else {}
    own |= {"changewindow": blocked(windows, moment)} if windows else {}
    told = {**own, **tested.case.facts}
    return told | {"upstream": dict.fromkeys(_named(tested, told)) | dict(_mapping(told.get("upstream")))}


def _named(tested: Tested, told: Mapping[str, Any]) -> Iterator[str]:
    """The Environments that expressions may name: those that there are, and those of which a fact is told."""
    yield from tested.environments
    yield tested.environment.name
    for name in ("freight", "bundle"):
        yield from _mapping(_mapping(told.get(name)).get("pr"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


# -- what was expected


def mismatches(case: UnitCase, found: Mapping[str, Outcome]) -> list[str]:
    """What differs from what a test expects, in words; empty where nothing does."""
    if isinstance(case.expect, str):
        judging = [one for one in found.values() if "/" not in one.id]
        return [f"{one.id}: {_not_so(case.expect, one)}" for one in judging if one.status != case.expect]
    lines = []
    for name, expected in case.expect.items():
        if name not in found:
            lines.append(f"{name}: there is none; there are {', '.join(sorted(found)) or 'none at all'}")
        else:
            lines += [f"{name}: {text}" for text in _against(expected, found[name])]
    return lines


def _not_so(status: str, outcome: Outcome) -> str:
    return f"expected {status}, and it says {outcome.status}: {outcome.message}"


def _against(expected: Expected, outcome: Outcome) -> Iterator[str]:
    if expected.status is not None and expected.status != outcome.status:
        yield _not_so(expected.status, outcome)
    elif expected.message is not None and expected.message != outcome.message:
        yield f"expected {expected.message!r}, and it says {outcome.message!r}"
    if expected.findings is not None:
        yield from _findings_against(expected.findings, outcome.findings)


def _findings_against(expected: Sequence[Mapping[str, Any]], findings: Sequence[Finding]) -> Iterator[str]:
    """Each expected one takes one that was found; what is left over on either side is told."""
    left = list(findings)
    for wanted in expected:
        taken = next((one for one in left if _is(wanted, one)), None)
        if taken is None:
            yield f"was not found: {_members(wanted)}"
        else:
            left.remove(taken)
    for one in left:
        yield f"was found, and not expected: {_members(_told(one))}"


def _is(wanted: Mapping[str, Any], finding: Finding) -> bool:
    told = _told(finding)
    return all(told[name] == value for name, value in wanted.items())


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "message": finding.message,
        "object": str(finding.object) if finding.object is not None else "",
        "path": path_text(finding.path) if finding.path else "",
        "file": finding.file,
        "line": finding.line,
        "hint": finding.hint,
        "count": finding.count,
    }


def _members(told: Mapping[str, Any]) -> str:
    shown = {name: told[name] for name in ("message", "object", "path", "rule") if told.get(name)} or told
    return ", ".join(f"{name} {value!r}" if name == "message" else f"{name} {value}" for name, value in shown.items())


# -- which rules were seen


class Coverage:
    """Counts how often each rule and gate was seen to hold, and not to hold."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._known: dict[str, None] = {}

    def add(self, tested: Tested, found: Mapping[str, Outcome]) -> None:
        """What one test has shown."""
        for policy in tested.policies:
            rules = _rules(policy)
            self._known |= dict.fromkeys(rules)
            told = [found[name] for name in (policy.name, f"{policy.name}/warnings") if name in found]
            if told and told[0].status not in ("skip", "error"):
                self._policy(policy, rules, told, len(tested.scene.objects))
        for gate in tested.gates:
            if isinstance(gate, BY_FACTS):
                self._known[gate.name] = None
                self._held[gate.name] += found[gate.name].status == "pass"
                self._failed[gate.name] += found[gate.name].status in ("pending", "fail")

    def _policy(self, policy: Policy, rules: Iterable[str], told: Sequence[Outcome], objects: int) -> None:
        findings = [one for outcome in told for one in outcome.findings]
        if isinstance(policy, Pack):
            against = Counter({one.rule if "/" in one.rule else f"{policy.name}/{one.rule}" for one in findings})
            for rule in rules:
                self._failed[rule] += bool(against[rule])
                self._held[rule] += not against[rule] and objects > 0
            return
        looked_at = told[0].operands.get("judged", 1)
        self._failed[policy.name] += bool(findings)
        # Some of what it judged may hold although something else does not.
        self._held[policy.name] += looked_at > sum(max(one.count, 1) for one in findings)

    def rules(self) -> tuple[RuleSeen, ...]:
        """Every rule, in the order in which they were met."""
        return tuple(RuleSeen(rule=name, held=self._held[name], failed=self._failed[name]) for name in self._known)


def _rules(policy: Policy) -> list[str]:
    if isinstance(policy, Pack) and policy.name in PACKS:
        return [f"{policy.name}/{name}" for name in PACKS[policy.name].rules if name not in policy.leave_out]
    return [policy.name]
