"""Bearer tokens: fetched where a registry says, kept in memory for their life, never written anywhere."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from gitpromote.adapters.http import Http, is_private_line
from gitpromote.adapters.http_question import Answer, Question
from gitpromote.adapters.registries.docker_config import Login
from gitpromote.adapters.registries.failures import Asked, odd_answer, refusal
from gitpromote.errors import AccessDenied
from gitpromote.ports import Clock

_TOKEN = re.compile(r"[\x21-\x7e]{1,32768}")
_DEFAULT_LIFE = 60  # seconds, by the protocol, where a server names none
_LONGEST_LIFE = 3600
_MARGIN = 10  # seconds before its end in which a token is not used any more
_MOST = 1 << 18  # bytes of a token server's answer
_CLIENT = "gitpromote"


class _Kept(NamedTuple):
    token: str
    until: int


class Tokens:
    """The tokens of one registry, by scope. Safe to share between threads: each scope is asked for once.

    :param clock: tells when a token ends
    """

    def __init__(self, http: Http, *, clock: Clock) -> None:
        self._http, self._clock = http, clock
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def token(
        self, challenge: Mapping[str, str], *, scope: str, login: Login | None, asked: Asked, refused: str = ""
    ) -> str:
        """A token for a scope: the kept one, or a new one where that has ended or was refused.

        :param challenge: the parameters that came with ``Bearer``
        :param refused: a token that the registry did not take
        :raises AccessDenied: the token server refuses
        :raises RemoteFailed: it fails, or answers with something else
        """
        with self._guard:
            lock = self._locks.setdefault(scope, threading.Lock())
        with lock:
            kept = self._kept.get(scope)
            if kept is None or kept.token == refused or self._clock.now() >= kept.until:
                kept = self._kept[scope] = self._fetched(challenge, scope=scope, login=login, asked=asked)
            return kept.token

    def _fetched(self, challenge: Mapping[str, str], *, scope: str, login: Login | None, asked: Asked) -> _Kept:
        began = self._clock.now()
        realm, service = challenge.get("realm", ""), challenge.get("service", "")
        _check(realm, asked)
        fields = {"service": service, "scope": scope}
        build = _exchange if login is not None and login.identity else _plain
        answer = self._http.ask(build(realm, fields, login, asked.doing))
        if answer.status != 200:
            raise refusal(answer, asked)
        token, life = _read(answer, asked)
        return _Kept(token, began + max(1, min(life, _LONGEST_LIFE) - _MARGIN))


def _plain(realm: str, fields: Mapping[str, str], login: Login | None, doing: str) -> Question:
    """A token for whoever has this login, or for anybody."""
    parts = urlsplit(realm)
    query = urlencode([*parse_qsl(parts.query), *((name, value) for name, value in fields.items() if value)])
    headers = {"authorization": login.basic} if login else {}
    return Question(url=parts._replace(query=query).geturl(), doing=doing, headers=headers, limit=_MOST)


def _exchange(realm: str, fields: Mapping[str, str], login: Login | None, doing: str) -> Question:
    """A token in exchange for an identity token; it goes in the body, since addresses are written down everywhere."""
    secret = login.secret if login else ""
    form = {**fields, "grant_type": "refresh_token", "refresh_token": secret, "client_id": _CLIENT}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Question(url=realm, doing=doing, method="POST", headers=headers, body=urlencode(form).encode(), limit=_MOST)


def _check(realm: str, asked: Asked) -> None:
    """A registry says where its logins are sent: never where others can read them."""
    try:
        safe = is_private_line(realm) and "@" not in urlsplit(realm).netloc
    except ValueError:
        safe = False
    if not safe:
        raise AccessDenied(
            "A registry sends logins to where they are not safe",
            code="registry-realm-unsafe",
            detail=f"{asked.doing}\n  {asked.host} names a token server without TLS, or none",
            hint="Tell who runs it: the realm of its Bearer challenge must begin with https://",
        )


def _read(answer: Answer, asked: Asked) -> tuple[str, int]:
    """A token and its life in seconds."""
    try:
        data: Any = json.loads(answer.body)
        token = data.get("token") or data.get("access_token")
        life = data.get("expires_in")
    except (ValueError, AttributeError, RecursionError):
        token, life = None, None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise odd_answer(answer, asked, "of its token server has no token")
    return token, life if isinstance(life, int) and life > 0 else _DEFAULT_LIFE
