"""Which APIs of Kubernetes went when, and what took their place.

Facts of https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and of the API's own lifecycle: a beta
version is deprecated when a stable one came, or three releases after it came, and goes three releases later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

__all__ = ["APIS", "INTRODUCED", "Api"]

Key = tuple[str, str, str]


class Api(NamedTuple):
    """One API. Numbers are minor versions: ``22`` is 1.22.

    :ivar removed: the first version without it; ``None`` where no end is known
    :ivar instead: what to use, as an ``apiVersion``, with the kind where it is another one; empty for nothing
    :ivar since: the first version that has that
    :ivar advice: what to do where there is nothing to use instead
    """

    deprecated: int
    removed: int | None
    instead: str
    since: int
    advice: str = ""


#: group/version | kinds | deprecated | removed | instead, in the same group where none is named | since
_TABLE = """
extensions/v1beta1 | DaemonSet Deployment ReplicaSet | 8 | 16 | apps/v1 | 9
extensions/v1beta1 | NetworkPolicy | 9 | 16 | networking.k8s.io/v1 | 8
extensions/v1beta1 | Ingress | 14 | 22 | networking.k8s.io/v1 | 19
apps/v1beta1 | ControllerRevision Deployment StatefulSet | 8 | 16 | v1 | 9
apps/v1beta2 | ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet | 9 | 16 | v1 | 9
admissionregistration.k8s.io/v1beta1 | MutatingWebhookConfiguration ValidatingWebhookConfiguration | 16 | 22 | v1 | 16
admissionregistration.k8s.io/v1alpha1 | ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding | 29 | 32 | v1 | 30
admissionregistration.k8s.io/v1beta1 | ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding | 31 | 34 | v1 | 30
apiextensions.k8s.io/v1beta1 | CustomResourceDefinition | 16 | 22 | v1 | 16
apiregistration.k8s.io/v1beta1 | APIService | 19 | 22 | v1 | 10
authentication.k8s.io/v1alpha1 | SelfSubjectReview | 27 | 32 | v1 | 28
authentication.k8s.io/v1beta1 | SelfSubjectReview | 28 | 33 | v1 | 28
authentication.k8s.io/v1beta1 | TokenReview | 19 | 22 | v1 | 6
authorization.k8s.io/v1beta1 | LocalSubjectAccessReview SelfSubjectAccessReview | 19 | 22 | v1 | 6
authorization.k8s.io/v1beta1 | SelfSubjectRulesReview SubjectAccessReview | 19 | 22 | v1 | 6
autoscaling/v2beta1 | HorizontalPodAutoscaler | 22 | 25 | v2 | 23
autoscaling/v2beta2 | HorizontalPodAutoscaler | 23 | 26 | v2 | 23
batch/v1beta1 | CronJob | 21 | 25 | v1 | 21
batch/v2alpha1 | CronJob | 8 | 21 | v1 | 21
certificates.k8s.io/v1alpha1 | ClusterTrustBundle | 33 | 37 | v1beta1 | 33
certificates.k8s.io/v1alpha1 | PodCertificateRequest | 35 | 35 | v1beta1 | 35
certificates.k8s.io/v1beta1 | CertificateSigningRequest | 19 | 22 | v1 | 19
coordination.k8s.io/v1beta1 | Lease | 19 | 22 | v1 | 14
discovery.k8s.io/v1beta1 | EndpointSlice | 21 | 25 | v1 | 21
events.k8s.io/v1beta1 | Event | 22 | 25 | v1 | 19
flowcontrol.apiserver.k8s.io/v1beta1 | FlowSchema PriorityLevelConfiguration | 23 | 26 | v1 | 29
flowcontrol.apiserver.k8s.io/v1beta2 | FlowSchema PriorityLevelConfiguration | 26 | 29 | v1 | 29
flowcontrol.apiserver.k8s.io/v1beta3 | FlowSchema PriorityLevelConfiguration | 29 | 32 | v1 | 29
networking.k8s.io/v1beta1 | Ingress IngressClass | 19 | 22 | v1 | 19
networking.k8s.io/v1alpha1 | IPAddress ServiceCIDR | 31 | 31 | v1 | 33
networking.k8s.io/v1beta1 | IPAddress ServiceCIDR | 34 | 37 | v1 | 33
node.k8s.io/v1beta1 | RuntimeClass | 22 | 25 | v1 | 20
policy/v1beta1 | PodDisruptionBudget | 21 | 25 | v1 | 21
rbac.authorization.k8s.io/v1alpha1 | ClusterRole ClusterRoleBinding Role RoleBinding | 17 | 23 | v1 | 8
rbac.authorization.k8s.io/v1beta1 | ClusterRole ClusterRoleBinding Role RoleBinding | 17 | 22 | v1 | 8
resource.k8s.io/v1alpha2 | ResourceClaim ResourceClaimTemplate ResourceSlice | 31 | 31 | v1 | 34
resource.k8s.io/v1alpha3 | DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice | 32 | 34 | v1 | 34
resource.k8s.io/v1beta1 | DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice | 35 | 38 | v1 | 34
resource.k8s.io/v1beta2 | DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice | 36 | 39 | v1 | 34
scheduling.k8s.io/v1alpha1 | PriorityClass | 14 | 23 | v1 | 14
scheduling.k8s.io/v1beta1 | PriorityClass | 14 | 22 | v1 | 14
storage.k8s.io/v1alpha1 | VolumeAttributesClass | 32 | 35 | v1 | 34
storage.k8s.io/v1beta1 | CSIDriver | 19 | 22 | v1 | 19
storage.k8s.io/v1beta1 | CSINode | 17 | 22 | v1 | 17
storage.k8s.io/v1beta1 | CSIStorageCapacity | 24 | 27 | v1 | 24
storage.k8s.io/v1beta1 | StorageClass | 19 | 22 | v1 | 6
storage.k8s.io/v1beta1 | VolumeAttachment | 19 | 22 | v1 | 13
storage.k8s.io/v1beta1 | VolumeAttributesClass | 34 | 37 | v1 | 34
storagemigration.k8s.io/v1alpha1 | StorageVersionMigration | 33 | 35 | v1beta1 | 35
v1 | Endpoints | 33 | - | discovery.k8s.io/v1 EndpointSlice | 21
"""

_POD_SECURITY = "nothing takes its place: label namespaces for Pod Security, and judge by the pack pod-security"
_NO_LONGER = "nothing takes its place"

_WITHOUT_SUCCESSOR: Mapping[Key, Api] = {
    ("extensions", "v1beta1", "PodSecurityPolicy"): Api(10, 16, "", 0, _POD_SECURITY),
    ("policy", "v1beta1", "PodSecurityPolicy"): Api(21, 25, "", 0, _POD_SECURITY),
    ("networking.k8s.io", "v1alpha1", "ClusterCIDR"): Api(29, 29, "", 0, _NO_LONGER),
    ("resource.k8s.io", "v1alpha3", "PodSchedulingContext"): Api(32, 32, "", 0, _NO_LONGER),
    ("settings.k8s.io", "v1alpha1", "PodPreset"): Api(20, 20, "", 0, _NO_LONGER),
    ("", "v1", "ComponentStatus"): Api(19, None, "", 0, _NO_LONGER),
}


def _split(api_version: str) -> tuple[str, str]:
    group, _, version = api_version.rpartition("/")
    return group, version


def _rows() -> Iterator[tuple[Key, Api]]:
    for line in _TABLE.strip().splitlines():
        name, kinds, deprecated, removed, instead, since = (cell.strip() for cell in line.split("|"))
        group, version = _split(name)
        instead = instead if "/" in instead else f"{group}/{instead}"
        api = Api(int(deprecated), None if removed == "-" else int(removed), instead, int(since))
        yield from (((group, version, kind), api) for kind in kinds.split())


#: Group, version and kind to what became of it.
APIS: Mapping[Key, Api] = {**dict(_rows()), **_WITHOUT_SUCCESSOR}

#: Group, version and kind that took another's place, to the first version that has it.
INTRODUCED: Mapping[Key, int] = {
    (*_split(api.instead), kind): api.since
    for (_, _, kind), api in APIS.items()
    if api.instead and " " not in api.instead
}
