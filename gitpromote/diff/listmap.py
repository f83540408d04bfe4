"""Lists as Kubernetes' own schema knows them: what elements are matched by, and whether their order matters.

After ``x-kubernetes-list-map-keys`` and ``patch-merge-key`` of the Kubernetes API. A list that stands nowhere in here
is atomic or unknown: compared by position.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gitpromote.diff.normalize import CLIENT_CONFIG, METADATA, STATUS, TEMPLATE_METADATA
from gitpromote.diff.shape import SET, Shape, each, fields, keyed

_CONTAINER = fields(
    env=keyed("name", ordered=True),  # a later $(NAME) sees the earlier ones
    ports=keyed("containerPort", "protocol", protocol="TCP"),
    volumeMounts=keyed("mountPath"),
    volumeDevices=keyed("devicePath"),
    resources=fields(claims=keyed("name")),
)
_CLAIM_TEMPLATE = fields(metadata=TEMPLATE_METADATA)
_VOLUME = fields(ephemeral=fields(volumeClaimTemplate=_CLAIM_TEMPLATE))

POD_SPEC = fields(
    containers=keyed("name", of=_CONTAINER),
    initContainers=keyed("name", of=_CONTAINER, ordered=True),
    ephemeralContainers=keyed("name", of=_CONTAINER),
    volumes=keyed("name", of=_VOLUME),
    imagePullSecrets=keyed("name"),
    hostAliases=keyed("ip"),
    topologySpreadConstraints=keyed("topologyKey", "whenUnsatisfiable"),
    schedulingGates=keyed("name"),
    resourceClaims=keyed("name"),
)
POD_TEMPLATE = fields(metadata=TEMPLATE_METADATA, spec=POD_SPEC)

_WORKLOAD = fields(template=POD_TEMPLATE)
_STATEFUL = fields(template=POD_TEMPLATE, volumeClaimTemplates=each(_CLAIM_TEMPLATE))
_WEBHOOKS = keyed("name", of=fields(clientConfig=CLIENT_CONFIG, matchConditions=keyed("name")))
_ADMISSION_POLICY = fields(
    matchConditions=keyed("name"),
    variables=keyed("name", ordered=True),  # a later one may use the earlier ones
    auditAnnotations=keyed("key"),
)


def root(spec: Shape | None = None, **known: Shape) -> Shape:
    """What is known of a whole object: metadata and status of any, and the rest as given."""
    if spec is not None:
        known["spec"] = spec
    return Shape(fields={"metadata": METADATA, "status": STATUS, **known})


ANY_OBJECT = root()

#: By group and kind.
BUILT_IN: Mapping[tuple[str, str], Shape] = MappingProxyType(
    {
        ("", "Pod"): root(POD_SPEC),
        ("", "PodTemplate"): root(template=POD_TEMPLATE),
        ("", "ReplicationController"): root(_WORKLOAD),
        ("", "Service"): root(fields(ports=keyed("port", "protocol", protocol="TCP"))),
        ("", "ServiceAccount"): root(secrets=keyed("name"), imagePullSecrets=keyed("name")),
        ("", "Node"): root(fields(podCIDRs=SET)),
        ("apps", "Deployment"): root(_WORKLOAD),
        ("apps", "DaemonSet"): root(_WORKLOAD),
        ("apps", "ReplicaSet"): root(_WORKLOAD),
        ("apps", "StatefulSet"): root(_STATEFUL),
        ("argoproj.io", "Rollout"): root(_WORKLOAD),
        ("batch", "Job"): root(_WORKLOAD),
        ("batch", "CronJob"): root(fields(jobTemplate=fields(metadata=METADATA, spec=_WORKLOAD))),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): root(webhooks=_WEBHOOKS),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): root(webhooks=_WEBHOOKS),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): root(_ADMISSION_POLICY),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): root(_ADMISSION_POLICY),
        ("apiextensions.k8s.io", "CustomResourceDefinition"): root(
            fields(conversion=fields(webhook=fields(clientConfig=CLIENT_CONFIG)))
        ),
        ("apiregistration.k8s.io", "APIService"): root(CLIENT_CONFIG),
        ("discovery.k8s.io", "EndpointSlice"): root(endpoints=each(fields(addresses=SET))),
    }
)


def built_in(group: str, kind: str) -> Shape | None:
    """What Kubernetes' schema says of a kind, or ``None`` for a kind that is not its own."""
    return BUILT_IN.get((group, kind))
