"""What cannot be changed in place is deleted and created again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gitpromote.model.change import ChangeSet

Compared = Callable[..., ChangeSet]

RBAC, STORAGE = "rbac.authorization.k8s.io/v1", "storage.k8s.io/v1"


def thing(kind: str, body: str, version: str) -> str:
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n{body}\n"


@pytest.mark.parametrize(
    ("kind", "version", "before", "after", "field"),
    [
        ("Deployment", "apps/v1", "spec: {selector: {matchLabels: {a: b}}}", "spec: {selector: {matchLabels: {a: c}}}", "spec.selector.matchLabels.a"),
        ("DaemonSet", "apps/v1", "spec: {selector: {a: b}}", "spec: {}", "spec.selector"),
        ("StatefulSet", "apps/v1", "spec: {serviceName: a}", "spec: {serviceName: b}", "spec.serviceName"),
        ("StatefulSet", "apps/v1", "spec: {volumeClaimTemplates: [{metadata: {labels: {helm.sh/chart: a}}}]}", "spec: {volumeClaimTemplates: [{metadata: {labels: {helm.sh/chart: b}}}]}", 'spec.volumeClaimTemplates[0].metadata.labels["helm.sh/chart"]'),
        ("StatefulSet", "apps/v1", "spec: {replicas: 1}", "spec: {replicas: 2}", ""),
        ("StatefulSet", "apps/v1", "spec: {template: {a: b}}", "spec: {template: {a: c}}", ""),
        ("Job", "batch/v1", "spec: {template: {metadata: {labels: {helm.sh/chart: a}}}}", "spec: {template: {metadata: {labels: {helm.sh/chart: b}}}}", 'spec.template.metadata.labels["helm.sh/chart"]'),
        ("Job", "batch/v1", "spec: {parallelism: 1}", "spec: {parallelism: 2}", ""),
        ("CronJob", "batch/v1", "spec: {jobTemplate: {spec: {template: {a: b}}}}", "spec: {jobTemplate: {spec: {template: {a: c}}}}", ""),
        ("Service", "v1", "spec: {clusterIP: 10.0.0.1}", "spec: {clusterIP: 10.0.0.2}", "spec.clusterIP"),
        ("Service", "v1", "spec: {ports: []}", "spec: {ports: [], clusterIP: None}", "spec.clusterIP"),
        ("Service", "v1", "spec: {ports: [], clusterIP: 10.0.0.1}", "spec: {ports: []}", ""),
        ("PersistentVolumeClaim", "v1", "spec: {storageClassName: a}", "spec: {storageClassName: b}", "spec.storageClassName"),
        ("PersistentVolumeClaim", "v1", "spec: {resources: {requests: {storage: 1Gi}}}", "spec: {resources: {requests: {storage: 2Gi}}}", ""),
        ("PersistentVolume", "v1", "spec: {csi: {driver: a}}", "spec: {csi: {driver: b}}", "spec.csi.driver"),
        ("PersistentVolume", "v1", "spec: {persistentVolumeReclaimPolicy: Delete}", "spec: {persistentVolumeReclaimPolicy: Retain}", ""),
        ("ConfigMap", "v1", "immutable: true\ndata: {a: b}", "immutable: true\ndata: {a: c}", "data.a"),
        ("ConfigMap", "v1", "immutable: true\ndata: {a: b}", "data: {a: b}", "immutable"),
        ("ConfigMap", "v1", "data: {a: b}", "immutable: true\ndata: {a: c}", ""),
        ("Secret", "v1", "type: a", "type: b", "type"),
        ("Secret", "v1", "data: {}", "type: Opaque", ""),
        ("Secret", "v1", "immutable: true\ndata: {a: YQ==}", "immutable: true\ndata: {a: Yg==}", "data.a"),
        ("StorageClass", STORAGE, "parameters: {a: b}", "parameters: {a: c}", "parameters.a"),
        ("StorageClass", STORAGE, "allowVolumeExpansion: false", "allowVolumeExpansion: true", ""),
        ("RoleBinding", RBAC, "roleRef: {name: a}", "roleRef: {name: b}", "roleRef.name"),
        ("ClusterRoleBinding", RBAC, "subjects: [{name: a}]", "subjects: [{name: b}]", ""),
        ("CustomResourceDefinition", "apiextensions.k8s.io/v1", "spec: {scope: Cluster}", "spec: {scope: Namespaced}", "spec.scope"),
        ("Pod", "v1", "spec: {containers: [{name: a, image: b}]}", "spec: {containers: [{name: a, image: c}]}", ""),
        ("Pod", "v1", "spec: {containers: [{name: a, args: [b]}]}", "spec: {containers: [{name: a, args: [c]}]}", "spec.containers[a].args[0]"),
        ("Deployment", "example.org/v1", "spec: {selector: a}", "spec: {selector: b}", ""),
    ],
)
def test_an_immutable_field_replaces_the_object(
    compared: Compared, kind: str, version: str, before: str, after: str, field: str
) -> None:
    (change,) = compared(thing(kind, before, version), thing(kind, after, version)).changes
    assert change.actions == (("delete", "create") if field else ("update",))
    assert (change.notes[:1] == (f"{field} cannot be changed in place",)) == bool(field)
    assert len(change.fields) == 1 or (kind, after) == ("Secret", "type: Opaque")
    assert compared(thing(kind, before, version), thing(kind, after, version)).counts == (0, 1, 0)
