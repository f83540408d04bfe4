"""Images pushed by hand: configurations, layers, manifests and indexes over the registry's own API."""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Pusher:
    """Pushes to one repository of a registry.

    :param authorization: the header's value, where one is needed
    """

    def __init__(self, url: str, repository: str, *, authorization: str = "") -> None:
        self._path = f"/v2/{repository}"
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._headers = {"Authorization": authorization} if authorization else {}
        self._pushed: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def blob(self, data: bytes) -> str:
        digest = digest_of(data)
        if digest not in self._pushed:
            place = urlsplit(self._call("POST", f"{self._path}/blobs/uploads/", b"", {})["location"])
            self._call("PUT", f"{place.path}?{place.query}&digest={digest}", data, {})
            self._pushed.add(digest)
        return digest

    def manifest(self, reference: str, data: Mapping[str, Any]) -> str:
        body = json.dumps(data, indent=1).encode()
        self._call(
            "PUT", f"{self._path}/manifests/{reference or digest_of(body)}", body, {"Content-Type": data["mediaType"]}
        )
        return digest_of(body)

    def remove(self, digest: str) -> None:
        """Take a manifest away, and its tags with it."""
        self._call("DELETE", f"{self._path}/manifests/{digest}", b"", {})

    def image(
        self,
        tag: str,
        *,
        platform: str = "linux/amd64",
        created: str | None = "2026-01-02T03:04:05Z",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        docker: bool = False,
    ) -> str:
        """An image for one platform, by a tag, or by its digest alone where the tag is empty."""
        os, architecture, *variant = platform.split("/")
        config: dict[str, Any] = {"os": os, "architecture": architecture, "config": {"Labels": labels}}
        if variant:
            config["variant"] = variant[0]
        if created:
            config["created"] = created
        layer, data = b"a layer", json.dumps(config | {"rootfs": {"type": "layers", "diff_ids": []}}).encode()
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST if docker else MANIFEST,
            "config": _entry(DOCKER_CONFIG if docker else CONFIG, self.blob(data), data),
            "layers": [_entry("application/vnd.oci.image.layer.v1.tar+gzip", self.blob(layer), layer)],
        }
        if annotations:
            manifest["annotations"] = dict(annotations)
        return self.manifest(tag, manifest)

    def index(
        self,
        tag: str,
        images: Sequence[tuple[str, str]],
        *,
        annotations: Mapping[str, str] | None = None,
        docker: bool = False,
    ) -> str:
        """An index of (platform, digest of a manifest that was pushed)."""
        kind = DOCKER_MANIFEST if docker else MANIFEST
        entries = []
        for platform, digest in images:
            os, architecture, *variant = platform.split("/")
            told = {"os": os, "architecture": architecture} | ({"variant": variant[0]} if variant else {})
            entries.append({"mediaType": kind, "digest": digest, "size": 1, "platform": told})
        data: dict[str, Any] = {"schemaVersion": 2, "mediaType": DOCKER_LIST if docker else INDEX, "manifests": entries}
        if annotations:
            data["annotations"] = dict(annotations)
        return self.manifest(tag, data)

    def _call(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        self._connection.request(method, path, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 201, 202), (method, path, answer.status, text)
        return {name.lower(): value for name, value in answer.getheaders()}


def _entry(media_type: str, digest: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest, "size": len(data)}
