"""A small HTTP server to which forges say that something was pushed. All that a request does is to ring a bell.

Nothing of a request is used: neither its path nor its body. The body is read as far as its signature needs, piece by
piece, and thrown away. Standard library only; TLS is for the proxy in front.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import socket
import threading
import time
from collections.abc import Callable
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from gitpromote.errors import ConfigurationError, UsageError

#: The largest body that GitHub sends. Bytes.
LARGEST = 25 * 1024 * 1024
#: How long one request may take, and how many may be under way.
_SECONDS, _AT_ONCE = 20.0, 16
#: How many requests may come at once, and how many a second for long.
_BURST, _RATE = 60, 1.0
_PIECE = 64 * 1024

#: Headers that hold a signature over the body: HMAC with SHA-256, in hexadecimal digits.
#: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
#: https://docs.gitea.com/usage/webhooks
SIGNATURES = ("X-Gitpromote-Signature", "X-Hub-Signature-256", "X-Gitea-Signature", "X-Forgejo-Signature")
#: The header that holds the secret itself.
#: https://docs.gitlab.com/user/project/integrations/webhooks/
TOKEN = "X-Gitlab-Token"


class Webhook:
    """An endpoint that rings a bell for every request that knows the secret. Use it as a context manager.

    :ivar address: host and port that it listens on
    """

    def __init__(
        self,
        address: str,
        *,
        secret: str,
        ring: Callable[[], None],
        answered: Callable[[int], None] = lambda _: None,
        largest: int = LARGEST,
        seconds: float = _SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Listen from now on.

        :param address: ``HOST:PORT``, ``[::1]:8080``; port 0 takes a free one
        :param answered: told the status of every answer, in the thread of its request
        :param largest: how many bytes a body may have
        :param seconds: how long one request may take
        :raises ConfigurationError: the secret is empty, or the address cannot be listened on
        """
        guard = _Guard(_key(secret), ring, answered, largest, seconds, Rate(_BURST, _RATE, clock))
        self._server = _listening(address)
        self._server.guard = guard
        host, port = self._server.server_address[:2]
        self.address = (str(host), int(port))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="webhook", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening. Requests that are under way are not waited for."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Rate:
    """A bucket of permissions that fills again with time; for any thread."""

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float]) -> None:
        self._most, self._per_second, self._clock = burst, per_second, clock
        self._left, self._seen = float(burst), clock()
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether one more may come now; it takes the permission."""
        with self._lock:
            now = self._clock()
            self._left = min(self._most, self._left + max(0.0, now - self._seen) * self._per_second)
            self._seen = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


class _Guard:
    """What every request is held against."""

    def __init__(
        self,
        key: bytes,
        ring: Callable[[], None],
        answered: Callable[[int], None],
        largest: int,
        seconds: float,
        rate: Rate,
    ) -> None:
        self.key, self.ring, self.answered = key, ring, answered
        self.largest, self.seconds, self.rate = largest, seconds, rate

    def knows_secret(self, headers: Message, digest: str) -> bool:
        """Whether any of the headers proves it. Each is compared, in a time that does not tell how much is right."""
        given = [_hexadecimal(headers.get(name)) for name in SIGNATURES]
        signed = [hmac.compare_digest(one, digest.encode()) for one in given]
        token = (headers.get(TOKEN) or "").encode("latin-1", "replace")  # the bytes that came
        return any([*signed, hmac.compare_digest(token, self.key)])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    guard: _Guard

    def __init__(self, *args: Any, **settings: Any) -> None:
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        super().__init__(*args, **settings)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Each in a thread of its own, while there is room; who comes then is hung up on."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The whole of one request."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nobody's business."""

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which may take long."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])


class _SixServer(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "gitpromote", ""
    server: _Server

    def setup(self) -> None:
        """Read against one deadline, however slowly the bytes come."""
        super().setup()
        self.rfile = io.BufferedReader(_Until(self.connection, time.monotonic() + self.server.guard.seconds))

    def handle_expect_100(self) -> bool:
        """Whether the body may come; what is too large need not even start."""
        status = self._refusal()
        if status is not None:
            self._answer(status)
            return False
        return super().handle_expect_100()

    def do_POST(self) -> None:
        """The one thing to do here."""
        guard = self.server.guard
        status = self._refusal() or (None if guard.rate.allows() else HTTPStatus.TOO_MANY_REQUESTS)
        if status is None:
            digest = self._digest(int(self.headers["Content-Length"]))
            known = guard.knows_secret(self.headers, digest)
            status = HTTPStatus.ACCEPTED if known else HTTPStatus.UNAUTHORIZED
        if status is HTTPStatus.ACCEPTED:
            guard.ring()
        self._answer(status)

    def _refusal(self) -> HTTPStatus | None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or self.headers.get("Transfer-Encoding"):
            return HTTPStatus.LENGTH_REQUIRED
        if len(length) > 12 or int(length) > self.server.guard.largest:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return None

    def _digest(self, length: int) -> str:
        """The HMAC of the body in hexadecimal digits; nothing of the body is kept."""
        found = hmac.new(self.server.guard.key, digestmod=hashlib.sha256)
        while length > 0:
            piece = self.rfile.read1(min(length, _PIECE))
            if not piece:
                raise ConnectionError("the body ended early")
            found.update(piece)
            length -= len(piece)
        return found.hexdigest()

    def _answer(self, status: HTTPStatus) -> None:
        self.server.guard.answered(int(status))
        self.send_response(status)
        if status is HTTPStatus.TOO_MANY_REQUESTS:
            self.send_header("Retry-After", "60")
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Other methods and what is no HTTP, without a page and without a word of the request in it."""
        self.close_connection = True
        self._answer(HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name that it has above)
        """Nothing: who listens is told the status."""


class _Until(io.RawIOBase):
    """A socket that is read until a deadline, seconds of a clock that only grows."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection, self._deadline = connection, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


def _hexadecimal(given: str | None) -> bytes:
    """A signature as bytes that can be compared, without the name of its method."""
    return (given or "").strip().removeprefix("sha256=").lower().encode("utf-8", "surrogateescape")


def _key(secret: str) -> bytes:
    key = secret.strip("\r\n").encode("utf-8", "surrogateescape")
    if not key.strip():
        raise ConfigurationError(
            "The secret of the webhook is empty",
            code="webhook-secret-empty",
            detail="Without one, anybody could ring.",
            hint="Draw one, and give it to the forge as well:\n  openssl rand -hex 32",
        )
    return key


def _listening(address: str) -> _Server:
    host, port = parse_address(address)
    try:
        return (_SixServer if ":" in host else _Server)((host, port), _Handler)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            "This address cannot be listened on",
            code="listen-failed",
            detail=f"{address}: {reason}",
            hint="Name an address of this machine and a port that is free, such as 127.0.0.1:8080.",
        ) from error


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``.

    :raises UsageError: it is something else
    """
    host, colon, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    bracketed = host == f"[{bare}]"
    if colon and bare and port.isascii() and port.isdecimal() and int(port) < 65536 and bracketed == (":" in bare):
        return bare, int(port)
    raise UsageError(
        "This is no address to listen on",
        code="bad-address",
        detail=repr(text),
        hint="Write it like 127.0.0.1:8080 or [::1]:8080; 0.0.0.0:8080 is every network of this machine.",
    )
