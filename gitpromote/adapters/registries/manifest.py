"""Manifests and image indexes, read from their bytes. Nothing is asked for here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

#: What a registry is asked for; the first that fits is served.
ACCEPT = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
IMAGE_CONFIGS = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)
CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json"
#: How the archive of a chart is called among the layers; the second is what older helms pushed.
CHART_LAYERS = ("application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip")
CREATED = "org.opencontainers.image.created"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_PLATFORM_PART = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Malformed(Exception):
    """What is wrong with a manifest; the words go behind "the answer"."""


class Descriptor(NamedTuple):
    """What a manifest names.

    :ivar platform: ``linux/arm/v7``; empty: not told
    """

    media_type: str
    digest: str
    platform: str = ""


class Index(NamedTuple):
    """An image for several platforms."""

    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str]


class Manifest(NamedTuple):
    """An image for one platform, a chart, or something else that has a configuration."""

    config: Descriptor
    annotations: Mapping[str, str]


class ImageConfig(NamedTuple):
    """What an image's configuration says of it."""

    platform: str
    created: int | None
    labels: Mapping[str, str]


def read_manifest(body: bytes) -> Index | Manifest:
    """The index or manifest that these bytes are, by what it has in it: content types cannot be relied on.

    :raises Malformed: it is neither
    """
    data = read_object(body)
    annotations = strings(data.get("annotations"))
    if isinstance(data.get("manifests"), list):
        return Index(tuple(_descriptor(entry) for entry in data["manifests"]), annotations)
    if "config" in data:
        return Manifest(_descriptor(data["config"]), annotations)
    if data.get("schemaVersion") == 1:
        raise Malformed("is a manifest of schema 1, which no longer counts: push the image again")
    raise Malformed("is neither a manifest nor an index")


def chart_layer(body: bytes) -> Descriptor:
    """What of a chart's manifest is its archive.

    :raises Malformed: nothing, or it is no manifest of a chart
    """
    data = read_object(body)
    config, listed = data.get("config"), data.get("layers")
    if not isinstance(config, dict) or config.get("mediaType") != CHART_CONFIG:
        raise Malformed("is not a chart")
    layers = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    for media_type in CHART_LAYERS:
        for layer in layers:
            if layer.get("mediaType") == media_type:
                return _descriptor(layer)
    raise Malformed("is a chart without an archive")


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object.

    :raises Malformed: it is none
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("is not JSON") from None
    if not isinstance(data, dict):
        raise Malformed("is not a JSON object")
    return data


def read_image_config(body: bytes) -> ImageConfig:
    """The configuration of an image.

    :raises Malformed: it is not JSON
    """
    data = read_object(body)
    inner = data.get("config")
    labels = strings(inner.get("Labels")) if isinstance(inner, dict) else {}
    return ImageConfig(_platform(data), epoch(data.get("created")), labels)


def real_platforms(manifests: Iterable[Descriptor]) -> tuple[str, ...]:
    """Those that can run, each once; attestations stand under ``unknown/unknown``."""
    return tuple(dict.fromkeys(entry.platform for entry in manifests if _is_real(entry.platform)))


def pick(index: Index, platform: str | None) -> Descriptor | None:
    """The entry for a platform, or the first that can run; ``None``: there is none."""
    real = [entry for entry in index.manifests if _is_real(entry.platform)]
    if platform is None:
        untold = [entry for entry in index.manifests if not entry.platform]
        return next(iter(real or untold), None)
    fitting = [entry for entry in real if fits(entry.platform, platform)]
    exact = [entry for entry in fitting if entry.platform == platform]
    return next(iter(exact), None) or max(fitting, key=lambda entry: entry.platform, default=None)


def fits(platform: str, wanted: str) -> bool:
    """Whether an image for a platform is one for another: a variant that is not asked for does not matter.

    64-bit ARM is ``v8`` whether that is said or not.
    """
    have, want = _parts(platform), _parts(wanted)
    return have[:2] == want[:2] and want[2] in ("", have[2])


def epoch(text: Any) -> int | None:
    """A time of RFC 3339 in seconds; ``None`` where there is none, or the zero time of Go."""
    if not isinstance(text, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt ]", text):
        return None
    try:
        time = datetime.fromisoformat(text.strip().upper())
        seconds = int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if seconds >= 0 else None


def strings(value: Any) -> dict[str, str]:
    """The texts of a JSON object by their names; all else in it is left out."""
    if not isinstance(value, dict):
        return {}
    return {name: text for name, text in value.items() if isinstance(text, str)}


def _descriptor(value: Any) -> Descriptor:
    digest = value.get("digest") if isinstance(value, dict) else None
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise Malformed("names something without a digest")
    media_type = value.get("mediaType")
    platform = value.get("platform")
    told = _platform(platform) if isinstance(platform, dict) else ""
    return Descriptor(media_type if isinstance(media_type, str) else "", digest, told)


def _platform(value: Mapping[str, Any]) -> str:
    parts = [value.get("os"), value.get("architecture"), value.get("variant") or None]
    texts = [part for part in parts if isinstance(part, str) and _PLATFORM_PART.fullmatch(part)]
    return "/".join(texts) if len(texts) == sum(part is not None for part in parts) and len(texts) >= 2 else ""


def _is_real(platform: str) -> bool:
    return bool(platform) and not platform.startswith("unknown/")


def _parts(platform: str) -> tuple[str, str, str]:
    os, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    return os, architecture, "v8" if architecture == "arm64" and not variant else variant
