"""Servers that misbehave in the way that a test wants: threads of the test, on a port of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """A request as it came in; header names are in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Said(NamedTuple):
    """An answer. A body that is callable writes to the connection itself."""

    status: int = 200
    body: bytes | Callable[[Any], None] = b""
    headers: Mapping[str, str] = {}


def said(data: Any, *, status: int = 200, **headers: str) -> Said:
    """JSON; ``retry_after="3"`` is the header ``retry-after``."""
    return Said(status, json.dumps(data).encode(), {name.replace("_", "-"): value for name, value in headers.items()})


Behaviour = Callable[[Asked], Said]


class OddServer:
    """A server that answers by a function, and remembers what it was asked.

    :ivar behaviour: may be changed while it runs
    """

    def __init__(self, behaviour: Behaviour, *, host: str = "127.0.0.1") -> None:
        self.behaviour = behaviour
        self.asked: list[Asked] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # headers and body go out together

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, body)
                owner.asked.append(asked)
                said = owner.behaviour(asked)
                if callable(said.body):
                    said.body(self)
                    self.close_connection = True
                    return
                self.send_response(said.status)
                for name, value in {"content-length": str(len(said.body)), **said.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(said.body)

            do_GET = do_HEAD = do_POST = _answer  # noqa: N815

            def log_message(self, *words: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self._server = Server((host, 0), Handler)
        self.port = self._server.server_address[1]
        self.host = f"{host}:{self.port}"
        self.url = f"http://{self.host}"

    @property
    def lines(self) -> list[str]:
        """Method and path of each request."""
        return [f"{asked.method} {asked.path}" for asked in self.asked]


@contextmanager
def serving(behaviour: Behaviour, *, host: str = "127.0.0.1") -> Iterator[OddServer]:
    server = OddServer(behaviour, host=host)
    thread = threading.Thread(target=server._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server._server.shutdown()
        server._server.server_close()
        thread.join(5)
