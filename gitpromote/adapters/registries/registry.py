"""The registries of the world, as the engine asks for them."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from gitpromote.adapters.http import Http
from gitpromote.adapters.registries.address import index_address, repository_address
from gitpromote.adapters.registries.chart_index import chart_missing, read_index
from gitpromote.adapters.registries.credential_helper import ask_helper
from gitpromote.adapters.registries.docker_config import DockerCredentials
from gitpromote.adapters.registries.kept import Kept
from gitpromote.adapters.registries.oci import OciReader, tag_key
from gitpromote.adapters.registries.session import Session
from gitpromote.adapters.registries.tag_list import read_tags
from gitpromote.errors import ConfigurationError, GitpromoteError
from gitpromote.model.candidate import ChartFacts, ImageFacts
from gitpromote.ports import Clock, SignatureBlob

if TYPE_CHECKING:
    from gitpromote.adapters.registries.chart_source import ChartSource

T = TypeVar("T")


class HttpRegistry:
    """A :class:`~gitpromote.ports.Registry` over HTTP. Safe to share between threads. Get one with :meth:`open`.

    Errors of its methods: ``AccessDenied`` (``registry-access-denied``, ``registry-realm-unsafe``), ``RemoteFailed``
    (``registry-…``, ``remote-…``) and ``ConfigurationError`` (``registry-address-invalid``).
    """

    def __init__(self, http: Http, *, credentials: DockerCredentials, kept: Kept, archives: Path, clock: Clock) -> None:
        self._http, self._credentials, self._kept, self._clock = http, credentials, kept, clock
        self._archives = archives
        self._charts: ChartSource | None = None
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        cache_dir: Path,
        *,
        clock: Clock,
        env: Mapping[str, str] | None = None,
        slow: Callable[[str], None] = lambda _: None,
    ) -> HttpRegistry:
        """Registries as the environment knows them. Nothing is asked yet.

        :param cache_dir: where ``registries`` is, the folder of what is kept
        :param env: default: the environment of this process
        :param slow: told which credential helper takes long
        """
        credentials = DockerCredentials(os.environ if env is None else env, run=partial(ask_helper, slow=slow))
        http = Http(clock=clock)
        kept = Kept.open(cache_dir / "registries")
        kept.prune_daily()
        registry = cls(http, credentials=credentials, kept=kept, archives=cache_dir / "charts", clock=clock)
        # A Project is let go of without a word: with its registry its connections end, in a loop round by round.
        weakref.finalize(registry, http.close).atexit = False
        return registry

    def close(self) -> None:
        """End all connections; it may be asked again."""
        self._http.close()

    def tags(self, repository: str) -> tuple[str, ...]:
        """All tags of an image's repository, or of a chart's behind ``oci://``, as the registry orders them."""
        address = repository_address(repository)
        return read_tags(self._session(address.host, address.base), address, self._kept.repository(str(address)))

    def image(self, repository: str, tag: str, *, platform: str | None = None, fresh: bool = True) -> ImageFacts:
        """What a tag names. Where an index lacks the platform, its platforms are told, and neither time nor labels.

        :param fresh: what it names now; otherwise what it named when it was first seen, if that is known
        """
        digest, known = self._reader(repository).image(tag, platform=platform, fresh=fresh)
        return ImageFacts(
            repository=repository,
            tag=tag,
            digest=digest,
            created=known.created,
            labels=known.labels,
            platforms=known.platforms,
        )

    def seen(self, repository: str, tag: str) -> str | None:
        """The digest that a tag had when it was last asked for; ``None``: it never was. Nothing is asked."""
        digest: str | None = self._kept.repository(str(repository_address(repository))).get(tag_key(tag))
        return digest

    def charts(self, repository: str, *, name: str | None) -> tuple[ChartFacts, ...]:
        """Every version of a chart that the index of a chart repository lists, in its order."""
        url = index_address(repository)
        if not name:
            raise ConfigurationError(
                "A chart repository holds many charts",
                code="registry-chart-unnamed",
                detail=f"{repository} was asked for none of them",
                hint='Write name="…".',
            )
        found = read_index(self._server(url), url, self._kept.repository(url))
        if name not in found:
            raise chart_missing(url, name, found)
        address = f"{repository.rstrip('/')}/{name}"
        return tuple(
            ChartFacts(repository=address, version=version, app_version=app, digest=digest, created=created)
            for version, app, digest, created, _ in found[name]
        )

    def chart(self, repository: str, version: str, *, fresh: bool = True) -> ChartFacts:
        """One version of a chart behind ``oci://``; ``+`` of a version is ``_`` in its tag.

        :param fresh: as for :meth:`image`
        """
        digest, known = self._reader(repository).chart(version, fresh=fresh)
        app = known.labels.get("appVersion", "")
        return ChartFacts(repository=repository, version=version, app_version=app, digest=digest, created=known.created)

    def archive(self, address: str, version: str, *, digest: str | None = None) -> bytes:
        """The archive of one version of a chart, proven by its digest; asked for once, then it is kept.

        :raises SourceInvalid: it is no chart of this name and version, or unpacks to too much
        """
        with self._lock:
            if self._charts is None:
                from gitpromote.adapters.registries.chart_source import ChartSource  # few charts are fetched

                self._charts = ChartSource(
                    self._reader, self._server, kept=self._kept, archives=self._archives, clock=self._clock
                )
        return self._charts.archive(address, version, digest=digest)

    def signatures(self, repository: str, digest: str) -> list[SignatureBlob]:
        """Everything that is stored beside an image as its signature; nothing is verified."""
        from gitpromote.adapters.registries.signatures import SignatureReader

        address = repository_address(repository)
        return SignatureReader(self._session(address.host, address.base), address).of(digest)

    def together(self, questions: Sequence[Callable[[], T]]) -> list[T | GitpromoteError]:
        """Ask many questions at once, each a call of the methods here; a failure stands in its place.

        Questions may ask questions together themselves. On ``KeyboardInterrupt`` nothing new is asked.
        """
        workers = min(self._http.connections, len(questions))
        if workers <= 1:
            return [_outcome(question) for question in questions]
        pool = ThreadPoolExecutor(workers, thread_name_prefix="gitpromote-registry")
        try:
            return list(pool.map(_outcome, questions))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _reader(self, repository: str) -> OciReader:
        address = repository_address(repository)
        return OciReader(self._session(address.host, address.base), address, self._kept.repository(str(address)))

    def _server(self, url: str) -> Session:
        """Questions to where a URL leads."""
        parts = urlsplit(url)
        return self._session(parts.netloc.lower(), f"{parts.scheme}://{parts.netloc}")

    def _session(self, host: str, base: str) -> Session:
        with self._lock:
            found = self._sessions.get(base)
            if found is None:
                found = self._sessions[base] = Session(
                    self._http,
                    host=host,
                    base=base,
                    credentials=self._credentials,
                    clock=self._clock,
                    kept=self._kept.repository(f"the way into {base}"),
                )
            return found


def _outcome(question: Callable[[], T]) -> T | GitpromoteError:
    try:
        return question()
    except GitpromoteError as error:
        return error
