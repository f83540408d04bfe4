"""Archives of charts, from registries and chart repositories, proven by their digests and kept.

What a version was when it was first fetched is noted: it stays that, and is not asked for again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from gitpromote.adapters.registries.archives import Archives
from gitpromote.adapters.registries.chart_archive import LARGEST_PACKED, check_archive
from gitpromote.adapters.registries.chart_download import ChartDownload
from gitpromote.adapters.registries.chart_failures import chart_changed, version_missing
from gitpromote.adapters.registries.kept import Kept
from gitpromote.adapters.registries.oci import OciReader
from gitpromote.adapters.registries.session import Session
from gitpromote.errors import GitpromoteError, RemoteFailed
from gitpromote.ports import Clock

_SILENT = 30  # seconds for which a failure stands: a thousand environments ask one after the other


class ChartSource:
    """Fetches archives. Safe to share between threads.

    :param reader: of a repository in a registry
    :param server: of the server where a URL leads
    :param archives: the folder where they are kept
    """

    def __init__(
        self,
        reader: Callable[[str], OciReader],
        server: Callable[[str], Session],
        *,
        kept: Kept,
        archives: Path,
        clock: Clock,
    ) -> None:
        self._reader, self._kept, self._clock = reader, kept, clock
        self._download = ChartDownload(reader, server, kept=kept)
        self._archives = Archives(archives)
        self._failed: dict[tuple[str, str, str | None], tuple[int, GitpromoteError]] = {}
        self._lock = threading.Lock()

    def archive(self, address: str, version: str, *, digest: str | None) -> bytes:
        """The archive of one version of a chart: the kept one, or a new one."""
        notes = self._kept.repository(f"archives of {address}")
        wanted = digest or notes.get(version)
        # Kept as this version of this chart: under another name the same bytes have not been looked into.
        data = self._archives.get(f"{address}:{version}@{wanted}") if wanted is not None else None
        if data is None:
            found, data = self._once(address, version, wanted)
            self._archives.put(f"{address}:{version}@{found}", data)
            if wanted is None:
                notes.put(version, found)  # its source said so, and nobody else
        return data

    def _once(self, address: str, version: str, digest: str | None) -> tuple[str, bytes]:
        """Fetch it, unless that failed a moment ago."""
        key = (address, version, digest)
        with self._lock:
            at, error = self._failed.get(key, (0, None))
        if error is not None and self._clock.now() - at < _SILENT:
            raise error
        try:
            return self._fetched(address, version, digest)
        except GitpromoteError as failure:
            with self._lock:
                self._failed[key] = (self._clock.now(), failure)
            raise

    def _fetched(self, address: str, version: str, digest: str | None) -> tuple[str, bytes]:
        fetch = self._from_registry if address.startswith("oci://") else self._download.archive
        found, data = fetch(address, version, digest)
        check_archive(data, name=address.rpartition("/")[2], version=version, told=f"{address}:{version}")
        return found, data

    def _from_registry(self, address: str, version: str, digest: str | None) -> tuple[str, bytes]:
        reader = self._reader(address)
        try:
            return reader.archive(version, digest=digest, doing=f"fetch {address}:{version}", limit=LARGEST_PACKED)
        except RemoteFailed as error:
            if error.code != "registry-tag-not-found":
                raise
            now = _digest_now(reader, version) if digest is not None else None
            if digest is not None and now is not None and now != digest:
                raise chart_changed(address, version, known=digest, now=now) from error
            raise version_missing(address, version, error.detail.rpartition("\n")[2].strip()) from error


def _digest_now(reader: OciReader, version: str) -> str | None:
    """What a version is after what it was is gone; ``None``: nobody can tell."""
    try:
        return reader.chart(version, fresh=True)[0]
    except GitpromoteError:
        return None
