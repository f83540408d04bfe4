"""Admission policies: which requests they are about, what they say of them, and what nobody here can tell."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.policy.admission import ALL, BINDING, binding, outcomes, policy, verdicts
from tests.policy.judging import SECRET, deployment, scene

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n"
WIDGET = "apiVersion: acme.io/v1\nkind: Widget\nmetadata: {name: w, namespace: shop}\n"
PROXY = "apiVersion: acme.io/v1\nkind: Proxy\nmetadata: {name: p}\n"
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgetry.acme.io}
spec:
  group: acme.io
  names: {kind: Widget, plural: widgetry}
  scope: Namespaced
  versions: [{name: v1, served: true}, {name: v2, served: true}, {name: v3, served: false}]
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: limits, namespace: shop}\ndata: {most: '2'}\n"
WORDS = (
    "spec template jobTemplate containers initContainers resources limits ports image securityContext strategy data "
    "stringData names versions group conversion livenessProbe"
).split()
FAILS = 'fail: failed expression: "false"'
NOTHING = "pass: nothing here that it judges"


def rule(
    groups: str = "apps", resources: str = "deployments", operations: str = "'*'", versions: str = "v1", more: str = ""
) -> str:
    """``matchConstraints`` of one rule."""
    parts = f"apiGroups: [{groups}], apiVersions: [{versions}], operations: [{operations}], resources: [{resources}]"
    return f"{{resourceRules: [{{{parts}{more}}}]}}"


@pytest.mark.parametrize(
    ("constraints", "documents", "expected"),
    [
        (rule(), [deployment()], FAILS),
        (rule(resources="'*'"), [deployment()], FAILS),
        (rule(resources="'*/*'"), [deployment()], FAILS),
        (rule(resources="deployments/scale"), [deployment()], NOTHING),
        (rule(resources="deployment"), [deployment()], NOTHING),
        (rule(groups="'*'"), [deployment()], FAILS),
        (rule(groups="''", resources="secrets"), [SECRET], FAILS),
        (rule(groups="''", resources="secrets", more=", resourceNames: [other]"), [SECRET], NOTHING),
        (rule(groups="''", resources="secrets", more=", resourceNames: [other, key]"), [SECRET], FAILS),
        (rule(operations="UPDATE, DELETE"), [deployment()], NOTHING),
        (rule(operations="CREATE"), [deployment()], FAILS),
        (rule(more=", scope: Cluster"), [deployment()], NOTHING),
        (rule(more=", scope: Namespaced"), [deployment()], FAILS),
        (rule(groups="''", resources="namespaces", more=", scope: Namespaced"), [NAMESPACE], NOTHING),
        (rule(groups="''", resources="namespaces", more=", scope: Cluster"), [NAMESPACE], FAILS),
        (rule(groups="acme.io", resources="widgets"), [WIDGET], FAILS),
        (rule(groups="acme.io", resources="widgets"), [WIDGET, CRD], NOTHING),
        (rule(groups="acme.io", resources="widgetry"), [WIDGET, CRD], FAILS),
        (rule(groups="acme.io", resources="widgetry", versions="v2"), [WIDGET, CRD], FAILS),
        (rule(groups="acme.io", resources="widgetry", versions="v3"), [WIDGET, CRD], NOTHING),
        (
            rule(groups="acme.io", resources="widgetry", versions="v2")[:-1] + ", matchPolicy: Exact}",
            [WIDGET, CRD],
            NOTHING,
        ),
        (
            rule(versions="v2"),
            [deployment()],
            "error: cannot be judged: the policy asks for v2 of Deployment, and it is written as v1",
        ),
        (rule(groups="acme.io", resources="proxies"), [PROXY], FAILS),
        (rule(groups="acme.io", resources="proxys"), [PROXY], FAILS),
        (
            rule(groups="acme.io", resources="proxies", more=", scope: Cluster"),
            [PROXY],
            "error: cannot be judged: the policy asks for the scope of Proxy, which is defined elsewhere",
        ),
        (ALL[:-1] + ", excludeResourceRules: " + rule()[16:], [deployment()], NOTHING),
        (ALL[:-1] + ", objectSelector: {matchLabels: {app: web}}}", [deployment(), deployment("api")], FAILS),
        (
            ALL[:-1] + ", objectSelector: {matchExpressions: [{key: app, operator: Exists}]}}",
            [deployment(), SECRET],
            FAILS,
        ),
        (
            ALL[:-1] + ", objectSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}",
            [deployment()],
            NOTHING,
        ),
        (ALL[:-1] + ", namespaceSelector: {matchLabels: {team: a}}}", [NAMESPACE], FAILS),
        (ALL[:-1] + ", namespaceSelector: {matchLabels: {team: b}}}", [NAMESPACE, deployment()], NOTHING),
    ],
)
def test_a_policy_judges_what_its_rules_and_labels_ask_for(
    constraints: str, documents: list[str], expected: str
) -> None:
    [found] = outcomes((policy("false", matchConstraints=constraints), BINDING), scene(*documents))
    assert f"{found.status}: {found.message}" == expected


def test_a_binding_narrows_what_its_policy_judges() -> None:
    here = binding(matchResources=rule(groups="''", resources="secrets"))
    [found] = outcomes((policy("false"), here), scene(deployment(), SECRET))
    assert [str(one.object) for one in found.findings] == ["Secret shop/key"]
    assert found.operands["judged"] == 1


def test_operations_are_told_by_what_is_there_already() -> None:
    check = policy("request.operation == 'CREATE' ? oldObject == null : oldObject != null", "object != null")
    assert verdicts((check, BINDING), deployment(), deployment("api"), before=(deployment("api"),)) == [
        "pass: holds for 2"
    ]
    assert verdicts((check, BINDING), before=(SECRET,)) == ['fail: failed expression: "object != null"']
    assert verdicts((policy("request.operation == 'UPDATE'"), BINDING), SECRET, before=(SECRET,)) == [
        "pass: holds for 1"
    ]


def test_a_request_says_what_is_asked_for() -> None:
    kind = "request.kind.group == 'apps' && request.kind.version == 'v1' && request.requestKind.kind == 'Deployment'"
    rest = "request.resource.resource == 'deployments' && request.name == 'web' && request.namespace == 'shop'"
    assert verdicts((policy(kind, rest, "!has(request.subResource) && !request.dryRun"), BINDING), deployment()) == [
        "pass: holds for 1"
    ]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("request.userInfo.username == 'me'", "only the cluster knows request.userInfo.username"),
        ("has(request.options)", "only the cluster knows request.options"),
        ("authorizer.requestResource.check('x').allowed()", "only the cluster knows authorizer"),
        ("authorizer.group('a').resource('b').\n  check('c').allowed()", "only the cluster knows authorizer"),
        ("namespaceObject.metadata.labels['a'] == ''", "only the cluster knows namespaceObject.metadata.labels['a']"),
        ("object.spec.nope == 1", "object.spec.nope is not there"),
        ("object.spec.template.spec.containers.all(c, c.nope)", "there is no nope where it is asked for"),
        ("1 / (object.spec.replicas - 1) == 1", "divide by zero"),
        ("object.metadata.name", "it gives text, not true or false"),
        ("object.spec.replicas", "it gives a value of another type, not true or false"),
        ("params.data.x == ''", "params.data.x is not there"),
        ("semver(object.metadata.name).major() == 1", "it gives no value"),
    ],
)
def test_what_cannot_be_told_is_an_error_unless_failures_are_ignored(expression: str, message: str) -> None:
    validations = f"[{{expression: {json.dumps(expression)}}}]"
    assert verdicts((policy(validations=validations), BINDING), deployment()) == [f"error: cannot be judged: {message}"]
    ignoring = policy(validations=validations, failurePolicy="Ignore")
    assert verdicts((ignoring, BINDING), deployment()) == ["pass: holds for 1"]


def test_one_side_that_decides_absorbs_what_nobody_knows() -> None:
    assert verdicts((policy("true || request.userInfo.username == 'me'"), BINDING), deployment()) == [
        "pass: holds for 1"
    ]
    assert verdicts((policy("false && authorizer.path('/').check('get').allowed()"), BINDING), deployment()) == [
        "fail: failed expression: \"false && authorizer.path('/').check('get').allowed()\""
    ]


def test_conditions_choose_and_one_that_is_false_outweighs_one_that_fails() -> None:
    both = '[{name: a, expression: "object.nope"}, {name: b, expression: "object.kind == \'Secret\'"}]'
    checks = (policy("false", matchConditions=both), BINDING)
    assert verdicts(checks, deployment()) == ["pass: holds for 1"]
    assert verdicts(checks, SECRET) == ["error: cannot be judged: object.nope is not there"]


def test_variables_are_evaluated_where_they_are_asked_for() -> None:
    given = """
    - {name: bad, expression: "object.nope.nope"}
    - {name: names, expression: "object.spec.template.spec.containers.map(c, c.name)"}
    - {name: first, expression: "variables.names[0]"}
    - {name: age, expression: "duration('90m')"}
    - {name: maybe, expression: "object.metadata.?annotations"}
    - {name: none, expression: "null"}"""
    good = [
        "variables.first == 'web' && variables.names.all(n, n == variables.first)",
        "variables.age < duration('2h') && variables.age.getMinutes() == 90",
        "variables.maybe.orValue({}).size() == 0 && variables.none == null",
        "object.kind == 'Deployment' || variables.bad == 1",
        "has(variables.names) && !has(object.spec.selector)",
    ]
    assert verdicts((policy(*good, variables=given), BINDING), deployment()) == ["pass: holds for 1"]
    assert verdicts((policy("variables.bad == 1", variables=given), BINDING), deployment()) == [
        "error: cannot be judged: object.nope.nope is not there"
    ]


def test_a_long_chain_of_variables_does_not_grow_without_bounds() -> None:
    names = "".join(
        f'\n    - {{name: v{n}, expression: "variables.v{n - 1} + variables.v{n - 1}"}}' for n in range(1, 30)
    )
    given = f'\n    - {{name: v0, expression: "object.spec.replicas"}}{names}'
    assert verdicts((policy(f"variables.v29 == {2**29}", variables=given), BINDING), deployment()) == [
        "pass: holds for 1"
    ]


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("'says ' + object.metadata.name", "says web"),
        ("object.nope", "the message"),
        ("'two\\nlines'", "the message"),
        ("'  '", "the message"),
        ("object.metadata.labels", "the message"),
        ("'token ghp_0123456789abcdefghij0123456789abcdef'", "token (sensitive)"),
    ],
)
def test_a_message_is_evaluated_and_otherwise_as_it_is_written(expression: str, told: str) -> None:
    given = f"[{{expression: 'false', message: the message, messageExpression: {json.dumps(expression)}}}]"
    assert verdicts((policy(validations=given), BINDING), deployment()) == [f"fail: {told}"]


def test_nothing_of_a_secret_is_told() -> None:
    given = "[{expression: 'false', messageExpression: \"'is ' + object.data.password\"}]"
    audits = '[{key: k, valueExpression: "object.data.password"}]'
    [found] = outcomes((policy(validations=given, auditAnnotations=audits), BINDING), scene(SECRET))
    assert found.message == 'failed expression: "false"'
    assert found.operands["annotations"] == ["p/k: (sensitive)"]
    assert "aHVudGVyMg" not in found.model_dump_json()


def test_warnings_and_audits_stop_nothing() -> None:
    [warns] = outcomes((policy("false", "object.nope"), binding("[Warn, Audit]")), scene(deployment()))
    assert (warns.status, len(warns.findings)) == ("warn", 2)
    assert warns.operands["audited"] == ['vap/p: failed expression: "false" (1)', "vap/p: object.nope is not there (1)"]
    [audits] = outcomes((policy("false"), binding("[Audit]")), scene(deployment(), deployment("api")))
    assert (audits.status, audits.operands["audited"]) == ("pass", ['vap/p: failed expression: "false" (2)'])


def test_one_object_that_two_bindings_deny_is_told_once() -> None:
    second = BINDING.replace("name: b", "name: c")
    [found] = outcomes((policy("false"), BINDING, second), scene(deployment()))
    assert (found.operands["causes"], found.operands["objects"]) == (1, 1)


def test_objects_are_judged_as_the_server_would_fill_them_in() -> None:
    bare = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: shop}\nspec:\n  replicas: null\n"
    pod = "  template: {spec: {containers: [{name: a, image: a, resources: {limits: {cpu: 1}}}]}}\n"
    good = (
        "object.spec.replicas == 1 && object.spec.strategy.type == 'RollingUpdate'",
        "object.spec.template.spec.containers.all(c, c.imagePullPolicy == 'Always')",
        "object.spec.template.spec.containers.all(c, quantity(c.resources.limits.cpu).asInteger() == 1)",
        "object.spec.template.spec.securityContext.size() == 0",
    )
    assert verdicts((policy(*good), BINDING), bare + pod) == ["pass: holds for 1"]
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: b}\n"
    assert verdicts((policy("object.data.a == 'Yg==' && !has(object.stringData)"), BINDING), text) == [
        "pass: holds for 1"
    ]


# --- Namespaces and parameters


def test_a_namespace_is_known_from_what_is_rendered_or_from_the_policy_files() -> None:
    check = policy("namespaceObject.metadata.labels.team == 'a'", matchConstraints=rule())
    assert verdicts((check, BINDING), NAMESPACE, deployment()) == ["pass: holds for 1"]
    assert verdicts((check, BINDING, NAMESPACE), deployment()) == ["pass: holds for 1"]
    named = policy("namespaceObject.metadata.name == 'shop'", matchConstraints=rule())
    assert verdicts((named, BINDING), deployment()) == ["pass: holds for 1"]
    none = policy("namespaceObject == null")
    assert verdicts((none, BINDING), NAMESPACE) == ["pass: holds for 1"]


def test_a_namespace_that_is_not_known_is_told_with_what_helps() -> None:
    here = binding(matchResources="{namespaceSelector: {matchLabels: {team: a}}}")
    [found] = outcomes((policy("true"), here), scene(deployment(), deployment("api")))
    [finding] = found.findings
    assert (finding.count, finding.hint) == (
        2,
        "render Namespace shop here, or add it with its labels to the policy's files",
    )


def params(
    reference: str, *texts: str, check: str = "string(object.spec.replicas) < params.data.most"
) -> tuple[str, ...]:
    """A policy with ConfigMaps for parameters."""
    kind = policy(check, paramKind="{apiVersion: v1, kind: ConfigMap}", matchConstraints=rule())
    return (kind, binding(paramRef=reference), *texts)


def test_parameters_are_found_in_the_files_and_then_in_what_is_rendered() -> None:
    named = "{name: limits, parameterNotFoundAction: Deny}"
    assert verdicts(params(named, CONFIG), deployment()) == ["pass: holds for 1"]
    assert verdicts(params(named), deployment(), CONFIG) == ["pass: holds for 1"]
    assert verdicts(params(named, CONFIG), deployment(), CONFIG.replace("2", "0")) == ["pass: holds for 1"]
    assert verdicts(params(named), deployment()) == [
        "error: cannot be judged: there is no parameter ConfigMap limits in Namespace shop"
    ]
    assert verdicts(params("{name: limits, parameterNotFoundAction: Allow}"), deployment()) == [NOTHING]
    elsewhere = "{name: limits, namespace: other, parameterNotFoundAction: Allow}"
    assert verdicts(params(elsewhere, CONFIG), deployment()) == [NOTHING]


def places(texts: tuple[str, ...], *documents: str) -> list[tuple[str, int, tuple[object, ...]]]:
    """Where each finding is to be mended."""
    found = [one for outcome in outcomes(texts, scene(*documents)) for one in outcome.findings]
    return [(one.file, one.line, one.path) for one in found]


@pytest.mark.parametrize(
    ("check", "place"),
    [
        ("string(object.spec.replicas) < params.data.most", ("all.yaml", 1, ("spec", "replicas"))),
        ("params.data.most == '3'", ("policies/3.yaml", 1, ())),
        ("params.data.least == '3'", ("policies/3.yaml", 1, ())),
        ("string(object.spec.replicas) == params.data.least", ("policies/3.yaml", 1, ())),
        ("object.spec.paused == (params.data.most == '2')", ("all.yaml", 1, ("spec", "paused"))),
    ],
)
def test_what_a_parameter_lacks_is_mended_where_it_stands(check: str, place: tuple[object, ...]) -> None:
    assert places(params("{name: limits}", CONFIG, check=check), deployment(replicas=3)) == [place]


def test_a_parameter_that_is_not_there_is_mended_in_the_binding() -> None:
    assert places(params("{name: limits}"), deployment()) == [("policies/2.yaml", 1, ())]


def test_every_parameter_that_is_selected_must_agree() -> None:
    second = CONFIG.replace("limits", "less").replace("2", "0").replace("shop}", "shop, labels: {a: b}}")
    third = CONFIG.replace("name: limits", "name: x, labels: {a: b}")
    assert verdicts(params("{selector: {}}", CONFIG, second), deployment())[0].startswith("fail: ")
    assert verdicts(params("{selector: {matchLabels: {a: b}}}", CONFIG, third), deployment()) == ["pass: holds for 1"]


def test_parameters_that_nobody_can_look_for_are_told() -> None:
    cluster = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n"
    kind = policy("params == null", paramKind="{apiVersion: v1, kind: ConfigMap}")
    assert verdicts((kind, binding(paramRef="{name: a}")), cluster) == [
        "error: cannot be judged: its parameters of kind ConfigMap live in namespaces, and ClusterRole does not"
    ]
    assert verdicts((kind, BINDING), cluster) == ["pass: holds for 1"]
    role = policy("true", paramKind="{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole}")
    assert verdicts((role, binding(paramRef="{name: a, namespace: b}")), cluster) == [
        "error: cannot be judged: paramRef.namespace is set, and ClusterRole lives in no namespace"
    ]


# --- files


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            (SECRET, policy("true"), BINDING),
            "Secret key: a policy file of an unknown kind: v1 Secret is nobody's parameter",
        ),
        (
            ("apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingAdmissionPolicy\nmetadata: {name: m}\n",),
            (
                "MutatingAdmissionPolicy m: a policy file of an unknown kind: admissionregistration.k8s.io/v1 "
                "MutatingAdmissionPolicy is nobody's parameter"
            ),
        ),
        (
            (BINDING, BINDING, policy("true")),
            "ValidatingAdmissionPolicyBinding b: it stands in policies/1.yaml:1 already",
        ),
        (("# nothing\n",), "there is no ValidatingAdmissionPolicy in its files"),
        ((policy(),), "spec.validations is missing"),
        (
            (policy("true", matchConstraints="{}"),),
            "spec.matchConstraints.resourceRules is missing",
        ),
        (
            (policy("true", matchConstraint="{}"),),
            ("spec.matchConstraint is no field that Kubernetes knows (did you mean matchConstraints?)"),
        ),
        (
            (policy("true", failurePolicy="Maybe"),),
            'spec.failurePolicy is "Maybe", not Fail or Ignore',
        ),
        (
            (policy("true").replace("validations", "validation"),),
            ("spec.validation is no field that Kubernetes knows (did you mean validations?)"),
        ),
        (
            (policy("true", matchConstraints=rule().replace("[apps]", "apps")),),
            "spec.matchConstraints.resourceRules[0].apiGroups is text, not a list",
        ),
        (
            (policy("true", variables="[{name: a-b, expression: x}]"),),
            "spec.variables[0].name is no name for a variable",
        ),
        (
            (policy("true", variables="[{name: a, expression: '1'}, {name: a, expression: '1'}]"),),
            'spec.variables has two that are called "a"',
        ),
        (
            (policy("variables.b == 1", variables="[{name: a, expression: '1'}]"),),
            ('spec.validations[0].expression: column 11 of "variables.b == 1": variables has no field b'),
        ),
        (
            (policy("true", variables="[{name: a, expression: variables.b}, {name: b, expression: '1'}]"),),
            'spec.variables[0].expression: column 11 of "variables.b": variables has no field b',
        ),
        (
            (policy("true", matchConditions="[{name: a, expression: variables.a}]"),),
            ('spec.matchConditions[0].expression: column 1 of "variables.a": there is no variable variables'),
        ),
        (
            (policy("'text'"),),
            ("spec.validations[0].expression: column 1 of \"'text'\": it gives text, not true or false"),
        ),
        ((policy("object.?spec"),), "it gives an optional value, not true or false"),
        (
            (policy("[1].all(i, v, v > i)"),),
            (
                'spec.validations[0].expression: column 5 of "[1].all(i, v, v > i)": all() with two '
                "names is not supported"
            ),
        ),
        (
            (policy("format.dns1123Label().validate(object.kind).hasValue()"),),
            (
                "spec.validations[0].expression: column 1 of "
                '"format.dns1123Label().validate(object.kind).hasValue()": there is no function format.dns1123Label'
            ),
        ),
        (
            (policy("true").replace("/v1", "/v2"),),
            "ValidatingAdmissionPolicy p: its version v2 is not known",
        ),
        (
            (policy("true"), BINDING.replace("[Deny]", "[]")),
            "spec.validationActions is missing",
        ),
        (
            (policy("true"), binding("[Deny, Warn]")),
            "spec.validationActions holds both Deny and Warn, which Kubernetes refuses",
        ),
        (
            (policy("true"), binding(paramRef="{namespace: a}")),
            "spec.paramRef takes either a name or a selector",
        ),
        (("a: [",), "A YAML document cannot be read; policies/1.yaml:2:1"),
        (
            (policy("true") + "spec: {}\n",),
            "policies/1.yaml:8: document 1: the key 'spec' appears twice; the last one counts",
        ),
    ],
)
def test_what_is_wrong_in_a_policy_file_is_told(texts: tuple[str, ...], message: str) -> None:
    [found, *_] = verdicts(texts, deployment())
    assert found.startswith("error: ")
    assert message in found


def test_faults_name_their_file_and_line() -> None:
    [found] = outcomes((f"# one\n---\n{policy('true', nope='1')}",), scene(deployment()))
    [finding] = found.findings
    assert (finding.file, finding.line, finding.object) == ("policies/1.yaml", 3, None)


def test_policies_and_bindings_that_find_nobody_are_warned_of() -> None:
    assert verdicts((policy("false"),), deployment()) == [
        "warn: ValidatingAdmissionPolicy p: no binding names it, so it judges nothing"
    ]
    other = policy("true").replace("name: p", "name: q")
    assert verdicts((other, BINDING), deployment()) == [
        "warn: 2 causes, first: ValidatingAdmissionPolicy q: no binding names it, so it judges nothing"
    ]


def test_earlier_versions_are_read_too() -> None:
    old = [one.replace("k8s.io/v1", "k8s.io/v1alpha1") for one in (policy("false"), BINDING)]
    old[1] = old[1].replace(", validationActions: [Deny]", "")
    assert verdicts(tuple(old), deployment()) == [FAILS]


FILES = (
    policy(
        "variables.v <= 1 && params.data.most == '2'",
        variables="[{name: v, expression: object.spec.replicas}]",
        paramKind="{apiVersion: v1, kind: ConfigMap}",
        matchConstraints=rule(),
    ),
    policy("false", "request.userInfo.username == ''").replace("name: p", "name: q"),
    binding(paramRef="{selector: {}}"),
    BINDING.replace("name: b", "name: c").replace("policyName: p", "policyName: q"),
    BINDING.replace("name: b", "name: d").replace("policyName: p", "policyName: q").replace("Deny", "Audit"),
    CONFIG,
    CONFIG.replace("limits", "more").replace("2", "3"),
)


@given(
    st.permutations(FILES),
    st.permutations([deployment(), deployment("api", replicas=3), SECRET, NAMESPACE]),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_the_order_of_documents_never_matters(files: list[str], documents: list[str], together: bool) -> None:
    texts = ("---\n".join(files),) if together else tuple(files)
    [expected] = outcomes(FILES, scene(deployment(), deployment("api", replicas=3), SECRET, NAMESPACE))
    [found] = outcomes(texts, scene(*documents))
    place = {"findings": {"__all__": {"file", "line"}}}
    assert found.model_dump(exclude=place) == expected.model_dump(exclude=place)
    assert found.status == "fail"


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)
KINDS = [
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "Secret"),
    ("apps/v1", "Deployment"),
    ("batch/v1", "CronJob"),
    ("v1", "Namespace"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
]


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(WORDS), ANY, max_size=5), ANY)
@settings(max_examples=100, deadline=None)
def test_whatever_an_object_holds_something_is_concluded(
    kind: tuple[str, str], data: dict[str, object], labels: object
) -> None:
    head = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "a", "labels": labels}}
    checks = (policy("object.kind != ''", "has(object.spec) || true"), binding(matchResources="{objectSelector: {}}"))
    selects = binding(matchResources="{objectSelector: {matchLabels: {a: b}}}").replace("name: b}", "name: c}")
    assert verdicts((*checks, selects), json.dumps({**data, **head})) == ["pass: holds for 1"]
