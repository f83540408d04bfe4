"""What a change does to running pods: restart them, or leave them with the old configuration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gitpromote.model.change import Restarts
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef
from gitpromote.model.pods import pod_template

#: Kinds that leave their pods alone when the template changes.
_LEAVES_PODS = frozenset({("", "ReplicationController"), ("apps", "ReplicaSet")})
_CONFIG_PARTS = ("data", "binaryData", "stringData")

#: Stakater's Reloader restarts pods when what they read changes.
_RELOADER = "reloader.stakater.com/"


class Config(NamedTuple):
    """A ConfigMap or Secret as a pod names it, in the pod's own namespace."""

    kind: str
    name: str


#: Which keys are read; ``None`` for all.
Keys = frozenset[str] | None


def effect(before: Manifest, after: Manifest, *, replaced: bool, changed: Mapping[Config, frozenset[str]]) -> Restarts:
    """What becomes of a workload's pods.

    :param replaced: whether the object is deleted and created again
    :param changed: of the ConfigMaps and Secrets of its namespace that change in place, the keys that do
    """
    template = pod_template(after)
    if template is None:
        return "none"
    if replaced or _differs(pod_template(before), template):
        return _rollout(after, replaced=replaced)
    if not any(reads_any(keys, changed.get(config, frozenset())) for config, keys in config_reads(template).items()):
        return "none"
    if after.ref.kind == "CronJob":
        return "next-run"
    return "pods" if _is_reloaded(after) else "keeps-old-config"


def _rollout(after: Manifest, *, replaced: bool) -> Restarts:
    spec = _map(after.data.get("spec"))
    if after.ref.kind == "CronJob":
        return "next-run"
    if replaced:
        return "pods"
    if (after.ref.group, after.ref.kind) in _LEAVES_PODS or _map(spec.get("updateStrategy")).get("type") == "OnDelete":
        return "on-delete"
    return "paused" if spec.get("paused") is True else "pods"


def _differs(before: dict[str, Any] | None, after: dict[str, Any]) -> bool:
    """Whether the API server takes it for another template: it compares exactly, the order of every list included."""
    if before is None:
        return True
    if before == after or not _has_time(before, after):
        return before != after
    return _without_time(before) != _without_time(after)


def _has_time(*templates: dict[str, Any]) -> bool:
    return any("creationTimestamp" in _map(template.get("metadata")) for template in templates)


def _without_time(template: dict[str, Any]) -> dict[str, Any]:
    """Tools write an empty ``creationTimestamp``, which is none."""
    metadata = {key: value for key, value in _map(template.get("metadata")).items() if key != "creationTimestamp"}
    return {**template, "metadata": metadata}


def reads_any(keys: Keys, changed: frozenset[str]) -> bool:
    """Whether any of the keys that are read changes."""
    return bool(changed) if keys is None else not keys.isdisjoint(changed)


def changed_keys(before: Manifest, after: Manifest) -> frozenset[str]:
    """The keys of a ConfigMap or Secret whose values differ."""
    found = set()
    for part in _CONFIG_PARTS:
        old, new = _map(before.data.get(part)), _map(after.data.get(part))
        found |= {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    return frozenset(found)


def config_reads(template: dict[str, Any]) -> dict[Config, Keys]:
    """The ConfigMaps and Secrets that pods read as variables or files."""
    found: dict[Config, Keys] = {}
    spec = _map(template.get("spec"))
    for config, keys in (*_container_reads(spec), *_volume_reads(spec)):
        known = found.get(config, frozenset())
        found[config] = None if keys is None or known is None else known | keys
    return found


def _container_reads(spec: Mapping[str, Any]) -> Iterator[tuple[Config, Keys]]:
    for part in ("containers", "initContainers", "ephemeralContainers"):
        for container in _maps(spec.get(part)):
            for source in _maps(container.get("envFrom")):
                yield from _named(source, "configMapRef", "secretRef", field="name")
            for variable in _maps(container.get("env")):
                yield from _named(_map(variable.get("valueFrom")), "configMapKeyRef", "secretKeyRef", field="name")


def _volume_reads(spec: Mapping[str, Any]) -> Iterator[tuple[Config, Keys]]:
    for volume in _maps(spec.get("volumes")):
        yield from _named(volume, "configMap", "", field="name")
        yield from _named(volume, "", "secret", field="secretName")
        for source in _maps(_map(volume.get("projected")).get("sources")):
            yield from _named(source, "configMap", "secret", field="name")


def _named(source: Mapping[str, Any], config_map: str, secret: str, *, field: str) -> Iterator[tuple[Config, Keys]]:
    for kind, member in (("ConfigMap", config_map), ("Secret", secret)):
        node = _map(source.get(member)) if member else {}
        name = node.get(field)
        if isinstance(name, str):
            yield Config(kind, name), _keys(node)


def _keys(node: Mapping[str, Any]) -> Keys:
    if isinstance(node.get("key"), str):
        return frozenset({node["key"]})
    items = node.get("items")
    return frozenset(str(item.get("key")) for item in _maps(items)) if isinstance(items, list) and items else None


def readers(manifests: ManifestSet) -> dict[tuple[str, Config], list[tuple[Manifest, Keys]]]:
    """By namespace and ConfigMap or Secret: the workloads that read it."""
    found: dict[tuple[str, Config], list[tuple[Manifest, Keys]]] = defaultdict(list)
    for manifest in manifests.values():
        template = pod_template(manifest)
        if template is not None:
            for config, keys in config_reads(template).items():
                found[manifest.ref.namespace, config].append((manifest, keys))
    return found


def is_config(ref: ObjectRef) -> bool:
    """Whether pods can read it."""
    return ref.group == "" and ref.kind in ("ConfigMap", "Secret")


def _is_reloaded(manifest: Manifest) -> bool:
    annotations = _map(_map(manifest.data.get("metadata")).get("annotations"))
    return any(_RELOADER in key and value not in ("false", "", None) for key, value in annotations.items())


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _maps(value: Any) -> Iterable[dict[str, Any]]:
    return (element for element in value if isinstance(element, dict)) if isinstance(value, list) else ()
