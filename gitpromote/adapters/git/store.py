"""A bare repository in the cache, and git commands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gitpromote.adapters.git.failures import git_failure
from gitpromote.adapters.git.housekeeping import remove_abandoned
from gitpromote.adapters.git.process import Completed, call_git, feed_git
from gitpromote.adapters.git.remote import FETCH, NAME, Remote
from gitpromote.adapters.git.snapshot import forget_snapshot
from gitpromote.errors import GitpromoteError
from gitpromote.model.words import count


class Store:
    """Objects of a repository, ours and fetched ones.

    :ivar path: the folder, a bare repository
    :ivar remote: where it fetches from and pushes to
    """

    def __init__(self, remote: Remote, *, path: Path) -> None:
        self.remote = remote
        self.path = path

    def git(self, args: Sequence[str], *, data: bytes = b"", doing: str = "read the mirror of") -> bytes:
        """Run a git command in the mirror and give its output; it never talks to the remote."""
        completed = self.call(args, data=data)
        if completed.status != 0:
            raise self.failure(completed, doing=doing)
        return completed.output

    def call(self, args: Sequence[str], *, data: bytes = b"") -> Completed:
        """Run a git command in the mirror and say how it ended."""
        return call_git(args, git_dir=self.path, data=data, env=self.remote.env)

    def feed(self, args: Sequence[str], pieces: Iterable[bytes], last: Callable[[], bytes]) -> Completed:
        """Run a git command in the mirror on what is still being made; see :func:`feed_git`."""
        return feed_git(args, pieces, last, git_dir=self.path, env=self.remote.env)

    def call_remote(self, args: Sequence[str], *, data: bytes = b"") -> Completed:
        """Run a git command that may talk to the remote, whose name is :data:`~gitpromote.adapters.git.remote.NAME`."""
        return self.remote.call(args, git_dir=self.path, data=data)

    def failure(self, completed: Completed, *, doing: str) -> GitpromoteError:
        """The error for a command that failed. Where the mirror is damaged, it will be made anew."""
        error = git_failure(completed, doing=doing, where=self.remote.url, disk=self.path)
        if error.code == "mirror-damaged":
            self.distrust()
        if error.code == "disk-full":
            # A half-written pack would keep it full. Whoever else is writing one now fails as we did.
            remove_abandoned(self.path, age=0)
        return error

    def distrust(self) -> None:
        """Have the next fetch make the mirror anew: something that must be here is not, or cannot be read."""
        forget_snapshot(self.path)

    def has(self, oids: Iterable[str]) -> set[str]:
        """Those of the ids whose objects are here."""
        asked = sorted(set(oids))
        output = self.git(["cat-file", "--batch-check"], data="\n".join([*asked, ""]).encode()) if asked else b""
        return {words[0].decode() for line in output.splitlines() if len(words := line.split(b" ")) == 3}

    def fetch_commit(self, commit: str) -> None:
        """Have this commit with all that it contains, by its full id, whether a ref leads to it or not.

        :raises RemoteFailed: the remote does not have it or does not hand it out (``object-not-available``)
        """
        if commit not in self.has([commit]):
            self._fetch_objects([], [commit], doing=f"fetch commit {commit} from")

    def fetch_blobs(self, oids: Iterable[str]) -> None:
        """Have the content of these files, by one request for all that are missing."""
        asked = set(oids)
        missing = sorted(asked - self.has(asked)) if self.remote.is_partial else []
        if missing:
            # Saying what we have would cost more than it saves: files come one by one anyway.
            skip = ["-c", "fetch.negotiationAlgorithm=noop"]
            self._fetch_objects(skip, missing, doing=f"fetch {count(len(missing), 'file')} from")

    def _fetch_objects(self, settings: Sequence[str], oids: Sequence[str], *, doing: str) -> None:
        completed = self.call_remote([*settings, *FETCH, NAME], data="\n".join([*oids, ""]).encode())
        if completed.status != 0:
            raise self.failure(completed, doing=doing)
