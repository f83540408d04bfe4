"""What programs and functions outside of this process are given to judge: manifests as files, the rest as data."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import Any

from gitpromote.model.change import path_text
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.plaintext import decode
from gitpromote.policy.scene import Scene

__all__ = ["context_of", "facts_of", "files_of", "in_stream", "secrets_of", "stream_of"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
#: Shorter values are found everywhere, and say nothing.
_SHORTEST_SECRET = 4


def files_of(objects: ManifestSet) -> dict[str, Manifest]:
    """One file for each object, in the order in which they were rendered: ``0001-deployment-shop.yaml``."""
    return {_name(number, one): one for number, one in enumerate(objects.values(), 1)}


def _name(number: int, manifest: Manifest) -> str:
    words = "-".join(part for part in (manifest.ref.kind.lower(), manifest.ref.namespace, manifest.ref.name) if part)
    return f"{number:04}-{_UNSAFE.sub('-', words)[:100]}.yaml"


def stream_of(objects: ManifestSet) -> str:
    """All objects as one stream of YAML documents."""
    return "".join(f"---\n{one.text}" for one in objects.values())


def in_stream(files: Mapping[str, Manifest]) -> Callable[[int], tuple[str, int]]:
    """Tells of a line of the stream of all objects whose file's it is, and the line there; ``""`` and 0 for others."""
    names, ends = list(files), list(accumulate(1 + one.text.count("\n") for one in files.values()))

    def place(line: int) -> tuple[str, int]:
        at = bisect_left(ends, line)
        below = line - (ends[at - 1] if at else 0) - 1  # the first line of each is ``---``
        return (names[at], below) if at < len(names) and below > 0 else ("", 0)

    return place


def context_of(scene: Scene) -> dict[str, Any]:
    """Where this is about to go, and what changes; values of Secrets are masked."""
    here = scene.environment
    return {
        "pipeline": scene.pipeline,
        "occasion": scene.occasion,
        "environment": {
            "name": here.name,
            "production": here.production,
            "delivery": here.delivery,
            "labels": dict(here.labels),
        },
        "freight": {
            name: {
                "id": one.id,
                "alias": one.alias,
                "artifacts": [artifact.model_dump(mode="json") for artifact in one.artifacts],
            }
            for name, one in scene.freight.items()
        },
        "changes": [_change(one) for one in scene.changes if one.changes_anything],
    }


def facts_of(scene: Scene) -> dict[str, Any]:
    """The same with the objects themselves, for functions."""
    return {
        **context_of(scene),
        "objects": [one.data for one in scene.objects.values()],
        "before": [one.data for one in scene.before.values()],
    }


def _change(change: Any) -> dict[str, Any]:
    told = change.model_dump(mode="json", exclude={"noise", "hidden", "readers"})
    told["fields"] = [
        {**field, "path": path_text(one.path)} for field, one in zip(told["fields"], change.fields, strict=True)
    ]
    return dict(told)


def secrets_of(scene: Scene) -> frozenset[str]:
    """The values of all Secrets, encoded and plain: no program may repeat one in its words."""
    found = {text for objects in (scene.objects, scene.before) for one in objects.values() for text in _values(one)}
    return frozenset(text for text in found if len(text) >= _SHORTEST_SECRET)


def _values(manifest: Manifest) -> Iterator[str]:
    if manifest.ref.kind != "Secret" or manifest.ref.group:
        return
    for part in ("data", "stringData"):
        members = manifest.data.get(part)
        for value in members.values() if isinstance(members, Mapping) else ():
            if isinstance(value, str):
                yield value
                decoded = decode(value) if part == "data" else None
                if isinstance(decoded, str):
                    yield decoded
                    yield from (line for line in decoded.splitlines() if len(line) > 2 * _SHORTEST_SECRET)
