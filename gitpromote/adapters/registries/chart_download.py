"""Archives from chart repositories: where the index says that they are, which may be any server."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from gitpromote.adapters.http import is_private_line
from gitpromote.adapters.http_question import host_of
from gitpromote.adapters.registries.address import index_address
from gitpromote.adapters.registries.chart_archive import LARGEST_PACKED
from gitpromote.adapters.registries.chart_failures import archive_unsafe, chart_changed, version_missing
from gitpromote.adapters.registries.chart_index import Row, chart_missing, read_index
from gitpromote.adapters.registries.failures import Asked, mismatch
from gitpromote.adapters.registries.kept import Kept
from gitpromote.adapters.registries.oci import OciReader
from gitpromote.adapters.registries.session import Session
from gitpromote.model.names import did_you_mean

_AS_IT_IS = {"accept-encoding": "identity"}
_REFERENCE = re.compile(r"(oci://[^@]+):([^:@/]+)(?:@.*)?")


class ChartDownload:
    """Fetches from chart repositories.

    :param reader: of a repository in a registry, since an index may lead there
    :param server: of the server where a URL leads: each is told its own login, and no other one's
    """

    def __init__(self, reader: Callable[[str], OciReader], server: Callable[[str], Session], *, kept: Kept) -> None:
        self._reader, self._server, self._kept = reader, server, kept

    def archive(self, address: str, version: str, digest: str | None) -> tuple[str, bytes]:
        """The digest of an archive, and its bytes.

        :param digest: what it was known as; ``None``: nobody knows
        """
        repository, _, name = address.rpartition("/")
        index = index_address(repository)
        row = self._listed(index, address, name, version)
        listed: str | None = row[2]
        if digest is not None and listed is not None and listed != digest and digest.startswith("sha256:"):
            raise chart_changed(address, version, known=digest, now=listed)
        doing = f"fetch {address}:{version}"
        place = _place(index, row[4])
        data = self._bytes(place, doing, address, version)
        if listed is not None and _digest(data) != listed:
            raise mismatch(Asked(doing, host_of(place)), wanted=listed, got=_digest(data))
        if digest is None:
            return listed or _digest(data), data
        got = _digest(data, digest.partition(":")[0])
        if got != digest:
            raise chart_changed(address, version, known=digest, now=got)
        return digest, data

    def _listed(self, index: str, address: str, name: str, version: str) -> Row:
        charts = read_index(self._server(index), index, self._kept.repository(index))
        if name not in charts:
            raise chart_missing(index, name, charts)
        row = next((row for row in charts[name] if row[0] == version), None)
        if row is None:
            near = did_you_mean(version, [str(row[0]) for row in charts[name]])
            raise version_missing(address, version, f"{index.partition('?')[0]} does not list it", near=near)
        if not row[4]:
            raise version_missing(address, version, f"{index.partition('?')[0]} does not say where its archive is")
        return row

    def _bytes(self, place: str, doing: str, address: str, version: str) -> bytes:
        """What is at a place that an index names."""
        reference = _REFERENCE.fullmatch(place)
        if reference is not None:
            return self._reader(reference[1]).archive(reference[2], digest=None, doing=doing, limit=LARGEST_PACKED)[1]
        if not _is_safe(place):
            raise archive_unsafe(doing, host_of(place) or "nowhere")
        parts = urlsplit(place)
        answer = self._server(place).ask(
            parts.path + (f"?{parts.query}" if parts.query else ""),
            doing=doing,
            headers=_AS_IT_IS,
            limit=LARGEST_PACKED,
            allowed=frozenset({200, 404, 410}),
        )
        if answer.status != 200:
            raise version_missing(address, version, f"{place.partition('?')[0]} is not there: {answer.status}")
        return answer.body


def _place(index: str, url: str) -> str:
    """Where an archive is. What lies beside the index is asked for with the query of the index."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url):
        return url
    found, query = urljoin(index, url), urlsplit(index).query
    return f"{found}?{query}" if query and not urlsplit(found).query else found


def _is_safe(place: str) -> bool:
    try:
        return is_private_line(place) and "@" not in urlsplit(place).netloc and urlsplit(place).port != 0
    except ValueError:
        return False


def _digest(data: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
