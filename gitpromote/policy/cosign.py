"""What a signature of cosign speaks of: which bytes are signed, and which digest they name. Nothing is verified here.

Two formats. In the first a tag ``sha256-<digest>.sig`` holds layers of *simple signing*: the layer's bytes are signed,
and name the digest. In the second a *sigstore bundle* refers to the image: an envelope (DSSE) around an in-toto
statement whose subject is the digest, or a signature over the image's manifest itself.

https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto
https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any, NamedTuple

from gitpromote.model.strict_json import strict_json

__all__ = ["BUNDLE", "SIMPLE_SIGNING", "Claim", "bundle_claims", "simple_claim"]

SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
#: How the media types of all versions of the bundle begin.
BUNDLE = "application/vnd.dev.sigstore.bundle"
_TYPE = "cosign container image signature"
_STATEMENTS = frozenset({"https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"})
_SIGN = "https://sigstore.dev/cosign/sign/v1"
_IN_TOTO = "application/vnd.in-toto+json"


class Claim(NamedTuple):
    """A signature and what it is over.

    :ivar digest: of the image that the signed bytes name
    :ivar signed: the bytes, or, where ``hashed``, their sha256
    :ivar keyless: by a certificate: no key of ours can have made it
    """

    digest: str
    signed: bytes
    signature: bytes
    hashed: bool = False
    keyless: bool = False


def simple_claim(payload: bytes, signature: str, *, keyless: bool = False) -> Claim | None:
    """The claim of a layer of simple signing; ``None`` where it is none."""
    data, sealed = _object(payload), _decoded(signature)
    critical = _inner(data, "critical")
    digest = _inner(critical, "image").get("docker-manifest-digest")
    if sealed is None or not isinstance(digest, str) or critical.get("type") not in (_TYPE, _SIGN):
        return None
    return Claim(digest, payload, sealed, keyless=keyless)


def bundle_claims(body: bytes) -> tuple[Claim, ...]:
    """The claims of a sigstore bundle; none where it is no signature of an image: an attestation, for example."""
    data = _object(body)
    if not str(data.get("mediaType", "")).startswith(BUNDLE):
        return ()
    material = data.get("verificationMaterial")
    keyless = not isinstance(material, dict) or "publicKey" not in material
    envelope, message = data.get("dsseEnvelope"), data.get("messageSignature")
    if isinstance(envelope, dict):
        return tuple(_enveloped(envelope, keyless=keyless))
    return tuple(_message(message, keyless=keyless)) if isinstance(message, dict) else ()


def _enveloped(envelope: dict[str, Any], *, keyless: bool) -> Iterable[Claim]:
    kind, payload = envelope.get("payloadType"), _decoded(envelope.get("payload"))
    if kind != _IN_TOTO or payload is None:
        return
    statement = _object(payload)
    if statement.get("_type") not in _STATEMENTS or statement.get("predicateType") != _SIGN:
        return
    signed = _pre_authentication(kind, payload)
    for digest in _subjects(statement):
        for one in envelope.get("signatures") or ():
            sealed = _decoded(one.get("sig")) if isinstance(one, dict) else None
            if sealed is not None:
                yield Claim(digest, signed, sealed, keyless=keyless)


def _pre_authentication(kind: str, payload: bytes) -> bytes:
    """What is signed of an envelope: its type and its content, each behind its length."""
    return b"DSSEv1 %d %b %d %b" % (len(kind.encode()), kind.encode(), len(payload), payload)


def _subjects(statement: dict[str, Any]) -> Iterable[str]:
    subjects = statement.get("subject")
    for one in subjects if isinstance(subjects, list) else ():
        digests = one.get("digest") if isinstance(one, dict) else None
        if isinstance(digests, dict) and isinstance(digests.get("sha256"), str):
            yield f"sha256:{digests['sha256']}"


def _message(message: dict[str, Any], *, keyless: bool) -> Iterable[Claim]:
    told = _inner(message, "messageDigest")
    digest = _decoded(told.get("digest"))
    sealed = _decoded(message.get("signature"))
    if sealed is not None and digest is not None and len(digest) == 32 and told.get("algorithm") == "SHA2_256":
        yield Claim(f"sha256:{digest.hex()}", digest, sealed, hashed=True, keyless=keyless)


def _inner(data: dict[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = strict_json(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _decoded(text: Any) -> bytes | None:
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
