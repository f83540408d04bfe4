"""Environments with namespaces of their own: which namespace of the one stands for which of the other."""

from __future__ import annotations

from gitpromote.diff.compare import compare
from gitpromote.diff.namespaces import moved, renamed_namespaces
from gitpromote.model.manifest import ManifestSet
from gitpromote.render.parse import parse_manifests


def manifests(*objects: str) -> ManifestSet:
    """``kind namespace/name value`` each."""
    found = []
    for text in objects:
        kind, where, value = text.split(" ")
        namespace, _, name = where.rpartition("/")
        place = f", namespace: {namespace}" if namespace else ""
        found.append(
            f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}{place}}}\n" + f"data: {{v: '{value}'}}\n"
            if kind != "Namespace"
            else f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: "
            f"{{kubernetes.io/metadata.name: {name}}}}}\n"
        )
    return parse_manifests("---\n".join(found).encode(), file="a.yaml").manifests


DEV = manifests("Namespace dev -", "ConfigMap dev/web 1", "ConfigMap dev/api-2cfbcb2mhm 1", "ConfigMap shared/all 1")
PROD = manifests(
    "Namespace live -", "ConfigMap live/web 2", "ConfigMap live/api-66h9cbh964 1", "ConfigMap shared/all 1"
)


def test_a_namespace_stands_for_the_one_that_holds_the_same_objects() -> None:
    assert renamed_namespaces(DEV, PROD, names=("dev", "prod")) == {"dev": "live"}


def test_the_objects_are_compared_and_the_namespace_is_no_difference() -> None:
    changes = compare(moved(DEV, {"dev": "live"}), PROD).changes
    assert [(one.title, one.actions) for one in changes if one.changes_anything] == [
        ("v1/ConfigMap live/api", ("update",)),
        ("v1/ConfigMap live/web", ("update",)),
    ]


def test_a_namespace_named_after_the_environment_goes_first() -> None:
    before = manifests("ConfigMap pay-dev/c 1", "ConfigMap ops-dev/c 1", "ConfigMap ops-dev/d 1")
    after = manifests("ConfigMap ops-prod/c 1", "ConfigMap pay-prod/c 1", "ConfigMap pay-prod/d 1")
    found = renamed_namespaces(before, after, names=("dev", "prod"))
    assert found == {"pay-dev": "pay-prod", "ops-dev": "ops-prod"}


def test_a_namespace_on_both_sides_or_with_nothing_in_common_stays_what_it_is() -> None:
    same = manifests("ConfigMap dev/c 1")
    assert renamed_namespaces(same, same, names=("dev", "prod")) == {}
    assert renamed_namespaces(same, manifests("ConfigMap prod/d 1"), names=("dev", "prod")) == {}
    assert renamed_namespaces(same, manifests("ConfigMap c 1"), names=("dev", "prod")) == {}
    assert moved(same, {}) is same
    assert list(moved(same, {"other": "prod"})) == list(same)


def test_what_is_on_one_side_alone_stays_so() -> None:
    before = manifests("ConfigMap dev/c 1", "ConfigMap dev/old 1")
    after = manifests("ConfigMap prod/c 1", "ConfigMap prod/new 1")
    namespaces = renamed_namespaces(before, after, names=("dev", "prod"))
    changes = compare(moved(before, namespaces), after).changes
    assert {(one.title, one.actions) for one in changes} == {
        ("v1/ConfigMap prod/old", ("delete",)),
        ("v1/ConfigMap prod/new", ("create",)),
    }
