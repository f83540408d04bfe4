"""Two Environments whose objects live in namespaces of their own: the same objects, in another namespace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gitpromote.diff.pair import without_hash
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef

__all__ = ["moved", "renamed_namespaces"]

#: What Kubernetes puts on every Namespace itself.
_NAME_LABEL = "kubernetes.io/metadata.name"

_Key = tuple[str, str, str]


def renamed_namespaces(before: ManifestSet, after: ManifestSet, *, names: tuple[str, str]) -> dict[str, str]:
    """Namespace before to the one that stands for it after: both are on one side alone and hold the same objects.

    :param names: what the two sides are called: where a namespace has that in its name, it is the likeliest
    """
    here, there = _by_namespace(before), _by_namespace(after)
    alone = [one for one in here if one not in there], [one for one in there if one not in here]
    shared = {(old, new): len(here[old] & there[new]) for old in alone[0] for new in alone[1]}
    likely = sorted(
        (pair for pair, number in shared.items() if number),
        key=lambda pair: (pair[0].replace(*names) != pair[1], -shared[pair], pair),
    )
    found: dict[str, str] = {}
    for old, new in likely:
        if old not in found and new not in found.values():
            found[old] = new
    return found


def moved(manifests: ManifestSet, namespaces: Mapping[str, str]) -> ManifestSet:
    """The manifests as they would be in other namespaces; a Namespace itself is called so."""
    if not namespaces:
        return manifests
    return ManifestSet.from_iterable(_moved(one, namespaces) for one in manifests.values())


def _moved(manifest: Manifest, namespaces: Mapping[str, str]) -> Manifest:
    ref = manifest.ref
    field = "name" if _is_namespace(ref) else "namespace"
    old = getattr(ref, field)
    new = namespaces.get(old)
    if new is None:
        return manifest
    return replace(
        manifest, ref=ref._replace(**{field: new}), data=_with(manifest.data, field, old=old, new=new), text=""
    )


def _with(data: dict[str, Any], field: str, *, old: str, new: str) -> dict[str, Any]:
    metadata = dict(data["metadata"]) | {field: new}
    labels = metadata.get("labels")
    if field == "name" and isinstance(labels, dict) and labels.get(_NAME_LABEL) == old:
        metadata["labels"] = labels | {_NAME_LABEL: new}
    return data | {"metadata": metadata}


def _by_namespace(manifests: Iterable[ObjectRef]) -> dict[str, set[_Key]]:
    """Each namespace with what is in it, itself included, and names without the hash of their content."""
    found: dict[str, set[_Key]] = defaultdict(set)
    for ref in manifests:
        if _is_namespace(ref):
            found[ref.name].add((ref.group, ref.kind, ""))
        elif ref.namespace:
            found[ref.namespace].add((ref.group, ref.kind, without_hash(ref)))
    return found


def _is_namespace(ref: ObjectRef) -> bool:
    return (ref.group, ref.kind) == ("", "Namespace")
