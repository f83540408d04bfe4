"""One bare mirror per repository, shared by every pipeline and process of a user.

What callers are told comes from a snapshot of the remote's refs. A fetch lists them first, and asks for objects only
where something differs. Locks are held only while refs are written; reading, committing and pushing go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gitpromote.adapters.git import housekeeping
from gitpromote.adapters.git.cachefolder import private_folder
from gitpromote.adapters.git.fetching import bring, drop_refs, is_current
from gitpromote.adapters.git.filelock import locked
from gitpromote.adapters.git.process import TRANSPORT_TIMEOUT
from gitpromote.adapters.git.remote import Remote
from gitpromote.adapters.git.snapshot import Snapshot, check_patterns, covered, read_snapshot, write_snapshot
from gitpromote.adapters.git.store import Store
from gitpromote.adapters.git.url import absolute, check_url, mirror_name

_NOTE_TIMEOUT = 2.0  # seconds; whoever fetches for longer will see the pushed refs anyway


class Mirror(Store):
    """A repository's mirror. Making this value costs nothing: the first :meth:`fetch` makes the folder."""

    @classmethod
    def open(
        cls,
        url: str,
        *,
        cache_dir: Path,
        config: Sequence[tuple[str, str]] = (),
        env: Mapping[str, str] | None = None,
        timeout: float = TRANSPORT_TIMEOUT,
        slow: Callable[[str], None] | None = None,
    ) -> Mirror:
        """The mirror of this repository, whose folder may not exist yet.

        :param url: anything that git understands; a relative path counts from the working directory
        :param cache_dir: see :func:`~gitpromote.adapters.git.cachefolder.cache_root`
        :param config: settings that reach the remote, see ``WorkRepository.transport``
        :param env: the environment that git starts from; default: this process's
        :param timeout: seconds for one command that talks to the remote, and to wait for another process's fetch
        :param slow: told which program is asked for a login and takes long
        :raises ConfigurationError: the URL is empty or has a control character (``repository-url-invalid``)
        :raises CacheFailed: the cache cannot be made
        """
        check_url(url)
        found = absolute(url, base=Path.cwd())
        path = cache_dir.absolute() / "mirrors" / mirror_name(found)
        if not path.is_dir():
            private_folder(private_folder(cache_dir.absolute()) / "mirrors")
        return cls(Remote(url=found, config=tuple(config), env=env, timeout=timeout, slow=slow), path=path)

    def __repr__(self) -> str:
        return f"Mirror({self.remote.label!r})"

    def fetch(self, patterns: Sequence[str]) -> dict[str, str]:
        """The remote's refs that the patterns name, as the remote says now; all their commits and trees are here.

        A pattern is a full ref name, one with one ``*``, or ``HEAD`` (then :meth:`default_branch` is fresh too). Refs
        that were forced are followed, deleted ones forgotten.

        :returns: full ref name to id, sorted by name
        :raises RemoteFailed: the remote is unreachable, or no repository
        :raises AccessDenied: it wants other credentials
        :raises CacheFailed: the cache cannot be written
        :raises Contention: another process fetches for too long
        """
        check_patterns(patterns)
        listing = self.remote.listing(patterns)
        if not is_current(read_snapshot(self.path), listing, patterns):
            with self._writing():
                listing = bring(self, listing, patterns)
        return covered(patterns, listing.refs)

    def known_refs(self, patterns: Sequence[str] = ("refs/*",)) -> dict[str, str]:
        """The refs as last fetched, without asking the remote; empty where nothing was fetched yet."""
        check_patterns(patterns)
        snapshot = read_snapshot(self.path)
        return covered(patterns, snapshot.refs) if snapshot else {}

    def default_branch(self, *, fresh: bool = False) -> str | None:
        """The full name of the ref that the remote's ``HEAD`` names, as last asked for.

        :param fresh: ask now, which lists all refs of the remote
        """
        snapshot = read_snapshot(self.path)
        if fresh or snapshot is None or snapshot.head is None:
            snapshot = self._fetched_head()
        return snapshot.head

    @property
    def object_format(self) -> str:
        """``sha1`` or ``sha256``: what the remote uses."""
        return (read_snapshot(self.path) or self._fetched_head()).object_format

    def note_pushed(self, changes: Mapping[str, str | None]) -> None:
        """Take over what a push of ours made of the remote's refs, so that the next fetch finds nothing new.

        :param changes: full ref name to its new id, or ``None`` where it was deleted
        """
        with self._writing(timeout=_NOTE_TIMEOUT):
            snapshot = read_snapshot(self.path)
            if snapshot is not None and changes:
                # A copy of a deleted ref could be in the way of a new name; new copies can wait for the next fetch.
                drop_refs(self, (ref for ref, oid in changes.items() if oid is None))
                refs = {ref: oid for ref, oid in {**snapshot.refs, **changes}.items() if oid is not None}
                write_snapshot(self.path, replace(snapshot, refs=refs))

    def _fetched_head(self) -> Snapshot:
        self.fetch(["HEAD"])
        return read_snapshot(self.path) or Snapshot(object_format="sha1")

    @contextmanager
    def _writing(self, *, timeout: float | None = None) -> Iterator[None]:
        lock = self.path.with_name(self.path.name + ".lock")
        with locked(lock, timeout=self.remote.timeout if timeout is None else timeout) as left_over:
            if left_over:
                housekeeping.tidy(self.path)
            yield
