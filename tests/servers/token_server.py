"""A token server that a real registry believes: tokens signed with a key whose certificate the registry was given."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from odd_server import Asked, OddServer, Said, said

from tests.programs import needed


class TokenServer:
    """Hands out tokens for pulling and pushing.

    :ivar users: ``Authorization`` values that may have everything
    :ivar public: repositories that anybody may pull
    :ivar life: seconds that are told
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._key, self._certificate = folder / "key.pem", folder / "certificate.pem"
        words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tokens -keyout"
        subprocess.run(
            [needed("openssl"), *words.split(), str(self._key), "-out", str(self._certificate)],
            check=True,
            capture_output=True,
        )
        text = self._certificate.read_text()
        self._x5c = "".join(text.split("-----")[2].split())
        self.users: set[str] = set()
        self.identities: set[str] = set()
        self.public: set[str] = set()
        self.life = 300
        self.server: OddServer | None = None

    def auth(self, realm: str) -> dict[str, object]:
        """Settings for the registry."""
        given = {"realm": realm, "service": "test", "issuer": "tokens", "rootcertbundle": str(self._certificate)}
        return {"token": given}

    def answer(self, asked: Asked) -> Said:
        fields = parse_qs(asked.body.decode() if asked.method == "POST" else urlsplit(asked.path).query)
        known = asked.headers.get("authorization") in self.users or bool(
            self.identities & set(fields.get("refresh_token", ()))
        )
        if not known and ("authorization" in asked.headers or asked.method == "POST"):
            return said({"errors": [{"code": "UNAUTHORIZED"}]}, status=401)
        access = [self._granted(scope, known) for scope in fields.get("scope", ())]
        token = self._signed([grant for grant in access if grant["actions"]])
        name = "access_token" if asked.method == "POST" else "token"
        return said({name: token, "expires_in": self.life})

    def _granted(self, scope: str, known: bool) -> dict[str, Any]:
        kind, name, actions = scope.split(":")
        return {"type": kind, "name": name, "actions": actions.split(",") if known or name in self.public else []}

    def _signed(self, access: list[dict[str, Any]]) -> str:
        now = int(time.time())
        head = {"typ": "JWT", "alg": "RS256", "x5c": [self._x5c]}
        claims = {
            "iss": "tokens", "sub": "", "aud": "test", "exp": now + 300, "nbf": now - 10, "iat": now,
            "jti": str(time.monotonic_ns()), "access": access,
        }  # fmt: skip
        text = b".".join(_packed(json.dumps(part).encode()) for part in (head, claims))
        signed = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", str(self._key)],
            input=text,
            check=True,
            capture_output=True,
        )
        return (text + b"." + _packed(signed.stdout)).decode()


def _packed(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
