"""What a Secret holds in plain text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from gitpromote.model.sensitive import is_secret_reference, looks_like_token

__all__ = ["decode", "has_placeholder", "is_ciphertext", "plaintext_contents"]

_PARTS = ("data", "stringData")
_CIPHERTEXT = re.compile(r"ENC\[[A-Z0-9_]+,data:[^\]]*\]\Z")
_PATH_PLACEHOLDER = re.compile(r"<path:[^<>]+>")
_ANY_PLACEHOLDER = re.compile(r"<[^<>\n]+>")


def is_ciphertext(text: str) -> bool:
    """Whether SOPS wrote it."""
    return text.startswith("ENC[") and bool(_CIPHERTEXT.match(text))


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
