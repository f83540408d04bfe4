"""Charts packed, pushed and indexed by the real helm, and a repository of them served as static files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HELM = shutil.which("helm", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}") or "helm"


def helm(*words: str, home: Path) -> str:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    done = subprocess.run([HELM, *words], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def packed(folder: Path, name: str, version: str, *, app_version: str = "") -> Path:
    """A chart's archive."""
    source = folder / "source" / name
    source.mkdir(parents=True, exist_ok=True)
    app = f'appVersion: "{app_version}"\n' if app_version else ""
    (source / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n{app}")
    archives = folder / "archives"
    helm("package", str(source), "--destination", str(archives), home=folder)
    return archives / f"{name}-{version}.tgz"


def pushed(archive: Path, host: str, folder: str, *, home: Path) -> str:
    """Push an archive to an open registry of this machine; the digest that helm tells."""
    told = helm("push", str(archive), f"oci://{host}/{folder}", "--plain-http", home=home)
    return next(line.split()[1] for line in told.splitlines() if line.startswith("Digest:"))


def indexed(folder: Path, *more: str) -> Path:
    """The folder of archives with its index."""
    archives = folder / "archives"
    index = archives / "index.yaml"
    before = index.stat().st_mtime if index.exists() else 0.0
    helm("repo", "index", str(archives), *more, home=folder)
    if int(index.stat().st_mtime) <= int(before):  # servers tell of changes by the second
        os.utime(index, (before + 1, before + 1))
    return archives


@contextmanager
def static_files(folder: Path) -> Iterator[tuple[str, Sequence[tuple[str, int]]]]:
    """The URL of a server of a folder, and the paths and statuses of what it was asked."""
    asked: list[tuple[str, int]] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            asked.append((self.path, int(code)))

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
