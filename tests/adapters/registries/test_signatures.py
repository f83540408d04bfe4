"""Signatures beside images in a real registry, in both of cosign's formats, by keys of all its kinds.

Keys and signatures are synthetic: made here as cosign makes them, since cosign itself is not among the tests' tools.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from odd_server import Said
from pushing import INDEX, MANIFEST, Pusher, digest_of

from gitpromote.adapters.signing_keys import CosignKeys
from gitpromote.engine.ask_images import image_problem
from gitpromote.errors import ConfigurationError
from gitpromote.model.artifact import ImageArtifact

SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
EMPTY = "application/vnd.oci.empty.v1+json"
IN_TOTO = "application/vnd.in-toto+json"
SIGN = "https://sigstore.dev/cosign/sign/v1"


class Signer:
    """Signs as cosign does with a key of its own."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self.public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, data: bytes) -> str:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            made = self.key.sign(data, ec.ECDSA(hashes.SHA256()))
        elif isinstance(self.key, rsa.RSAPrivateKey):
            made = self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        else:
            made = self.key.sign(data)
        return base64.b64encode(made).decode()


@pytest.fixture(scope="module")
def signers():
    return {
        "p256": Signer(ec.generate_private_key(ec.SECP256R1())),
        "p384": Signer(ec.generate_private_key(ec.SECP384R1())),
        "rsa": Signer(rsa.generate_private_key(65537, 2048)),
        "ed25519": Signer(ed25519.Ed25519PrivateKey.generate()),
        "other": Signer(ec.generate_private_key(ec.SECP256R1())),
    }


@pytest.fixture
def pusher(real, request):
    with Pusher(real.url, f"s/{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]}") as pusher:
        yield pusher


@pytest.fixture
def repository(real, pusher):
    return f"{real.host}/{pusher._path.removeprefix('/v2/')}"


def entry(pusher: Pusher, kind: str, data: bytes, **others: Any) -> dict[str, Any]:
    return {"mediaType": kind, "digest": pusher.blob(data), "size": len(data), **others}


def simple(digest: str, **changed: Any) -> bytes:
    critical = {
        "identity": {"docker-reference": "somewhere/else"},
        "image": {"docker-manifest-digest": digest},
        "type": "cosign container image signature",
    }
    return json.dumps({"critical": {**critical, **changed}, "optional": None}).encode()


def push_simple(pusher: Pusher, digest: str, *layers: tuple[bytes, str], **notes: str) -> None:
    """The tag ``sha256-….sig``, as ``cosign sign`` wrote it until version 3."""
    config = json.dumps({"architecture": "", "os": "", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    told = [
        entry(pusher, SIMPLE, data, annotations={"dev.cosignproject.cosign/signature": signature, **notes})
        for data, signature in layers
    ]
    config_entry = entry(pusher, "application/vnd.oci.image.config.v1+json", config)
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config_entry, "layers": told}
    pusher.manifest(f"{digest.replace(':', '-')}.sig", manifest)


def envelope(signer: Signer, digest: str, predicate: str = SIGN) -> dict[str, Any]:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicateType": predicate,
        "predicate": {},
    }
    payload = json.dumps(statement).encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(IN_TOTO), IN_TOTO.encode(), len(payload), payload)
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": IN_TOTO,
        "signatures": [{"sig": signer.sign(signed)}],
    }


def bundle(**content: Any) -> bytes:
    material = {"publicKey": {"hint": "a hint"}, "tlogEntries": []}
    return json.dumps({"mediaType": BUNDLE, "verificationMaterial": material, **content}).encode()


def push_bundle(pusher: Pusher, digest: str, *bundles: bytes, kind: str = BUNDLE) -> None:
    """Referrers, listed by the tag ``sha256-…`` as clients do where a registry does not list them itself."""
    listed = []
    for body in bundles:
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind,
            "config": entry(pusher, EMPTY, b"{}"),
            "layers": [entry(pusher, kind, body)],
            "subject": {"mediaType": MANIFEST, "digest": digest, "size": 1},
        }
        listed.append({"mediaType": MANIFEST, "digest": pusher.manifest("", manifest), "size": 1, "artifactType": kind})
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}
    pusher.manifest(digest.replace(":", "-"), index)


