"""The pods that workloads make: walked once for all rules that look at them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.pods import TEMPLATES
from gitpromote.policy.admission_kinds import KUBERNETES
from gitpromote.policy.packs.inside import Image, inside_of
from gitpromote.policy.packs.pod import Container, Pod, containers_of, elements
from gitpromote.policy.packs.reading import mapping
from gitpromote.policy.scene import Scene

__all__ = ["LONG_RUNNING", "Container", "Pod", "Same", "elements", "other_images", "pods", "pods_of"]

_IN_SPEC = ("spec", "template")

#: Workloads of others, beside those that a plan tells restarts of.
_MORE_TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "PodTemplate"): ("template",),
    ("apps.kruise.io", "AdvancedCronJob"): ("spec", "template", "jobTemplate", "spec", "template"),
    ("apps.kruise.io", "BroadcastJob"): _IN_SPEC,
    ("apps.kruise.io", "CloneSet"): _IN_SPEC,
    ("apps.kruise.io", "DaemonSet"): _IN_SPEC,
    ("apps.kruise.io", "StatefulSet"): _IN_SPEC,
    ("apps.openshift.io", "DeploymentConfig"): _IN_SPEC,
    ("extensions", "DaemonSet"): _IN_SPEC,
    ("extensions", "Deployment"): _IN_SPEC,
    ("extensions", "ReplicaSet"): _IN_SPEC,
    ("keda.sh", "ScaledJob"): ("spec", "jobTargetRef", "template"),
    ("serving.knative.dev", "Configuration"): _IN_SPEC,
    ("serving.knative.dev", "Service"): _IN_SPEC,
}
_TEMPLATES = {**_MORE_TEMPLATES, **TEMPLATES}
#: Workloads whose pods end by themselves, or make no pods themselves.
_ENDING = frozenset({"AdvancedCronJob", "BroadcastJob", "CronJob", "Job", "PodTemplate", "ScaledJob"})
_SERVERLESS = "serving.knative.dev"  # it has probes of its own

#: Kinds of workloads that run until somebody ends them.
LONG_RUNNING = tuple(sorted({kind for group, kind in _TEMPLATES if kind not in _ENDING and group != _SERVERLESS}))


def pods(scene: Scene) -> tuple[Pod, ...]:
    """Every pod that a Scene's objects make, in their order."""
    return pods_of(scene.objects)


def pods_of(objects: ManifestSet) -> tuple[Pod, ...]:
    """Every pod that some objects make."""
    return _seen(Same(objects)).pods


def other_images(objects: ManifestSet) -> tuple[tuple[Manifest, Image], ...]:
    """Images that objects name outside of any container."""
    return _seen(Same(objects)).images


class Same:
    """A set of manifests as a key: the very same one, not an equal one."""

    __slots__ = ("objects",)

    def __init__(self, objects: ManifestSet) -> None:
        self.objects = objects

    def __hash__(self) -> int:
        return id(self.objects)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.objects is self.objects


class _Seen(NamedTuple):
    pods: tuple[Pod, ...]
    images: tuple[tuple[Manifest, Image], ...]


@lru_cache(maxsize=2)
def _seen(same: Same) -> _Seen:
    """The last two sets are remembered: many rules ask for the same one."""
    pods: list[Pod] = []
    images: list[tuple[Manifest, Image]] = []
    for manifest in same.objects.values():
        pod = _pod(manifest)
        if pod is not None:
            pods.append(pod)
        elif (manifest.ref.group, manifest.ref.kind) not in KUBERNETES:
            inside = inside_of(manifest)
            pods += inside.pods
            images += ((manifest, image) for image in inside.images)
    return _Seen(tuple(pods), tuple(images))


def _pod(manifest: Manifest) -> Pod | None:
    where = _TEMPLATES.get((manifest.ref.group, manifest.ref.kind))
    node: Any = None if where is None else manifest.data
    for key in where or ():
        node = node.get(key) if isinstance(node, dict) else None
    spec = node.get("spec") if isinstance(node, dict) else None
    if where is None or not isinstance(spec, dict):
        return None
    path = (*where, "spec")
    return Pod(manifest, node, spec, mapping(spec.get("securityContext")), path, tuple(containers_of(spec, path)))
