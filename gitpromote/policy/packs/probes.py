"""Probes: whether a rollout waits for what starts, and a hung container is restarted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.resources import is_ignored
from gitpromote.policy.packs.setting import kinds, names, of_kind
from gitpromote.policy.packs.workloads import LONG_RUNNING, Pod, pods
from gitpromote.policy.scene import Scene

__all__ = ["PROBES"]


def readiness(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A container of a long-running workload without a readiness probe."""
    return _without(scene, settings, "readiness", "readinessProbe", "gets traffic and lets a rollout go on at once")


def liveness(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A container of a long-running workload without a liveness probe."""
    return _without(scene, settings, "liveness", "livenessProbe", "is not restarted when it hangs")


def same(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A liveness probe that asks the same as the readiness probe: what is merely busy gets restarted."""
    for pod in _long_running(scene, settings):
        for container in pod.containers:
            live, ready = container.data.get("livenessProbe"), container.data.get("readinessProbe")
            if live and live == ready and not is_ignored(container, settings):
                message = "livenessProbe is the same as readinessProbe, so whatever is not ready gets restarted"
                yield found("probes/same", pod.manifest, message, path=(*container.path, "livenessProbe"))


def _without(scene: Scene, settings: Mapping[str, Any], rule: str, probe: str, consequence: str) -> Iterator[Finding]:
    for pod in _long_running(scene, settings):
        for container in pod.containers:
            if container.part == "containers" and not container.data.get(probe) and not is_ignored(container, settings):
                message = f"has no {probe}, so it {consequence}"
                yield found(f"probes/{rule}", pod.manifest, message, path=(*container.path, probe))


def _long_running(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Pod]:
    for pod in pods(scene):
        if of_kind(pod.manifest.ref, settings["kinds"]) and pod.spec.get("restartPolicy", "Always") == "Always":
            yield pod


PROBES = Pack(
    help="whether rollouts wait for what starts, and what hangs is restarted",
    rules={"readiness": readiness, "liveness": liveness, "same": same},
    settings={
        "kinds": kinds(*LONG_RUNNING, about="the kinds of workloads that are judged"),
        "ignore": names(about='names of containers that are not judged, such as "istio-proxy"'),
    },
)
