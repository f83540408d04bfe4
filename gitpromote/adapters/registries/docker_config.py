"""Credentials as Docker keeps them: ``config.json``, and the helpers that it names. Read when a registry asks.

For a host, its own helper (``credHelpers``) comes first, then the helper of all (``credsStore``), then ``auths``.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from gitpromote.adapters.registries.credential_helper import HelperFailed, ask_helper

_HUB = "docker.io"
_HUB_KEY = "https://index.docker.io/v1/"
_HUB_HOSTS = ("index.docker.io", "registry-1.docker.io")


@dataclass(frozen=True, slots=True)
class Login:
    """Who to log in as. The secret is in no ``repr``.

    :ivar identity: the secret is an identity token, to be changed for others, and not a password
    """

    user: str = field(repr=False)
    secret: str = field(repr=False)
    identity: bool = False

    @property
    def basic(self) -> str:
        """The value of an ``Authorization`` header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()


class Found(NamedTuple):
    """What there is for a host.

    :ivar trouble: why there may be more than was found, for people; nothing of it is a secret
    """

    login: Login | None = None
    trouble: str = ""


class DockerCredentials:
    """Docker's configuration file. Safe to share between threads; each host is looked up once.

    :param env: ``DOCKER_CONFIG``, ``HOME`` and ``PATH`` count, and what helpers need
    """

    def __init__(self, env: Mapping[str, str], *, run: Callable[..., tuple[str, str] | None] = ask_helper) -> None:
        self._env, self._run = env, run
        self._found: dict[str, Found] = {}
        self._lock = threading.Lock()

    @property
    def file(self) -> Path:
        """Where the configuration file is, or would be."""
        folder = self._env.get("DOCKER_CONFIG")
        return (Path(folder) if folder else Path(self._env.get("HOME") or "/") / ".docker") / "config.json"

    def look_up(self, host: str) -> Found:
        """The login for a registry, by its host and port."""
        with self._lock:  # helpers may ask people, or the network: once per host
            if host not in self._found:
                self._found[host] = self._looked_up(host)
            return self._found[host]

    def _looked_up(self, host: str) -> Found:
        config, trouble = self._config
        keys = _keys(host)
        written = _login(_entry(config, keys))
        helpers = _mapping(config.get("credHelpers"))
        own = next((name for key, name in helpers.items() if _host(key) in _names(host)), None)
        helper = own or config.get("credsStore")
        if not isinstance(helper, str) or not helper:
            return Found(written, trouble)
        try:
            found = next(filter(None, (self._run(helper, key, env=self._env) for key in keys)), None)
        except HelperFailed as failure:
            return Found(written, str(failure))
        if found is None:
            return Found(written, trouble)
        return Found(Login(found[0], found[1], identity=found[0] == "<token>"))

    @cached_property
    def _config(self) -> tuple[Mapping[str, Any], str]:
        try:
            data = json.loads(self.file.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}, ""
        except OSError as error:
            return {}, f"{self.file} cannot be read: {error.strerror}"
        except (ValueError, RecursionError):  # its words quote the file
            return {}, f"{self.file} is not JSON"
        return (data, "") if isinstance(data, dict) else ({}, f"{self.file} is not a JSON object")


def _keys(host: str) -> tuple[str, ...]:
    """What a host may be called, the usual name first."""
    return (_HUB_KEY,) if host == _HUB else (host, f"https://{host}")


def _names(host: str) -> tuple[str, ...]:
    return (host, *_HUB_HOSTS) if host == _HUB else (host,)


def _host(key: str) -> str:
    """``ghcr.io`` of ``https://ghcr.io/v1/``."""
    return key.rpartition("://")[2].partition("/")[0].lower()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _entry(config: Mapping[str, Any], keys: tuple[str, ...]) -> Mapping[str, Any]:
    auths = _mapping(config.get("auths"))
    exact = next((auths[key] for key in keys if key in auths), None)
    if exact is None:
        names = _names(_HUB if keys == (_HUB_KEY,) else keys[0])
        exact = next((entry for key, entry in auths.items() if _host(key) in names), None)
    return _mapping(exact)


def _login(entry: Mapping[str, Any]) -> Login | None:
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Login("<token>", token, identity=True)
    user, secret = entry.get("username"), entry.get("password")
    packed = entry.get("auth")
    if isinstance(packed, str) and packed:
        try:
            user, colon, secret = base64.b64decode(packed, validate=False).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        secret = secret.rstrip("\0") if colon else None
    return Login(user, secret) if isinstance(user, str) and isinstance(secret, str) and user else None
