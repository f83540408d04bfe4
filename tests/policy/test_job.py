"""Job: its name and manifest for a change, and what each state means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.model.artifact import ImageArtifact
from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.freight import Freight
from gitpromote.model.gate_evidence import Job
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.policy import job
from gitpromote.policy.gate_context import GateContext

NOW = 1763640000
DIGEST = "sha256:" + "a" * 64
SUBJECT = Subject(environment="prod", freight={"main": "f" * 64}, tree="t" * 40, commits={"r": "c" * 40})


def context(value: dict[str, Any] | None, *, arrived: int | None = NOW - 60, after: tuple[str, ...] = ("uat",)):
    evidence = Evidence(gate="job", subject=SUBJECT, at=NOW, source="c", value=value) if value is not None else None
    return GateContext(
        environment=ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="branch"), after=after),
        occasion="promote",
        as_of=NOW,
        freight={"main": Freight.of("main", [])},
        arrived=arrived,
        state=EnvironmentState(name="prod"),
        evidence=evidence,
    )


@pytest.mark.parametrize(
    ("state", "words", "status", "message"),
    [
        ("complete", "", "pass", "ci/smoke-1 is complete"),
        ("running", "", "pending", "ci/smoke-1 runs"),
        ("absent", "", "pending", "ci/smoke-1 has not run: apply starts it"),
        ("failed", "BackoffLimitExceeded: Job has", "fail", "ci/smoke-1 failed: BackoffLimitExceeded: Job has"),
        ("failed", "", "fail", "ci/smoke-1 failed"),
        ("suspended", "", "pending", "ci/smoke-1 is suspended: it runs once somebody resumes it"),
        ("ending", "", "pending", "ci/smoke-1 was deleted and is still there: apply starts it again"),
        ("odd", "", "error", "ci/smoke-1 is in no known state"),
    ],
)
def test_each_state_of_a_job_means_something(state, words, status, message):
    value = {"job": "ci/smoke-1", "state": state, "words": words, "context": "uat eu"}
    outcome = job.judge(Job("smoke.yaml"), context(value))
    assert (outcome.status, outcome.message, outcome.reads) == (status, message, "live")
    assert outcome.remedy == "kubectl --context 'uat eu' -n ci logs job/smoke-1"


def test_a_job_waits_for_arrival_upstream():
    outcome = job.judge(Job("smoke.yaml"), context({"job": "a/b", "state": "complete"}, arrived=None))
    assert (outcome.status, outcome.message) == (
        "pending",
        "runs after arrival upstream, where it is not verified yet",
    )
    assert not job.is_due(context(None, arrived=None))
    assert job.is_due(context(None, arrived=None, after=()))


def test_nobody_asked_is_an_error():
    assert job.judge(Job("smoke.yaml"), context(None)).status == "error"


def test_a_jobs_name_is_that_of_its_change():
    name = job.job_name("smoke", SUBJECT, gate="job", pipeline="shop")
    assert name == job.job_name("smoke", SUBJECT, gate="job", pipeline="shop")
    others = [
        job.job_name("smoke", SUBJECT.model_copy(update=change), gate="job", pipeline="shop")
        for change in ({"environment": "dev"}, {"tree": "u" * 40}, {"freight": {}}, {"commits": {}})
    ]
    others += [job.job_name("smoke", SUBJECT, gate=gate, pipeline=line) for gate, line in (("b", "shop"), ("job", "x"))]
    assert len({name, *others}) == 7


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,80}[a-z0-9])?", fullmatch=True))
def test_any_name_gives_one_that_kubernetes_takes(given_name):
    import re

    name = job.job_name(given_name, SUBJECT, gate="job", pipeline="shop")
    assert len(name) <= 52
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", name)


def test_the_manifest_gets_name_end_and_the_images_of_the_change():
    manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "smoke", "generateName": "smoke-", "namespace": "ci", "labels": {"a": "b"}},
        "spec": {
            "template": {
                "spec": {
                    "containers": [
                        {"name": "t", "image": "ghcr.io/acme/shop:old", "env": [{"name": "image", "value": "x"}]},
                        {"name": "u", "image": "busybox"},
                        {"name": "v", "image": "localhost:5000/shop"},
                    ]
                }
            }
        },
    }
    images = [ImageArtifact(repository="ghcr.io/acme/shop", tag="2", digest=DIGEST)]
    images += [ImageArtifact(repository="localhost:5000/shop", tag="3", digest=DIGEST)]
    made = job.prepared(manifest, "smoke-1", subject=SUBJECT, images=images, timeout=600)
    assert made["metadata"] == {
        "name": "smoke-1",
        "namespace": "ci",
        "labels": {"a": "b", "app.kubernetes.io/managed-by": "gitpromote"},
        "annotations": {"gitpromote/environment": "prod"},
    }
    assert made["spec"]["activeDeadlineSeconds"] == 600
    containers = made["spec"]["template"]["spec"]["containers"]
    assert [one["image"] for one in containers] == [
        f"ghcr.io/acme/shop:2@{DIGEST}",
        "busybox",
        f"localhost:5000/shop:3@{DIGEST}",
    ]
    assert manifest["metadata"]["name"] == "smoke"


def test_what_only_a_server_sets_is_left_out():
    metadata = {"name": "a", "uid": "1", "resourceVersion": "7", "creationTimestamp": None, "managedFields": []}
    manifest = {"kind": "Job", "metadata": metadata, "spec": {}, "status": {"active": 1}}
    made = job.prepared(manifest, "a-1", subject=SUBJECT, images=[], timeout=600)
    assert set(made) == {"kind", "metadata", "spec"}
    assert set(made["metadata"]) == {"name", "namespace", "labels", "annotations"}


@pytest.mark.parametrize(("kept", "stays"), [(0, 86_400), (86_400, 86_400), (10**6, 10**6), (None, None)])
def test_a_job_that_has_ended_stays_until_somebody_has_looked(kept, stays):
    spec = {"ttlSecondsAfterFinished": kept} if kept is not None else {}
    made = job.prepared({"metadata": {"name": "a"}, "spec": spec}, "a", subject=SUBJECT, images=[], timeout=600)
    assert made["spec"].get("ttlSecondsAfterFinished") == stays


@pytest.mark.parametrize(("given_end", "end"), [(30, 30), (9999, 600), (None, 600)])
def test_a_jobs_own_end_counts_where_it_is_earlier(given_end, end):
    manifest = {"metadata": {"name": "a"}, "spec": {"activeDeadlineSeconds": given_end} if given_end else {}}
    assert job.prepared(manifest, "a", subject=SUBJECT, images=[], timeout=600)["spec"]["activeDeadlineSeconds"] == end
