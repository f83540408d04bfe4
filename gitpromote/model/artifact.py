"""Artifacts that Freight holds: images, charts, commits; parsed from what people write, and written again."""

from __future__ import annotations

import re
from typing import Annotated, Literal, NoReturn

from pydantic import Field

from gitpromote.errors import ConfigurationError
from gitpromote.model.base import Document
from gitpromote.model.names import repository_key, shown

__all__ = ["Artifact", "ChartArtifact", "CommitArtifact", "ImageArtifact", "canonical_repository"]

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LONGEST_NAME = 255
_DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")
_DEFAULT_PORTS = {"http": "80", "https": "443", "oci": "443", "ssh": "22", "git": "9418"}
_URL = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://([^/]*)(.*)", re.DOTALL)
# host:path, where git needs no user; host:5000/path is a port.
_SCP = re.compile(r"[^/@:\[\]]+:(?![0-9]+(?:/|$)).*", re.DOTALL)


class ImageArtifact(Document):
    """A container image. ``repository`` stays as it was written, since that is what manifests name."""

    kind: Literal["image"] = "image"
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> ImageArtifact:
        """``repository:tag@digest``; the tag or the digest may be left out, not both.

        :raises ConfigurationError: ``image-invalid``
        """
        if text != "".join(text.split()):
            _refuse("image", text, "has white space in it", "Write it without.")
        if "://" in text:
            _refuse("image", text, "has a scheme", f"Write {text.partition('://')[2]}")
        name, at, digest = text.partition("@")
        repository, colon, tag = name.rpartition(":")
        if not colon or "/" in tag:
            repository, colon, tag = name, "", ""
        _check_repository(text, repository)
        if colon and not _TAG.fullmatch(tag):
            _refuse(
                "image", text, f"has a tag that is none: {shown(tag)}" if tag else "has a colon and no tag", _EXAMPLE
            )
        if at and not _DIGEST.fullmatch(digest):
            _refuse("image", text, "has a digest that is none", _digest_hint(digest))
        if not tag and not digest:
            _refuse("image", text, "has neither tag nor digest", _EXAMPLE)
        return cls(repository=repository, tag=tag or None, digest=digest or None)

    @property
    def unpinned(self) -> bool:
        """Whether it may mean another image tomorrow: it has no digest."""
        return self.digest is None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}{f'@{self.digest}' if self.digest else ''}"


class ChartArtifact(Document):
    """A Helm chart. ``repository`` is its address, the chart's name included."""

    kind: Literal["chart"] = "chart"
    repository: str
    version: str
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> ChartArtifact:
        """``address:version@digest``, such as ``oci://ghcr.io/acme/charts/shop:1.4.2``; the digest may be left out.

        :raises ConfigurationError: ``chart-invalid``
        """
        if text != "".join(text.split()):
            _refuse("chart", text, "has white space in it", "Write it without.")
        name, at, digest = text.rpartition("@")
        if not at or "/" in digest:
            name, at, digest = text, "", ""
        repository, colon, version = name.rpartition(":")
        if not colon or "/" in version or not repository.partition("://")[2 * ("://" in repository)]:
            _refuse("chart", text, "has no version", _CHART_EXAMPLE)
        if not _VERSION.fullmatch(version):
            _refuse("chart", text, f"has a version that is none: {shown(version)}", _CHART_EXAMPLE)
        if at and not _DIGEST.fullmatch(digest):
            _refuse("chart", text, "has a digest that is none", _digest_hint(digest))
        return cls(repository=repository, version=version, digest=digest or None)

    def __str__(self) -> str:
        return f"{self.repository}:{self.version}{f'@{self.digest}' if self.digest else ''}"


class CommitArtifact(Document):
    """A commit of a Git repository, by its full id. ``repository`` is host and path."""

    kind: Literal["commit"] = "commit"
    repository: str
    commit: str

    @classmethod
    def parse(cls, text: str) -> CommitArtifact:
        """``repository@commit``, the id in full.

        :raises ConfigurationError: ``commit-invalid``
        """
        repository, _, commit = text.rpartition("@")
        if not repository or not _COMMIT.fullmatch(commit):
            _refuse("commit", text, "has no commit id in full", "A commit id has 40 or 64 hexadecimal digits.")
        return cls(repository=repository, commit=commit)

    def __str__(self) -> str:
        return f"{self.repository}@{self.commit[:7]}"


Artifact = Annotated[ImageArtifact | ChartArtifact | CommitArtifact, Field(discriminator="kind")]


def canonical_repository(repository: str) -> str:
    """Host and path in the one spelling that counts: lower-case host, no scheme, user, default port or ``.git``.

    An image's short name is spelt out: ``nginx`` is ``docker.io/library/nginx``. A path of this machine stays a path.
    """
    text = repository.strip()
    url = _URL.fullmatch(text)
    if url:
        return repository_key(_plain_url(*url.groups()))
    if text.startswith(("/", ".", "~")) or "@" in text or _SCP.fullmatch(text):
        return repository_key(text)
    first, slash, path = text.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, path = "docker.io", text
    return repository_key(_plain_url("oci", *_hub(first, path)))


def _hub(host: str, path: str) -> tuple[str, str]:
    """The one name of Docker Hub, and its official images in the folder where they are."""
    if host.lower() not in _DOCKER_HUB:
        return host, f"/{path}"
    return "docker.io", f"/{path}" if "/" in path else f"/library/{path}"


def _plain_url(scheme: str, authority: str, path: str) -> str:
    if scheme.lower() == "file":
        authority = "" if authority == "localhost" else authority
    port = _DEFAULT_PORTS.get(scheme.lower().removeprefix("git+"))
    return f"{scheme}://{authority.removesuffix(f':{port}') if port else authority}{path}"


def _check_repository(text: str, repository: str) -> None:
    first, slash, rest = repository.partition("/")
    has_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    path = rest if has_host else repository
    if has_host and not _HOST.fullmatch(first):
        _refuse("image", text, f"has a registry that is none: {shown(first)}", _EXAMPLE)
    if not _PATH.fullmatch(path):
        if _PATH.fullmatch(path.lower()):
            lower = f"{first}/{path.lower()}" if has_host else path.lower()
            _refuse("image", text, "has capital letters in its path", f"Write {text.replace(repository, lower)}")
        _refuse("image", text, "is not the name of an image" if text else "is empty", _EXAMPLE)
    if len(path) > _LONGEST_NAME:
        _refuse("image", text, f"has a name of {len(path)} characters, more than {_LONGEST_NAME}", _EXAMPLE)


def _digest_hint(digest: str) -> str:
    if _DIGEST.fullmatch(digest.lower()):
        return f"Write it in small letters: {digest.lower()}"
    return "A digest is sha256: and 64 hexadecimal digits."


_EXAMPLE = 'Write it as "ghcr.io/acme/shop:1.4.2@sha256:…"; the digest may be left out.'
_CHART_EXAMPLE = 'Write it as "oci://ghcr.io/acme/charts/shop:1.4.2".'


_ERRORS = {
    "image": ConfigurationError("This is not an image", code="image-invalid"),
    "chart": ConfigurationError("This is not a chart", code="chart-invalid"),
    "commit": ConfigurationError("This is not a commit", code="commit-invalid"),
}


def _refuse(kind: str, text: str, reason: str, hint: str) -> NoReturn:
    error = _ERRORS[kind]
    raise ConfigurationError(error.summary, code=error.code, detail=f"{shown(text, 200)} {reason}", hint=hint)
