"""Kinds that hold secrets in places of their own: Secret, SealedSecret, ConfigMap, and what SOPS adds to any object."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gitpromote.diff.masked_text import is_ciphertext
from gitpromote.model.sensitive import is_secret_reference, looks_like_token

if TYPE_CHECKING:
    from gitpromote.diff.hide import Hider

_PARTS = ("data", "stringData")
_PATH_PLACEHOLDER = re.compile(r"<path:[^<>]+>")
_ANY_PLACEHOLDER = re.compile(r"<[^<>\n]+>")


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


def decode(text: str) -> str | bytes | None:
    """What base64 stands for: text where it is UTF-8. ``None`` where it is no base64 in its one regular form."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if base64.b64encode(data).decode() != text:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def plaintext_contents(node: Mapping[str, Any]) -> list[str]:
    """The keys of a Secret whose values are neither encrypted nor references nor empty, sorted."""
    found = set()
    metadata = node.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    vault = isinstance(annotations, dict) and "avp.kubernetes.io/path" in annotations
    for part in _PARTS:
        members = node.get(part)
        if isinstance(members, dict):
            found |= {key for key, value in members.items() if _is_plain(value, encoded=part == "data", vault=vault)}
        elif members:
            found.add(part)
    return sorted(found)


def _is_plain(value: Any, *, encoded: bool, vault: bool) -> bool:
    if not isinstance(value, str):
        return value is not None
    decoded = decode(value) if encoded else value
    text = decoded if isinstance(decoded, str) else value
    if not text.strip() or is_ciphertext(value) or is_secret_reference(text):
        return False
    return not has_placeholder(text, vault=vault)


def has_placeholder(text: str, *, vault: bool) -> bool:
    """Whether argocd-vault-plugin fills in the secret part: ``postgres://app:<path:kv/db#password>@db``."""
    pattern = _ANY_PLACEHOLDER if vault else _PATH_PLACEHOLDER
    rest, count = pattern.subn("", text)
    return bool(count) and looks_like_token(rest) is None


__all__ = ["SPECIAL_KINDS", "decode", "encryption_metadata", "has_placeholder", "plaintext_contents"]
