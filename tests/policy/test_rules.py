"""Rules in CEL over objects, changes and plans: what holds, what does not, and what nobody can tell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import Rule
from gitpromote.model.finding import Finding
from gitpromote.policy.evaluate import evaluate
from tests.policy.judging import SECRET, deployment, judged, scene, shown

TWO = "object.spec.replicas >= 2"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("r", TWO), 'fail: 2 causes in 3 objects, first: does not hold: "object.spec.replicas >= 2"'),
        (Rule("r", TWO, kinds="Deployment", message="runs alone"), "fail: runs alone"),
        (Rule("r", TWO, kinds="apps/*", message="runs alone"), "fail: runs alone"),
        (Rule("r", TWO, kinds=["Pod", "batch/*"]), "pass: nothing here that it judges"),
        (Rule("r", "!has(object.spec.replicas) || object.spec.replicas > 0"), "pass: holds for 3"),
        (Rule("r", "has(object.metadata.labels.app)", kinds="Deployment"), "pass: holds for 2"),
        (Rule("r", 'object.metadata.labels["app"] == object.metadata.name', kinds="Deployment"), "pass: holds for 2"),
        (
            Rule("r", "object.metadata.labels.team != ''", kinds="Secret"),
            "error: cannot be judged: object.metadata.labels.team is not there",
        ),
        (
            Rule("r", "object.spec.template.spec.containers.all(c, c.image.contains(':1.'))", kinds="Deployment"),
            "pass: holds for 2",
        ),
        (
            Rule("r", "object.spec.template.spec.containers[0].name == 'web'", kinds="Deployment"),
            "fail: does not hold: \"object.spec.template.spec.containers[0].name == 'web'\"",
        ),
        (
            Rule("r", "object.spec.template.spec.containers[1].name == 'web'", kinds="Deployment"),
            "error: cannot be judged: there is no item 1 in a list of 1",
        ),
        (
            Rule("r", "object.spec.template.spec.containers.all(c, c.resources.limits.cpu != '')", kinds="Deployment"),
            "error: cannot be judged: there is no resources where it is asked for",
        ),
        (Rule("r", "oldObject == null"), "pass: holds for 3"),
        (Rule("r", "oldObject == null || oldObject.spec.replicas <= object.spec.replicas"), "pass: holds for 3"),
        (
            Rule("r", "environment.production && environment.labels.tier == 'gold' && app == 'shop'"),
            "pass: holds for 3",
        ),
        (Rule("r", "occasion in ['promote', 'hotfix']"), "pass: holds for 3"),
        (
            Rule("r", "10 / (object.spec.replicas - 1) > 1", kinds="Deployment"),
            "error: cannot be judged: divide by zero",
        ),
        (
            Rule("r", "object.spec.replicas > 'a'", kinds="Deployment"),
            "error: cannot be judged: > does not go with a whole number and text",
        ),
        (
            Rule("r", "object.metadata.name.size.x == 1", kinds="Deployment"),
            "error: cannot be judged: object.metadata.name.size.x is not there",
        ),
        (Rule("r", "plan.adds == 3 && plan.changes == 3 && plan.deletes == 0", on="plan"), "pass: nothing found"),
        (
            Rule("r", "objects.exists(o, o.kind == 'NetworkPolicy')", on="plan", message="no NetworkPolicy"),
            "fail: no NetworkPolicy",
        ),
        (Rule("r", "changes.all(c, c.actions == ['create'])", on="plan"), "pass: nothing found"),
        (
            Rule("r", "plan.environment", on="plan"),
            "error: cannot be judged: This expression cannot be used; column 1: it gives text, not true or false",
        ),
        (
            Rule("r", "objct.kind == 'Pod'"),
            "error: cannot be judged: This expression cannot be used; column 1: there is no variable objct",
        ),
        (
            Rule(
                "r",
                "[1,2].map(a,".replace("[1,2]", str(list(range(30)))) * 3 + "1" + ")" * 3 + ".size() > 0",
                on="plan",
            ),
            "error: cannot be judged: it goes through more items than it may",
        ),
    ],
    ids=lambda value: value.expression[:60] if isinstance(value, Rule) else "",
)
def test_what_a_rule_concludes(rule: Rule, expected: str) -> None:
    assert judged(rule, scene(deployment("web"), deployment("api"), SECRET)) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "object.data.password",
        "int(object.data.password) > 1",
        "object.data.password > 1",
        "'a'.matches('(' + object.data.password)",
        "object.data[object.data.password] == ''",
        "duration(object.data.password) > duration('1s')",
        "timestamp(object.data.password) > timestamp('2020-01-01T00:00:00Z')",
        "object.data.password.nothing == 1",
        "semver(object.data.password).major() == 1",
        "quantity(object.data.password).isInteger()",
        "object.data.map(k, object.data[k])[0] == 1",
        "object",
    ],
)
def test_no_message_repeats_what_may_be_secret(expression: str) -> None:
    [outcome] = evaluate([Rule("r", expression, kinds="Secret")], scene(SECRET))
    assert outcome.status in ("error", "fail")
    assert "aHVudGVyMg" not in outcome.model_dump_json()


def test_null_is_what_is_not_there() -> None:
    empty = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: null}\ndata: {a: null, b: x}\n"
    of = scene(empty)
    assert judged(Rule("r", "!has(object.metadata.annotations)"), of) == "pass: holds for 1"
    assert judged(Rule("r", "object.metadata.annotations == null"), of) == (
        "error: cannot be judged: object.metadata.annotations is not there"
    )
    assert judged(Rule("r", "object.data.size() == 1"), of) == "pass: holds for 1"


def test_a_finding_names_the_field_and_the_others_that_have_the_cause() -> None:
    objects = [deployment(name) for name in ("web", "api", "job")]
    [outcome] = evaluate([Rule("two", TWO, message="runs alone", hint="run two")], scene(*objects, SECRET))
    assert outcome.expression == TWO
    assert outcome.operands == {"judged": 4, "causes": 2, "objects": 4}
    assert [shown(one) for one in outcome.findings] == [
        "apps/Deployment shop/api spec.replicas all.yaml:11 +2",
        "Secret shop/key spec.replicas all.yaml:31 +0",
    ]
    assert [one.hint for one in outcome.findings] == [
        "run two",
        "ask first: has(object.spec.replicas) && …",
    ]


def test_changes_have_actions_fields_and_what_was_before() -> None:
    of = scene(deployment(tag="2.0", replicas=3), before=(deployment(), SECRET))
    for expression, expected in [
        ("change.kind != 'Secret' || !('delete' in change.actions)", "fail: "),
        ("change.actions == ['delete'] || change.fields.exists(f, f.path.endsWith('.image'))", "pass: holds for 2"),
        ("change.fields.all(f, f.op != 'replace' || f.before != f.after)", "pass: holds for 2"),
        ("change.kind != 'Deployment' || object.spec.replicas > oldObject.spec.replicas", "pass: holds for 2"),
        ("change.kind != 'Secret' || object == null", "pass: holds for 2"),
        ("change.kind != 'Deployment' || change.restarts == 'pods'", "pass: holds for 2"),
        ("change.namespace == 'shop' && change.risk in ['low', 'medium', 'high']", "pass: holds for 2"),
    ]:
        assert judged(Rule("r", expression, on="change"), of).startswith(expected), expression


def test_noise_is_no_change() -> None:
    old = deployment().replace("labels: {", "labels: {helm.sh/chart: a-1, ")
    new = deployment().replace("labels: {", "labels: {helm.sh/chart: a-2, ")
    assert judged(Rule("r", "false", on="change"), scene(new, before=(old,))) == "pass: nothing here that it judges"


NUMBERS = (
    st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.none()
    | st.text(max_size=5)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=4))
def test_equal_operands_have_equal_verdicts_and_no_value_of_any_type_raises(values: list[object]) -> None:
    import json

    documents = [
        json.dumps(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{at}"}, "spec": {"a": [one], "b": one}}
        )
        for at, one in enumerate(values)
    ]
    rules = [
        Rule("a", "object.spec.b == 1"),
        Rule("b", "object.spec.a.all(x, x == 1)"),
        Rule("c", "has(object.spec.b)"),
    ]
    together = scene(*documents)
    for rule in rules:
        alone = {_verdict(rule, scene(document)) for document in documents}
        [outcome] = evaluate([rule], together)
        assert outcome.status == max(alone, key=["pass", "error", "fail"].index)


def _verdict(rule: Rule, of) -> str:
    [outcome] = evaluate([rule], of)
    assert all(isinstance(one, Finding) for one in outcome.findings)
    return outcome.status
