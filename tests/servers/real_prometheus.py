"""A real Prometheus: Debian's, on a port of this machine, scraping a page of numbers that a test sets."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

# Read at once: the tests take every variable of gitpromote's away before they begin.
_NAMED = os.environ.get("GITPROMOTE_TEST_PROMETHEUS")
_LACKS = "there is no prometheus: export GITPROMOTE_TEST_PROMETHEUS=$(.ci/tools.sh FOLDER prometheus)"


def required() -> str:
    """The program; a test that needs it is skipped where there is none, but not in CI."""
    found = _NAMED or shutil.which("prometheus")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(_LACKS)
    if found is None:
        pytest.skip(_LACKS)
    return found


class RealPrometheus:
    """A running server.

    :ivar url: ``http://127.0.0.1:41234``
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def has(self, query: str) -> bool:
        """Whether a query gives anything now."""
        # In whole seconds, as gates ask: what was scraped since the last one does not count yet.
        asked = urllib.parse.urlencode({"query": query, "time": int(time.time())})
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{asked}", timeout=5) as answer:
            return bool(json.load(answer)["data"]["result"])


@contextmanager
def running(folder: Path, samples: Mapping[str, str], *, until: str) -> Iterator[RealPrometheus]:
    """A Prometheus that scrapes these samples five times a second.

    :param samples: series to value, as its text format has them
    :param until: a query that has an answer once enough was scraped
    """
    path = required()
    folder.mkdir(parents=True, exist_ok=True)
    with _page(samples) as target:
        for _ in range(5):
            port = _free_port()
            process = _started(path, folder, port, target)
            server = RealPrometheus(f"http://127.0.0.1:{port}")
            if _answers(server, process, until):
                break
            process.kill()
            process.wait()
        else:
            raise AssertionError((folder / "log").read_text())
        try:
            yield server
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def _page(samples: Mapping[str, str]) -> Iterator[str]:
    text = "".join(f"{series} {value}\n" for series, value in samples.items()).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/plain; version=0.0.4")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _started(path: str, folder: Path, port: int, target: str) -> subprocess.Popen[bytes]:
    job = {"job_name": "shop", "static_configs": [{"targets": [target]}]}
    config = {"global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"}, "scrape_configs": [job]}
    file = folder / "prometheus.yml"
    file.write_text(json.dumps(config))  # JSON is YAML
    words = [path, f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}", "--log.level=error"]
    words += [f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(words, stdout=log, stderr=log, cwd=folder, env={"PATH": os.environ["PATH"]})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(server: RealPrometheus, process: subprocess.Popen[bytes], until: str) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        try:
            if server.has(until):
                return True
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass
        time.sleep(0.05)
    return False
