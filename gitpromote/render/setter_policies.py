"""Which image a policy of Flux is about, by the objects that say it: ImagePolicy and ImageRepository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gitpromote.errors import SourceInvalid
from gitpromote.render.parse import parse_yaml

__all__ = ["declared_policies"]

_GROUP = "image.toolkit.fluxcd.io/"


class _Object(NamedTuple):
    """``namespace`` is empty where the object has none."""

    kind: str
    namespace: str
    name: str
    spec: Mapping[str, Any]


def declared_policies(read: Mapping[str, bytes]) -> dict[str, str]:
    """``namespace:name`` of each ImagePolicy in these files -> the image of its ImageRepository.

    An object without a namespace goes by any; the key begins with the colon then. What says two things says nothing.
    """
    objects = [one for path, data in read.items() if _may_declare(data) for one in _objects(data, file=path)]
    repositories = [one for one in objects if one.kind == "ImageRepository" and isinstance(one.spec.get("image"), str)]
    found: dict[str, set[str]] = {}
    for policy in objects:
        if policy.kind == "ImagePolicy":
            images = {one.spec["image"] for one in repositories if _is_of(policy, one)}
            found.setdefault(f"{policy.namespace}:{policy.name}", set()).update(images)
    return {name: images.pop() for name, images in found.items() if len(images) == 1}


def _may_declare(data: bytes) -> bool:
    return _GROUP.encode() in data


def _is_of(policy: _Object, repository: _Object) -> bool:
    reference = policy.spec.get("imageRepositoryRef")
    if not isinstance(reference, Mapping) or reference.get("name") != repository.name:
        return False
    wanted = reference.get("namespace") or policy.namespace
    return not wanted or not repository.namespace or wanted == repository.namespace


def _objects(data: bytes, *, file: str) -> Iterator[_Object]:
    try:
        documents = parse_yaml(data, file=file)
    except SourceInvalid:
        return  # a chart's template, say: whoever edits or renders it tells
    for document in documents:
        if isinstance(document, Mapping) and str(document.get("apiVersion", "")).startswith(_GROUP):
            metadata, spec = document.get("metadata"), document.get("spec")
            if isinstance(metadata, Mapping) and isinstance(spec, Mapping):
                namespace, name = metadata.get("namespace") or "", metadata.get("name") or ""
                yield _Object(str(document.get("kind")), str(namespace), str(name), spec)
