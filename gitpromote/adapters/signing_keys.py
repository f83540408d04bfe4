"""Public keys of those who sign images, by ``cryptography``: the extra ``sign``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitpromote.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

__all__ = ["CosignKeys"]


class CosignKeys:
    """A :class:`~gitpromote.ports.Keys`. Signatures are over SHA-256, as cosign makes them whatever the key."""

    def made_by(self, key: bytes, signature: bytes, signed: bytes, *, hashed: bool) -> bool:
        """Whether a signature is sound and by this key.

        :raises ConfigurationError: ``public-key-invalid``, ``extra-missing``
        """
        vendor = _vendor()
        public = _public(vendor, key)
        try:
            _verify(vendor, public, signature, signed, hashed=hashed)
        except (vendor.InvalidSignature, ValueError):
            return False
        return True


class _Vendor:
    """What is needed of the library, imported when the first signature is looked at."""

    def __init__(self) -> None:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

        self.InvalidSignature, self.UnsupportedAlgorithm = InvalidSignature, UnsupportedAlgorithm
        self.hashes, self.serialization = hashes, serialization
        self.ec, self.ed25519, self.padding, self.rsa, self.utils = ec, ed25519, padding, rsa, utils


def _vendor() -> _Vendor:
    try:
        return _Vendor()
    except ImportError as error:
        raise ConfigurationError(
            "Signatures of images need a library that this machine does not have",
            code="extra-missing",
            detail=f"cryptography: {error}",
            hint='Install it:\n  pip install "gitpromote[sign]"',
        ) from error


def _public(vendor: _Vendor, key: bytes) -> PublicKeyTypes:
    try:
        found: PublicKeyTypes = vendor.serialization.load_pem_public_key(key)
    except (ValueError, vendor.UnsupportedAlgorithm) as error:
        raise ConfigurationError(
            "This is not a public key",
            code="public-key-invalid",
            detail=str(error).partition("\n")[0][:200],
            hint="Commit the file cosign.pub that cosign made:\n  cosign generate-key-pair",
        ) from None
    return found


def _verify(vendor: _Vendor, public: Any, signature: bytes, signed: bytes, *, hashed: bool) -> None:
    sha256 = vendor.hashes.SHA256()
    algorithm = vendor.utils.Prehashed(sha256) if hashed else sha256
    if isinstance(public, vendor.ec.EllipticCurvePublicKey):
        public.verify(signature, signed, vendor.ec.ECDSA(algorithm))
    elif isinstance(public, vendor.rsa.RSAPublicKey):
        public.verify(signature, signed, vendor.padding.PKCS1v15(), algorithm)
    elif isinstance(public, vendor.ed25519.Ed25519PublicKey) and not hashed:
        public.verify(signature, signed)
    else:
        raise vendor.InvalidSignature
