"""Changes that allow more, or accept less: RBAC and CustomResourceDefinitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.change import Path
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef
from gitpromote.model.rbac import gathers_all, gathers_more, is_powerful, widens
from gitpromote.policy.packs.crd_schema import narrowed
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import at, mappings
from gitpromote.policy.packs.workloads import elements
from gitpromote.policy.scene import Scene

__all__ = ["WIDENING"]

_RBAC = "rbac.authorization.k8s.io"
_NOTHING: Mapping[str, Any] = {}
_GATHERED: Path = ("aggregationRule", "clusterRoleSelectors")


def rbac_rules(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A role that allows more than before, or takes the rules of more others as its own."""
    for old, new in _pairs(scene, _RBAC, "Role", "ClusterRole"):
        if old is not None and widens(_list(old.data, "rules"), _list(new.data, "rules")):
            yield found("widening/rbac-rules", new, "allows more than before", path=("rules",))
        if old is not None and new.ref.kind == "ClusterRole" and gathers_more(old.data, new.data):
            yield found("widening/rbac-rules", new, "takes the rules of more others as its own", path=_GATHERED)


def rbac_powerful(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A new or changed role that is as good as everything: any resource or verb, Secrets, rights, or being another one.

    Any verb counts on what comes with Kubernetes; so does a say in what others write, by webhooks for one.
    """
    for old, new in _pairs(scene, _RBAC, "Role", "ClusterRole"):
        before = is_powerful(_list(old.data, "rules")) if old is not None else False
        if not before and is_powerful(_list(new.data, "rules")):
            yield found("widening/rbac-powerful", new, "allows what is as good as everything", path=("rules",))
        gathered = new.ref.kind == "ClusterRole" and gathers_all(new.data)
        if gathered and not (old is not None and gathers_all(old.data)):
            message = "takes the rules of all others as its own, which is as good as everything"
            yield found("widening/rbac-powerful", new, message, path=_GATHERED)


def rbac_subjects(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A binding that gives its role to more subjects, or another role that may allow more; one to cluster-admin."""
    for old, new in _pairs(scene, _RBAC, "RoleBinding", "ClusterRoleBinding"):
        known, subjects = _list(old.data if old is not None else _NOTHING, "subjects"), _list(new.data, "subjects")
        role, before = (at(one.data, "roleRef", "name") if one is not None else None for one in (new, old))
        place: Path = ("roleRef", "name")
        if not subjects:
            continue
        if role == "cluster-admin" != before:
            yield found("widening/rbac-subjects", new, "binds to cluster-admin", path=place)
        elif old is not None and _allows_more(scene, old, new):
            yield found("widening/rbac-subjects", new, f"gives {role} instead of {before}", path=place)
        elif old is not None and any(subject not in known for subject in subjects):
            yield found("widening/rbac-subjects", new, f"gives {role} to more subjects", path=("subjects",))


def _allows_more(scene: Scene, old: Manifest, new: Manifest) -> bool:
    """Whether a binding to another role may allow more; a role that is not there may."""
    if at(old.data, "roleRef") == at(new.data, "roleRef"):
        return False
    before, after = _role(scene.before, old), _role(scene.objects, new)
    return before is None or after is None or widens(_list(before.data, "rules"), _list(after.data, "rules"))


def _role(objects: ManifestSet, binding: Manifest) -> Manifest | None:
    kind, name = str(at(binding.data, "roleRef", "kind")), str(at(binding.data, "roleRef", "name"))
    return objects.get(ObjectRef(_RBAC, kind, binding.ref.namespace if kind == "Role" else "", name))


def crd_versions(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A CustomResourceDefinition that drops a version, or serves one no more."""
    for old, new in _definitions(scene):
        there = {version.data.get("name"): version.data for version in _versions(new)}
        for version in _versions(old):
            name = version.data.get("name")
            if version.data.get("served") is not False:
                now = there.get(name)
                if now is None:
                    yield found("widening/crd-versions", new, f"drops the version {name}", path=("spec", "versions"))
                elif now.get("served") is False:
                    path = (*version.path, "served")
                    yield found("widening/crd-versions", new, f"serves the version {name} no more", path=path)


def crd_schema(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A CustomResourceDefinition whose schema takes less than before, so that what is there may be refused."""
    for old, new in _definitions(scene):
        schemas = {version.data.get("name"): _schema(version.data) for version in _versions(old)}
        for version in _versions(new):
            before, path = schemas.get(version.data.get("name")), (*version.path, "schema", "openAPIV3Schema")
            if before is not None and before != _schema(version.data):
                for message, where in narrowed(before, _schema(version.data), path):
                    yield found("widening/crd-schema", new, message, path=where)


def _pairs(scene: Scene, group: str, *kinds: str) -> Iterator[tuple[Manifest | None, Manifest]]:
    """Objects as they are and as they would be; what does not change is left out."""
    for ref, new in scene.objects.items():
        if ref.group == group and ref.kind in kinds:
            old = scene.before.get(ref)
            if old is None or old.data != new.data:
                yield old, new


def _definitions(scene: Scene) -> Iterator[tuple[Manifest, Manifest]]:
    for old, new in _pairs(scene, "apiextensions.k8s.io", "CustomResourceDefinition"):
        if old is not None:
            yield old, new


def _versions(manifest: Manifest) -> Any:
    return elements(at(manifest.data, "spec", "versions"), ("spec", "versions"))


def _schema(version: Mapping[str, Any]) -> Any:
    return at(version, "schema", "openAPIV3Schema")


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    return list(mappings(data.get(key)))


WIDENING = Pack(
    help="nobody may do more than before, and custom resources stay valid",
    rules={
        "rbac-rules": rbac_rules,
        "rbac-powerful": rbac_powerful,
        "rbac-subjects": rbac_subjects,
        "crd-versions": crd_versions,
        "crd-schema": crd_schema,
    },
)
