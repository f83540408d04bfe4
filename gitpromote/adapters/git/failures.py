"""What a git process that failed means for us. Status and porcelain speak first; where Git has neither, its words.

Git runs with ``LC_ALL=C``, so its words are those of its sources, and hold across its versions.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from gitpromote.adapters.git.process import LOGIN_TIMEOUT, Completed, git_version, require_version
from gitpromote.adapters.git.url import masked
from gitpromote.errors import AccessDenied, CacheFailed, GitpromoteError, RemoteFailed

_LONGEST = 2000  # characters of git's words that stand in an error


class _Meaning(NamedTuple):
    error: type[GitpromoteError]
    code: str
    summary: str
    hint: str
    words: tuple[str, ...]


_AUTH_HINT = (
    "Git asks its credential helpers, GIT_ASKPASS and the SSH agent, never a terminal. This must work by itself:\n"
    "  GIT_TERMINAL_PROMPT=0 git ls-remote <url>"
)

# Reading works with these credentials as a rule: what fails is the push.
_WRITE_HINT = (
    "The remote knows who asks, and does not let them write: give them write permission there, also to protected "
    "branches, or have git log in as somebody who has it."
)

# What a remote says of itself, seen behind git's "remote:".
_REMOTE_MEANINGS = (
    _Meaning(
        RemoteFailed,
        "remote-disk-full",
        "A remote has no space left",
        "Nothing was written there. Tell who runs it.",
        ("No space left on device", "Out of diskspace", "Disk quota exceeded"),
    ),
    _Meaning(
        AccessDenied,
        "remote-not-writable",
        "A remote's own disk does not let it write",
        "Nothing was written there. Tell who runs it.",
        ("Read-only file system", "insufficient permission for adding", "unable to create temporary"),
    ),
)

# The first that occurs counts: more certain ones stand first.
_MEANINGS = (
    _Meaning(
        CacheFailed,
        "disk-full",
        "The disk of the cache is full",
        "Free space, or name another place:\n  export GITPROMOTE_CACHE_DIR=…",
        ("No space left on device", "Out of diskspace", "Disk quota exceeded"),
    ),
    _Meaning(
        CacheFailed,
        "cache-read-only",
        "The cache is on a read-only file system",
        "Name another place:\n  export GITPROMOTE_CACHE_DIR=…",
        ("Read-only file system",),
    ),
    _Meaning(
        AccessDenied,
        "repository-not-trusted",
        "Git does not trust the owner of a local repository",
        "If you do:\n  git config --global --add safe.directory <path>",
        ("dubious ownership",),
    ),
    _Meaning(
        AccessDenied,
        "remote-host-key",
        "The host key of a remote is not the known one",
        "Connect once by hand with ssh, compare the key, and keep it in known_hosts.",
        ("Host key verification failed",),
    ),
    _Meaning(
        AccessDenied,
        "remote-access-denied",
        "A remote denies access",
        _AUTH_HINT,
        (
            "Authentication failed",
            "could not read Username",
            "could not read Password",
            "Permission denied (",
            "Permission denied, please try again",
            "Access denied",
            "returned error: 401",
            "returned error: 403",
            "Too many authentication failures",
        ),
    ),
    _Meaning(
        RemoteFailed,
        "repository-not-found",
        "A repository does not exist, or is hidden from you",
        "Compare the URL; many forges say so as well where access is missing.",
        (
            "does not appear to be a git repository",
            "Repository not found",
            "could not be found or you don't have permission",
            "repository not exported",
            "returned error: 404",
            "' not found",
        ),
    ),
    _Meaning(
        RemoteFailed,
        "object-format-mismatch",
        "A remote uses another object format than its mirror",
        "Remove the mirror that is named above; it is made anew.",
        ("mismatched algorithms", "does not support this repository's hash algorithm", "mismatched object format"),
    ),
    _Meaning(
        RemoteFailed,
        "object-not-available",
        "A remote does not hand out an object by its id",
        "Give a branch or tag that contains it, or allow it there: uploadpack.allowAnySHA1InWant.",
        ("does not allow request for unadvertised object",),
    ),
    # Servers of today look through all that they have before they say so.
    _Meaning(
        RemoteFailed,
        "object-not-available",
        "A remote does not have an object",
        "Compare the id. What no branch or tag leads to is removed some day: push one that contains it.",
        ("not our ref", "remote did not send all necessary objects"),
    ),
    _Meaning(
        RemoteFailed,
        "remote-certificate",
        "The certificate of a remote is not trusted",
        "Name your own authority to git: http.sslCAInfo or GIT_SSL_CAINFO.",
        ("SSL certificate problem", "server certificate verification failed", "self-signed certificate"),
    ),
    _Meaning(
        RemoteFailed,
        "remote-unreachable",
        "A remote cannot be reached",
        "Compare the URL, the network and the proxy settings, and try again.",
        (
            "Could not resolve",
            "Failed to connect",
            "Connection refused",
            "Connection reset",
            "Connection timed out",
            "Operation timed out",
            "No route to host",
            "Network is unreachable",
            "unable to connect",
            "unable to access",
            "returned error: 5",
            "returned error: 429",
            "RPC failed",
            "early EOF",
            "hung up unexpectedly",
            "unexpected disconnect",
            "kex_exchange_identification",
            "Could not read from remote repository",
        ),
    ),
    _Meaning(
        CacheFailed,
        "cache-not-writable",
        "The cache cannot be written",
        "Name another place:\n  export GITPROMOTE_CACHE_DIR=…",
        ("insufficient permission for adding", "Permission denied"),
    ),
    _Meaning(
        CacheFailed,
        "mirror-damaged",
        "The cached copy of a repository is damaged",
        "Run the command again: the copy is made anew.",
        ("is corrupt", "bad object", "not a git repository", "unable to read tree", "packfile", "inflate:"),
    ),
)

_OS_CODES = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EROFS: "cache-read-only",
    errno.EACCES: "cache-not-writable",
    errno.EPERM: "cache-not-writable",
}

_REMOTE_LINE = re.compile(r"^remote: ?(.*?)\s*$", re.MULTILINE)


def git_failure(
    completed: Completed,
    *,
    doing: str,
    where: str,
    disk: Path | None = None,
    version: Callable[[], tuple[int, ...]] = git_version,
) -> GitpromoteError:
    """The error that a failed git process stands for; the caller raises it.

    :param doing: what was tried, for people: "read the refs of"
    :param where: the repository, as people know it
    :param disk: the folder that git wrote to; that it is full is not always what git says
    """
    require_version(version())
    detail = f"{doing} {masked(where)}\n{_quoted(completed)}".rstrip()
    if completed.silent:
        return AccessDenied(
            "A credential helper did not answer",
            code="credential-helper-silent",
            detail=f"{detail}\n  {completed.silent}, which git asked for a login, said nothing in {LOGIN_TIMEOUT:g} s",
            hint=_AUTH_HINT,
        )
    if completed.timed_out:
        hint = "Compare the network and the proxy settings, and try again."
        return RemoteFailed("A remote did not answer in time", code="remote-timeout", detail=detail, hint=hint)
    meaning = _meaning(completed.words)
    if (meaning is None or meaning.code == "mirror-damaged") and disk is not None and _is_full(disk):
        meaning = _MEANINGS[0]
        detail += "\n  No space left on device"
    if meaning is None:
        return GitpromoteError("A git command failed", code="git-failed", detail=detail)
    may_not_write = doing.startswith("push") and "returned error: 403" in completed.words
    hint = _WRITE_HINT if may_not_write and meaning.code == "remote-access-denied" else meaning.hint
    return meaning.error(meaning.summary, code=meaning.code, detail=detail, hint=hint)


def cache_failure(error: OSError, *, where: str) -> CacheFailed:
    """The error for a cache that the operating system does not let us write; the caller raises it ``from error``."""
    code = _OS_CODES.get(error.errno or 0, "cache-not-writable")
    meaning = next(meaning for meaning in _MEANINGS if meaning.code == code)
    reason = os.strerror(error.errno) if error.errno else str(error)
    return CacheFailed(meaning.summary, code=code, detail=f"{where}: {reason}", hint=meaning.hint)


def remote_words(words: str) -> str:
    """What the remote itself said, its hooks included, without git's ``remote:``."""
    return "\n".join(line for line in _REMOTE_LINE.findall(words) if line)


def _meaning(words: str) -> _Meaning | None:
    theirs = remote_words(words)
    ours = "\n".join(line for line in words.splitlines() if not line.startswith("remote:"))
    told = ((meaning, theirs) for meaning in _REMOTE_MEANINGS)
    seen = ((meaning, ours if meaning.error is CacheFailed else words) for meaning in _MEANINGS)
    return next((meaning for meaning, text in (*told, *seen) if any(word in text for word in meaning.words)), None)


def _is_full(disk: Path) -> bool:
    try:
        return os.statvfs(disk).f_bavail == 0
    except OSError:
        return False


def _quoted(completed: Completed) -> str:
    words = completed.words.strip()
    if len(words) > _LONGEST:
        words = words[:_LONGEST] + " …"
    if not words:
        words = f"ended by signal {-completed.status}" if completed.status < 0 else f"exit status {completed.status}"
    return "\n".join(f"  git: {line.rstrip()}" for line in words.splitlines() if line.strip())
