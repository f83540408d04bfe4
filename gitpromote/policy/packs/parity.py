"""Whether an Environment is like the one before it, but for what is declared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from gitpromote.errors import ConfigurationError
from gitpromote.model.artifact import canonical_repository
from gitpromote.model.change import ObjectId, Path
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.policy.packs.images import ImageText
from gitpromote.policy.packs.leaves import members
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.places import is_at, places
from gitpromote.policy.packs.setting import kinds, names, of_kind
from gitpromote.policy.packs.workloads import Same
from gitpromote.policy.scene import Scene

__all__ = ["PARITY"]

#: What a different size, place and time of an Environment makes different.
_SIZES = (
    "metadata.namespace",
    "spec.replicas",
    "spec.minReplicas",
    "spec.maxReplicas",
    "spec.minAvailable",
    "spec.maxUnavailable",
    "**.resources",
    "PersistentVolumeClaim: spec.resources",
    "ResourceQuota: spec.hard",
    "LimitRange: spec.limits",
    'metadata.annotations["argocd.argoproj.io/tracking-id"]',
    '**.annotations["checksum/*"]',
    '**.labels["helm.sh/chart"]',
    '**.labels["app.kubernetes.io/version"]',
)
#: kustomize's hash of what a generated ConfigMap or Secret holds.
_HASH = re.compile(r"-[2456789bcdfghkmt]{10}\Z")
_ABSENT = object()

_Key = tuple[str, str, str, str]


class _Side(NamedTuple):
    """An Environment's objects by what they are called in every Environment."""

    environment: str
    objects: Mapping[_Key, Manifest]
    pattern: re.Pattern[str]

    def key(self, manifest: Manifest) -> _Key:
        """What an object is called wherever it is: without the Environment's name and generated hashes."""
        group, kind, namespace, name = manifest.ref
        generated = group == "" and kind in ("ConfigMap", "Secret")
        return group, kind, self.plain(namespace), self.plain(_HASH.sub("", name) if generated else name)

    def plain(self, text: str) -> str:
        """A text with a mark in place of the Environment's name."""
        return self.pattern.sub("$env", text)


@lru_cache(maxsize=2)
def _side(environment: str, same: Same, ignored: tuple[str, ...]) -> _Side:
    """The last two are remembered: each rule asks for both."""
    pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(environment)}(?![A-Za-z0-9])", re.IGNORECASE)
    side = _Side(environment, {}, pattern)
    by_key: dict[_Key, Manifest] = {}
    for manifest in same.objects.values():
        if not of_kind(manifest.ref, ignored):
            by_key.setdefault(side.key(manifest), manifest)
    return side._replace(objects=by_key)


def missing(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An object that the other Environment has and this one has not."""
    for here, there in _sides(scene, settings):
        for key, manifest in there.objects.items():
            if key not in here.objects:
                message = f"{there.environment} has it, and {here.environment} has not"
                yield Finding(
                    rule="parity/missing", message=message, object=ObjectId.of(manifest.ref), app=manifest.app
                )


def extra(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An object that this Environment has and the other one has not."""
    for here, there in _sides(scene, settings):
        for key, manifest in here.objects.items():
            if key not in there.objects:
                message = f"{here.environment} has it, and {there.environment} has not"
                yield found("parity/extra", manifest, message)


def fields(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A field that differs between them, and is neither allowed nor one of size. Versions of images may differ."""
    allowed = (*settings["sizes"], *settings["allowed"])
    for here, there in _sides(scene, settings):
        for key, manifest in here.objects.items():
            other = there.objects.get(key)
            if other is not None and not (manifest.text and manifest.text == other.text):
                for path in _differences(manifest.data, other.data, (), (here, there)):
                    if not is_at(manifest.ref, path, allowed):
                        message = f"differs from {there.environment}"
                        yield found("parity/fields", manifest, message, path=path, hint="declare it in allowed")


def _sides(scene: Scene, settings: Mapping[str, Any]) -> Iterator[tuple[_Side, _Side]]:
    """This Environment beside each that it is compared with: those that are named, otherwise those before it."""
    wanted = settings["like"] or scene.environment.after
    ignored = tuple(settings["ignore_kinds"])
    here = _side(scene.environment.name, Same(scene.objects), ignored) if wanted else None
    for name in wanted:
        if name not in scene.others:
            raise _unknown(name, scene.environment.name)
        if here is not None:
            yield here, _side(name, Same(scene.others[name]), ignored)


def _unknown(name: str, here: str) -> ConfigurationError:
    return ConfigurationError(
        "An Environment to compare with is not known",
        code="parity-unknown",
        detail=f"{here} must be like {name}, and what {name} holds is not known here.",
        hint='Name Environments that there are, and that are written: settings={"like": […]}.',
    )


def _differences(here: Any, there: Any, path: Path, sides: tuple[_Side, _Side]) -> Iterator[Path]:
    """Where two values differ, as deep as both have something."""
    # Equal values need no closer look; True == 1, though.
    if here == there and repr(here) == repr(there):
        return
    if isinstance(here, dict) and isinstance(there, dict):
        for key in dict.fromkeys((*here, *there)):
            where = (*path, str(key))
            yield from _differences(here.get(key, _ABSENT), there.get(key, _ABSENT), where, sides)
    elif isinstance(here, list) and isinstance(there, list):
        yield from _in_list(here, there, path, sides)
    elif not _is_alike(here, there, path, sides):
        yield path


def _in_list(here: list[Any], there: list[Any], path: Path, sides: tuple[_Side, _Side]) -> Iterator[Path]:
    ours = {str(step): (step, value) for step, value in members(here)}
    theirs = {str(step): (step, value) for step, value in members(there)}
    for name in dict.fromkeys((*ours, *theirs)):
        step, one = ours.get(name, (None, _ABSENT))
        other_step, other = theirs.get(name, (None, _ABSENT))
        chosen = step if step is not None else other_step
        if chosen is not None:
            yield from _differences(one, other, (*path, chosen), sides)


def _is_alike(here: Any, there: Any, path: Path, sides: tuple[_Side, _Side]) -> bool:
    if isinstance(here, str) and isinstance(there, str):
        if path[-1:] == ("image",):
            here, there = _repository(here), _repository(there)
        ours, theirs = (_HASH.sub("", side.plain(text)) for side, text in zip(sides, (here, there), strict=True))
        return ours == theirs
    # True == 1
    return type(here) is type(there) and bool(here == there)


def _repository(image: str) -> str:
    return canonical_repository(ImageText.parse(image).repository)


PARITY = Pack(
    compares=True,
    help="this Environment differs from the one before it only where that is declared",
    rules={"missing": missing, "extra": extra, "fields": fields},
    settings={
        "like": names(about="the Environments that it must be like; empty: those before it"),
        "allowed": places(about='places that may differ, such as "Ingress: spec.rules.**"'),
        "sizes": places(*_SIZES, about="places that may differ because Environments differ in size, place and time"),
        "ignore_kinds": kinds("SealedSecret", "Secret", about="kinds that are not compared"),
    },
)
