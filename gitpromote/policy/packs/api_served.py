"""Which APIs Kubernetes itself serves, release by release, and what one that is none may have been meant to be.

Facts of the OpenAPI documents that Kubernetes publishes with each release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

from gitpromote.model.manifest import Manifest, ManifestSet, split_api_version
from gitpromote.model.names import did_you_mean
from gitpromote.policy.packs.api_table import Key
from gitpromote.policy.packs.reading import at

__all__ = ["KNOWN", "Served", "api_name", "api_of", "defined_in", "served_in"]

#: The releases that the table below is about: ``25`` is 1.25.
KNOWN = range(25, 38)

#: group/version | the first release with it, from KNOWN | the last one, where one is without it again | kinds
_TABLE = """
v1 | 25 | - | Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume
v1 | 25 | - | PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service
v1 | 25 | - | ServiceAccount
admissionregistration.k8s.io/v1 | 36 | - | MutatingAdmissionPolicy MutatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1 | 25 | - | MutatingWebhookConfiguration ValidatingWebhookConfiguration
admissionregistration.k8s.io/v1 | 30 | - | ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1alpha1 | 32 | - | MutatingAdmissionPolicy MutatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1alpha1 | 26 | 31 | ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1beta1 | 34 | - | MutatingAdmissionPolicy MutatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1beta1 | 28 | 33 | ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
apiextensions.k8s.io/v1 | 25 | - | CustomResourceDefinition
apiregistration.k8s.io/v1 | 25 | - | APIService
apps/v1 | 25 | - | ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet
authentication.k8s.io/v1 | 28 | - | SelfSubjectReview
authentication.k8s.io/v1 | 25 | - | TokenRequest TokenReview
authentication.k8s.io/v1alpha1 | 26 | 31 | SelfSubjectReview
authentication.k8s.io/v1beta1 | 27 | 32 | SelfSubjectReview
authorization.k8s.io/v1 | 25 | - | LocalSubjectAccessReview SelfSubjectAccessReview
authorization.k8s.io/v1 | 25 | - | SelfSubjectRulesReview SubjectAccessReview
autoscaling/v1 | 25 | - | HorizontalPodAutoscaler Scale
autoscaling/v2 | 25 | - | HorizontalPodAutoscaler
autoscaling/v2beta2 | 25 | 25 | HorizontalPodAutoscaler
batch/v1 | 25 | - | CronJob Job
certificates.k8s.io/v1 | 25 | - | CertificateSigningRequest
certificates.k8s.io/v1 | 37 | - | ClusterTrustBundle PodCertificateRequest
certificates.k8s.io/v1alpha1 | 27 | 36 | ClusterTrustBundle
certificates.k8s.io/v1alpha1 | 34 | 34 | PodCertificateRequest
certificates.k8s.io/v1beta1 | 33 | - | ClusterTrustBundle
certificates.k8s.io/v1beta1 | 35 | - | PodCertificateRequest
coordination.k8s.io/v1 | 25 | - | Lease
coordination.k8s.io/v1alpha1 | 31 | 31 | LeaseCandidate
coordination.k8s.io/v1alpha2 | 32 | - | LeaseCandidate
coordination.k8s.io/v1beta1 | 33 | - | LeaseCandidate
discovery.k8s.io/v1 | 25 | - | EndpointSlice
events.k8s.io/v1 | 25 | - | Event
flowcontrol.apiserver.k8s.io/v1 | 29 | - | FlowSchema PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1beta1 | 25 | 25 | FlowSchema PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1beta2 | 25 | 28 | FlowSchema PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1beta3 | 26 | 31 | FlowSchema PriorityLevelConfiguration
internal.apiserver.k8s.io/v1alpha1 | 25 | - | StorageVersion
lifecycle.k8s.io/v1alpha1 | 37 | - | Eviction EvictionRequest
networking.k8s.io/v1 | 33 | - | IPAddress ServiceCIDR
networking.k8s.io/v1 | 25 | - | Ingress IngressClass NetworkPolicy
networking.k8s.io/v1alpha1 | 25 | 28 | ClusterCIDR
networking.k8s.io/v1alpha1 | 27 | 30 | IPAddress
networking.k8s.io/v1alpha1 | 29 | 30 | ServiceCIDR
networking.k8s.io/v1beta1 | 31 | 36 | IPAddress ServiceCIDR
node.k8s.io/v1 | 25 | - | RuntimeClass
policy/v1 | 25 | - | Eviction PodDisruptionBudget
rbac.authorization.k8s.io/v1 | 25 | - | ClusterRole ClusterRoleBinding Role RoleBinding
resource.k8s.io/v1 | 34 | - | DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice
resource.k8s.io/v1 | 37 | - | DeviceTaintRule
resource.k8s.io/v1alpha1 | 26 | 26 | PodScheduling ResourceClaim ResourceClaimTemplate ResourceClass
resource.k8s.io/v1alpha2 | 27 | 30 | PodSchedulingContext ResourceClaim ResourceClaimTemplate ResourceClass
resource.k8s.io/v1alpha2 | 30 | 30 | ResourceClaimParameters ResourceClassParameters ResourceSlice
resource.k8s.io/v1alpha3 | 31 | 33 | DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice
resource.k8s.io/v1alpha3 | 33 | - | DeviceTaintRule
resource.k8s.io/v1alpha3 | 31 | 31 | PodSchedulingContext
resource.k8s.io/v1alpha3 | 36 | - | ResourcePoolStatusRequest
resource.k8s.io/v1beta1 | 32 | - | DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice
resource.k8s.io/v1beta2 | 33 | - | DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice
resource.k8s.io/v1beta2 | 36 | - | DeviceTaintRule
scheduling.k8s.io/v1 | 25 | - | PriorityClass
scheduling.k8s.io/v1alpha1 | 35 | 35 | Workload
scheduling.k8s.io/v1alpha2 | 36 | 36 | PodGroup Workload
scheduling.k8s.io/v1alpha3 | 37 | - | CompositePodGroup PodGroup Workload
scheduling.k8s.io/v1beta1 | 37 | - | PodGroup Workload
storage.k8s.io/v1 | 25 | - | CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment
storage.k8s.io/v1 | 34 | - | VolumeAttributesClass
storage.k8s.io/v1alpha1 | 29 | 34 | VolumeAttributesClass
storage.k8s.io/v1beta1 | 25 | 26 | CSIStorageCapacity
storage.k8s.io/v1beta1 | 31 | 36 | VolumeAttributesClass
storagemigration.k8s.io/v1 | 37 | - | StorageVersionMigration
storagemigration.k8s.io/v1alpha1 | 30 | 34 | StorageVersionMigration
storagemigration.k8s.io/v1beta1 | 35 | - | StorageVersionMigration
"""


class _Row(NamedTuple):
    key: Key
    since: int
    until: int


def _rows() -> Iterator[_Row]:
    for line in _TABLE.strip().splitlines():
        name, since, until, kinds = (cell.strip() for cell in line.split("|"))
        last = KNOWN[-1] if until == "-" else int(until)
        yield from (_Row((*split_api_version(name), kind), int(since), last) for kind in kinds.split())


@dataclass(frozen=True, slots=True)
class Served:
    """The APIs of one release.

    :ivar keys: group, version and kind of each
    :ivar groups: the groups that it has anything of
    """

    keys: frozenset[Key]
    groups: frozenset[str]

    @classmethod
    def of(cls, keys: Iterable[Key]) -> Served:
        """A release with these."""
        found = frozenset(keys)
        return cls(found, frozenset(group for group, _, _ in found))

    def lacks(self, manifest: Manifest) -> bool:
        """Whether an API is in a group of Kubernetes itself, and the release has none such.

        A group without a dot is always its own: no custom resource may be in one.
        """
        group = manifest.ref.group
        return ("." not in group or group in self.groups) and api_of(manifest) not in self.keys

    def instead(self, manifest: Manifest) -> str:
        """What may have been meant; empty where nothing is near."""
        group, _, kind = api_of(manifest)
        places = sorted(((one, other) for one, other, name in self.keys if name == kind), key=partial(_nearness, group))
        if places:
            return f"use {'/'.join(part for part in places[0] if part)}"
        beside = {name for one, _, name in self.keys if one == group} or {name for _, _, name in self.keys}
        return did_you_mean(kind, sorted(beside))


def _nearness(group: str, place: tuple[str, str]) -> tuple[bool, bool, str, str]:
    """The same group first, and stable versions before others."""
    return place[0] != group, not place[1][1:].isdigit(), *place


def api_of(manifest: Manifest) -> Key:
    """Group, version and kind."""
    return manifest.ref.group, manifest.version, manifest.ref.kind


def api_name(manifest: Manifest) -> str:
    """``apps/v1 Deployment``."""
    *words, kind = api_of(manifest)
    return f"{'/'.join(word for word in words if word)} {kind}"


@lru_cache(maxsize=8)
def served_in(minor: int) -> Served | None:
    """What a release has; ``None`` where that is not known here."""
    if minor not in KNOWN:
        return None
    return Served.of(row.key for row in _rows() if row.since <= minor <= row.until)


def defined_in(objects: ManifestSet) -> frozenset[tuple[Any, Any]]:
    """Group and kind of the custom resources that are defined among some objects."""
    return frozenset(
        (at(one.data, "spec", "group"), at(one.data, "spec", "names", "kind"))
        for ref, one in objects.items()
        if ref.kind == "CustomResourceDefinition"
    )
