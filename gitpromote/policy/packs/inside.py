"""Pods within objects of a kind that nobody here knows: found by their shape, wherever they stand.

Argo's Workflows, Tekton's Tasks, operators' own kinds: each keeps pod templates, containers or images in a place of its
own. What looks like one is judged as one; what only describes such things (a schema, a policy's pattern, the values of
a chart) is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gitpromote.model.change import Path
from gitpromote.model.manifest import Manifest
from gitpromote.policy.packs.pod import Container, Pod, container, containers_of, elements
from gitpromote.policy.packs.reading import mapping, mappings

__all__ = ["Image", "Inside", "inside_of"]

#: Groups of kinds that hold patterns of pods, or what others make pods of.
_NO_PODS = ("gatekeeper.sh", "kyverno.io", "toolkit.fluxcd.io")
#: Keys below which nothing runs: who an object is, how it is, how others of its kind look, what a chart is told.
_SKIPPED = frozenset({"metadata", "openAPIV3Schema", "schema", "status", "values", "valuesObject"})
#: Lists and single members that hold containers, beside all whose names end so.
_LISTS, _SINGLE = frozenset({"sidecars", "steps"}), frozenset({"container", "script"})
#: What a container has beside its image, and what only a container's security context has.
_HINTS = frozenset(
    "args command computeResources env envFrom imagePullPolicy imagePullSecrets livenessProbe readinessProbe resources "
    "securityContext volumeMounts workingDir".split()
)
_OF_CONTAINERS = frozenset("allowPrivilegeEscalation capabilities privileged procMount readOnlyRootFilesystem".split())
#: What says something of a pod where it stands beside containers, or above them.
_OF_PODS = frozenset(("hostIPC", "hostNetwork", "hostPID", "volumes"))
_VOLUMES = frozenset(
    "awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir ephemeral fc flexVolume "
    "flocker gcePersistentDisk gitRepo glusterfs hostPath image iscsi nfs persistentVolumeClaim photonPersistentDisk "
    "portworxVolume projected quobyte rbd scaleIO secret storageos vsphereVolume".split()
)
#: An image beyond doubt: a registry's host, and a tag or a digest.
_IMAGE = re.compile(
    r"(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost|[a-z0-9.-]+:\d+)(?::\d+)?/[a-z0-9._/-]+"
    r"(?::[\w.-]+(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})"
)
#: Kinds whose spec names an image beside nothing that a container has.
_NAMING = frozenset(
    {("sparkoperator.k8s.io", "ScheduledSparkApplication"), ("sparkoperator.k8s.io", "SparkApplication")}
)
_PROFILES = ("RuntimeDefault", "Localhost")
_NOTHING: Mapping[str, Any] = {}


class Image(NamedTuple):
    """An image that is named outside of any container, and where."""

    text: str
    path: Path


class Inside(NamedTuple):
    """What an object makes."""

    pods: tuple[Pod, ...]
    images: tuple[Image, ...]


def inside_of(manifest: Manifest) -> Inside:
    """The pods and images within an object, in their order."""
    if manifest.ref.group.endswith(_NO_PODS):
        return Inside((), ())
    walk = _Walk(manifest)
    walk.into(manifest.data, (), _NOTHING)
    has_any = any(pod.containers for pod in walk.pods)
    return Inside(tuple(pod for pod in walk.pods if has_any or pod.path in walk.templates), tuple(walk.images))


class _Walk:
    """One way through an object."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.pods: list[Pod] = []
        self.images: list[Image] = []
        #: Where pods are described, though their containers stand elsewhere.
        self.templates: list[Path] = []
        self._naming = (manifest.ref.group, manifest.ref.kind) in _NAMING

    def into(self, node: Mapping[str, Any], path: Path, granted: Mapping[str, Any], *, known: bool = False) -> None:
        """Everything in a mapping.

        :param granted: what the security contexts above it give to all that is below
        :param known: whether it is a container that was found already
        """
        security = _NOTHING if known else mapping(node.get("podSecurityContext") or node.get("securityContext"))
        granted = {**granted, **_granted(security), **_granted(mapping(_template(node).get("securityContext")))}
        held = tuple(self._held(node, path))
        if held or security or not _OF_PODS.isdisjoint(node):
            spec = {**node, "volumes": _volumes(node)}
            self.pods.append(Pod(self.manifest, _NOTHING, spec, {**granted, **security}, path, held, is_whole=False))
        if not known:
            self._image(node, path)
        inner = [one.path for one in held]
        for key, value in node.items():
            if key not in _SKIPPED:
                self._below(key, value, (*path, key), granted, inner)

    def _below(self, key: str, value: Any, path: Path, granted: Mapping[str, Any], inner: list[Path]) -> None:
        if isinstance(value, dict):
            if not (key.endswith("emplate") and self._whole(key, value, path)):
                self.into(value, path, granted, known=path in inner)
        elif isinstance(value, list):
            for place, each in _each(value, path):
                self.into(each, place, granted, known=place in inner)

    def _whole(self, key: str, template: dict[str, Any], path: Path) -> bool:
        """Whether it is the template of pods; what it says of pods is noted where containers stand elsewhere."""
        spec, place = template.get("spec"), (*path, "spec")
        if isinstance(spec, dict) and any(mappings(spec.get("containers"))):
            security, found = mapping(spec.get("securityContext")), tuple(containers_of(spec, place))
            self.pods.append(Pod(self.manifest, template, spec, security, place, found))
            return True
        if key.lower().endswith("podtemplate"):
            self.templates += [path, place]
        return False

    def _held(self, node: Mapping[str, Any], path: Path) -> Iterator[Container]:
        """The containers that stand in a mapping itself."""
        defaults = mapping(node.get("stepTemplate"))
        for key, value in node.items():
            if isinstance(value, list) and (key in _LISTS or key.lower().endswith("containers")):
                for element in elements(value, (*path, key)):
                    if _is_container(element.data):
                        yield container(
                            key, _merged(defaults, element.data) if key == "steps" else element.data, element.path
                        )
            elif isinstance(value, dict) and key not in _SKIPPED and _is_one(key, value):
                yield container(key, value, (*path, key))

    def _image(self, node: Mapping[str, Any], path: Path) -> None:
        text = node.get("image")
        if not isinstance(text, str) or not text.strip() or "://" in text:
            return
        named = self._naming and path in (("spec",), ("spec", "template"), ("spec", "driver"), ("spec", "executor"))
        if named or not _HINTS.isdisjoint(node) or _IMAGE.fullmatch(text.strip()):
            self.images.append(Image(text, (*path, "image")))


