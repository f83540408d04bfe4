"""A real registry: Debian's docker-registry on a port of this machine, open, with passwords, or with tokens."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

USER, PASSWORD = "ada", "s3cret-of-ada"
HTPASSWD = "$2y$05$abcdefghijklmnopqrstuuitFbFC.tJuUuBIoKqGq8ZH9Y5KVtvNK"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


# Read at once: the tests take every variable of gitpromote's away before they begin.
_NAMED = os.environ.get("GITPROMOTE_TEST_REGISTRY")


def program() -> str | None:
    """Where the registry is, by GITPROMOTE_TEST_REGISTRY or on the PATH."""
    return _NAMED or shutil.which("docker-registry")


def required() -> str:
    """The registry; a test that needs it is skipped where there is none, but not in CI."""
    found = program()
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(
            "there is no docker-registry: export GITPROMOTE_TEST_REGISTRY=$(.ci/tools.sh FOLDER docker-registry)"
        )
    if found is None:
        pytest.skip(
            "there is no docker-registry: export GITPROMOTE_TEST_REGISTRY=$(.ci/tools.sh FOLDER docker-registry)"
        )
    return found


class RealRegistry:
    """A running registry.

    :ivar host: ``127.0.0.1:41234``
    """

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.port, self.process = folder, port, process
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"

    def asked(self) -> list[str]:
        """Method and path of every request so far."""
        time.sleep(0.02)  # the line is written after the answer
        log = (self.folder / "log").read_text()
        return [line.split('"')[1].removesuffix(" HTTP/1.1") for line in log.splitlines() if ' HTTP/1.1" ' in line]


@contextmanager
def running(folder: Path, *, auth: Mapping[str, object] | None = None) -> Iterator[RealRegistry]:
    """A registry that keeps its content below a folder."""
    path = required()
    folder.mkdir(parents=True, exist_ok=True)
    for _ in range(5):
        port = _free_port()
        process = _started(path, folder, port, auth)
        if _answers(port, process):
            break
        process.kill()
        process.wait()
    else:
        raise AssertionError((folder / "log").read_text())
    try:
        yield RealRegistry(folder, port, process)
    finally:
        process.terminate()
        process.wait(20)


def htpasswd_auth(folder: Path) -> dict[str, object]:
    """Settings for a registry that only ada may use."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "htpasswd"
    file.write_text(f"{USER}:{HTPASSWD}\n")
    return {"htpasswd": {"realm": "a test", "path": str(file)}}


def _started(path: str, folder: Path, port: int, auth: Mapping[str, object] | None) -> subprocess.Popen[bytes]:
    config = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": False}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "content")}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "not one"},
    }
    if auth:
        config["auth"] = dict(auth)
    file = folder / "config.yml"
    file.write_text(json.dumps(config))  # JSON is YAML
    with (folder / "log").open("wb") as log:
        environment = {"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"}
        return subprocess.Popen([path, "serve", str(file)], stdout=log, stderr=log, env=environment)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=5):
                return process.poll() is None
        except urllib.error.HTTPError as error:
            error.close()
            return process.poll() is None
        except OSError:
            time.sleep(0.02)
    return False
