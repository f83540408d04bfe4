"""What is more and what is less: images by their versions, Kubernetes quantities."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from gitpromote.model.artifact import canonical_repository

_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?P<rest>[.+-].*)?\Z")


def compare_images(before: str, after: str) -> str:
    """Why an image change deserves a look; empty if it does not."""
    old, old_tag, _ = _parts(before)
    new, new_tag, digest = _parts(after)
    if old != new and canonical_repository(old) != canonical_repository(new):
        return "another image repository"
    if new_tag in ("", "latest") and not digest:
        return "an image without a version"
    was, now = _VERSION.match(old_tag), _VERSION.match(new_tag)
    if was is None or now is None:
        return ""
    if _numbers(now) < _numbers(was):
        return "an older image"
    return "another major version" if now[1] != was[1] else ""


def _parts(image: str) -> tuple[str, str, str]:
    """Repository, tag and digest; a colon before the last slash is a port."""
    named, _, digest = image.partition("@")
    repository, _, tag = named.rpartition(":")
    if not repository or "/" in tag:
        return named, "", digest
    return repository, tag, digest


def _numbers(version: re.Match[str]) -> list[int]:
    return [int(part or 0) for part in version.groups()[:3]]


_QUANTITY = re.compile(r"(?P<number>[+-]?[0-9.]+)(?P<unit>[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?\Z")
_UNITS = {
    **{unit: Decimal(10) ** power for unit, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)},
    **{f"{unit}i": Decimal(2) ** (10 * power) for power, unit in enumerate("KMGTPE", start=1)},
}


def quantity(value: Any) -> Decimal | None:
    """A Kubernetes quantity as a number; ``None`` if it is none."""
    match = _QUANTITY.match(str(value)) if isinstance(value, str | int | float) else None
    if match is None:
        return None
    unit = match["unit"] or ""
    try:
        number = Decimal(match["number"] + (unit if unit[:1] in ("e", "E") and len(unit) > 1 else ""))
    except InvalidOperation:
        return None
    return number * _UNITS.get(unit, Decimal(1))
