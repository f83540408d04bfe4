"""Canonical JSON and digests: one byte form per value, on every machine.

UTF-8, keys sorted by code point, no insignificant whitespace, integers only. A float has no single text, so it stands
as ``{"number": "0.5"}``.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(data: Any) -> bytes:
    """The canonical bytes of plain data (dict, list, str, int, bool, None; dict keys are strings)."""
    # Surrogates cannot stand in UTF-8; the caller has read real UTF-8, so strict is right.
    return _ENCODER.encode(data).encode("utf-8")


def digest(data: Any, *, domain: str) -> str:
    """``sha256:<64 hex>`` over a domain word, a newline, and the canonical bytes.

    The domain keeps equal data of two meanings from having one digest.
    """
    return "sha256:" + hashlib.sha256(domain.encode() + b"\n" + canonical(data)).hexdigest()


def plain_number(value: float) -> dict[str, str]:
    """How a float stands in canonical JSON: its shortest text that reads back as the same number."""
    return {"number": repr(value)}
