"""Secrets in plain text. No message repeats a value."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
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

#: A line of a file within a ConfigMap: ``password: s3cr3t``, ``db.password=s3cr3t``, ``"password": "s3cr3t",``.
_ROW = re.compile(r"""\s*(?:-\s+)?["']?(?P<name>[A-Za-z_][\w.-]{0,99})["']?\s*[:=]\s*(?P<value>[^\s#].{0,999})""")
#: What stands for a value that comes from elsewhere, or begins what stands below it.
_REFERENCE = re.compile(r"[$<{\[|>&*!%]|ENC\(|vault:|\w+://[^@]*$")
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
            hint = "let valueFrom.secretKeyRef name a Secret that holds it"
            yield found("secrets/variable", manifest, f"{name} holds {what}", path=(*variable.path, "value"), hint=hint)


def config_map(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A ConfigMap with a value that is a secret, by its key or by its shape."""
    for manifest in scene.objects.values():
        if manifest.ref.group == "" and manifest.ref.kind == "ConfigMap":
            for key, value in mapping(manifest.data.get("data")).items():
                what = "" if key in settings["ignore"] or not isinstance(value, str) else None
                what = _what(key, value, by_name=settings["by_name"]) if what is None else what
                if not what and isinstance(value, str) and key not in settings["ignore"] and settings["by_name"]:
                    what = _embedded(value, settings["ignore"])
                if what:
                    path = ("data", key)
                    yield found("secrets/config-map", manifest, f"{key} holds {what}", path=path, hint=_ELSEWHERE)


def _embedded(text: str, ignored: Collection[str]) -> str:
    """A line of a file in the value, in YAML, JSON or properties, whose name says that it holds a secret."""
    for number, row in enumerate(text.splitlines(), 1):
        told = _ROW.match(row)
        if told is None or told["name"] in ignored or told["name"].rpartition(".")[2] in ignored:
            continue
        value = told["value"].strip().rstrip(",").strip("\"'")
        if not _REFERENCE.match(value) and name_holds_secret(told["name"]) and says_something(value):
            return f"a secret, by its name: {told['name']}, line {number}"
    return ""


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
