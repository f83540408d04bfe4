"""Secrets in plain text. No message repeats a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.change import Path
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.model.plaintext import decode, plaintext_contents
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import at, mapping
from gitpromote.policy.packs.secret_values import in_arguments, in_file, in_value
from gitpromote.policy.packs.setting import names, switch
from gitpromote.policy.packs.workloads import Container, elements, pods
from gitpromote.policy.scene import Scene

__all__ = ["SECRETS"]

_RUN_INSIDE = (
    *(("livenessProbe",), ("readinessProbe",), ("startupProbe",)),
    *(("lifecycle", "postStart"), ("lifecycle", "preStop")),
)
_REFER = "let valueFrom.secretKeyRef name a Secret that holds it"
_REFER_TO_VARIABLE = "write $(NAME), and let a variable of that name take it from a Secret"
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
        what = in_value(name, value, by_name=settings["by_name"])
        if what:
            path = (*variable.path, "value")
            yield found("secrets/variable", manifest, f"{name} holds {what}", path=path, hint=_REFER)


def argument(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An argument of a container, a probe or a hook that is a secret itself, by its flag's name or by its shape."""
    ignored, by_name = settings["ignore"], settings["by_name"]
    for pod in pods(scene):
        for container in pod.containers:
            for words in _commands(container):
                held = in_arguments([word for _, word in words], ignored, by_name=by_name)
                for number, told in held.items():
                    yield found("secrets/argument", pod.manifest, told, path=words[number][0], hint=_REFER_TO_VARIABLE)


def _commands(container: Container) -> Iterator[list[tuple[Path, str]]]:
    """What a container runs, and what is run in it: by its probes, when it starts and when it ends."""
    yield [*_words(container, ("command",)), *_words(container, ("args",))]
    for place in _RUN_INSIDE:
        yield list(_words(container, (*place, "exec", "command")))


def _words(container: Container, place: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    listed = at(container.data, *place)
    for index, word in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(word, str):
            yield (*container.path, *place, index), word


def config_map(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A ConfigMap with a value that is a secret, by its key or by its shape; base64 is read too."""
    for manifest in scene.objects.values():
        if manifest.ref.group == "" and manifest.ref.kind == "ConfigMap":
            for part in ("data", "binaryData"):
                for key, value in mapping(manifest.data.get(part)).items():
                    what = _held(key, value, settings, encoded=part == "binaryData")
                    if what:
                        path, message = (part, key), f"{key} holds {what}"
                        yield found("secrets/config-map", manifest, message, path=path, hint=_ELSEWHERE)


def _held(key: str, value: Any, settings: Mapping[str, Any], *, encoded: bool) -> str:
    """What kind of secret stands behind a key; empty for none."""
    text = decode("".join(value.split())) if encoded and isinstance(value, str) else value
    if key in settings["ignore"] or not isinstance(text, str | bytes):
        return ""
    if isinstance(text, bytes):
        # What is in PEM is found in whatever stands around it; lines there are none.
        return in_value(key, text.decode("latin-1"), by_name=settings["by_name"])
    what = in_value(key, text, by_name=settings["by_name"])
    return what or (in_file(text, settings["ignore"]) if settings["by_name"] else "")


SECRETS = Pack(
    help="no secret stands in Git as it is",
    rules={"plaintext": plaintext, "variable": variable, "argument": argument, "config-map": config_map},
    settings={
        "by_name": switch(True, about="whether a telling name, such as DB_PASSWORD, is enough"),
        "ignore": names(about="names of variables, flags and keys that hold no secret"),
    },
)
