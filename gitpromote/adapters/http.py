"""The one way to servers over HTTP: bounded in time and size, patient where that helps, careful with credentials.

Proxies and certificate authorities are those of the environment (``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE``,
``SSL_CERT_DIR``). Nothing is kept between questions but connections: no cookies, no netrc.
"""

from __future__ import annotations

import http.cookiejar
import ipaddress
import ssl
import threading
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin, urlsplit

import gitpromote
from gitpromote.adapters.git.url import masked
from gitpromote.adapters.http_question import (
    Answer,
    Question,
    host_of,
    misled,
    timed_out,
    too_large,
    unreachable,
    words_of,
)
from gitpromote.adapters.patience import LATER, Patience, asked_to_wait
from gitpromote.errors import ConfigurationError, RemoteFailed
from gitpromote.ports import Clock

if TYPE_CHECKING:
    import httpx2

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_REPEATABLE = frozenset({"GET", "HEAD"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SILENT = 30  # seconds for which a server that was not there is asked once, not several times


class Http:
    """Connections to servers, kept open and shared by threads. Close it, or use it in a ``with``.

    :param clock: waits between attempts
    :param connections: at once, to one server
    """

    def __init__(self, *, clock: Clock, patience: Patience | None = None, connections: int = 16) -> None:
        self.connections = connections
        self._clock = clock
        self._patience = patience or Patience()
        self._clients: dict[str, httpx2.Client] = {}
        self._silent: dict[str, int] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End all connections."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    def ask(self, question: Question) -> Answer:
        """Ask, again where the server says "later" or does not answer at all, and follow where it leads.

        :raises RemoteFailed: ``remote-unreachable``, ``remote-timeout``, ``remote-certificate``, ``remote-redirect``,
            ``remote-answer-too-large``
        """
        attempt, waited = 1, 0.0
        while True:
            outcome = self._tried(question)
            attempt += 1
            pause = self._pause(question, outcome, attempt, waited)
            if pause is not None:
                self._clock.sleep(pause)
                waited += pause
            elif isinstance(outcome, Answer):
                return outcome
            else:
                self._silent[origin(question.url)] = self._clock.now()
                raise outcome

    def _pause(self, question: Question, outcome: Answer | RemoteFailed, attempt: int, waited: float) -> float | None:
        """How long to wait before that attempt; ``None``: the outcome stands."""
        asked = None
        if isinstance(outcome, Answer):
            if outcome.status not in LATER:
                return None
            asked = asked_to_wait(outcome.headers, now=self._clock.now())
        elif self._clock.now() - self._silent.get(origin(question.url), -_SILENT) < _SILENT:
            return None
        return self._patience.before(attempt, url=question.url, asked=asked, waited=waited)

    def _tried(self, question: Question) -> Answer | RemoteFailed:
        """An answer, or a failure after which it makes sense to ask again. Others are raised."""
        import httpx2

        try:
            return self._followed(question)
        except httpx2.TimeoutException as error:
            if not isinstance(error, httpx2.ConnectTimeout):
                raise timed_out(question, f"sent nothing for {self._patience.silence:g} s") from error
            failure = timed_out(question, f"no connection after {self._patience.connect:g} s")
        except (httpx2.ConnectError, httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError) as error:
            failure = unreachable(question, error)
            began = not isinstance(error, httpx2.ConnectError)
            if failure.code == "remote-certificate" or (began and question.method not in _REPEATABLE):
                raise failure from error
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise unreachable(question, error) from error
        return failure

    def _followed(self, question: Question) -> Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._once(question)
            location = answer.headers.get("location") if question.follows else None
            if answer.status not in _REDIRECTS or not location or question.method not in _REPEATABLE:
                return answer
            question = _redirected(question, location)
        raise misled(question, f"more than {_MOST_REDIRECTS} redirects")

    def _once(self, question: Question) -> Answer:
        end = time.monotonic() + self._patience.whole
        client = self._client(question)
        headers = dict(question.headers)
        with client.stream(question.method, question.url, headers=headers, content=question.body) as response:
            parts, size = [], 0
            # A redirect's body is nobody's business, and may be of any size.
            chunks = () if response.status_code in _REDIRECTS else response.iter_bytes()
            for chunk in chunks:
                parts.append(chunk)
                size += len(chunk)
                if size > question.limit:
                    raise too_large(question)
                if time.monotonic() > end:
                    raise timed_out(question, f"took longer than {self._patience.whole:g} s")
            return Answer(response.status_code, dict(response.headers), b"".join(parts), str(response.url))

    def _client(self, question: Question) -> httpx2.Client:
        try:
            key = origin(question.url)
        except ValueError as error:
            raise unreachable(question, error) from error
        with self._lock:
            client = self._clients.get(key)
            if client is None:
                client = self._clients[key] = self._opened(question)
            return client

    def _opened(self, question: Question) -> httpx2.Client:
        import httpx2

        patience = self._patience
        try:
            return httpx2.Client(
                verify=_trusted(),
                timeout=httpx2.Timeout(patience.silence, connect=patience.connect, pool=None),
                limits=httpx2.Limits(max_connections=self.connections, max_keepalive_connections=self.connections),
                headers={"user-agent": f"gitpromote/{gitpromote.__version__}"},
                cookies=http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=())),
            )
        except (ValueError, ImportError, OSError, httpx2.InvalidURL) as error:
            raise ConfigurationError(
                "The proxy or certificate settings of the environment cannot be used",
                code="network-settings-invalid",
                detail=f"{question.doing}\n  {masked(words_of(error))}",
                hint="Compare HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.",
            ) from None


@cache
def _trusted() -> ssl.SSLContext:
    """Loading the authorities takes 20 ms, once."""
    import httpx2

    return httpx2.create_ssl_context()


def origin(url: str) -> str:
    """Scheme, host and port: ``https://ghcr.io:443``.

    :raises ValueError: the URL has a port that is none
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)}"


def is_loopback(host: str) -> bool:
    """Whether a host, without its port, is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_private_line(url: str) -> bool:
    """Whether nobody listens in on the way there: by TLS, or since it does not leave this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def _redirected(question: Question, location: str) -> Question:
    try:
        url = urljoin(question.url, location)
        leaves = origin(url) != origin(question.url)
    except ValueError:
        raise misled(question, "to an address that is none") from None
    if not is_private_line(url):
        raise misled(question, f"to {host_of(url) or 'nowhere'}, without TLS")
    if not leaves:
        return replace(question, url=url)
    if not question.elsewhere:
        raise misled(question, f"to {host_of(url)}, which is another server")
    own = {"authorization", *question.own}
    kept = {name: value for name, value in question.headers.items() if name.lower() not in own}
    return replace(question, url=url, headers=kept)
