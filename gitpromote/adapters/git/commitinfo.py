"""A commit as it is stored: who, when, what it holds and says. Parsed from its bytes, so no setting changes it."""

from __future__ import annotations

import re
from typing import NamedTuple

_SIGNATURE = re.compile(r"(.*?) ?<([^>]*)> (-?\d+) ([+-]\d{4})", re.DOTALL)
_TRAILER = re.compile(r"([A-Za-z0-9-]+)[ \t]*:[ \t]*(.*)")
_GENERATED = re.compile(r"\(cherry picked from commit ")


class Signature(NamedTuple):
    """Who did something and when: ``when`` is epoch seconds, ``zone`` as in ``+0200``."""

    name: str
    email: str
    when: int
    zone: str


class CommitInfo(NamedTuple):
    """A commit.

    :param message: all of it, the subject included, as it is stored
    :param is_signed: whether it carries a signature, which nobody has verified here
    """

    oid: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str
    is_signed: bool

    @property
    def subject(self) -> str:
        """The first paragraph on one line."""
        paragraph = self.message.strip("\n").partition("\n\n")[0]
        return " ".join(line.strip() for line in paragraph.splitlines())

    @property
    def body(self) -> str:
        """What stands after the subject, trailers included."""
        return self.message.strip("\n").partition("\n\n")[2].strip("\n")

    @property
    def trailers(self) -> tuple[tuple[str, str], ...]:
        """``Key: value`` of the last paragraph, where all of its lines are trailers; in their order."""
        return trailers(self.message)

    def trailer(self, key: str) -> str | None:
        """The last value of this trailer; keys are compared without case."""
        return next((value for name, value in reversed(self.trailers) if name.lower() == key.lower()), None)


def trailers(message: str) -> tuple[tuple[str, str], ...]:
    """The trailers of a commit message; a subject alone has none."""
    head, blank, last = message.rstrip().rpartition("\n\n")
    if not blank or not head.strip():
        return ()
    found: list[tuple[str, str]] = []
    for line in last.splitlines():
        if line[:1] in (" ", "\t") and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
        elif match := _TRAILER.fullmatch(line):
            found.append((match[1], match[2].strip()))
        elif not _GENERATED.match(line):
            return ()
    return tuple(found)


def parse_commit(oid: str, content: bytes) -> CommitInfo:
    """A commit from its stored bytes. What is malformed reads as empty; Git itself lets such commits live."""
    head, _, message = content.partition(b"\n\n")
    headers = _headers(head)
    encoding = headers.get("encoding", ["utf-8"])[0]
    return CommitInfo(
        oid=oid,
        tree=headers.get("tree", [""])[0],
        parents=tuple(headers.get("parent", [])),
        author=_signature(headers.get("author", [""])[0], encoding),
        committer=_signature(headers.get("committer", [""])[0], encoding),
        message=_text(message, encoding),
        is_signed="gpgsig" in headers or "gpgsig-sha256" in headers,
    )


def _headers(head: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in head.split(b"\n"):
        if not line.startswith(b" "):  # else: the rest of a signature
            key, _, value = line.partition(b" ")
            found.setdefault(key.decode("latin-1"), []).append(value.decode("latin-1"))
    return found


def _signature(value: str, encoding: str) -> Signature:
    match = _SIGNATURE.fullmatch(value)
    if match is None:
        return Signature("", "", 0, "+0000")
    name, email = (_text(match[at].encode("latin-1"), encoding) for at in (1, 2))
    return Signature(name, email, int(match[3]), match[4])


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return data.decode("utf-8", "replace")
