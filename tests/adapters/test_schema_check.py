"""Objects against the schemas of Kubernetes: what does not fit, where, and never with a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gitpromote.adapters.schema_check import judge_schema
from gitpromote.errors import ConfigurationError
from gitpromote.model.change import path_text
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.policy import Pack
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.policy.evaluate import evaluate
from gitpromote.policy.judged import Judged, Material
from gitpromote.policy.scene import Scene
from gitpromote.render.parse import parse_manifests

pytest.importorskip("kubernetes_validate")

GOOD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, creationTimestamp: null}
spec:
  replicas: 3
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
      - name: web
        image: web
        livenessProbe: {httpGet: {path: /, port: http}}
        resources: {limits: {cpu: 1, memory: 1Gi}}
      volumes: [{name: v, emptyDir: }]
"""
BAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: "hunter2"
  selector: {matchLabels: {a: b}}
  template:
    spec:
      containers:
      - {name: web, prots: [hunter2], resources: {limits: {cpu: true}}}
      - {image: x, env: hunter2, livenessProbe: {httpGet: {path: /}}}
"""
CUSTOM = """
apiVersion: acme.io/v1
kind: Widget
metadata: {name: one}
---
apiVersion: acme.io/v1
kind: Widget
metadata: {name: two}
---
apiVersion: apps.kruise.io/v1
kind: DaemonSet
metadata: {name: other}
"""


def _scene(text: str) -> Scene:
    objects = parse_manifests(text.encode(), file="all.yaml").manifests
    target = ResolvedTarget(kind="directory")
    return Scene(
        pipeline="shop",
        environment=ResolvedEnvironment(name="prod", target=target),
        occasion="promote",
        objects=objects,
        before=ManifestSet(),
    )


def _judged(text: str, leave_out: tuple[str, ...] = (), **settings: Any) -> Judged:
    return judge_schema(_scene(text), settings, leave_out)


def test_what_fits_is_let_be() -> None:
    judged = _judged(GOOD)
    assert (tuple(judged.findings), judged.looked_at, judged.operands) == ((), 1, {})


def test_what_does_not_fit_is_told_with_its_place_and_without_its_value() -> None:
    web = "spec.template.spec.containers[web]"
    found = sorted(f"{one.rule} {path_text(one.path)}: {one.message}" for one in _judged(BAD).findings)
    assert found == [
        "schema/invalid spec.replicas: takes a whole number, not text",
        "schema/invalid spec.template.spec.containers[1].env: takes a list, not text",
        "schema/invalid spec.template.spec.containers[1].livenessProbe.httpGet.port: port is missing",
        "schema/invalid spec.template.spec.containers[1].name: name is missing",
        "schema/invalid spec.template.spec.containers[web].prots: there is no field prots",
        f"schema/invalid {web}.resources.limits.cpu: takes text or a number, not true or false",
    ]


def test_unknown_fields_are_let_be_where_that_is_wanted() -> None:
    assert not [one for one in _judged(BAD, strict=False).findings if "prots" in one.message]


def test_kinds_without_a_schema_are_counted_and_not_judged() -> None:
    judged = _judged(GOOD + "---" + CUSTOM)
    assert tuple(judged.findings) == ()
    assert judged.looked_at == 1
    assert judged.operands == {
        "without a schema": {"acme.io/v1 Widget": 2, "apps.kruise.io/v1 DaemonSet": 1},
        "not judged": 3,
    }


MISTYPED = """
apiVersion: apps/v1
kind: Deploymentt
metadata: {name: kind}
---
apiVersion: apps/v9
kind: Deployment
metadata: {name: version}
---
apiVersion: batch/v1
kind: CronJobb
metadata: {name: job}
---
apiVersion: app/v1
kind: StatefulSet
metadata: {name: group}
---
apiVersion: networking.k8s.io/v1
kind: ingress
metadata: {name: case}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: another}
---
apiVersion: policy/v1
kind: Defined
metadata: {name: defined}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: defineds.policy}
spec: {group: policy, names: {kind: Defined, plural: defineds}, scope: Namespaced, versions: []}
"""


def test_what_kubernetes_itself_should_have_and_has_not_is_told() -> None:
    judged = _judged(MISTYPED, ignore_kinds=["*/CustomResourceDefinition"])
    assert [f"{one.rule} {path_text(one.path)}: {one.message} ({one.hint})" for one in judged.findings] == [
        "schema/unknown apiVersion: Kubernetes 1.34 has no apps/v1 Deploymentt (did you mean Deployment?)",
        "schema/unknown apiVersion: Kubernetes 1.34 has no apps/v9 Deployment (use apps/v1)",
        "schema/unknown apiVersion: Kubernetes 1.34 has no batch/v1 CronJobb (did you mean CronJob?)",
        "schema/unknown apiVersion: Kubernetes 1.34 has no app/v1 StatefulSet (use apps/v1)",
        "schema/unknown apiVersion: Kubernetes 1.34 has no networking.k8s.io/v1 ingress (did you mean Ingress?)",
    ]
    assert (judged.looked_at, judged.operands["not judged"]) == (5, 2)


def test_each_rule_may_be_left_out() -> None:
    def rules(*leave_out: str) -> set[str]:
        return {one.rule for one in _judged(BAD + "---" + MISTYPED, leave_out).findings}

    assert rules() == {"schema/invalid", "schema/unknown"}
    assert rules("invalid") == {"schema/unknown"}
    assert rules("unknown") == {"schema/invalid"}
    assert rules("invalid", "unknown") == set()


def test_the_verdict_says_how_many_were_not_judged() -> None:
    assert _verdict(GOOD + "---" + CUSTOM) == "pass: holds for 1, 3 not judged"
    assert _verdict(CUSTOM) == "pass: nothing here that it judges, 3 not judged"
    assert _verdict(GOOD) == "pass: holds for 1"


def _verdict(text: str) -> str:
    policy = Pack("schema")
    [outcome] = evaluate([policy], _scene(text), Material(answers={policy.name: _judged(text)}))
    return f"{outcome.status}: {outcome.message}"


def test_kinds_that_are_ignored_are_neither() -> None:
    judged = _judged(BAD + "---" + CUSTOM, ignore_kinds=["Deployment", "acme.io/*", "DaemonSet"])
    assert (tuple(judged.findings), judged.looked_at, judged.operands) == ((), 0, {})


@pytest.mark.parametrize("version", ["1.12", "1.999"])
def test_a_version_without_schemas_cannot_be_told(version: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _judged(GOOD, kubernetes=version)
    assert caught.value.code == "kubernetes-unknown"
    assert caught.value.detail.startswith(f"{version} is not among 1.25 to 1.")


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real: Callable[..., Any] = builtins.__import__

    def refuse(name: str, *others: Any) -> Any:
        if name.startswith("kubernetes_validate"):
            raise ImportError("No module named 'kubernetes_validate'")
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ConfigurationError) as caught:
        _judged(GOOD, kubernetes="1.26")
    assert str(caught.value) == (
        "Schemas need a library that this machine does not have  [extra-missing]\n"
        "kubernetes-validate: No module named 'kubernetes_validate'\n"
        'Install it:\n  pip install "gitpromote[schema]"'
    )
