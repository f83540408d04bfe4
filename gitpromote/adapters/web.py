"""Servers that definitions name: one question each, credentials put in at the last moment."""

from __future__ import annotations

import threading
import weakref

from gitpromote.adapters.http import Http
from gitpromote.adapters.http_question import Question
from gitpromote.adapters.patience import Patience
from gitpromote.adapters.secrets import Secrets
from gitpromote.model.secret import Secret
from gitpromote.ports import Clock, WebAnswer, WebRequest

__all__ = ["HttpWeb"]

_CONNECT = 10.0  # seconds


class HttpWeb:
    """A :class:`~gitpromote.ports.Web` over HTTP. Safe to share between threads.

    Nothing is asked twice here: a gate is asked again in the next round.
    """

    def __init__(self, *, secrets: Secrets, clock: Clock) -> None:
        self._secrets, self._clock = secrets, clock
        self._ways: dict[float, Http] = {}
        self._lock = threading.Lock()
        # A Project is let go of without a word: with it these connections end.
        weakref.finalize(self, _close, self._ways).atexit = False

    def close(self) -> None:
        """End all connections."""
        with self._lock:
            _close(self._ways)

    def ask(self, request: WebRequest) -> WebAnswer:
        """The answer, after redirects within the same server: a login page elsewhere is no answer."""
        headers = {name.lower(): self._text(value) for name, value in request.headers.items()}
        own = {name.lower() for name, value in request.headers.items() if isinstance(value, Secret)}
        if request.auth is not None:
            headers["authorization"] = f"Bearer {self._secrets.resolve(request.auth)}"
        question = Question(
            url=request.url,
            doing=request.doing,
            method=request.method,
            headers=headers,
            own=frozenset(own),
            body=b"" if request.method == "POST" else None,
            limit=request.limit,
            elsewhere=False,
            follows=request.follows,
        )
        answer = self._way(request.timeout).ask(question)
        return WebAnswer(status=answer.status, headers=answer.headers, body=answer.body)

    def _text(self, value: str | Secret) -> str:
        return self._secrets.resolve(value) if isinstance(value, Secret) else value

    def _way(self, timeout: float) -> Http:
        with self._lock:
            if timeout not in self._ways:
                connect = min(_CONNECT, timeout)
                patience = Patience(connect=connect, silence=timeout, whole=timeout, attempts=1)
                self._ways[timeout] = Http(clock=self._clock, patience=patience)
            return self._ways[timeout]


def _close(ways: dict[float, Http]) -> None:
    while ways:
        ways.popitem()[1].close()
