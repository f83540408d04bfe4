"""What cosign's formats claim. The documents are synthetic, after the specifications that the module names; keys and
registries come in tests/adapters/registries/test_signatures.py."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.policy.cosign import Claim, bundle_claims, simple_claim

DIGEST = "sha256:" + "ab" * 32
SIGNED = base64.b64encode(b"signature").decode()
TYPE = "application/vnd.in-toto+json"


def payload(**changed: Any) -> bytes:
    critical = {
        "identity": {"docker-reference": "ghcr.io/acme/shop"},
        "image": {"docker-manifest-digest": DIGEST},
        "type": "cosign container image signature",
    }
    return json.dumps({"critical": {**critical, **changed}, "optional": None}).encode()


def statement(**changed: Any) -> bytes:
    told = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": "ab" * 32}}],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    }
    return json.dumps({**told, **changed}).encode()


def enveloped(body: bytes, kind: str = TYPE, **changed: Any) -> bytes:
    envelope = {"payload": base64.b64encode(body).decode(), "payloadType": kind, "signatures": [{"sig": SIGNED}]}
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": "x"}},
        "dsseEnvelope": envelope,
    }
    return json.dumps({**bundle, **changed}).encode()


def test_simple_signing_claims_the_digest_in_its_bytes():
    assert simple_claim(payload(), SIGNED) == Claim(DIGEST, payload(), b"signature")
    assert simple_claim(payload(), SIGNED, keyless=True).keyless


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        (payload(type="something else"), SIGNED),
        (payload(image={}), SIGNED),
        (payload(image=[]), SIGNED),
        (b"[]", SIGNED),
        (b"{", SIGNED),
        (payload(), "not base64!"),
    ],
)
def test_what_is_no_simple_signing_claims_nothing(body, signed):
    assert simple_claim(body, signed) is None


def test_an_envelope_claims_its_subjects_over_type_and_content():
    body = statement()
    [claim] = bundle_claims(enveloped(body))
    assert claim == Claim(DIGEST, b"DSSEv1 28 application/vnd.in-toto+json %d %b" % (len(body), body), b"signature")


@pytest.mark.parametrize(
    "body",
    [
        enveloped(statement(predicateType="https://slsa.dev/provenance/v1")),
        enveloped(statement(_type="x")),
        enveloped(statement(subject=[])),
        enveloped(statement(subject={"digest": 1})),
        enveloped(statement(subject=[{"digest": {"sha512": "x"}}])),
        enveloped(statement(), kind="text/plain"),
        enveloped(statement(), mediaType="application/json"),
        enveloped(b"no statement"),
        b"[]",
        b"",
    ],
)
def test_attestations_and_other_documents_are_no_signatures(body):
    assert bundle_claims(body) == ()


def test_a_bundle_without_a_public_key_was_made_by_nobodys_key():
    [claim] = bundle_claims(enveloped(statement(), verificationMaterial={"certificate": {"rawBytes": ""}}))
    assert claim.keyless


def test_a_message_signature_is_over_the_manifest_whose_hash_it_names():
    told = {"algorithm": "SHA2_256", "digest": base64.b64encode(b"\xab" * 32).decode()}
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "verificationMaterial": {"publicKey": {}},
        "messageSignature": {"messageDigest": told, "signature": SIGNED},
    }
    assert bundle_claims(json.dumps(bundle).encode()) == (Claim(DIGEST, b"\xab" * 32, b"signature", hashed=True),)
    bundle["messageSignature"]["messageDigest"]["algorithm"] = "SHA2_512"
    assert bundle_claims(json.dumps(bundle).encode()) == ()


json_values = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["dsseEnvelope", "messageSignature", "verificationMaterial"]


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), json_values))
def test_no_document_raises(members):
    told = {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", **members}
    assert bundle_claims(json.dumps(told).encode()) == ()
    simple_claim(json.dumps({"critical": members}).encode(), SIGNED)
