"""Clusters are read from manifests without anything of a credential."""

from __future__ import annotations

from typing import Any

import pytest

from gitpromote.model.cluster import Cluster, UnfitCluster, clusters_in, matches

MARK = {"argocd.argoproj.io/secret-type": "cluster"}


def secret(name: str = "east", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "argocd", "labels": {**MARK, "tier": "prod"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **more}


def read(*documents: Any) -> list[Cluster]:
    return clusters_in(documents, path="clusters/all.yaml")


def test_a_cluster_secret_is_one_and_its_data_is_not_read() -> None:
    [found] = read(
        secret(
            data={"name": "bm90IHJlYWQ=", "server": "bm90IHJlYWQ=", "config": "bm90IHJlYWQ="},
            stringData={"server": "https://east.example", "config": "{bearerToken: s3cret}"},
        )
    )
    assert found == Cluster(
        name="east",
        server="https://east.example",
        namespace="argocd",
        labels={"tier": "prod"},
        annotations={},
        path="clusters/all.yaml",
    )
    assert "s3cret" not in repr(found)


def test_what_kubectl_keeps_of_an_object_is_not_read() -> None:
    manifest = secret()
    manifest["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": '{"stringData": "s3cret"}',
        "owner": "lea",
    }
    assert read(manifest)[0].annotations == {"owner": "lea"}


def test_argo_s_name_counts_where_it_is_plain() -> None:
    assert read(secret(stringData={"name": "production-east"}))[0].name == "production-east"


@pytest.mark.parametrize("kind", ["sealed", "external"])
def test_what_becomes_a_cluster_secret_is_one(kind: str) -> None:
    template = {"metadata": {"labels": {**MARK, "tier": "prod"}}, "data": {"name": "west", "server": "{{ .server }}"}}
    manifest = {
        "sealed": {
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "metadata": {"name": "w", "namespace": "argocd"},
            "spec": {"encryptedData": {"config": "AgBy…"}, "template": template},
        },
        "external": {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": {"name": "w", "namespace": "argocd"},
            "spec": {"target": {"template": template}},
        },
    }[kind]
    [found] = read(manifest)
    assert (found.name, found.server, found.namespace, found.labels) == ("west", "", "argocd", {"tier": "prod"})


@pytest.mark.parametrize(
    ("api", "kind"), [("lib.projectsveltos.io/v1beta1", "SveltosCluster"), ("cluster.x-k8s.io/v1beta1", "Cluster")]
)
def test_other_kinds_of_clusters_need_no_mark(api: str, kind: str) -> None:
    [found] = read({"apiVersion": api, "kind": kind, "metadata": {"name": "edge", "labels": {"env": "prod"}}})
    assert (found.name, found.labels) == ("edge", {"env": "prod"})


def test_lists_are_taken_apart_and_everything_else_is_passed_over() -> None:
    plain = secret("plain")
    plain["metadata"]["labels"] = {}
    listed = {"apiVersion": "v1", "kind": "List", "items": [secret("a"), plain, {"kind": "Secret"}, None, "text"]}
    assert [one.name for one in read(None, "text", 3, {}, {"kind": "Deployment"}, listed, secret("b"))] == ["a", "b"]


def test_labels_that_are_not_text_are_told() -> None:
    manifest = secret()
    manifest["metadata"]["labels"]["canary"] = True
    with pytest.raises(UnfitCluster, match="the label canary of east is not text: put it in quotes"):
        read(manifest)


def test_a_cluster_without_a_name_is_told() -> None:
    with pytest.raises(UnfitCluster, match="a Secret has no name that is text"):
        read(secret(""))


def test_labels_are_matched_by_value_or_one_of_several() -> None:
    cluster = Cluster(name="east", labels={"tier": "prod", "region": "eu"})
    assert matches(cluster, {})
    assert matches(cluster, {"tier": "prod", "region": ["us", "eu"]})
    assert not matches(cluster, {"tier": "test"})
    assert not matches(cluster, {"absent": "x"})
    assert not matches(cluster, {"region": []})