@pytest.fixture
def problem(registry, repository):
    """Why an image is not signed by a key; empty where it is."""

    def asked(digest: str | None, signer: Signer) -> str:
        image = ImageArtifact(repository=repository, tag="1.0.0", digest=digest)
        return image_problem(registry, CosignKeys(), signer.public, image)

    return asked


KEYS = ["p256", "p384", "rsa", "ed25519"]


@pytest.mark.parametrize("kind", KEYS)
def test_an_image_is_signed_in_the_older_format(pusher, problem, signers, kind):
    digest = pusher.image("1.0.0")
    push_simple(pusher, digest, (simple(digest), signers[kind].sign(simple(digest))))
    assert problem(digest, signers[kind]) == ""
    assert problem(digest, signers["other"]) == "is signed by another key"


@pytest.mark.parametrize("kind", KEYS)
def test_an_image_is_signed_in_the_newer_format(pusher, problem, signers, kind):
    digest = pusher.image("1.0.0")
    push_bundle(pusher, digest, bundle(dsseEnvelope=envelope(signers[kind], digest)))
    assert problem(digest, signers[kind]) == ""
    assert problem(digest, signers["other"]) == "is signed by another key"


@pytest.mark.parametrize("kind", ["p256", "rsa"])
def test_a_bundle_may_sign_the_manifest_itself(pusher, problem, signers, kind):
    digest = pusher.image("1.0.0")
    manifest = json.dumps({"no": "manifest"}).encode()
    told = {"algorithm": "SHA2_256", "digest": base64.b64encode(bytes.fromhex(digest[7:])).decode()}

    def message(data: bytes) -> bytes:
        return bundle(messageSignature={"messageDigest": told, "signature": signers[kind].sign(data)})

    push_bundle(pusher, digest, message(manifest))
    assert problem(digest, signers[kind]) == "is signed by another key"
    push_bundle(pusher, digest, message(_manifest(pusher, digest)))
    assert problem(digest, signers[kind]) == ""


def _manifest(pusher: Pusher, digest: str) -> bytes:
    pusher._connection.request("GET", f"{pusher._path}/manifests/{digest}", headers={"accept": MANIFEST})
    body = pusher._connection.getresponse().read()
    assert digest_of(body) == digest
    return body


def test_one_of_several_signatures_is_enough(pusher, problem, signers):
    digest = pusher.image("1.0.0")
    body = simple(digest)
    push_simple(pusher, digest, (body, signers["other"].sign(body)), (body, signers["rsa"].sign(body)))
    push_bundle(pusher, digest, bundle(dsseEnvelope=envelope(signers["p256"], digest)))
    assert [problem(digest, signers[name]) for name in ("rsa", "p256", "other")] == ["", "", ""]
    assert problem(digest, signers["p384"]) == "is signed by another key"


def test_an_image_without_a_signature_says_so(pusher, problem, signers):
    assert problem(pusher.image("1.0.0"), signers["p256"]) == "has no signature"


def test_an_image_without_a_digest_cannot_be_signed(problem, signers):
    assert problem(None, signers["p256"]) == "has no digest, so nothing can be signed of it"


def test_a_signature_that_was_moved_from_another_image_does_not_count(pusher, problem, signers):
    signed, other = pusher.image("1.0.0"), pusher.image("2.0.0", labels={"n": "2"})
    body = simple(signed)
    push_simple(pusher, other, (body, signers["p256"].sign(body)))
    push_bundle(pusher, other, bundle(dsseEnvelope=envelope(signers["p256"], signed)))
    assert problem(other, signers["p256"]) == "has signatures of other images alone"


def test_an_attestation_by_the_key_is_no_signature(pusher, problem, signers):
    digest = pusher.image("1.0.0")
    made = envelope(signers["p256"], digest, predicate="https://slsa.dev/provenance/v1")
    push_bundle(pusher, digest, bundle(dsseEnvelope=made))
    assert problem(digest, signers["p256"]) == "has no signature"


def test_bytes_that_were_changed_after_signing_do_not_count(pusher, problem, signers):
    digest = pusher.image("1.0.0")
    signature = signers["p256"].sign(simple(digest, identity={"docker-reference": "a"}))
    push_simple(pusher, digest, (simple(digest), signature))
    assert problem(digest, signers["p256"]) == "is signed by another key"


