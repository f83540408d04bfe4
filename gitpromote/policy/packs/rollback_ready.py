"""Whether a change can be taken back: the diff that goes back is computed with the plan, and what it cannot undo told.

Only where something new comes: a rollback tells itself what it leaves behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.change import ObjectChange
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.policy.going_back import EFFECTS, Effect, effects, reversed_change
from gitpromote.policy.packs.crd_schema import narrowed
from gitpromote.policy.packs.deletes import is_kept
from gitpromote.policy.packs.pack import Pack
from gitpromote.policy.packs.reading import annotations_of, at
from gitpromote.policy.packs.setting import kinds, of_kind
from gitpromote.policy.packs.waves import moment_of
from gitpromote.policy.packs.workloads import elements
from gitpromote.policy.scene import Scene

__all__ = ["ROLLBACK_READY"]

_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
_DEFINITION = "CustomResourceDefinition"


def jobs(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A Job or a hook that runs with the change: what it does is not undone."""
    told: Mapping[Effect, str] = {
        "job-ran": "runs with this change, and going back does not undo what it does",
        "job-runs-again": "would run again when going back",
    }
    yield from _told(scene, settings, "jobs", told, "let the version before work with what it leaves")
    for change in _forward(scene, settings):
        hook = scene.objects.get(change.ref)
        if hook is not None and (change.object.group, change.object.kind) not in EFFECTS and _is_hook(hook):
            yield _finding(scene, "jobs", change, "is a hook: going back does not undo what it does")


def volumes(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A volume that would be lost, or that keeps what it gets now."""
    told: Mapping[Effect, str] = {
        "claim-comes-back": "is deleted with its data, and would come back empty",
        "claim-deleted": "is new: going back deletes it with what was written to it",
        "claim-kept": "keeps what it gets now: a volume does not shrink, and does not change its class",
        "set-comes-back": "is deleted with its volumes, and would come back with empty ones",
        "set-deleted": "is new: going back leaves its volumes behind",
        "set-volumes": "asks for other volumes: those that are made stay as they are",
        "volume-comes-back": "is deleted, and would come back, perhaps without what was on it",
    }
    yield from _told(scene, settings, "volumes", told, "take a snapshot first")


def definitions(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A CustomResourceDefinition that takes its objects with it, or in which they are stored otherwise from now on."""
    told: Mapping[Effect, str] = {
        "definition-comes-back": "is deleted with all of its objects, and would come back without them",
        "definition-deleted": "is new: going back deletes it with all of its objects",
        "definition-versions": "changes its versions: objects may be stored in one that the other side does not know",
    }
    yield from _told(scene, settings, "definitions", told, "add a version first, and store in it with a later change")


def schemas(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A CustomResourceDefinition that takes more than before: going back, new objects are refused or lose fields."""
    for change in _forward(scene, settings):
        before, after = scene.before.get(change.ref), scene.objects.get(change.ref)
        if change.ref.kind != _DEFINITION or before is None or after is None:
            continue
        old = {one.data.get("name"): _schema(one.data) for one in _versions(before)}
        for version in _versions(after):
            was = old.get(version.data.get("name"))
            path = (*version.path, "schema", "openAPIV3Schema")
            for message, where in narrowed(_schema(version.data), was, path) if was is not None else ():
                found = _finding(scene, "schemas", change, f"going back, {message}")
                yield found.model_copy(update={"path": where})


def namespaces(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A Namespace that would be deleted with everything in it, now or when going back."""
    told: Mapping[Effect, str] = {
        "namespace-comes-back": "is deleted with everything in it, and would come back empty",
        "namespace-deleted": "is new: going back deletes it with everything in it",
    }
    yield from _told(scene, settings, "namespaces", told, "")


def replaced(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An object with a field that cannot be changed in place: going back deletes it once more."""
    for change in _forward(scene, settings):
        if len(change.actions) > 1 and (change.object.group, change.object.kind) != ("batch", "Job"):
            why = next((note for note in change.notes if "cannot be changed in place" in note), "")
            message = f"going back deletes and creates it once more{f': {why}' if why else ''}"
            yield _finding(scene, "replaced", change, message)


def _forward(scene: Scene, settings: Mapping[str, Any]) -> Iterator[ObjectChange]:
    if scene.occasion in ("promote", "hotfix"):
        for change in scene.changes:
            if change.changes_anything and not of_kind(change.ref, settings["ignore_kinds"]):
                yield change


def _told(
    scene: Scene, settings: Mapping[str, Any], rule: str, told: Mapping[Effect, str], hint: str
) -> Iterator[Finding]:
    for change in _forward(scene, settings):
        going = scene.before.get(change.ref) if change.actions == ("delete",) else None
        if going is not None and is_kept(going):
            continue
        for effect in effects(reversed_change(change)):
            if effect in told:
                yield _finding(scene, rule, change, told[effect], hint)


def _finding(scene: Scene, rule: str, change: ObjectChange, message: str, hint: str = "") -> Finding:
    manifest = scene.objects.get(change.ref) or scene.before.get(change.ref)
    return Finding(
        rule=f"rollback-ready/{rule}",
        message=message,
        object=change.object,
        file=manifest.file if manifest is not None else "",
        line=manifest.line if manifest is not None else 0,
        app=change.app,
        hint=hint,
    )


def _is_hook(manifest: Manifest) -> bool:
    there = annotations_of(manifest.data)
    return any(there.get(name) for name in _HOOKS) and moment_of(manifest) is not None


def _versions(manifest: Manifest) -> Any:
    return elements(at(manifest.data, "spec", "versions"), ("spec", "versions"))


def _schema(version: Mapping[str, Any]) -> Any:
    return at(version, "schema", "openAPIV3Schema")


ROLLBACK_READY = Pack(
    help="what comes can be taken back: the diff that goes back holds nothing that Git alone does not undo",
    rules={
        "jobs": jobs,
        "volumes": volumes,
        "definitions": definitions,
        "schemas": schemas,
        "namespaces": namespaces,
        "replaced": replaced,
    },
    settings={"ignore_kinds": kinds(about="kinds that are not judged")},
)
