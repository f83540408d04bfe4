"""Labels that everything must have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.change import Path
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import labels_of
from gitpromote.policy.packs.setting import kinds, names, of_kind, texts_by_name
from gitpromote.policy.packs.workloads import pods
from gitpromote.policy.scene import Scene

__all__ = ["LABELS"]


def objects(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An object that lacks a required label."""
    for manifest in scene.objects.values():
        if of_kind(manifest.ref, settings["kinds"]):
            yield from _lacking("labels/objects", manifest, manifest.data, ("metadata",), settings)


def pod_labels(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A workload whose pods lack a required label."""
    for pod in pods(scene):
        # A bare Pod is an object already; what is made of parts gets its labels from whoever makes it.
        if pod.is_whole and len(pod.path) > 1 and of_kind(pod.manifest.ref, settings["kinds"]):
            yield from _lacking("labels/pods", pod.manifest, pod.template, pod.metadata_path, settings)


def values(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An object with a label whose value does not match what `values` asks for."""
    patterns = {name: re.compile(pattern) for name, pattern in settings["values"].items()}
    for manifest in scene.objects.values() if patterns else ():
        for name, value in labels_of(manifest.data).items():
            pattern = patterns.get(name)
            if pattern is not None and not pattern.fullmatch(str(value)):
                message = f"the label {name} is not of the form {pattern.pattern}"
                yield found("labels/values", manifest, message, path=("metadata", "labels", name))


def _lacking(
    rule: str, manifest: Manifest, data: Mapping[str, Any], metadata: Path, settings: Mapping[str, Any]
) -> Iterator[Finding]:
    there = labels_of(data)
    for name in settings["required"]:
        if there.get(name) in (None, ""):
            yield found(rule, manifest, f"has no label {name}", path=(*metadata, "labels", name))


LABELS = Pack(
    help="objects and pods carry the labels by which they are found",
    rules={"objects": objects, "pods": pod_labels, "values": values},
    settings={
        "required": names("app.kubernetes.io/name", about="labels that must be there"),
        "values": texts_by_name(about="label to the regular expression that its whole value must match"),
        "kinds": kinds("*", about="the kinds that are judged"),
    },
)
