"""Names that hold secrets: of variables, flags and configuration keys, and of fields of Kubernetes objects."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["FIELDS_OF_PODS", "field_holds_secret", "name_holds_secret"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

#: Words behind the one that counts: ``PASSWORD_OLD``, ``SECRET_KEY_BASE``.
_QUALIFIERS = _words(
    "old new prev previous next prod staging dev test value base primary secondary b64 base64 text plain"
)
_SECRET_WORDS = _words(
    """apikey authorization credential credentials pass passcode passphrase passwd password passwords psk pwd secret
    secrets token tokens"""
)
_SECRET_ENDINGS = (
    *("password", "passwd", "passphrase", "secret", "token"),
    *("apikey", "accesskey", "secretkey", "privatekey"),
)
_SECRET_KEYS = _words(
    """access account api auth deploy encryption license master private secret service session shared signature signing
    ssh storage"""
)
_SECRET_PAIRS = frozenset({("password", "hash"), ("connection", "string")})

#: Fields of every other pod that sound like secrets and are none.
FIELDS_OF_PODS = frozenset({"automountServiceAccountToken", "imagePullSecrets", "serviceAccountToken"})

#: Nor are the shell's names for folders passwords.
_NO_SECRETS = FIELDS_OF_PODS | {"PWD", "OLDPWD"}

_FIELD_ENDINGS = ("password", "passwd", "passphrase", "apikey", "clientsecret", "secretaccesskey", "privatekey")
_FIELD_TOKENS = _words("access admin api auth bearer bot personal refresh root")


@lru_cache(maxsize=65536)
def name_holds_secret(name: str) -> bool:
    """Whether a variable, a flag or a configuration key of this name holds a secret: ``DB_PASSWORD``, ``--api-key``.

    Its last word decides, so ``TOKEN_URL`` and ``PASSWORD_FILE`` do not.
    """
    words = _name_words(name)
    if not words or name in _NO_SECRETS:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last == "key" and before in _SECRET_KEYS:
        return True
    return last in _SECRET_WORDS or last.endswith(_SECRET_ENDINGS) or (before, last) in _SECRET_PAIRS


@lru_cache(maxsize=65536)
def field_holds_secret(name: str) -> bool:
    """Whether a field of any object holds a secret in plain text, by its name.

    Narrower than :func:`name_holds_secret`: in Kubernetes, ``secret`` and ``secretKey`` are names of other objects.
    """
    words = _name_words(name)
    if not words:
        return False
    if words[-1] == "token":
        return len(words) == 1 or words[-2] in _FIELD_TOKENS
    return words[-1] == "pwd" or "".join(words).endswith(_FIELD_ENDINGS)


def _name_words(name: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _QUALIFIERS):
        words.pop()
    return words
