"""Which Shape an object has: Kubernetes' own, that of a CustomResourceDefinition in the render, or what a user says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gitpromote.diff.listmap import ANY_OBJECT, built_in
from gitpromote.diff.normalize import METADATA, STATUS
from gitpromote.diff.shape import SET, UNKNOWN, Shape
from gitpromote.errors import ConfigurationError
from gitpromote.model.manifest import Manifest, ManifestSet

#: In a custom resource these are pod fields as everywhere, although its schema cannot say that their order matters.
_ORDERED = frozenset({"env", "initContainers"})

_OVERRIDE = re.compile(
    r"(?:(?P<group>[a-z0-9.-]+)/)?(?P<kind>[A-Za-z0-9]+):\s*(?P<path>\S+?)(?P<ordered>\s+ordered)?\s*\Z"
)
_STEP = re.compile(r"(?P<key>[^.\[\]]+)(?:\[(?P<keys>[^\]]*)\])?(?:\.|\Z)")


class Shapes:
    """The Shape of every object of two renders.

    :param sets: the renders whose CustomResourceDefinitions count; the last that has a schema wins
    :param overrides: lists that a user describes, see :func:`parse_override`
    """

    def __init__(self, *sets: ManifestSet, overrides: Iterable[str] = ()) -> None:
        self._definitions: dict[tuple[str, str], Manifest] = {}
        self._overrides: dict[tuple[str, str], list[Shape]] = {}
        self._known: dict[tuple[str, str, str], Shape] = {}
        for manifests in sets:
            self._collect(manifests)
        for text in overrides:
            kind, shape = parse_override(text)
            self._overrides.setdefault(kind, []).append(shape)

    def of(self, manifest: Manifest) -> Shape:
        """What is known of an object's form."""
        key = (manifest.ref.group, manifest.ref.kind, manifest.version)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._find(*key)
        return found

    def _collect(self, manifests: ManifestSet) -> None:
        for manifest in manifests.values():
            if manifest.ref.kind == "CustomResourceDefinition":
                spec = _map(manifest.data.get("spec"))
                self._definitions[str(spec.get("group")), str(_map(spec.get("names")).get("kind"))] = manifest

    def _find(self, group: str, kind: str, version: str) -> Shape:
        shape = built_in(group, kind)
        if shape is None:
            definition = self._definitions.get((group, kind))
            shape = ANY_OBJECT if definition is None else _custom(definition, version)
        for more in self._overrides.get((group, kind), ()):
            shape = overlaid(shape, more)
        return shape


def parse_override(text: str) -> tuple[tuple[str, str], Shape]:
    """Group, kind and Shape of a user's words about a list.

    ``monitoring.coreos.com/ServiceMonitor: spec.endpoints[port]`` matches by ``port``, ``[a,b]`` by two keys, ``[*]``
    by value, ``[]`` by position; ``ordered`` at the end says that order matters. Lists on the way stand with ``[]``.

    :raises ConfigurationError: ``list-rule-invalid``
    """
    match = _OVERRIDE.match(text.strip())
    steps = list(_STEP.finditer(match["path"])) if match else []
    if not match or "".join(step[0] for step in steps) != match["path"] or not match["path"].endswith("]"):
        raise ConfigurationError(
            "A list rule cannot be read",
            code="list-rule-invalid",
            detail=f"{text!r} does not name a kind and a list.",
            hint="Write it like this:\n  monitoring.coreos.com/ServiceMonitor: spec.endpoints[port]",
        )
    shape = _list_shape(steps[-1]["keys"], ordered=bool(match["ordered"]))
    for number, step in enumerate(reversed(steps)):
        if number and step["keys"] is not None:
            shape = Shape(items=shape)
        shape = Shape(fields={step["key"]: shape})
    return (match["group"] or "", match["kind"]), shape


def _list_shape(keys: str, *, ordered: bool) -> Shape:
    if keys.strip() == "*":
        return SET
    names = tuple(key.strip() for key in keys.split(",") if key.strip())
    return Shape(matched="map", keys=names, ordered=ordered) if names else UNKNOWN


def overlaid(base: Shape, more: Shape) -> Shape:
    """The base, where the other speaks as the other says."""
    fields = {key: overlaid(base.child(key), child) for key, child in more.fields.items()}
    shape = replace(base, fields={**base.fields, **fields})
    if more.items is not None:
        return replace(shape, items=overlaid(base.element, more.items))
    if not more.fields:
        return replace(shape, matched=more.matched, keys=more.keys, ordered=more.ordered)
    return shape


def _custom(definition: Manifest, version: str) -> Shape:
    schema = _schema(definition, version)
    if schema is None:
        return ANY_OBJECT
    shape = shape_from_schema(schema)
    return replace(shape, fields={**shape.fields, "metadata": METADATA, "status": STATUS})


def _schema(definition: Manifest, version: str) -> Any:
    spec = _map(definition.data.get("spec"))
    versions = spec.get("versions")
    for candidate in versions if isinstance(versions, list) else ():
        if _map(candidate).get("name") == version and _map(candidate).get("schema"):
            return _map(_map(candidate)["schema"]).get("openAPIV3Schema")
    return _map(spec.get("validation")).get("openAPIV3Schema")


def shape_from_schema(schema: Any, *, name: str = "") -> Shape:
    """What a structural OpenAPI schema says of lists.

    :param name: the key that the value stands under
    """
    node = _map(schema)
    fields = {key: shape_from_schema(child, name=key) for key, child in _map(node.get("properties")).items()}
    items = node.get("items")
    rest = node.get("additionalProperties")
    known = {key: shape for key, shape in fields.items() if shape is not UNKNOWN}
    below = None if items is None else shape_from_schema(items)
    others = shape_from_schema(rest) if isinstance(rest, dict) else None
    shape = Shape(fields=known, rest=_told(others), items=_told(below))
    matched = node.get("x-kubernetes-list-type")
    if matched == "set":
        return replace(shape, matched="set")
    if matched == "map":
        return _map_list(shape, node, name)
    return shape if known or shape.rest or shape.items else UNKNOWN


def _map_list(shape: Shape, node: Mapping[str, Any], name: str) -> Shape:
    found = node.get("x-kubernetes-list-map-keys")
    keys = tuple(key for key in found if isinstance(key, str)) if isinstance(found, list) else ()
    if not keys:
        return shape
    properties = _map(_map(node.get("items")).get("properties"))
    defaults = {key: _map(properties.get(key))["default"] for key in keys if "default" in _map(properties.get(key))}
    return replace(shape, matched="map", keys=keys, defaults=defaults, ordered=name in _ORDERED)


def _told(shape: Shape | None) -> Shape | None:
    return None if shape is UNKNOWN else shape


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