def _is_one(key: str, value: Mapping[str, Any]) -> bool:
    """Whether a single member is a container: by its name, or since it may do what only containers may."""
    if key in _SINGLE and isinstance(value.get("image"), str):
        return True
    return not key.endswith("emplate") and not _OF_CONTAINERS.isdisjoint(mapping(value.get("securityContext")))


def _is_container(data: Mapping[str, Any]) -> bool:
    return isinstance(data.get("image"), str) or (isinstance(data.get("name"), str) and not _HINTS.isdisjoint(data))


def _merged(defaults: Mapping[str, Any], data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A step with what its Task says of all of them."""
    security = {**mapping(defaults.get("securityContext")), **mapping(data.get("securityContext"))}
    return {**defaults, **data, **({"securityContext": security} if security else {})}


def _template(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(node.get("podTemplate"))


def _granted(security: Mapping[str, Any]) -> dict[str, Any]:
    """What a security context gives to all that is below it; what it takes is told where it stands."""
    found: dict[str, Any] = {"runAsNonRoot": True} if security.get("runAsNonRoot") is True else {}
    profile = mapping(security.get("seccompProfile"))
    return {**found, "seccompProfile": profile} if profile.get("type") in _PROFILES else found


def _volumes(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that are volumes of pods; others have something else that they call so."""
    return [one for one in mappings(node.get("volumes")) if not _VOLUMES.isdisjoint(one)]


def _each(value: list[Any], path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The mappings in a list, and in lists within it."""
    yield from ((element.path, element.data) for element in elements(value, path))
    for index, one in enumerate(value):
        if isinstance(one, list):
            yield from _each(one, (*path, index))
