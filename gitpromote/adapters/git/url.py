"""Where a repository is: one name per repository for its mirror, and no credential in anything that people see."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from gitpromote.errors import ConfigurationError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
# git's own rule for host:path: a colon before the first slash.
_SCP = re.compile(r"(?:([^/:@]+)@)?(\[[^\]]+\]|[^/:]+):(.*)", re.DOTALL)
# Also what is no valid URL, since its password has a slash.
_USERINFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\s'\"]*|[^/?#\s'\":@]*:[^\s'\"]*)@")
_LOGIN = re.compile(r"(https?)://([^/?#@:]*)(?::([^/?#]*))?@([^/?#@]*)(.*)", re.IGNORECASE | re.DOTALL)
_DEFAULT_PORTS = {"http": "80", "https": "443", "ssh": "22", "git": "9418"}


def check_url(url: str) -> None:
    """:raises ConfigurationError: it is empty, or has a control character (``repository-url-invalid``)"""
    if not url.strip() or re.search(r"[\x00-\x1f\x7f]", url):
        raise ConfigurationError(
            "A repository URL is malformed", code="repository-url-invalid", detail=repr(masked(url))
        )


def is_local(url: str) -> bool:
    """Whether the repository is in this machine's file system: a path or ``file://``."""
    scheme = _SCHEME.match(url)
    if scheme:
        return scheme[1].lower() == "file"
    return _SCP.fullmatch(url) is None or Path(url).exists()


def absolute(url: str, *, base: Path) -> str:
    """The same repository named from anywhere: a path becomes absolute, all else stays."""
    return str((base / url).resolve()) if is_local(url) and not _SCHEME.match(url) else url


def canonical_url(url: str) -> str:
    """One spelling per repository, without credentials: it names the mirror and may be shown.

    Upper case in host names, default ports, a trailing slash or ``.git`` and an HTTP URL's user make no difference.
    """
    if is_local(url):
        path = unquote(urlsplit(url).path) if _SCHEME.match(url) else url
        return "file://" + str(Path(path).resolve())
    scheme, _, rest = _spelled_out(url).partition("://")
    authority, _, path = rest.partition("/")
    user, _, host = authority.rpartition("@")
    user = "" if scheme.lower().startswith("http") else user.partition(":")[0]
    host = host.lower().removesuffix(":" + _DEFAULT_PORTS.get(scheme.lower(), "-"))
    path = path.rstrip("/").removesuffix(".git").rstrip("/")
    return f"{scheme.lower()}://{user and user + '@'}{host}/{path}"


def canonical_repository(url: str) -> str:
    """Host and path: how a repository is called wherever it may be reached by several schemes and users.

    A repository on this machine is called by its absolute path.
    """
    address = canonical_url(url).partition("://")[2]
    user, at, rest = address.partition("@")
    return rest if at and "/" not in user else address


def _spelled_out(url: str) -> str:
    """``git@host:path`` as the URL that means the same; other users' relative paths start at their home."""
    parts = None if _SCHEME.match(url) else _SCP.fullmatch(url)
    if parts is None:
        return url
    user, host, path = parts[1], parts[2], parts[3]
    home = "" if path.startswith("/") or user == "git" else "~/"
    return f"ssh://{user + '@' if user else ''}{host}/{home}{path.lstrip('/')}"


def mirror_name(url: str) -> str:
    """A folder name: readable, and unique by a hash of the canonical URL."""
    canonical = canonical_url(url)
    words = re.sub(r"[^A-Za-z0-9._]+", "-", canonical.partition("://")[2]).strip("-.")[-60:].strip("-.")
    return f"{words or 'repository'}-{hashlib.sha256(canonical.encode(errors='surrogateescape')).hexdigest()[:16]}.git"


class Login(NamedTuple):
    """What stood in a URL for whom to log in as. ``base`` is scheme and host: where it may be used."""

    base: str
    user: str
    password: str | None


def without_login(url: str) -> tuple[str, Login | None]:
    """An HTTP URL without user and password, and those; any other URL as it is."""
    match = _LOGIN.fullmatch(url)
    if match is None:
        return url, None
    scheme, user, password, host, path = match.groups()
    base = f"{scheme}://{host}"
    return base + path, Login(base, unquote(user), None if password is None else unquote(password))


def masked(text: str) -> str:
    """The text with every credential inside a URL replaced by ``***``.

    All of an HTTP user part goes, since tokens stand there as user names too; of others the password.
    """
    return _USERINFO.sub(_mask, text)


def _mask(found: re.Match[str]) -> str:
    scheme, userinfo = found[1], found[2]
    user, colon, _ = userinfo.partition(":")
    if scheme.lower().startswith("http"):
        return f"{scheme}://***@"
    return f"{scheme}://{user}:***@" if colon else found[0]
