"""Kinds that cannot be meant are doubted; what somebody may have defined is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.policy.admission_kinds import KUBERNETES
from gitpromote.policy.kind_names import doubt


@pytest.mark.parametrize(
    ("pattern", "told", "hint"),
    [
        ("Deploymnet", '"Deploymnet" is no kind of Kubernetes', 'did you mean "Deployment"?'),
        ("deployment", '"deployment" is no kind of Kubernetes', 'did you mean "Deployment"?'),
        ("deployments", '"deployments" is no kind of Kubernetes', 'did you mean "Deployment"?'),
        ("networkpolicies", '"networkpolicies" is no kind of Kubernetes', 'did you mean "NetworkPolicy"?'),
        ("Ingresses", '"Ingresses" is no kind of Kubernetes', 'did you mean "Ingress"?'),
        ("Pods", '"Pods" is no kind of Kubernetes', 'did you mean "Pod"?'),
        ("apps/Deploymnet", '"apps/Deploymnet" is no kind of Kubernetes', 'did you mean "apps/Deployment"?'),
        ("apps/CronJob", '"apps/CronJob" is no kind of Kubernetes', 'did you mean "batch/CronJob"?'),
        ("core/Secret", 'there is no group "core"', 'did you mean "/Secret"?'),
        ("v1/*", 'there is no group "v1"', ""),
        ("app/*", 'there is no group "app"', 'did you mean "apps/*"?'),
        ("network.k8s.io/Ingress", "", ""),
        ("networking.k8s.oi/Ingress", '"networking.k8s.oi" is no group of Kubernetes',
         'did you mean "networking.k8s.io/Ingress"?'),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_doubted(pattern, told, hint):
    assert doubt(pattern) == (told, hint)


#: Custom resources that many clusters have.
CUSTOM = """
    Application ApplicationSet AppProject Certificate ClusterIssuer ClusterPolicy ClusterSecretStore CronWorkflow
    DestinationRule
    ExternalSecret Gateway GitRepository GrafanaDashboard HTTPRoute HelmRelease IngressRoute Issuer Kafka
    KafkaTopic Kustomization Middleware NodePool PodMonitor PostgresCluster Prometheus PrometheusRule Rollout Route
    ScaledJob ScaledObject SealedSecret ServiceEntry ServiceMonitor VirtualService Workflow WorkflowTemplate Project
    Backup Policy Cluster Machine Revision Configuration Task Pipeline Notification Provider Receiver Alert Bucket
"""


@pytest.mark.parametrize("kind", CUSTOM.split())
def test_what_somebody_may_have_defined_is_not_doubted(kind):
    assert doubt(kind) == doubt(f"acme.example/{kind}") == ("", "")


@pytest.mark.parametrize(
    "pattern", ["*", "*Set", "apps/*", "*/Deployment", "/Secret", "/*", "serving.knative.dev/Service"]
)
def test_patterns_and_groups_of_others_are_not_doubted(pattern):
    assert doubt(pattern) == ("", "")


@given(st.sampled_from(sorted(KUBERNETES)))
@settings(max_examples=100, deadline=None)
def test_no_kind_of_kubernetes_is_doubted(known):
    group, kind = known
    assert doubt(kind) == doubt(f"{group}/{kind}") == ("", "")


@given(st.text("Dabepmltyno/*.?-", max_size=20))
@settings(max_examples=100, deadline=None)
def test_any_text_has_an_answer(text):
    told, hint = doubt(text)
    assert bool(told) or not hint
