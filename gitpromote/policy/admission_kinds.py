"""What the API calls kinds of objects: their resources, whether they live in namespaces, which versions are served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gitpromote.model.manifest import Manifest

__all__ = ["ADMISSION", "CRD", "EXEMPT", "KUBERNETES", "KindFacts", "Kinds", "plural_of"]

ADMISSION = "admissionregistration.k8s.io"
CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")
#: What no admission policy is asked about, so that nobody locks himself out.
EXEMPT = frozenset(
    (ADMISSION, f"{how}{what}")
    for how in ("Validating", "Mutating")
    for what in ("AdmissionPolicy", "AdmissionPolicyBinding", "WebhookConfiguration")
)


def _table(text: str) -> frozenset[tuple[str, str]]:
    rows = (line.split() for line in text.strip().splitlines())
    return frozenset(("" if group == "-" else group, kind) for group, *kinds in rows for kind in kinds)


# https://kubernetes.io/docs/reference/kubernetes-api/
_NAMESPACED = _table("""
- ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota
- Secret Service ServiceAccount
apps ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet
autoscaling HorizontalPodAutoscaler
batch CronJob Job
coordination.k8s.io Lease LeaseCandidate
discovery.k8s.io EndpointSlice
events.k8s.io Event
extensions DaemonSet Deployment Ingress NetworkPolicy ReplicaSet
networking.k8s.io Ingress NetworkPolicy
policy PodDisruptionBudget
rbac.authorization.k8s.io Role RoleBinding
resource.k8s.io ResourceClaim ResourceClaimTemplate
storage.k8s.io CSIStorageCapacity
""")
_CLUSTER = _table("""
- ComponentStatus Namespace Node PersistentVolume
admissionregistration.k8s.io MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration
admissionregistration.k8s.io ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
apiextensions.k8s.io CustomResourceDefinition
apiregistration.k8s.io APIService
certificates.k8s.io CertificateSigningRequest ClusterTrustBundle
flowcontrol.apiserver.k8s.io FlowSchema PriorityLevelConfiguration
networking.k8s.io IPAddress IngressClass ServiceCIDR
node.k8s.io RuntimeClass
policy PodSecurityPolicy
rbac.authorization.k8s.io ClusterRole ClusterRoleBinding
resource.k8s.io DeviceClass ResourceSlice
scheduling.k8s.io PriorityClass
storage.k8s.io CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass
""")
#: Group and kind of what Kubernetes itself has, the versions that it has left behind included.
KUBERNETES = _NAMESPACED | _CLUSTER
#: Plurals that no rule gives.
_IRREGULAR = {"endpoints": "endpoints"}


class KindFacts(NamedTuple):
    """What is known of a kind.

    :ivar resources: what the API may call it; several where that is only guessed
    :ivar namespaced: ``None`` where nobody here can tell
    :ivar served: its versions, where a definition of it is at hand
    :ivar alike: whether an object says the same in all of them
    """

    resources: tuple[str, ...]
    namespaced: bool | None
    served: frozenset[str] | None = None
    alike: bool = False


class Kinds:
    """Kinds of Kubernetes itself, those that are defined among some objects, and the rest by a guess."""

    def __init__(self, definitions: Iterable[Mapping[str, Any]]) -> None:
        self._known: dict[tuple[str, str], KindFacts] = {}
        for data in definitions:
            self._define(data.get("spec"))

    @classmethod
    def of(cls, manifests: Iterable[Manifest]) -> Kinds:
        """With the custom resources that are defined among manifests."""
        return cls(one.data for one in manifests if (one.ref.group, one.ref.kind) == CRD)

    def facts(self, group: str, kind: str) -> KindFacts:
        """What is known of a kind."""
        key = (group, kind)
        if key not in self._known:
            self._known[key] = _facts(group, kind)
        return self._known[key]

    def _define(self, spec: Any) -> None:
        names = spec.get("names") if isinstance(spec, dict) else None
        if not isinstance(names, dict) or not isinstance(names.get("plural"), str):
            return
        given = spec.get("versions")
        versions = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        conversion = spec.get("conversion")
        self._known[str(spec.get("group")), str(names.get("kind"))] = KindFacts(
            resources=(names["plural"],),
            namespaced=spec.get("scope") == "Namespaced",
            served=frozenset(str(one.get("name")) for one in versions if one.get("served")),
            alike=not isinstance(conversion, dict) or conversion.get("strategy", "None") == "None",
        )


def _facts(group: str, kind: str) -> KindFacts:
    plural = plural_of(kind)
    if (group, kind) in _NAMESPACED:
        return KindFacts((plural,), namespaced=True)
    if (group, kind) in _CLUSTER:
        return KindFacts((plural,), namespaced=False)
    word = kind.lower()
    guesses = (plural, f"{word}s", f"{word}es", f"{word[:-1]}ies", word)
    return KindFacts(tuple(dict.fromkeys(guesses)), namespaced=None)


def plural_of(kind: str) -> str:
    """What the API calls many of a kind: as in English."""
    word = kind.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"
