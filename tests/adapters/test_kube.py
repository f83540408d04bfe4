"""Jobs in a cluster. The API server is synthetic: see tests/servers/kube_api.py."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from kube_api import KubeApi, kubeconfig, status
from odd_server import Said, serving

from gitpromote.adapters.kube import KubeCluster
from gitpromote.errors import GitpromoteError
from gitpromote.ports import JobFacts

JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "smoke-1", "namespace": "ci"}, "spec": {}}


@pytest.fixture
def api():
    return KubeApi()


@pytest.fixture
def server(api, tmp_path, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with serving(api) as server:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, server.url)))
        yield server


@pytest.fixture
def cluster(server, tmp_path):
    return KubeCluster("uat", cache_dir=tmp_path / "cache")


def failure(call, *words):
    with pytest.raises(GitpromoteError) as caught:
        call(*words)
    return caught.value


def test_a_job_is_looked_for_started_and_followed_to_its_end(cluster, api):
    assert cluster.job("ci", "smoke-1") == JobFacts(state="absent")
    assert cluster.start_job(JOB) == JobFacts(state="running")
    assert api.jobs["ci/smoke-1"]["metadata"]["name"] == "smoke-1"
    assert cluster.job("ci", "smoke-1") == JobFacts(state="running")
    api.finish("Complete")
    assert cluster.job("ci", "smoke-1") == JobFacts(state="complete")


def test_a_failed_job_says_why(cluster, api):
    cluster.start_job(JOB)
    api.finish("Failed", reason="BackoffLimitExceeded", message="Job has reached the specified backoff limit")
    words = "BackoffLimitExceeded: Job has reached the specified backoff limit"
    assert cluster.job("ci", "smoke-1") == JobFacts(state="failed", words=words)


def test_a_job_that_somebody_else_started_meanwhile_is_the_same(cluster, api):
    cluster.start_job(JOB)
    assert cluster.start_job(JOB) == JobFacts(state="running")
    assert len(api.jobs) == 1


def test_the_current_context_is_taken_where_none_is_named(server, tmp_path):
    assert KubeCluster(None, cache_dir=tmp_path / "cache").job("ci", "x") == JobFacts(state="absent")


def test_what_is_known_of_a_clusters_kinds_is_kept_in_private(cluster, tmp_path):
    cluster.job("ci", "smoke-1")
    folder = tmp_path / "cache" / "kubernetes"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [file.name.partition("-")[0] for file in folder.iterdir()] == ["kinds"]


def test_a_context_that_is_not_there_is_told(server, tmp_path):
    error = failure(KubeCluster("prod", cache_dir=tmp_path / "cache").job, "ci", "x")
    assert error.code == "cluster-unknown"
    assert error.detail.startswith(
        "look at the Job ci/x\n  the context prod: Invalid kube-config file. Expected object"
    )
    assert error.hint == "Compare KUBECONFIG:\n  kubectl config get-contexts"


def test_no_kubeconfig_at_all_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert failure(KubeCluster(None, cache_dir=tmp_path).job, "ci", "x").code == "cluster-unknown"


def test_a_server_that_sends_away_is_told(server, api, cluster):
    api.token = "another"
    error = failure(cluster.job, "ci", "x")
    assert error.code == "cluster-access-denied"
    assert error.detail == "look at the Job ci/x\n  the context uat: Unauthorized (401)"
    assert error.hint == "Its credentials are not accepted: log in there again."
    assert "s3cret" not in str(error)


def test_an_identity_that_may_not_create_is_told(cluster, api):
    api.may_create = False
    error = failure(cluster.start_job, JOB)
    assert (error.code, error.hint) == (
        "cluster-access-denied",
        "The identity needs get and create on jobs.batch there.",
    )
    assert error.detail == (
        "start the Job ci/smoke-1\n  the context uat: jobs.batch is forbidden: ci cannot create it (403)"
    )


@pytest.mark.parametrize(
    ("metadata", "spec", "conditions", "state"),
    [
        ({}, {}, [], "running"),
        ({}, {}, [{"type": "Complete", "status": "False"}], "running"),
        ({}, {}, [{"type": "SuccessCriteriaMet", "status": "True"}], "running"),
        ({}, {}, [{"type": "FailureTarget", "status": "True", "reason": "BackoffLimitExceeded"}], "running"),
        ({}, {"suspend": True}, [], "suspended"),
        ({}, {}, [{"type": "Suspended", "status": "True"}], "suspended"),
        ({}, {"suspend": False}, [{"type": "Suspended", "status": "False"}], "running"),
        ({"deletionTimestamp": "2025-11-20T00:00:00Z"}, {}, [], "ending"),
        ({"deletionTimestamp": "2025-11-20T00:00:00Z"}, {}, [{"type": "Complete", "status": "True"}], "complete"),
        (
            {},
            {},
            [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": "Complete", "status": "True"}],
            "complete",
        ),
        ({}, {}, [{"type": "FailureTarget", "status": "True"}, {"type": "Failed", "status": "True"}], "failed"),
    ],
)
def test_complete_and_failed_alone_are_ends(cluster, api, metadata, spec, conditions, state):
    named = {**JOB["metadata"], **metadata}
    api.jobs["ci/smoke-1"] = {**JOB, "metadata": named, "spec": spec, "status": {"conditions": conditions}}
    assert cluster.job("ci", "smoke-1") == JobFacts(state=state)


def test_where_one_of_its_name_is_there_what_that_came_to_is_told(cluster, api):
    cluster.start_job(JOB)
    api.finish("Failed", reason="BackoffLimitExceeded")
    assert cluster.start_job(JOB) == JobFacts(state="failed", words="BackoffLimitExceeded")
    api.jobs["ci/smoke-1"] = {**JOB, "metadata": {**JOB["metadata"], "deletionTimestamp": "2025-11-20T00:00:00Z"}}
    assert cluster.start_job(JOB) == JobFacts(state="ending")


@pytest.mark.parametrize(
    ("answer", "code", "hint"),
    [
        (
            status(403, "Forbidden", 'jobs.batch "a" is forbidden: exceeded quota: few, limited: count/jobs.batch=1'),
            *("cluster-access-denied", ""),
        ),
        (
            status(403, "Forbidden", 'jobs.batch is forbidden: User "ci" cannot create resource "jobs"'),
            *("cluster-access-denied", "The identity needs get and create on jobs.batch there."),
        ),
        (
            status(422, "Invalid", 'Job.batch "a" is invalid: spec.template.spec.restartPolicy: Required value'),
            *("cluster-refused", "Mend the Job's manifest: the cluster takes none like it."),
        ),
        (status(404, "NotFound", 'namespaces "ci" not found'), "cluster-refused", ""),
        (status(429, "TooManyRequests", "slow down"), "cluster-refused", ""),
    ],
)
def test_what_a_server_refuses_is_told_in_its_words(server, cluster, answer, code, hint):
    cluster.job("ci", "x")
    server.behaviour = lambda asked: answer
    error = failure(cluster.start_job, JOB)
    assert (error.code, error.hint) == (code, hint)
    assert error.detail.startswith("start the Job ci/smoke-1\n  the context uat: ")


def test_a_server_that_fails_is_told(server, cluster):
    cluster.job("ci", "x")
    server.behaviour = lambda asked: status(500, "InternalError", "etcd is gone")
    error = failure(cluster.job, "ci", "x")
    assert (error.code, error.detail) == (
        "cluster-refused",
        "look at the Job ci/x\n  the context uat: etcd is gone (500)",
    )


@pytest.mark.parametrize("answer", [Said(200, b"<html>"), Said(200, b""), Said(200, b"[]"), Said(302, b"")])
def test_a_server_that_is_none_is_told(server, cluster, answer):
    server.behaviour = lambda asked: answer
    assert failure(cluster.job, "ci", "x").code.startswith("cluster-")


def test_a_server_that_is_not_there_is_told(tmp_path, monkeypatch, api):
    with serving(api) as server:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, server.url)))
    error = failure(KubeCluster("uat", cache_dir=tmp_path).job, "ci", "x")
    assert (error.code, error.detail) == (
        "cluster-unreachable",
        "look at the Job ci/x\n  the context uat: Connection refused",
    )
