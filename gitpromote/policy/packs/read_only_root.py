"""The root file system of containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.resources import is_ignored
from gitpromote.policy.packs.setting import names
from gitpromote.policy.packs.workloads import pods
from gitpromote.policy.scene import Scene

__all__ = ["READ_ONLY_ROOT"]


def writable(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A container that can write to its root file system; Windows has no such setting."""
    for pod in pods(scene):
        for container in () if pod.is_windows else pod.containers:
            if container.security.get("readOnlyRootFilesystem") is not True and not is_ignored(container, settings):
                yield found(
                    "read-only-root/writable",
                    pod.manifest,
                    "readOnlyRootFilesystem is not true",
                    path=(*container.path, "securityContext", "readOnlyRootFilesystem"),
                    hint="set it, and mount an emptyDir where it must write",
                )


READ_ONLY_ROOT = Pack(
    help="containers cannot change what they were started from",
    rules={"writable": writable},
    settings={"ignore": names(about="names of containers that are not judged")},
)
