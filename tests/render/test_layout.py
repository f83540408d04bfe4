"""Which object stands in which file."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import SourceInvalid
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef
from gitpromote.model.tree import Entry, blob_id
from gitpromote.render.layout import lay_out, read_target, refuse_unrendered


def manifest(kind: str, name: str, *, group: str = "", namespace: str = "") -> Manifest:
    api = f"{group}/v1" if group else "v1"
    scope = f", namespace: {namespace}" if namespace else ""
    text = f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: '{name}'{scope}}}\n"
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    data = {"apiVersion": api, "kind": kind, "metadata": metadata}
    return Manifest(ObjectRef(group, kind, namespace, name), "v1", data, text, "x.yaml", 1)


def names(*manifests: Manifest) -> list[str]:
    where = lay_out(ManifestSet.from_iterable(manifests)).where
    return [where[one.ref] for one in manifests]


def test_a_file_is_called_after_group_kind_and_name() -> None:
    assert names(
        manifest("Deployment", "shop", group="apps", namespace="prod"),
        manifest("ConfigMap", "shop", namespace="prod"),
        manifest("Ingress", "shop.example", group="networking.k8s.io"),
        manifest("Kustomization", "apps", group="kustomize.toolkit.fluxcd.io"),
    ) == [
        "apps-deployment-shop.yaml",
        "configmap-shop.yaml",
        "networking.k8s.io-ingress-shop.example.yaml",
        "kustomize.toolkit.fluxcd.io-kustomization-apps.yaml",
    ]


def test_a_name_that_no_file_can_have_is_made_safe() -> None:
    role = manifest("ClusterRole", "system:Node/é..", group="rbac.authorization.k8s.io")
    assert names(role) == ["rbac.authorization.k8s.io-clusterrole-system-node.yaml"]


def test_objects_that_would_share_a_file_all_get_their_namespace() -> None:
    assert names(
        manifest("ConfigMap", "shop", namespace="eu"),
        manifest("ConfigMap", "shop", namespace="us"),
        manifest("ConfigMap", "other", namespace="eu"),
    ) == ["configmap-eu-shop.yaml", "configmap-us-shop.yaml", "configmap-other.yaml"]


def test_what_even_the_namespace_does_not_tell_apart_gets_a_digest() -> None:
    first, second = names(manifest("Role", "a:b", namespace="x"), manifest("Role", "a-b", namespace="x"))
    assert (first, second) == ("role-x-a-b-bd95594a.yaml", "role-x-a-b-bc2b4abd.yaml")


def test_a_name_longer_than_a_file_may_be_is_cut_and_gets_a_digest() -> None:
    long = "n" * 253
    (name,) = names(manifest("ConfigMap", long))
    assert len(name) < 230
    assert name.startswith("configmap-nnnn")
    assert name != names(manifest("ConfigMap", "n" * 252))[0]


def test_the_files_hold_the_renderers_own_words() -> None:
    one = Manifest(ObjectRef("", "Pod", "", "a"), "v1", {}, "# by hand\nkind: Pod  # odd   spacing", "x.yaml", 1)
    layout = lay_out(ManifestSet.from_iterable([one]), prefix="shop/")
    content = b"# by hand\nkind: Pod  # odd   spacing\n"
    assert layout.contents == {"shop/pod-a.yaml": content}
    assert layout.entries == {"shop/pod-a.yaml": Entry("100644", blob_id(content))}
    assert layout.where == {one.ref: "shop/pod-a.yaml"}


def test_ids_are_those_of_the_targets_object_format() -> None:
    layout = lay_out(ManifestSet.from_iterable([manifest("Pod", "a")]), object_format="sha256")
    assert [len(entry.oid) for entry in layout.entries.values()] == [64]


def test_one_file_per_app_holds_its_objects_in_the_order_in_which_they_can_be_applied() -> None:
    kinds = [
        ("Widget", "acme.example"),
        ("Service", "serving.knative.dev"),
        ("Ingress", "networking.k8s.io"),
        ("Deployment", "apps"),
        ("CustomResourceDefinition", "apiextensions.k8s.io"),
        ("ConfigMap", ""),
        ("ValidatingWebhookConfiguration", "admissionregistration.k8s.io"),
        ("Service", ""),
        ("Namespace", ""),
    ]
    objects = [manifest(kind, "a", group=group) for kind, group in kinds]
    layout = lay_out(ManifestSet.from_iterable(objects), files="per-app", app="shop")
    assert list(layout.contents) == ["shop.yaml"]
    documents = layout.contents["shop.yaml"].decode().split("---\n")
    assert [document.split("\n")[1].removeprefix("kind: ") for document in documents] == [
        *("Namespace", "ConfigMap", "CustomResourceDefinition", "Service", "Deployment", "Ingress"),
        *("Service", "Widget", "ValidatingWebhookConfiguration"),
    ]
    assert set(layout.where.values()) == {"shop.yaml"}


@pytest.mark.parametrize(("app", "file"), [("kustomization", "app-kustomization.yaml"), ("chart", "app-chart.yaml")])
def test_no_app_is_called_so_that_an_agent_would_render_its_file_again(app: str, file: str) -> None:
    layout = lay_out(ManifestSet.from_iterable([manifest("Pod", "a")]), files="per-app", app=app)
    assert list(layout.contents) == [file]


def test_nothing_gives_no_file() -> None:
    assert lay_out(ManifestSet()).contents == {}
    assert lay_out(ManifestSet(), files="per-app", app="shop").contents == {}


REFS = st.builds(
    ObjectRef,
    st.sampled_from(["", "apps"]),
    st.sampled_from(["Role", "ROLE", "Rolé"]),
    st.sampled_from(["", "a", "a-b"]),
    st.sampled_from(["a", "A", "b", "a-b", "a:b", "b-a", "..", "kustomization", "x" * 250, "x" * 251]),
)


@settings(max_examples=100, deadline=None)
@given(st.sets(REFS, max_size=12), st.randoms(use_true_random=False))
def test_names_are_distinct_safe_and_a_function_of_the_set(refs: set[ObjectRef], chance: random.Random) -> None:
    objects = [Manifest(ref, "v1", {}, "x", "x.yaml", 1) for ref in sorted(refs)]
    where = lay_out(ManifestSet.from_iterable(objects)).where
    chance.shuffle(objects)
    assert lay_out(ManifestSet.from_iterable(objects)).where == where
    folded = [name.casefold() for name in where.values()]
    assert len(set(folded)) == len(refs)
    for name in where.values():
        assert len(name) < 255
        assert not name.startswith((".", "-"))
        assert "/" not in name
        assert name.casefold() not in ("kustomization.yaml", "chart.yaml")


@settings(max_examples=50, deadline=None)
@given(st.sets(REFS, min_size=2, max_size=8))
def test_an_object_that_meets_no_other_keeps_its_name_whatever_else_comes_and_goes(refs: set[ObjectRef]) -> None:
    objects = {ref: Manifest(ref, "v1", {}, "x", "x.yaml", 1) for ref in refs}
    alone = {ref: lay_out(ManifestSet({ref: objects[ref]})).where[ref] for ref in refs}
    together = lay_out(ManifestSet(objects)).where
    met = {ref for one, other in combinations(refs, 2) if alone[one] == alone[other] for ref in (one, other)}
    if not met:
        assert together == alone


def test_a_target_is_read_back_as_it_was_written() -> None:
    objects = ManifestSet.from_iterable(
        [manifest("Deployment", "shop", group="apps"), manifest("ConfigMap", "shop", namespace="eu")]
    )
    for files in ("per-object", "per-app"):
        layout = lay_out(objects, files=files, app="shop")
        read = read_target({**layout.contents, "CODEOWNERS": b"* @acme\n"})
        assert {ref: one.data for ref, one in read.items()} == {ref: one.data for ref, one in objects.items()}


def test_two_files_with_one_object_are_refused() -> None:
    content = manifest("Pod", "a").text.encode()
    with pytest.raises(SourceInvalid) as caught:
        read_target({"a.yaml": content, "b.yaml": content})
    assert caught.value.code == "duplicate-object"


def test_a_target_that_holds_sources_is_refused() -> None:
    refuse_unrendered(["a.yaml", "kustomization-notes.md"], target="env/prod")
    with pytest.raises(SourceInvalid) as caught:
        refuse_unrendered(["a.yaml", "sub/kustomization.yaml", "chart/Chart.yaml"], target="env/prod")
    assert str(caught.value) == (
        "A target for rendered manifests holds sources  [target-unrendered]\n"
        "env/prod: chart/Chart.yaml\n"
        "env/prod: sub/kustomization.yaml\n"
        "Remove them there, name them in keep=, or write into another branch or folder."
    )
