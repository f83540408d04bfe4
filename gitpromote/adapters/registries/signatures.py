"""What stands beside an image as its signature, in both places where cosign puts one. Nothing is verified here.

The older place is a tag made of the digest, ``sha256-<hex>.sig``. The newer one are the image's *referrers*: asked for
by their own question where the registry knows it, otherwise listed by a tag ``sha256-<hex>``.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from gitpromote.adapters.http_question import Answer
from gitpromote.adapters.registries.address import Address
from gitpromote.adapters.registries.failures import odd_answer
from gitpromote.adapters.registries.manifest import ACCEPT, Malformed, read_object
from gitpromote.adapters.registries.oci import checked_digest
from gitpromote.adapters.registries.session import Session
from gitpromote.errors import RemoteFailed
from gitpromote.policy.cosign import BUNDLE, SIMPLE_SIGNING
from gitpromote.ports import SignatureBlob

__all__ = ["SignatureReader"]

_SIGNATURE = "dev.cosignproject.cosign/signature"
_CERTIFICATE = "dev.sigstore.cosign/certificate"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LARGEST = 1 << 20  # bytes of one signature
_MOST = 100  # signatures of one image that are looked at
_ACCEPT = {"accept": ", ".join(ACCEPT)}
_FOUND_OR_NOT = frozenset({200, 404})
# Registries that do not know the question for referrers say so in many ways.
_UNKNOWN = frozenset({200, 400, 404, 405, 501})


class SignatureReader:
    """Reads the signatures of one repository's images."""

    def __init__(self, session: Session, address: Address) -> None:
        self._session, self._address = session, address
        self._scope = f"repository:{address.path}:pull"

    def of(self, digest: str) -> list[SignatureBlob]:
        """Everything that may be a signature of this image.

        :raises GitpromoteError: the registry cannot be reached, refuses, or answers with something else
        """
        doing = f"read the signatures of {self._address}@{digest}"
        if not _DIGEST.fullmatch(digest):
            return []
        tag = digest.replace(":", "-")
        found = list(self._layers(self._manifest(f"{tag}.sig", doing), doing))
        for entry in self._referrers(digest, tag, doing)[:_MOST]:
            found += self._layers(self._manifest(entry, doing), doing)
        return found[:_MOST]

    def _referrers(self, digest: str, tag: str, doing: str) -> list[str]:
        """The digests of manifests that refer to the image and may be signatures."""
        path = f"/v2/{self._address.path}/referrers/{digest}"
        answer = self._session.ask(path, doing=doing, scope=self._scope, headers=_ACCEPT, allowed=_UNKNOWN)
        told = _object_or_none(answer) if answer.status == 200 else None
        data = told if told is not None and "manifests" in told else self._manifest(tag, doing)
        return [entry["digest"] for entry in _entries(data.get("manifests")) if _may_be_one(entry)]

    def _manifest(self, reference: str, doing: str) -> Mapping[str, Any]:
        """A manifest or index; empty where there is none."""
        answer = self._ask(f"manifests/{reference}", doing, headers=_ACCEPT)
        if answer is None:
            return {}
        checked_digest(answer, self._session.asked, doing, wanted=reference if _DIGEST.fullmatch(reference) else "")
        data = _object_or_none(answer)
        if data is None:
            raise odd_answer(answer, self._session.asked(doing), "is not a manifest")
        return data

    def _layers(self, manifest: Mapping[str, Any], doing: str) -> Iterable[SignatureBlob]:
        for layer in _entries(manifest.get("layers"))[:_MOST]:
            kind = str(layer.get("mediaType", ""))
            if kind != SIMPLE_SIGNING and not kind.startswith(BUNDLE):
                continue
            answer = self._ask(f"blobs/{layer['digest']}", doing)
            if answer is None:
                continue
            checked_digest(answer, self._session.asked, doing, wanted=layer["digest"])
            notes = layer.get("annotations")
            notes = notes if isinstance(notes, dict) else {}
            signature, certified = str(notes.get(_SIGNATURE, "")), bool(notes.get(_CERTIFICATE))
            yield SignatureBlob(media_type=kind, body=answer.body, signature=signature, certified=certified)

    def _ask(self, what: str, doing: str, headers: Mapping[str, str] | None = None) -> Answer | None:
        path = f"/v2/{self._address.path}/{what}"
        try:
            answer = self._session.ask(
                path, doing=doing, scope=self._scope, headers=headers, limit=_LARGEST, allowed=_FOUND_OR_NOT
            )
        except RemoteFailed as error:
            if error.code == "remote-answer-too-large":
                return None  # no signature is that large
            raise
        return answer if answer.status == 200 else None


def _object_or_none(answer: Answer) -> dict[str, Any] | None:
    try:
        return read_object(answer.body)
    except Malformed:
        return None


def _entries(value: Any) -> list[dict[str, Any]]:
    """What a manifest names by digests; everything else in it is left out."""
    found = value if isinstance(value, list) else []
    return [one for one in found if isinstance(one, dict) and _DIGEST.fullmatch(str(one.get("digest")))]


def _may_be_one(entry: Mapping[str, Any]) -> bool:
    """Whether a referrer may be a signature: by its type, where that is told."""
    kind = str(entry.get("artifactType") or "")
    return not kind or kind.startswith((BUNDLE, "application/vnd.dev.cosign.artifact.sig"))
