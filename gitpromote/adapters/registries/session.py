"""One server and the way to be let in: nobody's name is told before the server asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gitpromote.adapters.http import Http
from gitpromote.adapters.http_question import Answer, Question
from gitpromote.adapters.registries.challenge import Challenge, challenges
from gitpromote.adapters.registries.docker_config import DockerCredentials
from gitpromote.adapters.registries.failures import Asked, refusal
from gitpromote.adapters.registries.token import Tokens
from gitpromote.ports import Clock


class Session:
    """Questions to one server. Safe to share between threads.

    :ivar host: as Docker's configuration knows it
    :ivar base: scheme, host and port
    """

    def __init__(self, http: Http, *, host: str, base: str, credentials: DockerCredentials, clock: Clock) -> None:
        self.host, self.base = host, base
        self._http = http
        self._credentials = credentials
        self._tokens = Tokens(http, clock=clock)
        self._way: Challenge | None = None

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
        answer = self._let_in(question, scope)
        if answer.status not in allowed:
            raise refusal(answer, self.asked(doing))
        return answer

    def asked(self, doing: str) -> Asked:
        """What errors say of a question here."""
        return Asked(doing, self.host, self._credentials.look_up(self.host) if self._way else None)

    def _let_in(self, question: Question, scope: str) -> Answer:
        sent = self._authorization(question.doing, scope)
        answer = self._http.ask(_with(question, sent))
        if answer.status != 401:
            return answer
        self._way = _chosen(challenges(answer.headers.get("www-authenticate", ""))) or self._way
        again = self._authorization(question.doing, scope, refused=sent)
        return self._http.ask(_with(question, again)) if again and again != sent else answer

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
