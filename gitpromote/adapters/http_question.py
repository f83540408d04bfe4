"""Questions over HTTP, answers, and what it means that there is none."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gitpromote.adapters.git.url import masked
from gitpromote.errors import RemoteFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request.

    :param doing: what it is for, as errors say it: "read the tags of ghcr.io/acme/shop"
    :param headers: an ``Authorization`` among them goes to this URL's host alone
    :param own: names of other headers, in small letters, that go to this URL's host alone
    :param limit: bytes that the answer may have, unpacked
    :param elsewhere: whether another server may answer, where this one leads there
    :param follows: whether redirects are followed; otherwise one is the answer
    """

    url: str
    doing: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    own: frozenset[str] = frozenset()
    body: bytes | None = field(default=None, repr=False)
    limit: int = 4 << 20
    elsewhere: bool = True
    follows: bool = True


class Answer(NamedTuple):
    """What came back, whatever its status.

    :param headers: by names in small letters
    :param url: where it came from at last
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask for this only if it has changed since; none where the server does not offer it."""
        told = {
            "if-none-match": self.headers.get("etag", ""),
            "if-modified-since": self.headers.get("last-modified", ""),
        }
        return {name: value for name, value in told.items() if value and value.isascii() and value.isprintable()}


def host_of(url: str) -> str:
    """Where a URL leads; not its path and query, which may hold a signature that opens the door."""
    return url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]


def misled(question: Question, how: str) -> RemoteFailed:
    """The error for a redirect that is not followed; ``how`` completes "redirects …"."""
    return RemoteFailed(
        "A remote redirects to where it is not followed",
        code="remote-redirect",
        detail=f"{question.doing}\n  {host_of(question.url)} redirects {how}",
        hint="Compare the address; a proxy or a login page may stand in between.",
    )


def too_large(question: Question) -> RemoteFailed:
    """The error for an answer beyond the question's limit."""
    return RemoteFailed(
        "A remote answers with more than is read",
        code="remote-answer-too-large",
        detail=f"{question.doing}\n  {host_of(question.url)} sends more than {question.limit:,} bytes",
    )


def timed_out(question: Question, told: str) -> RemoteFailed:
    """The error for a server that is too slow; ``told`` says in what."""
    return RemoteFailed(
        "A remote did not answer in time",
        code="remote-timeout",
        detail=f"{question.doing}\n  {host_of(question.url)}: {told}",
        hint="Compare the network and the proxy settings, and try again.",
    )


def unreachable(question: Question, error: Exception) -> RemoteFailed:
    """The error for a connection that does not come about, or breaks."""
    detail = f"{question.doing}\n  {host_of(question.url)}: {masked(words_of(error))}"
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        hint = "Name your own authority:\n  export SSL_CERT_FILE=…"
        return RemoteFailed(
            "The certificate of a remote is not trusted", code="remote-certificate", detail=detail, hint=hint
        )
    hint = "Compare the address, the network and the proxy settings, and try again."
    return RemoteFailed("A remote cannot be reached", code="remote-unreachable", detail=detail, hint=hint)


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def words_of(error: Exception) -> str:
    """The operating system's words where it spoke, else the library's."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return str(error).split("\n")[0][:200] or type(error).__name__
