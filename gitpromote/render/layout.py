"""Manifests as files of a target, and back.

Names are a pure function of the set of objects: neither order nor history matter, so an unchanged object stays in its
file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from gitpromote.errors import SourceInvalid
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef
from gitpromote.model.owned import is_source
from gitpromote.model.render import FileLayout, Layout
from gitpromote.model.tree import FILE, Entry, blob_id
from gitpromote.render.parse import parse_manifests

_UNSAFE = re.compile(r"[^a-z0-9.-]+")
_LONGEST_NAME = 200  # characters; file systems take 255 bytes, with the ending and what a checkout may add
_MANIFEST_ENDINGS = (".yaml", ".yml", ".json")

# What others need comes first, as helm installs: scopes, accounts and rules, configuration, storage, workloads, routes.
_FIRST = (
    "Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget PriorityClass RuntimeClass"
    " ServiceAccount Secret ConfigMap StorageClass PersistentVolume PersistentVolumeClaim CustomResourceDefinition"
    " ClusterRole ClusterRoleBinding Role RoleBinding Service DaemonSet Pod ReplicationController ReplicaSet Deployment"
    " HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService"
    " MutatingWebhookConfiguration ValidatingWebhookConfiguration"
)
_RANK = {kind: rank for rank, kind in enumerate(_FIRST.split())}
# Custom resources need their definitions and controllers, and are refused by webhooks that are not up yet.
_CUSTOM = _RANK["APIService"] + 0.5


def lay_out(
    manifests: ManifestSet,
    *,
    files: FileLayout = "per-object",
    app: str = "",
    prefix: str = "",
    object_format: str = "sha1",
) -> Layout:
    """The files that hold these manifests, in the renderer's own words.

    :param files: ``per-object`` gives ``<group>-<kind>-<name>.yaml`` each, ``per-app`` one ``<app>.yaml``
    :param prefix: a folder for all of them, like ``shop/``
    """
    where = _per_object(manifests) if files == "per-object" else dict.fromkeys(manifests, _app_file(app))
    held: dict[str, list[Manifest]] = {}
    for manifest in manifests.values():
        held.setdefault(prefix + where[manifest.ref], []).append(manifest)
    contents = {path: _joined(sorted(held[path], key=_order)) for path in sorted(held)}
    entries = {path: Entry(FILE, blob_id(content, object_format=object_format)) for path, content in contents.items()}
    return Layout(contents, entries, {ref: prefix + name for ref, name in where.items()})


def read_target(files: Mapping[str, bytes], *, app_of: Mapping[str, str] | None = None) -> ManifestSet:
    """The manifests that a target's files hold. What is no YAML or JSON by its name is passed over.

    :param app_of: path to the App that wrote it
    :raises SourceInvalid: a file that is no manifest, or two files with one object
    """
    found: list[Manifest] = []
    for path in sorted(files):
        if path.lower().endswith(_MANIFEST_ENDINGS):
            found += parse_manifests(files[path], file=path, app=(app_of or {}).get(path, "")).manifests.values()
    return ManifestSet.from_iterable(found)


def refuse_unrendered(paths: Iterable[str], *, target: str) -> None:
    """Refuse a target that holds sources: an agent would render them again.

    :raises SourceInvalid: ``target-unrendered``
    """
    sources = sorted(path for path in paths if is_source(path))
    if sources:
        raise SourceInvalid(
            "A target for rendered manifests holds sources",
            code="target-unrendered",
            detail="\n".join(f"{target}: {path}" for path in sources),
            hint="Remove them there, name them in keep=, or write into another branch or folder.",
        )


def _per_object(refs: Iterable[ObjectRef]) -> dict[ObjectRef, str]:
    """A name for each object: as short as it can be without meeting another one.

    Whoever meets another goes one step further: with its namespace, then with a digest. Both do, so order is no matter.
    """
    level = dict.fromkeys(refs, 0)
    while True:
        names = {ref: _object_file(ref, at) for ref, at in level.items()}
        taken: dict[str, list[ObjectRef]] = {}
        for ref, name in names.items():
            taken.setdefault(name, []).append(ref)
        shared = [ref for refs in taken.values() if len(refs) > 1 for ref in refs]
        if not shared:
            return names
        level.update((ref, level[ref] + 1) for ref in shared)


def _object_file(ref: ObjectRef, level: int) -> str:
    namespace = ref.namespace if level else ""
    words = [part for part in (ref.group, ref.kind, namespace, ref.name) if part]
    whole = "-".join(_safe(word) for word in words)
    if len(whole) > _LONGEST_NAME:
        whole, level = whole[:_LONGEST_NAME].rstrip(".-"), max(level, 2)
    if level < 2:
        return f"{whole}.yaml"
    identity = "\0".join((ref.group, ref.kind, ref.namespace, ref.name))
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{whole}-{digest[: 8 * (level - 1)]}.yaml"


def _safe(word: str) -> str:
    return _UNSAFE.sub("-", word.lower()).strip(".-") or "-"


def _app_file(app: str) -> str:
    name = f"{_safe(app)}.yaml"
    return f"app-{name}" if is_source(name) else name


def _order(manifest: Manifest) -> tuple[float, str, str, str, str]:
    ref = manifest.ref
    is_of_kubernetes = "." not in ref.group or ref.group.endswith(".k8s.io")
    rank = _RANK.get(ref.kind, _CUSTOM) if is_of_kubernetes else _CUSTOM
    return (rank, ref.kind, ref.group, ref.namespace, ref.name)


def _joined(manifests: list[Manifest]) -> bytes:
    return b"---\n".join(_document(manifest) for manifest in manifests)


def _document(manifest: Manifest) -> bytes:
    text = manifest.text.encode("utf-8")
    return text if text.endswith(b"\n") else text + b"\n"
