"""Where a registry or a chart repository is, from the name that people write."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from gitpromote.adapters.git.url import masked
from gitpromote.adapters.http import is_loopback
from gitpromote.errors import ConfigurationError

_HUB = "docker.io"
_HUB_SERVER = "registry-1.docker.io"
_HUB_NAMES = frozenset({_HUB, "index.docker.io", _HUB_SERVER})
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")


class Address(NamedTuple):
    """A repository in a registry.

    :ivar host: as Docker's configuration knows it, with its port: ``docker.io``, ``localhost:5000``
    :ivar base: where the server is: ``https://registry-1.docker.io``
    :ivar path: of the repository: ``library/nginx``
    """

    host: str
    base: str
    path: str

    def __str__(self) -> str:
        return f"{self.host}/{self.path}"


@lru_cache(4096)  # it is asked for with every tag
def repository_address(repository: str) -> Address:
    """Where an image's repository is, or a chart's behind ``oci://``. Only this machine is spoken to without TLS.

    :raises ConfigurationError: ``registry-address-invalid``
    """
    _check(repository)
    name = repository[6:].rstrip("/") if repository.startswith("oci://") else repository
    first, slash, path = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, path = _HUB, name
    host = first.lower()
    if host in _HUB_NAMES:
        host, path = _HUB, path if "/" in path else f"library/{path}"
    if not _is_host(host) or not _PATH.fullmatch(path) or len(path) > 255:
        raise _invalid(repository, "is not the name of a repository", 'Write it as "ghcr.io/acme/shop".')
    return Address(host, _base(host), path)


def index_address(repository: str) -> str:
    """The URL of a chart repository's index.

    :raises ConfigurationError: ``registry-address-invalid``
    """
    _check(repository)
    try:
        parts = urlsplit(repository)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.scheme not in ("https", "http"):
        raise _invalid(repository, "is not the address of a chart repository", 'Write it as "https://charts.acme.io".')
    if parts.scheme == "http" and not is_loopback(host):
        raise _invalid(repository, "has no TLS, and is not on this machine", f"Write https://{repository[7:]}")
    return parts._replace(path=parts.path.rstrip("/") + "/index.yaml", fragment="").geturl()


def _base(host: str) -> str:
    if host == _HUB:
        return f"https://{_HUB_SERVER}"
    bare = host if host.endswith("]") else re.sub(r":\d+$", "", host)
    return f"{'http' if is_loopback(bare) else 'https'}://{host}"


def _is_host(host: str) -> bool:
    found = _HOST.fullmatch(host)
    return found is not None and (found[1] is None or 0 < int(found[1]) < 65536)


def _check(repository: str) -> None:
    if "@" in repository:
        hint = "Log in once, and Docker's configuration file has it:\n  docker login <registry>"
        raise _invalid(repository, "has a user, a password or a digest in it", hint)
    if repository != "".join(repository.split()) or not repository.isprintable():
        raise _invalid(repository, "has white space or a control character in it", "Write it without.")


def _invalid(repository: str, reason: str, hint: str) -> ConfigurationError:
    shown = repr(masked(repository).rpartition("@")[2] if "@" in repository else repository)
    return ConfigurationError(
        "This is not the address of a registry", code="registry-address-invalid", detail=f"{shown} {reason}", hint=hint
    )
