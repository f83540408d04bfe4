"""Where workloads keep the pods that they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitpromote.model.manifest import Manifest

__all__ = ["TEMPLATES", "pod_template"]

_IN_SPEC = ("spec", "template")

#: Where each workload keeps its pod template. A bare Pod is its own.
TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): _IN_SPEC,
    ("apps", "DaemonSet"): _IN_SPEC,
    ("apps", "Deployment"): _IN_SPEC,
    ("apps", "ReplicaSet"): _IN_SPEC,
    ("apps", "StatefulSet"): _IN_SPEC,
    ("argoproj.io", "Rollout"): _IN_SPEC,
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): _IN_SPEC,
}


def pod_template(manifest: Manifest) -> dict[str, Any] | None:
    """The pod template of a workload; ``None`` for whatever runs no pods."""
    path = TEMPLATES.get((manifest.ref.group, manifest.ref.kind))
    node: Any = manifest.data if path is not None else None
    for key in path or ():
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else None
