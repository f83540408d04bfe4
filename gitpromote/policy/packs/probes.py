"""Probes: whether a rollout waits for what starts, and a hung container is restarted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import mapping
from gitpromote.policy.packs.resources import is_ignored
from gitpromote.policy.packs.setting import kinds, names, of_kind
from gitpromote.policy.packs.workloads import LONG_RUNNING, Container, Pod, pods
from gitpromote.policy.scene import Scene

__all__ = ["PROBES"]

#: When a probe is asked, and how often.
_WHEN = frozenset(
    """failureThreshold initialDelaySeconds periodSeconds successThreshold terminationGracePeriodSeconds
    timeoutSeconds""".split()
)
_THRESHOLD = 3
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {"httpGet": {"path": "/", "scheme": "HTTP"}, "grpc": {"service": ""}}


def readiness(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A container of a long-running workload without a readiness probe."""
    return _without(scene, settings, "readiness", "readinessProbe", "gets traffic and lets a rollout go on at once")


def liveness(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A container of a long-running workload without a liveness probe."""
    return _without(scene, settings, "liveness", "livenessProbe", "is not restarted when it hangs")


def same(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A liveness probe that asks the same as the readiness probe, whenever it does: what is merely busy gets restarted.

    One with a higher failureThreshold is let be: it waits until being busy is no excuse.
    """
    for pod in _long_running(scene, settings):
        for container in pod.containers:
            live, ready = container.data.get("livenessProbe"), container.data.get("readinessProbe")
            if not is_ignored(container, settings) and _is_same(mapping(live), mapping(ready)):
                message = "livenessProbe is the same as readinessProbe, so whatever is not ready gets restarted"
                yield found("probes/same", pod.manifest, message, path=(*container.path, "livenessProbe"))


def _without(scene: Scene, settings: Mapping[str, Any], rule: str, probe: str, consequence: str) -> Iterator[Finding]:
    for pod in _long_running(scene, settings):
        for container in pod.containers:
            if _stays(container) and not container.data.get(probe) and not is_ignored(container, settings):
                message = f"has no {probe}, so it {consequence}"
                yield found(f"probes/{rule}", pod.manifest, message, path=(*container.path, probe))


def _stays(container: Container) -> bool:
    """Whether it runs as long as its pod: a sidecar may stand among the init containers."""
    sidecar = container.part == "initContainers" and container.data.get("restartPolicy") == "Always"
    return container.part == "containers" or sidecar


def _is_same(live: Mapping[str, Any], ready: Mapping[str, Any]) -> bool:
    """Whether two probes ask the same thing, whenever they do; a more patient one is another one."""
    if not live or _asked(live) != _asked(ready):
        return False
    patience, other = (probe.get("failureThreshold", _THRESHOLD) for probe in (live, ready))
    return not (isinstance(patience, int) and isinstance(other, int) and patience > other)


def _asked(probe: Mapping[str, Any]) -> dict[str, Any]:
    """What a probe asks, with what the API server fills in."""
    asked = {key: value for key, value in probe.items() if key not in _WHEN and value is not None}
    for key, defaults in _DEFAULTS.items():
        if isinstance(asked.get(key), dict):
            asked[key] = {**defaults, **asked[key]}
    return asked


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
