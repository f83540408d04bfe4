"""One server and the way to be let in: nobody's name is told before the server asks for one, now or in an earlier run.

What it asked for is kept, not what was answered: the next run need not be refused first. Some servers forbid where they
should ask: who is forbidden without a name tries the password that there is, and keeps that way if it leads in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gitpromote.adapters.http import Http, origin
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
        self._forbidden = False  # to those without a name, and nothing was asked for

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
        found = self._credentials.look_up(self.host) if self._way or self._forbidden else None
        return Asked(doing, self.host, found, self.base)

    def _let_in(self, question: Question, scope: str) -> tuple[Answer, str]:
        """An answer, and the ``Authorization`` that came with its question."""
        sent = self._at_once(question.doing, scope)
        answer = self._http.ask(_with(question, sent))
        way = _chosen(challenges(answer.headers.get("www-authenticate", "")))
        if answer.status == 403 and not sent and way is None:
            return self._forbidden_without(question, answer)
        if answer.status != 401 and (answer.status != 403 or sent):
            return answer, sent
        if way is not None:
            self._keep(way)
        again = self._authorization(question.doing, scope, refused=sent)
        if not again or again == sent:
            return answer, sent
        return self._http.ask(_with(question, again)), again

    def _forbidden_without(self, question: Question, answer: Answer) -> tuple[Answer, str]:
        """The answer for the password, where one is known and this server itself forbade what has no name."""
        self._forbidden = True
        login = self._credentials.look_up(self.host).login
        if login is None or login.identity or origin(answer.url) != origin(self.base):
            return answer, ""
        again = self._http.ask(_with(question, login.basic))
        if again.status not in (401, 403):
            self._keep(Challenge("basic", {}))
        return again, login.basic

    def _keep(self, way: Challenge) -> None:
        self._way, self._unsure = way, False
        self._kept.put(_WAY, [way.scheme, {name: way.parameters.get(name, "") for name in _KEPT}])

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
