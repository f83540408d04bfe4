"""APIs that a version of Kubernetes does not serve, or not for long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.policy.packs.api_served import api_name, api_of, defined_in, served_in
from gitpromote.policy.packs.api_table import APIS, INTRODUCED, Api
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.setting import minor_of, version
from gitpromote.policy.scene import Scene

__all__ = ["DEPRECATED_APIS"]

_PATH = ("apiVersion",)


def removed(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An API that the version does not serve any more."""
    minor = minor_of(settings["kubernetes"])
    for manifest, api in _known(scene):
        if api.removed is not None and api.removed <= minor:
            message = f"{api_name(manifest)} is gone since Kubernetes 1.{api.removed}"
            yield found("deprecated-apis/removed", manifest, message, path=_PATH, hint=_instead(api))


def deprecated(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An API that is deprecated in the version, and still served."""
    minor = minor_of(settings["kubernetes"])
    for manifest, api in _known(scene):
        if api.deprecated <= minor and (api.removed is None or minor < api.removed):
            until = "" if api.removed is None else f", and goes in 1.{api.removed}"
            message = f"{api_name(manifest)} is deprecated since Kubernetes 1.{api.deprecated}{until}"
            yield found("deprecated-apis/deprecated", manifest, message, path=_PATH, hint=_instead(api))


def too_new(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An API that the version does not serve yet."""
    minor = minor_of(settings["kubernetes"])
    for manifest in scene.objects.values():
        ref = manifest.ref
        since = INTRODUCED.get((ref.group, manifest.version, ref.kind), 0)
        if since > minor:
            message = f"{api_name(manifest)} is there since Kubernetes 1.{since}, and the target is 1.{minor}"
            yield found("deprecated-apis/too-new", manifest, message, path=_PATH)


def unknown(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An API in a group of Kubernetes itself that the version does not have: mistyped, or of another version."""
    minor = minor_of(settings["kubernetes"])
    served = served_in(minor)
    if served is None:
        return
    defined = defined_in(scene.objects)
    for manifest in scene.objects.values():
        ref, key = manifest.ref, api_of(manifest)
        told = key in APIS or INTRODUCED.get(key, 0) > minor  # by the other rules
        if not told and served.lacks(manifest) and (ref.group, ref.kind) not in defined:
            message = f"Kubernetes 1.{minor} has no {api_name(manifest)}"
            yield found("deprecated-apis/unknown", manifest, message, path=_PATH, hint=served.instead(manifest))


def _known(scene: Scene) -> Iterator[tuple[Manifest, Api]]:
    for manifest in scene.objects.values():
        ref = manifest.ref
        api = APIS.get((ref.group, manifest.version, ref.kind))
        if api is not None:
            yield manifest, api


def _instead(api: Api) -> str:
    if not api.instead:
        return api.advice
    return f"use {api.instead}{f', there since 1.{api.since}' if api.since else ''}"


DEPRECATED_APIS = Pack(
    help="the target version of Kubernetes serves every API, and goes on doing so",
    rules={"removed": removed, "deprecated": deprecated, "too-new": too_new, "unknown": unknown},
    settings={"kubernetes": version(about="the version that the cluster runs, or is to run")},
)
