"""Secrets in plain text. No message repeats a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.model.plaintext import plaintext_contents
from gitpromote.model.sensitive import looks_like_token, name_holds_secret, says_something
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import mapping
from gitpromote.policy.packs.setting import names, switch
from gitpromote.policy.packs.workloads import Container, elements, pods
from gitpromote.policy.scene import Scene

__all__ = ["SECRETS"]

_ELSEWHERE = "keep it in a secret manager, or encrypt it: ExternalSecret, SealedSecret, SOPS"


def plaintext(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A Secret whose contents stand in Git as they are, unless its App allows that."""
    allowed = {app.name for app in scene.environment.apps if app.allow_plaintext_secrets}
    for manifest in scene.objects.values():
        if manifest.ref.group == "" and manifest.ref.kind == "Secret" and manifest.app not in allowed:
            keys = plaintext_contents(manifest.data)
            if keys:
                message = f"holds {', '.join(map(str, keys))} in plain text"
                yield found("secrets/plaintext", manifest, message, hint=_ELSEWHERE)


def variable(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A variable of a container that holds a secret itself, by its name or by the value's shape."""
    for pod in pods(scene):
        for container in pod.containers:
            yield from _variables(pod.manifest, container, settings)


def _variables(manifest: Manifest, container: Container, settings: Mapping[str, Any]) -> Iterator[Finding]:
    for variable in elements(container.data.get("env"), (*container.path, "env")):
        name, value = variable.data.get("name"), variable.data.get("value")
        if not isinstance(name, str) or not isinstance(value, str) or name in settings["ignore"]:
            continue
        what = _what(name, value, by_name=settings["by_name"])
        if what:
            hint = "take it from a Secret: valueFrom.secretKeyRef"
            yield found("secrets/variable", manifest, f"{name} holds {what}", path=(*variable.path, "value"), hint=hint)


def config_map(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A ConfigMap with a value that is a secret, by its key or by its shape."""
    for manifest in scene.objects.values():
        if manifest.ref.group == "" and manifest.ref.kind == "ConfigMap":
            for key, value in mapping(manifest.data.get("data")).items():
                what = "" if key in settings["ignore"] or not isinstance(value, str) else None
                what = _what(key, value, by_name=settings["by_name"]) if what is None else what
                if what:
                    path = ("data", key)
                    yield found("secrets/config-map", manifest, f"{key} holds {what}", path=path, hint=_ELSEWHERE)


def _what(name: str, value: str, *, by_name: bool) -> str:
    """What kind of secret it is; empty for none."""
    shape = looks_like_token(value)
    if shape:
        return shape
    return "a secret, by its name" if by_name and name_holds_secret(name) and says_something(value) else ""


SECRETS = Pack(
    help="no secret stands in Git as it is",
    rules={"plaintext": plaintext, "variable": variable, "config-map": config_map},
    settings={
        "by_name": switch(True, about="whether a telling name, such as DB_PASSWORD, is enough"),
        "ignore": names(about="names of variables and keys that hold no secret"),
    },
)
