"""Requests and limits of containers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import at
from gitpromote.policy.packs.setting import names
from gitpromote.policy.packs.workloads import Container, Pod, pods
from gitpromote.policy.scene import Scene

__all__ = ["RESOURCES", "is_ignored"]

#: Nothing, as a quantity: ``0``, ``0m``, ``0.0Gi``, ``0e3``.
_ZERO = re.compile(r"[+-]?(?:0+(?:\.0*)?|\.0+)(?:[eE][+-]?[0-9]+|[a-zA-Z]{0,2})")


def is_ignored(container: Container, settings: Mapping[str, Any]) -> bool:
    """Whether the settings leave a container out, by its name."""
    return any(fnmatchcase(container.name, pattern) for pattern in settings["ignore"])


def requests(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A container that requests nothing of what `requests` names; a limit is a request too, and 0 is none."""
    return _missing(scene, settings, "requests")


def limits(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A container without a limit of what `limits` names; 0 is none."""
    return _missing(scene, settings, "limits")


def _missing(scene: Scene, settings: Mapping[str, Any], part: str) -> Iterator[Finding]:
    for pod in pods(scene):
        for container in pod.containers:
            # The API server takes no resources for ephemeral ones.
            if container.part == "ephemeralContainers" or is_ignored(container, settings):
                continue
            lacking = [name for name in settings[part] if not _has(pod, container, part, name)]
            if lacking:
                path = (*container.path, "resources", part)
                yield found(f"resources/{part}", pod.manifest, f"has no {part} of {_and(lacking)}", path=path)


def _has(pod: Pod, container: Container, part: str, name: str) -> bool:
    """What the pod as a whole has holds for each of its containers."""
    # Tekton's steps call them otherwise.
    held = (container.data.get("resources"), container.data.get("computeResources"), pod.spec.get("resources"))
    return any(_is_some(_amount(resources, part, name)) for resources in held)


def _amount(resources: Any, part: str, name: str) -> Any:
    """Whoever has a limit and says nothing else requests as much."""
    amount = at(resources, part, name)
    return at(resources, "limits", name) if amount is None and part == "requests" else amount


def _is_some(amount: Any) -> bool:
    return amount is not None and not _ZERO.fullmatch(str(amount).strip())


def _and(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


RESOURCES = Pack(
    help="how much containers ask for, and how much they may take",
    rules={"requests": requests, "limits": limits},
    settings={
        "requests": names("cpu", "memory", about="what containers must request"),
        "limits": names("memory", about="what containers must have a limit of"),
        "ignore": names(about='names of containers that are not judged, such as "istio-proxy"'),
    },
)
