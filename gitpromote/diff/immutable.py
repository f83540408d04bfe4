"""Fields that the API server never changes: to change them, the object is deleted and created again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gitpromote.diff.fields import Difference
from gitpromote.model.change import Path, path_text
from gitpromote.model.manifest import ObjectRef

Keys = tuple[str, ...]


class Fixed(NamedTuple):
    """Fields that cannot change, and what below them can."""

    fields: tuple[Keys, ...]
    but: tuple[Keys, ...] = ()


def _fixed(*fields: str, but: str = "") -> Fixed:
    return Fixed(tuple(_keys(field) for field in fields), tuple(_keys(field) for field in but.split()))


def _keys(dotted: str) -> Keys:
    return tuple(dotted.split("."))


_STATEFUL_SPEC = (
    "spec.replicas spec.ordinals spec.template spec.updateStrategy spec.minReadySeconds spec.revisionHistoryLimit "
    "spec.persistentVolumeClaimRetentionPolicy"
)
_VOLUME_SPEC = (
    "spec.accessModes spec.capacity spec.claimRef spec.mountOptions spec.nodeAffinity "
    "spec.persistentVolumeReclaimPolicy spec.storageClassName spec.volumeAttributesClassName"
)
_POD_SPEC = (
    "spec.containers.image spec.initContainers.image spec.activeDeadlineSeconds spec.tolerations "
    "spec.terminationGracePeriodSeconds spec.schedulingGates"
)

#: By group and kind. List elements do not count as steps of a path.
FIXED: Mapping[tuple[str, str], Fixed] = {
    ("", "PersistentVolume"): _fixed("spec", but=_VOLUME_SPEC),
    ("", "PersistentVolumeClaim"): _fixed("spec", but="spec.resources spec.volumeAttributesClassName"),
    ("", "Pod"): _fixed("spec", but=_POD_SPEC),
    ("", "Secret"): _fixed("type"),
    ("", "Service"): _fixed("spec.clusterIP", "spec.clusterIPs"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _fixed(
        "spec.group", "spec.scope", "spec.names.kind", "spec.names.plural"
    ),
    ("apps", "DaemonSet"): _fixed("spec.selector"),
    ("apps", "Deployment"): _fixed("spec.selector"),
    ("apps", "ReplicaSet"): _fixed("spec.selector"),
    ("apps", "StatefulSet"): _fixed("spec", but=_STATEFUL_SPEC),
    ("batch", "Job"): _fixed(
        "spec.template", "spec.selector", "spec.completionMode", "spec.podFailurePolicy", "spec.backoffLimitPerIndex"
    ),
    ("discovery.k8s.io", "EndpointSlice"): _fixed("addressType"),
    ("networking.k8s.io", "IngressClass"): _fixed("spec.controller"),
    ("node.k8s.io", "RuntimeClass"): _fixed("handler"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _fixed("roleRef"),
    ("rbac.authorization.k8s.io", "RoleBinding"): _fixed("roleRef"),
    ("scheduling.k8s.io", "PriorityClass"): _fixed("value", "preemptionPolicy"),
    ("storage.k8s.io", "StorageClass"): _fixed("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
}

_SEALED = Fixed((("data",), ("binaryData",), ("stringData",), ("immutable",)))


def immutable_field(ref: ObjectRef, before: Mapping[str, Any], changes: Iterable[Difference]) -> str:
    """The first changed field that cannot change, as text; empty if the object can be updated."""
    rule = FIXED.get((ref.group, ref.kind))
    rules = () if rule is None else (rule,)
    if ref.group == "" and ref.kind in ("ConfigMap", "Secret") and before.get("immutable") is True:
        rules = (*rules, _SEALED)
    return next((path_text(change.path) for rule in rules for change in changes if _hits(rule, ref, change)), "")


def _hits(rule: Fixed, ref: ObjectRef, change: Difference) -> bool:
    keys = step_names(change.path)
    for field in rule.fields:
        if keys[: len(field)] == field[: len(keys)]:
            return not any(keys[: len(but)] == but for but in rule.but) and not _is_default(ref, change)
    return False


def _is_default(ref: ObjectRef, change: Difference) -> bool:
    """What the API server fills in by itself."""
    if ref.kind == "Service":
        return change.op == "remove"  # it keeps the address that it gave
    return ref.kind == "Secret" and change.op in ("add", "remove") and "Opaque" in (change.before, change.after)


def step_names(path: Path) -> Keys:
    """A path's keys, without the places in lists."""
    return tuple([element for element in path if element.__class__ is str])
