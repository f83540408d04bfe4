"""Deletions of what holds data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.change import ObjectChange
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.policy.packs.pack import Pack
from gitpromote.policy.packs.reading import annotations_of
from gitpromote.policy.packs.setting import kinds, of_kind
from gitpromote.policy.scene import Scene

__all__ = ["DELETES", "is_kept"]

_OPTIONS = "argocd.argoproj.io/sync-options"


def stateful(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An object that holds data and would be deleted; what its agent keeps all the same is none."""
    for change in scene.changes:
        if change.actions == ("delete",) and of_kind(change.ref, settings["kinds"]):
            manifest = scene.before.get(change.ref)
            if manifest is None or not is_kept(manifest):
                hint = "keep it in the render, or annotate it so that the agent does not prune it"
                yield _told("stateful", change, manifest, f"deletes a {change.ref.kind}", hint)


def replaced(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An object that holds data and would be deleted and created again."""
    for change in scene.changes:
        if "delete" in change.actions and "create" in change.actions and of_kind(change.ref, settings["kinds"]):
            manifest = scene.objects.get(change.ref) or scene.before.get(change.ref)
            why = next((note for note in change.notes if "cannot be changed in place" in note), "")
            message = f"deletes a {change.ref.kind} and creates it again{f': {why}' if why else ''}"
            yield _told("replaced", change, manifest, message, "make it another object, and move the data")


def is_kept(manifest: Manifest) -> bool:
    """Whether Argo CD, Flux or Helm would leave it."""
    there = annotations_of(manifest.data)
    options = {option.strip().lower() for option in str(there.get(_OPTIONS, "")).split(",")}
    return (
        "prune=false" in options
        or there.get("kustomize.toolkit.fluxcd.io/prune") == "disabled"
        or there.get("helm.sh/resource-policy") == "keep"
    )


def _told(rule: str, change: ObjectChange, manifest: Manifest | None, message: str, hint: str) -> Finding:
    told = Finding(rule=f"deletes/{rule}", message=message, object=change.object, app=change.app, hint=hint)
    if manifest is None:
        return told
    return told.model_copy(update={"file": manifest.file, "line": manifest.line})


DELETES = Pack(
    help="nothing that holds data is deleted",
    rules={"stateful": stateful, "replaced": replaced},
    settings={
        "kinds": kinds(
            "CustomResourceDefinition",
            "Namespace",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "StatefulSet",
            about="the kinds that hold data",
        )
    },
)
