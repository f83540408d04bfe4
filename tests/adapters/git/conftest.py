"""Real repositories: bare origins in a temporary folder, reached by path, file://, http:// and ssh://."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gitpromote.adapters.git.mirror import Mirror
from gitpromote.errors import GitpromoteError

WHO = ("-c", "user.name=Lea", "-c", "user.email=lea@acme.example")


def run(*args: str, cwd: Path | None = None, data: bytes = b"", check: bool = True) -> str:
    done = subprocess.run(["git", *WHO, *args], cwd=cwd, input=data, capture_output=True, check=False)
    assert not check or done.returncode == 0, (args, done.stderr.decode())
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


class Origin:
    """A bare repository that plays the remote."""

    def __init__(self, path: Path, *, object_format: str = "sha1") -> None:
        self.path = path
        run("init", "-q", "--bare", "--template=", "-b", "main", f"--object-format={object_format}", str(path))

    def git(self, *args: str, data: bytes = b"") -> str:
        return run(*args, cwd=self.path, data=data)

    def commit(
        self,
        branch: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        message: str = "change",
        parent: str | None = "",
        modes: Mapping[str, str] | None = None,
    ) -> str:
        """A commit with exactly these files on a branch; ``parent``: default the branch's head, ``None`` for none."""
        parts = [b"commit refs/heads/%b\nmark :1\n" % branch.encode()]
        parts.append(
            b"author Lea <lea@acme.example> 1763600000 +0100\ncommitter Tom <tom@acme.example> 1763600001 +0000\n"
        )
        parts.append(b"data %d\n%b\n" % (len(message.encode()), message.encode()))
        head = self.refs().get(f"refs/heads/{branch}") if parent == "" else parent
        parts.append(b"from %b\n" % head.encode() if head else b"")
        parts.append(b"deleteall\n")
        for path, text in (files or {}).items():
            content = text.encode() if isinstance(text, str) else text
            mode = (modes or {}).get(path, "100644")
            parts.append(b'M %b inline "%b"\ndata %d\n%b\n' % (mode.encode(), path.encode(), len(content), content))
        if parent is None:
            parts.insert(0, b"reset refs/heads/%b\n\n" % branch.encode())
        return self.git("fast-import", "--quiet", "--force", data=b"".join([*parts, b"get-mark :1\n"]))

    def refs(self) -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.rsplit(" ", 1) for line in lines)

    def show(self, name: str) -> bytes:
        return subprocess.run(["git", "cat-file", "-p", name], cwd=self.path, capture_output=True, check=True).stdout

    def hook(self, name: str, script: str) -> None:
        file = self.path / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/sh\n" + script)
        file.chmod(0o755)


@pytest.fixture(autouse=True)
def alone(only_our_settings: Path) -> None:
    """No setting of whoever runs the tests."""


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "origin.git")


@pytest.fixture
def new_origin(tmp_path: Path) -> Callable[..., Origin]:
    return lambda name="other.git", **words: Origin(tmp_path / name, **words)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def mirror(origin: Origin, cache: Path) -> Mirror:
    return Mirror.open(str(origin.path), cache_dir=cache)


@pytest.fixture
def git() -> Callable[..., str]:
    return run


class GitServer:
    """``git http-backend`` over HTTP, with a password if one is set."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.password: str | None = None
        self.requests: list[str] = []
        self.authorizations: list[str | None] = []
        self.status: int | None = None
        self.redirect: str | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def url(self, name: str, user: str = "") -> str:
        return f"http://{user and user + '@'}127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def is_allowed(self, header: str | None) -> bool:
        wanted = "Basic " + base64.b64encode(f"ci:{self.password}".encode()).decode()
        return self.password is None or (header or "").lower() == wanted.lower()

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the handler below
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self._body())

            def log_message(self, *_: object) -> None:
                pass

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                return body

            def _answer(self, body: bytes) -> None:
                server.requests.append(f"{self.command} {self.path}")
                server.authorizations.append(self.headers.get("Authorization"))
                if server.redirect:
                    return self._send_on(server.redirect)
                if server.status:
                    return self._refuse(server.status)
                if not server.is_allowed(self.headers.get("Authorization")):
                    return self._refuse(401)
                return self._run(body)

            def _send_on(self, base: str) -> None:
                self.send_response(302)
                self.send_header("Location", base.rstrip("/") + self.path)
                self.end_headers()

            def _refuse(self, status: int) -> None:
                self.send_response(status)
                if status == 401:
                    self.send_header("WWW-Authenticate", 'Basic realm="test"')
                self.end_headers()

            def _run(self, body: bytes) -> None:
                path, _, query = self.path.partition("?")
                names = {"REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query}
                names |= {"GIT_PROJECT_ROOT": str(server.root), "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "ci"}
                names |= {"CONTENT_TYPE": self.headers.get("Content-Type", ""), "REMOTE_ADDR": "127.0.0.1"}
                names |= {"HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", "")}
                names |= {"GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "CONTENT_LENGTH": str(len(body))}
                done = subprocess.run(
                    ["git", "http-backend"], input=body, capture_output=True, env=os.environ | names, check=False
                )
                head, _, content = done.stdout.partition(b"\r\n\r\n")
                lines = [line.decode().partition(": ")[::2] for line in head.split(b"\r\n") if line]
                status = dict(lines).get("Status", "200 OK")
                self.send_response(int(status.split()[0]))
                for key, value in lines:
                    if key != "Status":
                        self.send_header(key, value)
                self.end_headers()
                self.wfile.write(content)

        return Handler


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[[], GitServer]]:
    started: list[GitServer] = []

    def start() -> GitServer:
        started.append(GitServer(tmp_path))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(new_server: Callable[[], GitServer]) -> GitServer:
    return new_server()


@pytest.fixture
def http_origin(origin: Origin) -> Origin:
    """The origin as forges have it: pushes and partial fetches are allowed."""
    origin.git("config", "http.receivepack", "true")
    origin.git("config", "uploadpack.allowFilter", "true")
    return origin


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for ssh that runs the command here; the log has what it was called with."""
    log = tmp_path / "ssh.log"
    script = tmp_path / "ssh-here"
    script.write_text(f'#!/bin/sh\necho "$@" >> {log}\nfor word; do last=$word; done\nexec sh -c "$last"\n')
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
    return log


@pytest.fixture
def in_threads() -> Callable[[Sequence[Callable[[], object]]], list[object]]:
    """Call all of these at the same moment and give what they return or raise."""

    def call(jobs: Sequence[Callable[[], object]]) -> list[object]:
        gate = threading.Barrier(len(jobs))
        found: list[object] = [None] * len(jobs)

        def work(at: int) -> None:
            gate.wait()
            try:
                found[at] = jobs[at]()
            except GitpromoteError as error:
                found[at] = error

        threads = [threading.Thread(target=work, args=(at,)) for at in range(len(jobs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    return call
