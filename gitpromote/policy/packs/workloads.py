"""The pods that workloads make: walked once for all rules that look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from gitpromote.model.change import OCCURRENCE, Path, PathElement
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.pods import TEMPLATES
from gitpromote.policy.packs.reading import mapping, mappings
from gitpromote.policy.scene import Scene

__all__ = ["LONG_RUNNING", "Container", "Pod", "Same", "elements", "pods", "pods_of"]

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
_PARTS = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod.

    :ivar part: ``containers``, ``initContainers`` or ``ephemeralContainers``
    :ivar security: its security context; empty where it has none
    """

    part: str
    name: str
    data: Mapping[str, Any]
    security: Mapping[str, Any]
    path: Path


@dataclass(frozen=True, slots=True)
class Pod:
    """The pods that a workload makes.

    :ivar template: metadata and spec
    :ivar spec: of the pod
    :ivar security: its security context; empty where it has none
    :ivar path: where the spec stands in the manifest
    """

    manifest: Manifest
    template: Mapping[str, Any]
    spec: Mapping[str, Any]
    security: Mapping[str, Any]
    path: Path
    containers: tuple[Container, ...]

    @property
    def metadata_path(self) -> Path:
        """Where the pod's metadata stands."""
        return (*self.path[:-1], "metadata")

    @property
    def is_windows(self) -> bool:
        """Whether it says that it runs on Windows."""
        return mapping(self.spec.get("os")).get("name") == "windows"


def pods(scene: Scene) -> tuple[Pod, ...]:
    """Every pod that a Scene's objects make, in their order."""
    return pods_of(scene.objects)


def pods_of(objects: ManifestSet) -> tuple[Pod, ...]:
    """Every pod that some objects make. The last two sets are remembered: many rules ask for the same one."""
    return _pods(Same(objects))


class Same:
    """A set of manifests as a key: the very same one, not an equal one."""

    __slots__ = ("objects",)

    def __init__(self, objects: ManifestSet) -> None:
        self.objects = objects

    def __hash__(self) -> int:
        return id(self.objects)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.objects is self.objects


@lru_cache(maxsize=2)
def _pods(same: Same) -> tuple[Pod, ...]:
    return tuple(pod for manifest in same.objects.values() if (pod := _pod(manifest)) is not None)


def _pod(manifest: Manifest) -> Pod | None:
    where = _TEMPLATES.get((manifest.ref.group, manifest.ref.kind))
    node: Any = None if where is None else manifest.data
    for key in where or ():
        node = node.get(key) if isinstance(node, dict) else None
    spec = node.get("spec") if isinstance(node, dict) else None
    if where is None or not isinstance(spec, dict):
        return None
    path = (*where, "spec")
    return Pod(manifest, node, spec, mapping(spec.get("securityContext")), path, tuple(_containers(spec, path)))


def _containers(spec: dict[str, Any], path: Path) -> Iterator[Container]:
    for part in _PARTS:
        for element in elements(spec.get(part), (*path, part)):
            name = element.data.get("name")
            security = mapping(element.data.get("securityContext"))
            yield Container(part, name if isinstance(name, str) else "", element.data, security, element.path)


class Element(NamedTuple):
    """One mapping in a list, and where it stands."""

    data: dict[str, Any]
    path: Path


def elements(value: Any, path: Path, *, key: str = "name") -> Iterator[Element]:
    """The mappings of a list with their paths, told apart by a key of theirs; by their place where that is no text."""
    seen: dict[str, int] = {}
    for index, data in enumerate(mappings(value)):
        name = data.get(key)
        step: PathElement = index
        if isinstance(name, str) and name:
            seen[name] = seen.get(name, 0) + 1
            step = {key: name} if seen[name] == 1 else {key: name, OCCURRENCE: seen[name]}
        yield Element(data, (*path, step))
