"""A pod that something makes, and its containers, as rules look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gitpromote.model.change import OCCURRENCE, Path, PathElement
from gitpromote.model.manifest import Manifest
from gitpromote.policy.packs.reading import mapping, mappings

__all__ = ["Container", "Pod", "container", "containers_of", "elements"]

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
    :ivar is_whole: whether all that it is stands there; otherwise whoever runs it makes one of parts
    """

    manifest: Manifest
    template: Mapping[str, Any]
    spec: Mapping[str, Any]
    security: Mapping[str, Any]
    path: Path
    containers: tuple[Container, ...]
    is_whole: bool = True

    @property
    def metadata_path(self) -> Path:
        """Where the pod's metadata stands."""
        return (*self.path[:-1], "metadata")

    @property
    def is_windows(self) -> bool:
        """Whether it says that it runs on Windows."""
        return mapping(self.spec.get("os")).get("name") == "windows"


def containers_of(spec: Mapping[str, Any], path: Path) -> Iterator[Container]:
    """Those that a pod's spec names."""
    for part in _PARTS:
        for element in elements(spec.get(part), (*path, part)):
            yield container(part, element.data, element.path)


def container(part: str, data: Mapping[str, Any], path: Path) -> Container:
    """A container as it stands at a place."""
    name = data.get("name")
    return Container(part, name if isinstance(name, str) else "", data, mapping(data.get("securityContext")), path)


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
