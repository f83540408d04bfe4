"""One server and the way to be let in: nobody's name is told before the server asks for one, now or in an earlier run.

What it asked for is kept, not what was answered: the next run need not be refused first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gitpromote.adapters.http import Http
from gitpromote.adapters.http_question import Answer, Question
from gitpromote.adapters.registries.challenge import Challenge, challenges
from gitpromote.adapters.registries.docker_config import DockerCredentials
from gitpromote.adapters.registries.failures import Asked, refusal
from gitpromote.adapters.registries.kept import KeptRepository
from gitpromote.adapters.registries.token import Tokens
from gitpromote.errors import GitpromoteError
from gitpromote.ports import Clock

_WAY = "way"
_KEPT = ("realm", "service")  # what of a challenge holds for every question


class Session:
    """Questions to one server. Safe to share between threads.

    :ivar host: as Docker's configuration knows it
    :ivar base: scheme, host and port
    :param kept: where the way to be let in is kept
    """

    def __init__(
        self,
        http: Http,
        *,
        host: str,
        base: str,
        credentials: DockerCredentials,
        clock: Clock,
        kept: KeptRepository,
    ) -> None:
        self.host, self.base = host, base
        self._http = http
        self._credentials = credentials
        self._tokens = Tokens(http, clock=clock)
        self._kept = kept
        self._way = _recalled(kept.get(_WAY))
        self._unsure = self._way is not None

    def ask(
        self,
        path: str,
        *,
        doing: str,
        scope: str = "",
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        limit: int = 4 << 20,
        allowed: frozenset[int] = frozenset({200}),
    ) -> Answer:
        """An answer with one of the allowed statuses.

        :param path: path and query
        :param scope: what a token must be good for: ``repository:acme/shop:pull``
        :raises AccessDenied: ``registry-access-denied``
        :raises RemoteFailed: it is not found, fails, limits requests, or cannot be reached
        """
        question = Question(url=self.base + path, doing=doing, method=method, headers=headers or {}, limit=limit)
        answer, sent = self._let_in(question, scope)
        if answer.status not in allowed:
            raise refusal(answer, self.asked(doing), sent=sent)
        return answer

    def asked(self, doing: str) -> Asked:
        """What errors say of a question here."""
        found = self._credentials.look_up(self.host) if self._way else None
        return Asked(doing, self.host, found, self.base)

    def _let_in(self, question: Question, scope: str) -> tuple[Answer, str]:
        """An answer, and the ``Authorization`` that came with its question."""
        sent = self._at_once(question.doing, scope)
        answer = self._http.ask(_with(question, sent))
        if answer.status != 401:
            return answer, sent
        way = _chosen(challenges(answer.headers.get("www-authenticate", "")))
        if way is not None:
            self._way, self._unsure = way, False
            self._kept.put(_WAY, [way.scheme, {name: way.parameters.get(name, "") for name in _KEPT}])
        again = self._authorization(question.doing, scope, refused=sent)
        if not again or again == sent:
            return answer, sent
        return self._http.ask(_with(question, again)), again

    def _at_once(self, doing: str, scope: str) -> str:
        """What is sent unasked. A way of an earlier run may be gone: then it is as if nobody had been there."""
        try:
            return self._authorization(doing, scope)
        except GitpromoteError:
            if not self._unsure:
                raise
            self._way, self._unsure = None, False
            return ""

    def _authorization(self, doing: str, scope: str, refused: str = "") -> str:
        """The header's value for the way that the server asked for; empty where there is none."""
        if self._way is None:
            return ""
        found = self._credentials.look_up(self.host)
        if self._way.scheme == "basic":
            return found.login.basic if found.login and not found.login.identity else ""
        return "Bearer " + self._tokens.token(
            self._way.parameters,
            scope=scope or self._way.parameters.get("scope", ""),
            login=found.login,
            asked=Asked(doing, self.host, found),
            refused=refused.removeprefix("Bearer "),
        )


def _with(question: Question, authorization: str) -> Question:
    if not authorization:
        return question
    return replace(question, headers={**question.headers, "authorization": authorization})


def _chosen(offered: tuple[Challenge, ...]) -> Challenge | None:
    """Tokens rather than passwords, where a server takes both."""
    known = [way for way in offered if way.scheme == "basic" or (way.scheme == "bearer" and "realm" in way.parameters)]
    return min(known, key=lambda way: way.scheme != "bearer", default=None)


def _recalled(kept: Any) -> Challenge | None:
    """The way of an earlier run."""
    if not isinstance(kept, list) or len(kept) != 2 or not isinstance(kept[1], dict):
        return None
    parameters = {name: value for name, value in kept[1].items() if isinstance(value, str) and value}
    return _chosen((Challenge(str(kept[0]), parameters),))
