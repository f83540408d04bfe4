"""Kinds that hold secrets in places of their own: Secret, SealedSecret, ConfigMap, and what SOPS adds to any object."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gitpromote.model.plaintext import decode, is_ciphertext
from gitpromote.model.sensitive import is_secret_reference

if TYPE_CHECKING:
    from gitpromote.diff.hide import Hider

_PARTS = ("data", "stringData")


def _secret(hider: Hider, node: dict[str, Any]) -> dict[str, Any]:
    """A Secret, wherever it stands."""
    if node.get("apiVersion") != "v1":
        return hider.members(node)
    rest = hider.members({key: value for key, value in node.items() if key not in _PARTS})
    hidden: dict[str, Any] = {key: _contents(hider, node[key], encoded=key == "data") for key in _PARTS if key in node}
    metadata = rest.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
        hidden["metadata"] = {**metadata, "annotations": _copies_of_itself(hider, metadata["annotations"])}
    return {**rest, **hidden}


def _contents(hider: Hider, members: Any, *, encoded: bool) -> Any:
    if not isinstance(members, dict):
        return hider.whole(members)
    return {key: _content(hider, value, encoded=encoded) for key, value in members.items()}


def _content(hider: Hider, value: Any, *, encoded: bool) -> Any:
    if not isinstance(value, str) or is_ciphertext(value):
        return hider.whole(value)
    decoded = decode(value) if encoded else value
    if is_secret_reference(decoded if isinstance(decoded, str) else value):
        return value
    if hider.mask.found is not None:
        _remember(hider, value if decoded is None else decoded)
    if decoded is None:
        return hider.mask.marks.secret(value, form="not base64")
    return hider.mask.marks.secret(decoded)


def _remember(hider: Hider, content: str | bytes) -> None:
    if hider.mask.found is None:
        return
    if isinstance(content, bytes):
        hider.mask.found.add(content)
    else:
        hider.mask.found.add_file(content)
        hider.mask.text(content)


def _copies_of_itself(hider: Hider, annotations: dict[str, Any]) -> dict[str, Any]:
    """Tools keep the whole object as JSON in an annotation."""
    return {
        key: hider.mask.marks.secret(value) if isinstance(value, str) and value.lstrip().startswith("{") else value
        for key, value in annotations.items()
    }


def _config_map(hider: Hider, node: dict[str, Any]) -> dict[str, Any]:
    result = hider.members(node)
    hides: dict[str, Callable[[str, str], str]] = {
        "data": hider.mask.named,
        "binaryData": lambda name, value: _binary(hider, name, value),
    }
    for part, hide in hides.items():
        members = node.get(part)
        if isinstance(members, dict):
            texts = {key: value for key, value in members.items() if isinstance(value, str)}
            hidden = {key: new for key, value in texts.items() if (new := hide(key, value)) is not value}
            if hidden:
                result = {**result, part: hider.with_keys(members, hidden, part)}
    return result


def _binary(hider: Hider, name: str, value: str) -> str:
    decoded = decode(value)
    if isinstance(decoded, str) and hider.mask.named(name, decoded) is not decoded:
        return hider.mask.marks.secret(value)
    return hider.mask.text(value, prose=True)


def _sealed_secret(hider: Hider, node: dict[str, Any]) -> dict[str, Any]:
    result = hider.members(node)
    spec = result.get("spec")
    if isinstance(spec, dict) and "encryptedData" in spec:
        return {**result, "spec": {**spec, "encryptedData": _encrypted(hider, node["spec"]["encryptedData"])}}
    return result


def _encrypted(hider: Hider, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _encrypted(hider, member) for key, member in value.items()}
    return hider.mask.marks.ciphertext(value if isinstance(value, str) else json.dumps(value, sort_keys=True))


def encryption_metadata(hider: Hider, node: dict[str, Any]) -> dict[str, Any]:
    """What SOPS writes about its own work: a checksum and wrapped keys, which change whenever a value does."""
    hidden: dict[str, Any] = {}
    for key, value in node.items():
        if key in ("mac", "enc") and isinstance(value, str):
            hidden[key] = hider.mask.marks.ciphertext(value)
        elif isinstance(value, list):
            hidden[key] = [encryption_metadata(hider, each) if isinstance(each, dict) else each for each in value]
        else:
            hidden[key] = value
    return hidden


SPECIAL_KINDS: Mapping[str, Callable[[Hider, dict[str, Any]], dict[str, Any]]] = MappingProxyType(
    {"ConfigMap": _config_map, "SealedSecret": _sealed_secret, "Secret": _secret}
)


__all__ = ["SPECIAL_KINDS", "encryption_metadata"]
