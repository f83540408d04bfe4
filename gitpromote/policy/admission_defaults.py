"""Objects as the API server has them when it asks its policies: with what it fills in where a manifest says nothing.

Admission policies are written for these: ``object.spec.replicas`` is there, whatever the manifest says.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from gitpromote.model.manifest import Manifest
from gitpromote.model.pods import TEMPLATES
from gitpromote.policy.rule_facts import plain

__all__ = ["as_stored"]

_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_CONTAINER = {"resources": {}, "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
_POD = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
    "enableServiceLinks": True,
}
_JOB = {"backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False}
#: Of ``spec``, by kind. https://kubernetes.io/docs/reference/kubernetes-api/
_SPEC: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("", "Service"): {"type": "ClusterIP", "sessionAffinity": "None"},
    ("", "ReplicationController"): {"replicas": 1},
    ("", "PersistentVolumeClaim"): {"volumeMode": "Filesystem"},
    ("apps", "Deployment"): {
        "replicas": 1,
        "strategy": {"type": "RollingUpdate"},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    },
    ("apps", "ReplicaSet"): {"replicas": 1},
    ("apps", "StatefulSet"): {
        "replicas": 1,
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate"},
        "revisionHistoryLimit": 10,
    },
    ("apps", "DaemonSet"): {"updateStrategy": {"type": "RollingUpdate"}, "revisionHistoryLimit": 10},
    ("autoscaling", "HorizontalPodAutoscaler"): {"minReplicas": 1},
    ("batch", "Job"): _JOB,
    ("batch", "CronJob"): {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
}


def as_stored(manifest: Manifest) -> dict[str, Any]:
    """A copy of an object's data, filled in."""
    data: dict[str, Any] = plain(manifest.data)
    kind = (manifest.ref.group, manifest.ref.kind)
    spec = data.get("spec")
    if isinstance(spec, dict):
        _fill(spec, _SPEC.get(kind, {}))
        if kind == ("", "Service"):
            _fill_ports(spec)
    if kind in TEMPLATES:
        node: Any = data
        for key in (*TEMPLATES[kind], "spec"):
            node = node.get(key) if isinstance(node, dict) else None
        _fill_pod(node)
    if kind == ("", "Secret"):
        _encode(data)
    return data


def _fill(data: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    for key, value in defaults.items():
        there = data.setdefault(key, dict(value) if isinstance(value, Mapping) else value)
        if isinstance(value, Mapping) and isinstance(there, dict):
            _fill(there, value)


def _items(data: Any, key: str) -> list[dict[str, Any]]:
    items = data.get(key) if isinstance(data, dict) else None
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _fill_ports(spec: dict[str, Any]) -> None:
    for port in _items(spec, "ports"):
        port.setdefault("protocol", "TCP")
        if "port" in port:
            port.setdefault("targetPort", port["port"])


def _fill_pod(spec: Any) -> None:
    if not isinstance(spec, dict):
        return
    _fill(spec, _POD)
    for container in (*_items(spec, "containers"), *_items(spec, "initContainers")):
        _fill(container, _CONTAINER)
        container.setdefault("imagePullPolicy", _pull_policy(container.get("image")))
        _as_text(container["resources"])
        for port in _items(container, "ports"):
            port.setdefault("protocol", "TCP")
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if isinstance(container.get(probe), dict):
                _fill(container[probe], _PROBE)


def _as_text(resources: Any) -> None:
    """Quantities are text, however they are written."""
    for part in ("limits", "requests"):
        amounts = resources.get(part) if isinstance(resources, dict) else None
        if isinstance(amounts, dict):
            numbers = {key: str(value) for key, value in amounts.items() if type(value) in (int, float)}
            amounts.update(numbers)


def _pull_policy(image: Any) -> str:
    """``Always`` for what may be another image tomorrow."""
    if not isinstance(image, str) or "@" in image:
        return "IfNotPresent"
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _encode(data: dict[str, Any]) -> None:
    """``stringData`` is only for writing."""
    texts = data.pop("stringData", None)
    if isinstance(texts, dict) and isinstance(data.setdefault("data", {}), dict):
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in texts.items()}
        data["data"].update(encoded)