def test_a_signature_by_an_identity_is_told_apart(pusher, problem, signers):
    digest = pusher.image("1.0.0")
    body, note = simple(digest), {"dev.sigstore.cosign/certificate": "-----BEGIN"}
    push_simple(pusher, digest, (body, signers["p256"].sign(body)), **note)
    assert problem(digest, signers["p256"]) == "is signed by an identity, and not by the key"


@pytest.mark.parametrize("signature", ["", "no base64", base64.b64encode(b"short").decode()])
def test_a_signature_that_is_none_does_not_count(pusher, problem, signers, signature):
    digest = pusher.image("1.0.0")
    push_simple(pusher, digest, (simple(digest), signature))
    expected = "is signed by another key" if signature != "no base64" else "has no signature"
    assert problem(digest, signers["p256"]) == expected
    assert problem(digest, signers["ed25519"]) == expected


def test_other_referrers_are_not_even_fetched(pusher, real, problem, signers):
    digest = pusher.image("1.0.0")
    push_bundle(pusher, digest, b"{}", kind="application/spdx+json")
    before = len(real.asked())
    assert problem(digest, signers["p256"]) == "has no signature"
    tag = digest.replace(":", "-")
    assert real.asked()[before:] == [
        f"GET {pusher._path}/manifests/{tag}.sig",
        f"GET {pusher._path}/referrers/{digest}",
        f"GET {pusher._path}/manifests/{tag}",
    ]


# -- registries that list referrers themselves, and those that lie (synthetic)


class Shelf:
    """A registry that knows the question for referrers, or serves other bytes than it names."""

    def __init__(self, digest: str, body: bytes) -> None:
        self.digest, self.body = digest, body
        layer = {"mediaType": BUNDLE, "digest": digest_of(body), "size": len(body)}
        config = {"mediaType": EMPTY, "digest": digest_of(b"{}"), "size": 2}
        told = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
        self.manifest = json.dumps(told).encode()

    def __call__(self, asked: Any) -> Said:
        path = asked.path.partition("/v2/acme/shop/")[2]
        if path == f"referrers/{self.digest}":
            listed = [{"mediaType": MANIFEST, "digest": digest_of(self.manifest), "size": 1, "artifactType": BUNDLE}]
            return Said(200, json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}).encode())
        if path == f"manifests/{digest_of(self.manifest)}":
            return Said(200, self.manifest)
        if path.startswith("blobs/"):
            return Said(200, self.body)
        return Said(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')


def test_a_registry_that_lists_referrers_is_asked_for_them(registry, odd, signers):
    digest = "sha256:" + "a" * 64
    shelf = Shelf(digest, bundle(dsseEnvelope=envelope(signers["p256"], digest)))
    server = odd(shelf)
    image = ImageArtifact(repository=f"{server.host}/acme/shop", digest=digest)
    assert image_problem(registry, CosignKeys(), signers["p256"].public, image) == ""


def test_bytes_that_are_not_those_of_their_digest_are_an_error(registry, odd, signers, error):
    digest = "sha256:" + "a" * 64
    shelf = Shelf(digest, bundle(dsseEnvelope=envelope(signers["p256"], digest)))
    server = odd(shelf)
    shelf.body = b"{}"
    image = ImageArtifact(repository=f"{server.host}/acme/shop", digest=digest)
    found = error(image_problem, registry, CosignKeys(), signers["p256"].public, image)
    assert found.code == "registry-digest-mismatch"


# -- keys


@pytest.mark.parametrize("key", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_told(key):
    with pytest.raises(ConfigurationError) as caught:
        CosignKeys().made_by(key, b"", b"", hashed=False)
    assert caught.value.code == "public-key-invalid"
    assert caught.value.hint == "Commit the file cosign.pub that cosign made:\n  cosign generate-key-pair"


def test_a_machine_without_the_library_is_told_what_to_install(monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(ConfigurationError) as caught:
        CosignKeys().made_by(b"", b"", b"", hashed=False)
    assert caught.value.code == "extra-missing"
    assert caught.value.hint == 'Install it:\n  pip install "gitpromote[sign]"'
