"""What kind of thing changes: one word for each field, by where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from gitpromote.diff.fields import Difference
from gitpromote.diff.immutable import Keys, step_names
from gitpromote.model.change import Op
from gitpromote.model.manifest import ObjectRef
from gitpromote.model.pods import TEMPLATES

#: Every category, with what it speaks of.
CATEGORIES: Mapping[str, str] = {
    "admission": "webhooks and policies that admit objects",
    "config": "variables, arguments, ConfigMaps, chart values",
    "crd": "custom resource definitions",
    "health": "probes and lifecycle hooks",
    "image": "which image runs",
    "metadata": "labels, annotations, owners",
    "namespace": "namespaces themselves",
    "network": "services, routes, ports, network policies",
    "order": "the order of a list alone",
    "other": "anything else",
    "rbac": "who may do what",
    "replicas": "how many",
    "resources": "requests, limits, quotas",
    "rollout": "how an update is carried out",
    "schedule": "when jobs run",
    "scheduling": "where pods may run",
    "secret": "secrets, and references to them",
    "security": "what pods may do to their node",
    "source": "which chart or revision is rendered further on",
    "storage": "volumes and claims",
    "workload": "whole workloads and containers",
}

_BY_KIND = {
    "config": "ConfigMap",
    "crd": "CustomResourceDefinition",
    "namespace": "Namespace",
    "network": "BackendTLSPolicy EndpointSlice Endpoints GRPCRoute Gateway GatewayClass HTTPRoute Ingress IngressClass "
    "NetworkPolicy ReferenceGrant Service TCPRoute TLSRoute UDPRoute DestinationRule VirtualService IngressRoute",
    "rbac": "ClusterRole ClusterRoleBinding Role RoleBinding ServiceAccount",
    "replicas": "HorizontalPodAutoscaler ScaledObject VerticalPodAutoscaler",
    "resources": "LimitRange ResourceQuota",
    "rollout": "PodDisruptionBudget",
    "scheduling": "PriorityClass RuntimeClass",
    "secret": "ClusterExternalSecret ClusterSecretStore ExternalSecret PushSecret SealedSecret Secret "
    "SecretProviderClass SecretStore VaultStaticSecret",
    "storage": "CSIDriver PersistentVolume PersistentVolumeClaim StorageClass VolumeSnapshot VolumeSnapshotClass",
    "admission": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration "
    "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration ClusterPolicy Policy",
}
_KINDS = {kind: category for category, kinds in _BY_KIND.items() for kind in kinds.split()}

_BY_WORKLOAD_FIELD = {
    "replicas": "replicas parallelism completions",
    "schedule": "schedule timeZone suspend concurrencyPolicy startingDeadlineSeconds",
    "rollout": "strategy updateStrategy minReadySeconds progressDeadlineSeconds paused podManagementPolicy "
    "backoffLimit",
    "storage": "volumeClaimTemplates persistentVolumeClaimRetentionPolicy",
}
_WORKLOAD_FIELDS = {name: category for category, names in _BY_WORKLOAD_FIELD.items() for name in names.split()}

_BY_POD_FIELD = {
    "image": "imagePullSecrets",
    "network": "hostAliases dnsConfig dnsPolicy hostname subdomain",
    "scheduling": "nodeSelector nodeName affinity tolerations topologySpreadConstraints priorityClassName "
    "schedulerName runtimeClassName schedulingGates",
    "security": "securityContext serviceAccountName serviceAccount automountServiceAccountToken hostNetwork hostPID "
    "hostIPC hostUsers shareProcessNamespace",
    "storage": "volumes",
    "health": "terminationGracePeriodSeconds",
}
_POD_FIELDS = {name: category for category, names in _BY_POD_FIELD.items() for name in names.split()}

_BY_CONTAINER_FIELD = {
    "image": "image imagePullPolicy",
    "config": "env envFrom args command workingDir",
    "resources": "resources resizePolicy",
    "network": "ports",
    "storage": "volumeMounts volumeDevices",
    "health": "livenessProbe readinessProbe startupProbe lifecycle",
    "security": "securityContext",
}
_CONTAINER_FIELDS = {name: category for category, names in _BY_CONTAINER_FIELD.items() for name in names.split()}
_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})

_BY_ANY_FIELD = {
    "image": "image tag digest images",
    "replicas": "replicas minReplicas maxReplicas",
    "resources": "resources",
    "config": "values valuesObject valuesFiles valuesFrom helm parameters env",
    "schedule": "schedule interval",
    "source": "targetRevision chart version sourceRef ref repoURL",
    "secret": "secretRef secretName secretKeyRef",
}
_ANY_FIELDS = {name: category for category, names in _BY_ANY_FIELD.items() for name in names.split()}


def categories(ref: ObjectRef, changes: Iterable[Difference]) -> tuple[str, ...]:
    """The categories of an object's changed fields, sorted."""
    return tuple(sorted({_category(ref.group, ref.kind, step_names(change.path), change.op) for change in changes}))


@lru_cache(maxsize=4096)
def _category(group: str, kind: str, keys: Keys, op: Op) -> str:
    template = TEMPLATES.get((group, kind))
    if op == "reorder":
        return "order"
    if not keys:
        return "workload" if template is not None else _KINDS.get(kind, "other")
    if keys[0] in ("apiVersion", "metadata"):
        return "metadata" if keys[0] == "metadata" else "other"
    if template is not None:
        return _in_workload(keys, template)
    return _KINDS.get(kind) or _elsewhere(keys)


def _in_workload(keys: Keys, template: Keys) -> str:
    if keys[: len(template)] != template:
        return next((_WORKLOAD_FIELDS[key] for key in keys if key in _WORKLOAD_FIELDS), "other")
    inside = keys[len(template) :]
    if inside[:1] == ("metadata",):
        return "metadata"
    if inside[:1] != ("spec",) or len(inside) == 1:
        return "workload"
    if inside[1] in _CONTAINERS:
        return _CONTAINER_FIELDS.get(inside[2], "other") if len(inside) > 2 else "workload"
    return _POD_FIELDS.get(inside[1], "other")


def _elsewhere(keys: Keys) -> str:
    """An unknown kind: the outermost word that says something, so that chart values are that whatever is in them."""
    return next((_ANY_FIELDS[key] for key in keys if key in _ANY_FIELDS), "other")
