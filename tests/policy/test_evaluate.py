"""What policies conclude: levels, warnings, excuses, what raises; the order in which they are asked is no matter."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import AdmissionPolicies, ExecPolicy, Match, Pack, PythonPolicy, Rego, Rule
from gitpromote.errors import ConfigurationError
from gitpromote.model import policy as definitions
from gitpromote.model.change import ObjectId
from gitpromote.model.finding import Finding
from gitpromote.model.policy import Policy
from gitpromote.policy import evaluate as evaluating
from gitpromote.policy.evaluate import EVALUATORS, evaluate
from gitpromote.policy.judged import Judged, Material
from tests.policy.judging import SECRET, deployment, judged, scene, told

HERE = scene(deployment("web"), deployment("api"), SECRET)
WEB = ObjectId(group="apps", kind="Deployment", namespace="shop", name="web")
API = WEB.model_copy(update={"name": "api"})
ASKED = ExecPolicy("schema", ["kubeconform"])


def answered(*, policy: Policy = ASKED, excuse: Any = lambda *_: "", **members: Any) -> list[str]:
    """What a policy concludes of what its program said."""
    material = Material(answers={policy.name: Judged(**members)})
    return [f"{one.id} ({one.level}) {told(one)}" for one in evaluate([policy], HERE, material, excuse=excuse)]


def finding(message: str = "is wrong", thing: ObjectId | None = WEB, **members: Any) -> Finding:
    return Finding(rule="r", message=message, object=thing, **members)


def test_every_kind_of_policy_has_somebody_who_judges_it() -> None:
    kinds = {
        one for one in vars(definitions).values() if isinstance(one, type) and issubclass(one, Policy) and one.kind
    }
    assert kinds == set(EVALUATORS)


def test_findings_are_counted_by_cause_and_object() -> None:
    assert answered(findings=[finding()]) == ["schema (hard) fail: is wrong"]
    assert answered(findings=[finding(), finding(thing=API)]) == ["schema (hard) fail: is wrong"]
    assert answered(findings=[finding(), finding("too", API)]) == [
        "schema (hard) fail: 2 causes in 2 objects, first: is wrong"
    ]
    assert answered(findings=[finding("a", None), finding("b", None)]) == ["schema (hard) fail: 2 causes, first: a"]
    assert answered() == ["schema (hard) pass: nothing found"]
    assert answered(looked_at=3) == ["schema (hard) pass: holds for 3"]


def test_warnings_stop_nothing_and_stand_beside_what_does() -> None:
    assert answered(warnings=[finding("careful")]) == ["schema (hard) warn: careful"]
    assert answered(findings=[finding()], warnings=[finding("careful")]) == [
        "schema (hard) fail: is wrong",
        "schema/warnings (advisory) warn: careful",
    ]


def test_what_cannot_be_told_is_an_error_unless_something_is_wrong_anyway() -> None:
    assert answered(errors=[finding("no answer", None)]) == ["schema (hard) error: cannot be judged: no answer"]
    assert answered(errors=[finding("no answer", API)], findings=[finding()]) == [
        "schema (hard) fail: 2 causes in 2 objects, first: is wrong"
    ]


def test_an_advisory_policy_warns() -> None:
    policy = ASKED.changed({"level": "advisory"})
    assert answered(policy=policy, findings=[finding()]) == ["schema (advisory) warn: is wrong"]
    assert answered(policy=policy, errors=[finding("no answer", None)]) == [
        "schema (advisory) error: cannot be judged: no answer"
    ]


def test_what_is_excused_is_told_and_stops_nothing() -> None:
    def excuse(policy: Policy, one: Finding) -> str:
        return f"{policy.name} by ops" if one.object == WEB else ""

    both = [finding(also=(API,))]
    assert answered(findings=both, excuse=excuse) == ["schema (hard) fail: is wrong (1 excepted)"]
    assert answered(findings=[finding()], excuse=excuse) == ["schema (hard) pass: nothing found (1 excepted)"]
    assert answered(errors=[finding("no answer")], excuse=excuse) == ["schema (hard) pass: nothing found (1 excepted)"]


def test_a_policy_judges_its_occasions_and_environments_alone() -> None:
    rule = Rule("r", "false", on="plan")
    for chosen, expected in [
        ({"applies_to": ("rollback",)}, 0),
        ({"match": Match(names=["test", "pr*"])}, 1),
        ({"match": Match(production=False)}, 0),
        ({"match": Match(labels={"tier": "gold", "region": "*"})}, 0),
        ({"match": Match(labels={"tier": "*"}, production=True)}, 1),
        ({}, 1),
    ]:
        assert len(evaluate([rule.changed(chosen)], HERE)) == expected, chosen


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Rego("policy"), "error: cannot be judged: nobody has asked it"),
        (PythonPolicy("rules:two"), "error: cannot be judged: nobody has asked it"),
        (Pack("imags"), "error: cannot be judged: this version has no pack of this name"),
        (Pack("images", settings={"x": 1}), 'error: cannot be judged: there is no setting "x" in it'),
        (Pack("images", leave_out="x"), 'error: cannot be judged: there is no rule "x" in it'),
    ],
)
def test_who_cannot_judge_passes_nothing(policy: Policy, expected: str) -> None:
    assert judged(policy, HERE) == expected


def test_a_policy_of_a_kind_that_nobody_knows_blocks() -> None:
    class Later(Policy):
        kind = "later"

    assert judged(Later(name="x"), HERE) == "error: cannot be judged: this version knows no policy of the kind later"


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (
            ConfigurationError("It is no policy", code="policy-invalid", detail="a.yaml:3: kind Pod\nmore"),
            "error: cannot be judged: It is no policy; a.yaml:3: kind Pod",
        ),
        (KeyError("hunter2"), "error: cannot be judged: it failed with KeyError"),
        (RecursionError("deep"), "error: cannot be judged: it failed with RecursionError"),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_check_that_raises_is_an_error_and_repeats_nothing(
    raised: Exception, expected: str, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> Iterator[Finding]:
        yield finding()
        raise raised

    def evaluator(*_: Any) -> Judged:
        if not late:
            raise raised
        return Judged(findings=found())

    monkeypatch.setitem(evaluating.EVALUATORS, AdmissionPolicies, evaluator)
    assert judged(AdmissionPolicies("vap.yaml"), HERE) == expected


def test_nobody_stops_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluator(*_: Any) -> Judged:
        raise KeyboardInterrupt

    monkeypatch.setitem(evaluating.EVALUATORS, AdmissionPolicies, evaluator)
    with pytest.raises(KeyboardInterrupt):
        evaluate([AdmissionPolicies("vap.yaml")], HERE)


EXPRESSIONS = [
    "object.spec.replicas >= 2",
    "has(object.spec.replicas)",
    "object.kind == 'Secret' || object.spec.template.spec.containers.all(c, c.image.contains(':'))",
    "1 / object.spec.replicas > 0",
    "oldObject == null",
    "objct.kind == ''",
]
RULES = st.lists(
    st.builds(
        lambda expression, kinds, level: (expression, kinds, level),
        st.sampled_from(EXPRESSIONS),
        st.sampled_from([(), ("Deployment",), ("Secret", "apps/*")]),
        st.sampled_from(["hard", "soft", "advisory"]),
    ),
    min_size=2,
    max_size=7,
)


@settings(max_examples=60, deadline=None)
@given(RULES, st.randoms(), st.permutations([deployment("web"), deployment("api", replicas=2), SECRET]))
def test_no_verdict_depends_on_the_order_of_policies_or_objects(
    some: list[tuple[str, tuple[str, ...], Any]], rng: random.Random, documents: list[str]
) -> None:
    rules: list[Policy] = [
        Rule(f"r{at}", expression, kinds=kinds, level=level) for at, (expression, kinds, level) in enumerate(some)
    ]
    rules.append(Pack("images"))
    expected = {one.id: _without_places(one) for one in evaluate(rules, HERE_TWICE)}
    rng.shuffle(rules)
    assert {one.id: _without_places(one) for one in evaluate(rules, scene(*documents))} == expected


HERE_TWICE = scene(deployment("web"), deployment("api", replicas=2), SECRET)


def _without_places(outcome: Any) -> Any:
    """Where an object stands in its file is all that differs."""
    return outcome.model_copy(
        update={"findings": tuple(one.model_copy(update={"line": 0}) for one in outcome.findings)}
    )
