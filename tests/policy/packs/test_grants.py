"""New grants: what counts is who has which role where, not what bindings are called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef
from gitpromote.model.renderer import Helm, Plain, Renderer
from gitpromote.model.resolved import ResolvedApp, ResolvedEnvironment, ResolvedTarget
from gitpromote.policy.packs import PACKS
from gitpromote.policy.scene import Scene
from gitpromote.render.parse import parse_manifests

CHART = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [patch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: web, namespace: %s}]
"""


def _told(renderer: Renderer, text: str) -> list[str]:
    app = ResolvedApp(name="shop", renderer=renderer)
    scene = Scene(
        pipeline="shop",
        environment=ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="directory"), apps=(app,)),
        occasion="promote",
        objects=parse_manifests(text.encode(), file="all.yaml", app="shop").manifests,
        before=ManifestSet(),
    )
    first = [one.message for one in PACKS["widening"].check(scene, {})]
    assert [one.message for one in PACKS["widening"].check(replace(scene, before=scene.objects), {})] == []
    return first


@pytest.mark.parametrize("renderer", [Helm("chart", namespace="shop"), Helm("chart", namespace=None)])
def test_a_new_account_of_a_chart_is_in_the_namespace_of_the_release(renderer: Helm) -> None:
    assert _told(renderer, CHART % (renderer.namespace or "default")) == []


@pytest.mark.parametrize("renderer", [Helm("chart", namespace="shop"), Plain("deploy")])
def test_an_account_elsewhere_is_not_that_of_the_chart(renderer: Renderer) -> None:
    assert _told(renderer, CHART % "kube-system") == ["gives web to ServiceAccount kube-system/web"]


WORKLOAD = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {serviceAccountName: %s, containers: []}}}
"""


@pytest.mark.parametrize(("home", "found"), [("shop", 1), ("kube-system", 0)])
def test_the_account_of_a_workload_is_in_the_namespace_of_the_release(home: str, found: int) -> None:
    old, new = (
        parse_manifests((CHART % "shop" + WORKLOAD % name).encode(), file="all.yaml", app="shop").manifests
        for name in ("other", "web")
    )
    app = ResolvedApp(name="shop", renderer=Helm("chart", namespace=home))
    target = ResolvedTarget(kind="directory")
    scene = Scene(
        pipeline="shop",
        environment=ResolvedEnvironment(name="prod", target=target, apps=(app,)),
        occasion="promote",
        objects=new,
        before=old,
    )
    message = "runs as web instead of other, which may do more: Role web in its namespace"
    assert [one.message for one in PACKS["widening"].check(scene, {})] == [message] * found


_SUBJECTS = st.sampled_from(["User lea", "User tom", "Group devs", "ServiceAccount web"])
_GRANTS = st.sets(st.tuples(_SUBJECTS, st.sampled_from(["view", "edit", "own"]), st.sampled_from(["shop", None])))


def _binding(name: str, role: str, scope: str | None, subjects: list[str]) -> Manifest:
    kind = "ClusterRoleBinding" if scope is None else "RoleBinding"
    told = [dict(zip(("kind", "name"), one.split(), strict=True)) for one in subjects]
    data = {
        "roleRef": {"kind": "ClusterRole", "name": role},
        "subjects": [{**one, "namespace": "shop"} if one["kind"] == "ServiceAccount" else one for one in told],
    }
    return Manifest(ObjectRef("rbac.authorization.k8s.io", kind, scope or "", name), "v1", data, "", "all.yaml", 1)


def _split(grants: set[tuple[str, str, str | None]]) -> ManifestSet:
    """A binding for each."""
    ordered = sorted(grants, key=str)
    return ManifestSet.from_iterable(_binding(f"b{n}", role, at, [who]) for n, (who, role, at) in enumerate(ordered))


def _joined(grants: set[tuple[str, str, str | None]]) -> ManifestSet:
    """A binding for each role and place."""
    places = sorted({(role, at) for _, role, at in grants}, key=str)
    return ManifestSet.from_iterable(
        _binding(f"{role}-{at}", role, at, sorted(who for who, *where in grants if tuple(where) == (role, at)))
        for role, at in places
    )


def _found(before: ManifestSet, objects: ManifestSet) -> int:
    scene = Scene(
        pipeline="shop",
        environment=ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="directory")),
        occasion="promote",
        objects=objects,
        before=before,
    )
    return len(list(PACKS["widening"].check(scene, {})))


@settings(max_examples=50, deadline=None)
@given(had=_GRANTS, now=_GRANTS)
def test_every_new_grant_is_found_and_no_other(had: set[Any], now: set[Any]) -> None:
    covered = had | {(who, role, "shop") for who, role, at in had if at is None}
    assert _found(_joined(had), _split(now)) == len(now - covered)
    assert _found(_split(had), _joined(now)) == len({(role, at) for _, role, at in now - covered})
