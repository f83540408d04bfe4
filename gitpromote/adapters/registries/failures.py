"""What a registry's refusal or odd answer means for us.

Of what a server writes its codes are quoted, and what it says of a 403, on one line, unless it repeats what was sent.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from gitpromote.adapters.http import origin
from gitpromote.adapters.http_question import Answer
from gitpromote.adapters.registries.docker_config import Found
from gitpromote.errors import AccessDenied, GitpromoteError, RemoteFailed

_CODE = re.compile(r"[A-Z][A-Z_]{0,40}")
_MOST_SAID = 200  # characters of a server's message


class Asked(NamedTuple):
    """What was asked, for errors.

    :ivar doing: "read the tags of ghcr.io/acme/shop"
    :ivar host: as Docker's configuration knows it
    :ivar found: the login that there is for it, and what is wrong with it; ``None``: it was not asked for
    :ivar base: scheme, host and port that was asked; empty where redirects are nobody's business
    """

    doing: str
    host: str
    found: Found | None = None
    base: str = ""


def refusal(answer: Answer, asked: Asked, *, sent: str | None = None) -> GitpromoteError:
    """The error for an answer that is neither a success nor expected; the caller raises it.

    :param sent: the ``Authorization`` that came with the question; ``None``: it is not known what was
    """
    codes = error_codes(answer)
    detail = _detail(answer, asked, codes)
    if answer.status in (401, 403):
        detail = _said(detail, answer, asked, sent) if answer.status == 403 and sent is not None else detail
        hint = _redirected_hint(answer, asked) or login_hint(asked, sent=sent)
        return AccessDenied("A registry denies access", code="registry-access-denied", detail=detail, hint=hint)
    if answer.status == 404 and "MANIFEST_UNKNOWN" in codes:
        return RemoteFailed(
            "A tag does not exist",
            code="registry-tag-not-found",
            detail=detail,
            hint="It may not have been pushed yet, or was removed.",
        )
    # Some say of everything that it is not found, in the words of the protocol; without any it is another server.
    if answer.status == 404 and not {"NAME_UNKNOWN", "NOT_FOUND"}.isdisjoint(codes):
        return RemoteFailed(
            "A registry knows no such repository",
            code="registry-repository-unknown",
            detail=detail,
            hint="Nothing may have been pushed there yet, or it is hidden from you.\n" + _login_command(asked),
        )
    if answer.status == 404:
        hint = "Compare the address; many registries say so as well where access is missing.\n" + _login_command(asked)
        return RemoteFailed(
            "A repository is not found, or hidden from you", code="registry-not-found", detail=detail, hint=hint
        )
    return _failed(answer, asked, detail)


def _failed(answer: Answer, asked: Asked, detail: str) -> RemoteFailed:
    if answer.status == 429:
        asks = answer.headers.get("retry-after", "")
        detail += f"\n  it asks to wait {asks} s" if asks.isdecimal() else ""
        hint = "Try again later. Many registries allow more to those who are logged in:\n" + _login_command(asked)
        return RemoteFailed("A registry limits requests", code="registry-rate-limited", detail=detail, hint=hint)
    if answer.status >= 500:
        hint = "Try again later; if it stays so, tell who runs it."
        return RemoteFailed("A registry fails", code="registry-failed", detail=detail, hint=hint)
    return _odd(detail)


def odd_answer(answer: Answer, asked: Asked, why: str) -> RemoteFailed:
    """The error for an answer that is not what the protocol says; the caller raises it.

    :param why: what is wrong with it, nothing of it quoted: "has no list of tags"
    """
    begin = answer.body[:200].lstrip().lower()
    if begin.startswith((b"<!doctype html", b"<html")):
        why = "is a web page"
    return _odd(f"{asked.doing}\n  {asked.host}: the answer {why}")


def mismatch(asked: Asked, *, wanted: str, got: str) -> RemoteFailed:
    """The error for bytes that are not those of their digest; the caller raises it."""
    return RemoteFailed(
        "A registry serves bytes that do not have their digest",
        code="registry-digest-mismatch",
        detail=f"{asked.doing}\n  {asked.host}: told {wanted}\n  got {got}",
        hint="Something between here and the registry, or in it, changes what it sends. Nothing of it is used.",
    )


def login_hint(asked: Asked, *, sent: str | None = None) -> str:
    """What to do where a login is missing, cannot be sent, or does not suffice.

    :param sent: the ``Authorization`` that came with the question; ``None``: it is not known what was
    """
    if asked.found is not None and asked.found.login is not None:
        if asked.found.login.identity and sent == "":
            return (
                "Docker's configuration has an identity token for it, and it asks for none: nothing was sent. "
                "Log in with a password:\n" + _login_command(asked)
            )
        return "The login that Docker's configuration has for it does not suffice. Log in anew:\n" + _login_command(
            asked
        )
    return "Docker's configuration has no login for it. Log in once:\n" + _login_command(asked)


def error_codes(answer: Answer) -> tuple[str, ...]:
    """The registry's own codes: ``("NAME_UNKNOWN",)``."""
    return tuple(code for code in _told(answer, "code")[:4] if _CODE.fullmatch(code))


def _told(answer: Answer, member: str) -> list[str]:
    """A member of each of the errors that a registry lists."""
    try:
        data: Any = json.loads(answer.body)
        found = [error[member] for error in data["errors"] if isinstance(error, dict) and member in error]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    return [text for text in found if isinstance(text, str)]


def _said(detail: str, answer: Answer, asked: Asked, sent: str) -> str:
    """The detail with what the registry says of it; a message that may hold a login is left out."""
    message = next(iter(_told(answer, "message")), "")
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in message).split())
    login = asked.found.login if asked.found is not None else None
    secrets = [sent.partition(" ")[2], *((login.secret, login.basic.partition(" ")[2]) if login else ())]
    if not words or any(secret and secret in words for secret in secrets):
        return detail
    return f"{detail}\n  it says: {words if len(words) <= _MOST_SAID else words[: _MOST_SAID - 1] + '…'}"


def _redirected_hint(answer: Answer, asked: Asked) -> str:
    """What to do where somebody else answered, to whom the login was not sent; empty where nobody did."""
    if not asked.base or asked.found is None or asked.found.login is None or origin(answer.url) == origin(asked.base):
        return ""
    server = urlsplit(answer.url).netloc.rpartition("@")[2]
    return (
        f"{asked.host} redirected to {server}, and a login does not follow to another host. "
        f"Where {server} is the registry, name it in the pipeline."
    )


def _odd(detail: str) -> RemoteFailed:
    return RemoteFailed(
        "A registry answers with something else",
        code="registry-answer-invalid",
        detail=detail,
        hint="Compare the address; a proxy, a login page or another service may answer in its place.",
    )


def _detail(answer: Answer, asked: Asked, codes: tuple[str, ...]) -> str:
    try:
        phrase = f" {HTTPStatus(answer.status).phrase}"
    except ValueError:
        phrase = ""
    told = f" ({', '.join(codes)})" if codes else ""
    trouble = f"\n  {asked.found.trouble}" if asked.found is not None and asked.found.trouble else ""
    server = urlsplit(answer.url).netloc.rpartition("@")[2]
    return f"{asked.doing}\n  {server}: {answer.status}{phrase}{told}{trouble}"


def _login_command(asked: Asked) -> str:
    return "  docker login" if asked.host == "docker.io" else f"  docker login {asked.host}"
