"""A remote repository as git reaches it: its refs, and commands that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from gitpromote.adapters.git.failures import git_failure
from gitpromote.adapters.git.process import TRANSPORT_TIMEOUT, Completed, call_git
from gitpromote.adapters.git.url import Login, is_local, masked, without_login

NAME = "gitpromote-remote"
"""What the remote is called on command lines."""

FETCH = ("fetch", "--quiet", "--stdin", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=")
"""A fetch that brings what its standard input names, and nothing that a setting adds."""

_NARROW = {"refs/heads/": "--heads", "refs/tags/": "--tags"}


class Listing(NamedTuple):
    """What a remote says of its refs.

    :ivar refs: full ref name to id, whether asked for or not, within ``scope``
    :ivar head: the ref that ``HEAD`` names; ``None`` where it names none, or ``asked_head`` is false
    :ivar scope: prefixes; whatever starts with one and is not in ``refs`` does not exist
    """

    refs: Mapping[str, str]
    scope: tuple[str, ...]
    head: str | None = None
    asked_head: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where a repository is, and how git gets there.

    :ivar url: as git understands it; a path is absolute
    :ivar config: further settings for commands that talk to it, e.g. the credentials of a CI checkout
    :ivar env: the environment that git starts from; default: this process's
    :ivar timeout: seconds for one command
    :ivar slow: told which program is asked for a login and takes long
    """

    url: str
    config: tuple[tuple[str, str], ...] = ()
    env: Mapping[str, str] | None = field(default=None, repr=False)
    timeout: float = TRANSPORT_TIMEOUT
    slow: Callable[[str], None] | None = field(default=None, repr=False, compare=False)

    @property
    def label(self) -> str:
        """The URL as it may be shown."""
        return masked(self.url)

    @property
    def is_partial(self) -> bool:
        """Whether files are fetched only when they are read. On this machine that would save nothing."""
        return not is_local(self.url)

    def call(self, args: Sequence[str], *, git_dir: Path | None = None, data: bytes = b"") -> Completed:
        """Run a git command that may talk to the remote, under its name :data:`NAME`."""
        url, login = without_login(self.url)
        settings = [*self.config, (f"remote.{NAME}.url", url), *_helper(login)]
        if self.is_partial and git_dir is not None:
            # Set here and not in the mirror: a command without them never fetches object by object behind our back.
            settings += [(f"remote.{NAME}.promisor", "true"), (f"remote.{NAME}.partialclonefilter", "blob:none")]
        return call_git(
            args,
            git_dir=git_dir,
            data=data,
            env=self.env,
            config=settings,
            extra=_variables(login),
            timeout=self.timeout,
            slow=None if is_local(self.url) else self.slow,
        )

    def listing(self, patterns: Sequence[str]) -> Listing:
        """The remote's refs now. One process; servers send no more than branches or tags where no more is asked.

        :raises RemoteFailed: it is unreachable, or no repository
        :raises AccessDenied: it wants other credentials
        """
        narrow = {prefix: flag for prefix, flag in _NARROW.items() if any(p.startswith(prefix) for p in patterns)}
        whole = not patterns or not all(pattern.startswith(tuple(_NARROW)) for pattern in patterns)
        flags = ["--symref"] if whole else [*narrow.values()]
        completed = self.call(["ls-remote", "--quiet", *flags, NAME])
        if completed.status != 0:
            raise git_failure(completed, doing="read the refs of", where=self.url)
        return _listing(completed.output, scope=("refs/",) if whole else tuple(narrow), whole=whole)

    def local_path(self) -> Path | None:
        """The repository's folder where it is on this machine."""
        return Path(self.url.removeprefix("file://")) if is_local(self.url) else None


# Git hands a URL to its HTTP program as an argument. So a login in it takes the way that other credentials take.
_ANSWER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$GITPROMOTE_USER" "$GITPROMOTE_PASSWORD"; }; f'
)


def _helper(login: Login | None) -> list[tuple[str, str]]:
    if login is None:
        return []
    if login.password is None:  # the user's own helpers know it
        return [(f"credential.{login.base}.username", login.user)]
    key = f"credential.{login.base}.helper"
    return [(key, ""), (key, _ANSWER)]  # an empty one: nobody else is asked


def _variables(login: Login | None) -> dict[str, str]:
    if login is None or login.password is None:
        return {}
    return {"GITPROMOTE_USER": login.user, "GITPROMOTE_PASSWORD": login.password}


def _listing(output: bytes, *, scope: tuple[str, ...], whole: bool) -> Listing:
    refs = {}
    head = None
    for line in output.decode("utf-8", "surrogateescape").split("\n"):
        what, _, ref = line.partition("\t")
        if ref == "HEAD" and what.startswith("ref: "):
            head = what.removeprefix("ref: ")
        elif ref.startswith("refs/") and not ref.endswith("^{}") and not what.startswith("ref: "):
            refs[ref] = what
    return Listing(refs=refs, scope=scope, head=head, asked_head=whole)
