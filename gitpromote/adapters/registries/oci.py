"""Images and charts in a registry that speaks the OCI distribution protocol: from a tag to what is known of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gitpromote.adapters.http_question import Answer
from gitpromote.adapters.registries.address import Address
from gitpromote.adapters.registries.failures import Asked, mismatch, odd_answer
from gitpromote.adapters.registries.kept import KeptRepository
from gitpromote.adapters.registries.manifest import (
    ACCEPT,
    CHART_CONFIG,
    CREATED,
    IMAGE_CONFIGS,
    Descriptor,
    Index,
    Malformed,
    Manifest,
    chart_layer,
    epoch,
    fits,
    pick,
    read_image_config,
    read_manifest,
    read_object,
    real_platforms,
)
from gitpromote.adapters.registries.session import Session

_MOST = 4 << 20  # bytes of a manifest, by the protocol
_MOST_CONFIG = 8 << 20
_DEEPEST = 3  # indexes in indexes
_DIGEST = re.compile(r"(sha256|sha512):([0-9a-f]{64,128})")
_ACCEPT = {"accept": ", ".join(ACCEPT)}
_HEAD_ALLOWED = frozenset({200, 404, 405, 400, 501})


class Known(NamedTuple):
    """What a digest stands for: it never changes.

    :ivar platforms: of an index or of the one manifest
    :ivar labels: for a chart its ``version`` and ``appVersion``
    """

    created: int | None
    labels: Mapping[str, str]
    platforms: tuple[str, ...]


class OciReader:
    """Reads one repository.

    :param kept: where digests and what they stand for are kept
    """

    def __init__(self, session: Session, address: Address, kept: KeptRepository) -> None:
        self._session, self._address, self._kept = session, address, kept
        self._scope = f"repository:{address.path}:pull"

    def image(self, tag: str, *, platform: str | None, fresh: bool) -> tuple[str, Known]:
        """The digest of a tag, and what is known of it.

        :param fresh: ask what the tag names now; otherwise the digest that it had when it was seen counts
        """
        return self._resolved(tag, f"image {platform or ''}", fresh=fresh, platform=platform)

    def chart(self, version: str, *, fresh: bool) -> tuple[str, Known]:
        """The digest of a chart's manifest, and what is known of it."""
        return self._resolved(version.replace("+", "_"), "chart", fresh=fresh, platform=None)

    def archive(self, version: str, *, digest: str | None, doing: str, limit: int) -> tuple[str, bytes]:
        """The digest of a chart's manifest, and the bytes of its archive, which are those that it names.

        :param digest: of the manifest; ``None``: whatever the version has now
        :param limit: bytes of the archive
        """
        answer = self._manifest(digest or version.replace("+", "_"), doing)
        found = checked_digest(answer, self._session.asked, doing, wanted=digest or "")
        try:
            layer = chart_layer(answer.body)
        except Malformed as problem:
            raise odd_answer(answer, self._session.asked(doing), str(problem)) from None
        return digest or found, self._by_digest(layer, "blobs", doing, limit).body

    def _resolved(self, tag: str, sort: str, *, fresh: bool, platform: str | None) -> tuple[str, Known]:
        doing = f"read {self._address}:{tag}"
        digest = self._kept.get(tag_key(tag))
        known = self._recalled(digest, sort)
        if digest and known and (not fresh or self._names_still(tag, digest, doing)):
            return digest, known
        answer = self._manifest(tag, doing)
        digest = checked_digest(answer, self._session.asked, doing)
        known = self._recalled(digest, sort)
        if known is None:
            manifest = self._parsed(answer, doing)
            known = self._chart(manifest, answer, doing) if sort == "chart" else self._image(manifest, platform, doing)
            self._kept.put(f"{sort}@{digest}", [known.created, known.labels, known.platforms])
        self._kept.put(tag_key(tag), digest)
        return digest, known

    def _recalled(self, digest: Any, sort: str) -> Known | None:
        kept = self._kept.get(f"{sort}@{digest}") if digest else None
        return Known(kept[0], kept[1], tuple(kept[2])) if kept else None

    def _names_still(self, tag: str, digest: str, doing: str) -> bool:
        """Whether a tag has this digest now. Where registries count pulls, this is none."""
        answer = self._session.ask(
            f"/v2/{self._address.path}/manifests/{tag}",
            doing=doing,
            scope=self._scope,
            method="HEAD",
            headers=_ACCEPT,
            allowed=_HEAD_ALLOWED,
        )
        return answer.status == 200 and answer.headers.get("docker-content-digest", "") == digest

    def _manifest(self, reference: str, doing: str) -> Answer:
        return self._session.ask(
            f"/v2/{self._address.path}/manifests/{reference}",
            doing=doing,
            scope=self._scope,
            headers=_ACCEPT,
            limit=_MOST,
        )

    def _by_digest(self, entry: Descriptor, sort: str, doing: str, limit: int) -> Answer:
        """A manifest or blob; where a manifest names what is not there, it is not the reader's fault."""
        answer = self._session.ask(
            f"/v2/{self._address.path}/{sort}/{entry.digest}",
            doing=doing,
            scope=self._scope,
            headers=_ACCEPT if sort == "manifests" else {},
            limit=limit,
            allowed=frozenset({200, 404}),
        )
        if answer.status == 404:
            raise odd_answer(answer, self._session.asked(doing), f"names {entry.digest}, which is not there")
        checked_digest(answer, self._session.asked, doing, wanted=entry.digest)
        return answer

    def _parsed(self, answer: Answer, doing: str) -> Index | Manifest:
        try:
            return read_manifest(answer.body)
        except Malformed as problem:
            raise odd_answer(answer, self._session.asked(doing), str(problem)) from None

    def _image(self, manifest: Index | Manifest, platform: str | None, doing: str) -> Known:
        platforms: tuple[str, ...] = ()
        annotations: dict[str, str] = {}
        for _ in range(_DEEPEST):
            if not isinstance(manifest, Index):
                break
            platforms = platforms or real_platforms(manifest.manifests)
            annotations.update(manifest.annotations)
            entry = pick(manifest, platform)
            if entry is None:
                return Known(None, {}, platforms)
            answer = self._by_digest(entry, "manifests", doing, _MOST)
            manifest = self._parsed(answer, doing)
        if isinstance(manifest, Index):
            return Known(None, {}, platforms)
        return self._configured(manifest, platform, platforms, annotations, doing)

    def _configured(
        self,
        manifest: Manifest,
        platform: str | None,
        platforms: tuple[str, ...],
        annotations: Mapping[str, str],
        doing: str,
    ) -> Known:
        """What the manifest of one platform and its configuration say; what stands nearer to the image counts less."""
        annotations = {**annotations, **manifest.annotations}
        if manifest.config.media_type not in IMAGE_CONFIGS:
            return Known(epoch(annotations.get(CREATED)), annotations, platforms)
        answer = self._by_digest(manifest.config, "blobs", doing, _MOST_CONFIG)
        try:
            config = read_image_config(answer.body)
        except Malformed as problem:
            raise odd_answer(answer, self._session.asked(doing), str(problem)) from None
        platforms = platforms or ((config.platform,) if config.platform else ())
        if platform is not None and config.platform and not fits(config.platform, platform):
            return Known(None, {}, platforms)
        labels = {**config.labels, **annotations}
        created = epoch(labels.get(CREATED))
        return Known(config.created if created is None else created, labels, platforms)

    def _chart(self, manifest: Index | Manifest, answer: Answer, doing: str) -> Known:
        if isinstance(manifest, Index) or manifest.config.media_type != CHART_CONFIG:
            raise odd_answer(answer, self._session.asked(doing), "is not a chart")
        config = self._by_digest(manifest.config, "blobs", doing, _MOST_CONFIG)
        try:
            data = read_object(config.body)
        except Malformed as problem:
            raise odd_answer(config, self._session.asked(doing), str(problem)) from None
        told = {name: str(data[name]) for name in ("version", "appVersion") if data.get(name) is not None}
        return Known(epoch(manifest.annotations.get(CREATED)), told, ())


def tag_key(tag: str) -> str:
    """Under which name the digest of a tag is kept; a chart's version is its tag with ``_`` for ``+``."""
    return f"tag {tag.replace('+', '_')}"


def checked_digest(answer: Answer, asked: Callable[[str], Asked], doing: str, *, wanted: str = "") -> str:
    """The sha256 of a body, after every digest that it should have was compared with it.

    :param wanted: what it was asked for by
    :raises RemoteFailed: ``registry-digest-mismatch``
    """
    for told in filter(None, (wanted, answer.headers.get("docker-content-digest", ""))):
        algorithm = told.partition(":")[0]
        if not _DIGEST.fullmatch(told):
            raise odd_answer(answer, asked(doing), "has a digest that is none")
        got = f"{algorithm}:{hashlib.new(algorithm, answer.body).hexdigest()}"
        if got != told:
            raise mismatch(asked(doing), wanted=told, got=got)
    return f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
