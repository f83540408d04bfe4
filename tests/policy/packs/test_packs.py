"""Packs as a whole: what a pipeline may say of them, and what holds for every rule whatever the manifests are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitpromote.errors import ConfigurationError
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef
from gitpromote.policy.packs import PACKS
from gitpromote.policy.packs.pod_security import CONTROLS
from gitpromote.policy.packs.workloads import pods
from gitpromote.policy.scene import Scene

MakeScene = Callable[[Mapping[str, Any]], Scene]


@pytest.mark.parametrize(
    ("pack", "told", "message", "hint"),
    [
        ("images", {"registrys": []}, 'there is no setting "registrys" in it', 'did you mean "registries"?'),
        ("images", {"xyz": []}, 'there is no setting "xyz" in it', "its settings are registries, ignore"),
        ("widening", {"xyz": []}, 'there is no setting "xyz" in it', "it has no settings"),
        (
            "images",
            {"registries": "ghcr.io"},
            'settings["registries"] takes a list of texts, not text',
            'write ["ghcr.io"]',
        ),
        ("images", {"registries": 1}, 'settings["registries"] takes a list of texts, not the number 1', ""),
        ("images", {"registries": [1]}, 'settings["registries"] takes a list of texts, not one with the number 1', ""),
        (
            "images",
            {"registries": [" "]},
            'settings["registries"] takes a list of texts, not one with an empty text',
            "",
        ),
        (
            "pod-security",
            {"profile": "restrictd"},
            'settings["profile"] takes "baseline" or "restricted", not "restrictd"',
            'did you mean "restricted"?',
        ),
        ("pod-security", {"profile": None}, 'settings["profile"] takes "baseline" or "restricted", not None', ""),
        (
            "pod-security",
            {"kubernetes": "latest"},
            'settings["kubernetes"] takes a version of Kubernetes such as "1.34", not "latest"',
            'write "1.34"',
        ),
        (
            "deprecated-apis",
            {"kubernetes": 1},
            'settings["kubernetes"] takes a version of Kubernetes such as "1.34", not the number 1',
            'write "1.34"',
        ),
        ("secrets", {"by_name": "yes"}, 'settings["by_name"] takes True or False, not text', ""),
        (
            "deletes",
            {"kinds": ["a b"]},
            'settings["kinds"] takes a list of kinds, not one with "a b"',
            'write "Deployment", "apps/*" or "networking.k8s.io/Ingress"',
        ),
        (
            "contamination",
            {"values": {"staging": "x"}},
            'settings["values"] takes a dictionary of lists, not text for "staging"',
            'write ["x"]',
        ),
        ("contamination", {"values": []}, 'settings["values"] takes a dictionary of lists, not a list', ""),
        (
            "contamination",
            {"allowed": ["data..x"]},
            'settings["allowed"] takes a list of places, not one with "data..x"',
            'write it like "Deployment/shop: spec.replicas" or "spec.values.hosts.**"',
        ),
        (
            "labels",
            {"values": {"tier": "("}},
            (
                'settings["values"] takes a dictionary of regular expressions, not "(" for "tier", which is no regular '
                "expression: missing ), unterminated subpattern at position 0"
            ),
            "",
        ),
    ],
)
def test_a_setting_that_is_wrong_is_told(pack: str, told: dict[str, Any], message: str, hint: str) -> None:
    [fault] = PACKS[pack].faults(told)
    assert (fault.message, fault.hint, fault.field) == (message, hint, "settings")


def test_a_rule_that_is_left_out_and_is_none_is_told() -> None:
    [fault] = PACKS["images"].faults({}, ["latst"])
    assert (fault.code, fault.message, fault.hint) == (
        "unknown-pack-rule",
        'there is no rule "latst" in it',
        'did you mean "latest"?',
    )


@pytest.mark.parametrize("pack", PACKS)
def test_defaults_are_sound_as_they_stand_and_as_they_are_saved(pack: str) -> None:
    defaults = PACKS[pack].with_defaults({})
    assert not list(PACKS[pack].faults(defaults))
    assert not list(PACKS[pack].faults(json.loads(json.dumps(defaults)), list(PACKS[pack].rules)))


def test_what_is_left_out_is_not_run(scene: MakeScene) -> None:
    of_case = scene({"objects": [{"pod": {"containers": [{"name": "web", "image": "nginx"}]}}]})
    assert {finding.rule for finding in PACKS["images"].check(of_case, {})} == {"images/latest", "images/digest"}
    assert {finding.rule for finding in PACKS["images"].check(of_case, {}, ["latest"])} == {"images/digest"}


def test_pods_are_walked_once_for_all_rules_of_a_scene(scene: MakeScene) -> None:
    one, other = (scene({"objects": [{"pod": {"containers": [{"name": "web"}]}}]}) for _ in range(2))
    assert pods(one) is pods(replace(one, pipeline="another"))
    assert pods(one) is not pods(other)


def test_where_there_is_nothing_to_compare_with_it_cannot_be_told(scene: MakeScene) -> None:
    with pytest.raises(ConfigurationError) as caught:
        list(PACKS["parity"].check(scene({"after": ["staging"]}), {}))
    assert str(caught.value) == (
        "An Environment to compare with is not known  [parity-unknown]\n"
        "prod must be like staging, and what staging holds is not known here.\n"
        'Name Environments that there are, and that are written: settings={"like": […]}.'
    )


# -- whatever the manifests are

_WORDS = st.sampled_from(
    ["", "a", "web", "true", "RuntimeDefault", "ALL", "Unconfined", "latest", "n:1", "hunter2-secret"]
)
_FIELDS = """
metadata spec template containers initContainers volumes securityContext capabilities add drop env
envFrom name value valueFrom secretKeyRef image ports hostPort resources limits livenessProbe
httpGet host labels annotations data stringData rules subjects tls hosts versions schema
openAPIV3Schema properties required enum served seccompProfile type podSelector matchLabels
matchExpressions values key operator sysctls hostPath serviceAccountName listeners roleRef
argocd.argoproj.io/sync-wave helm.sh/hook
"""
_KEYS = st.sampled_from(_FIELDS.split())
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 3), _WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=5)),
    max_leaves=25,
)
_KINDS = [
    ("", "v1", "Pod"),
    ("", "v1", "Secret"),
    ("", "v1", "ConfigMap"),
    ("", "v1", "Namespace"),
    ("apps", "v1", "Deployment"),
    ("batch", "v1", "CronJob"),
    ("networking.k8s.io", "v1", "Ingress"),
    ("networking.k8s.io", "v1", "NetworkPolicy"),
    ("gateway.networking.k8s.io", "v1", "Gateway"),
    ("rbac.authorization.k8s.io", "v1", "Role"),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding"),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
]


@st.composite
def _manifests(draw: st.DrawFn) -> ManifestSet:
    found = []
    for number, (group, version, kind) in enumerate(draw(st.lists(st.sampled_from(_KINDS), max_size=4))):
        data = draw(st.dictionaries(_KEYS, _VALUES, max_size=6))
        if kind in ("Deployment", "CronJob"):
            template: Any = {"spec": {"template": {"spec": draw(_VALUES), "metadata": draw(_VALUES)}}}
            data |= template if kind == "Deployment" else {"spec": {"jobTemplate": template}}
        ref = ObjectRef(group, kind, "shop", f"o{number % 2}")
        found.append(Manifest(ref, version, data, "", "all.yaml", 1))
    return ManifestSet({manifest.ref: manifest for manifest in found})


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(objects=_manifests(), before=_manifests(), other=_manifests())
def test_no_rule_fails_whatever_stands_in_a_manifest(
    objects: ManifestSet, before: ManifestSet, other: ManifestSet, scene: MakeScene
) -> None:
    case = replace(scene({"after": ["staging"]}), objects=objects, before=before, others={"staging": other})
    for name, pack in PACKS.items():
        told = {"profile": "restricted"} if name == "pod-security" else {}
        first = list(pack.check(case, told))
        assert list(pack.check(case, told)) == first
        # What a pack says can be saved in a plan.
        assert all(json.loads(finding.model_dump_json())["rule"].startswith(f"{name}/") for finding in first)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(objects=_manifests(), minor=st.integers(0, 40))
def test_what_restricted_allows_baseline_allows_too(objects: ManifestSet, minor: int, scene: MakeScene) -> None:
    case, told = replace(scene({}), objects=objects), {"kubernetes": f"1.{minor}"}
    pack = PACKS["pod-security"]
    baseline = {finding.object.ref for finding in pack.check(case, told) if finding.object}
    restricted = {
        finding.object.ref for finding in pack.check(case, {**told, "profile": "restricted"}) if finding.object
    }
    assert baseline <= restricted


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(objects=_manifests(), data=st.data())
def test_what_a_rule_says_of_an_object_does_not_depend_on_the_order(
    objects: ManifestSet, data: st.DataObject, scene: MakeScene
) -> None:
    turned = ManifestSet({ref: objects[ref] for ref in data.draw(st.permutations(list(objects)))})
    told = []
    for some in (objects, turned):
        case = replace(scene({}), objects=some)
        told.append(sorted(one.model_dump_json() for pack in PACKS.values() for one in pack.check(case, {})))
    assert told[0] == told[1]


def test_no_pack_repeats_what_a_secret_holds(scene: MakeScene) -> None:
    hidden = "hunter2-very-secret"
    case = scene(
        {
            "objects": [
                {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "stringData": {"password": hidden, "host": "db.staging.acme.io"},
                },
                {"apiVersion": "v1", "kind": "ConfigMap", "data": {"api-token": hidden}},
                {"pod": {"containers": [{"name": "web", "env": [{"name": "DB_PASSWORD", "value": hidden}]}]}},
                {
                    "metadata": {"name": "args"},
                    "pod": {"containers": [{"name": "web", "args": [f"--password={hidden}", "--token", hidden]}]},
                },
            ],
            "before": [{"apiVersion": "v1", "kind": "ConfigMap", "data": {"api-token": "other"}}],
            "others": {"staging": [{"apiVersion": "v1", "kind": "ConfigMap", "data": {"api-token": "third"}}]},
            "after": ["staging"],
        }
    )
    found = [one for pack in PACKS.values() for one in pack.check(case, {"ignore_kinds": []} if pack.compares else {})]
    assert len(found) > 5
    assert not any(hidden in one.model_dump_json() for one in found)


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("apps/v1", "DaemonSet"),
        ("apps/v1", "StatefulSet"),
        ("argoproj.io/v1alpha1", "Rollout"),
        ("apps.kruise.io/v1alpha1", "CloneSet"),
        ("apps.openshift.io/v1", "DeploymentConfig"),
        ("batch/v1", "Job"),
        ("serving.knative.dev/v1", "Service"),
    ],
)
def test_every_pack_about_pods_knows_every_kind_of_workload(version: str, kind: str, scene: MakeScene) -> None:
    pod = {"hostPID": True, "containers": [{"name": "web", "image": "nginx"}]}
    spec = {"template": {"metadata": {"labels": {"app": "web"}}, "spec": pod}}
    case = scene({"objects": [{"apiVersion": version, "kind": kind, "spec": spec}]})
    told = {"labels": {"required": ["team"]}}
    rules = {one.rule for pack in PACKS for one in PACKS[pack].check(case, told.get(pack, {}))}
    about_pods = {
        *("images/latest", "labels/pods", "network-policy/missing", "pod-security/host-namespaces"),
        *("read-only-root/writable", "resources/limits"),
    }
    assert about_pods <= rules
    assert ("probes/readiness" in rules) is (kind not in ("Job", "Service"))


def test_each_control_is_a_rule() -> None:
    assert list(PACKS["pod-security"].rules) == [control.name for control in CONTROLS]
