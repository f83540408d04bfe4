"""Signatures of commits, verified by git and ssh-keygen against a file of allowed signers."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitpromote.adapters.git.process import call_git
from gitpromote.adapters.git.store import Store
from gitpromote.errors import ConfigurationError

__all__ = ["unsigned"]

#: What git says of a signature, and what that means here; ``G`` alone counts. https://git-scm.com/docs/pretty-formats
_WHY = {
    "N": "has no signature",
    "B": "has a signature that is not sound",
    "U": "is signed by somebody else",
    "E": "is signed in another way, or by somebody else",
    "X": "is signed with a signature that has expired",
    "Y": "is signed with a key that has expired",
    "R": "is signed with a key that was revoked",
}
_AT_ONCE = 500
# Keys of whoever runs this do not count, whatever their own settings trust: SSH alone, and the given file alone.
_SETTINGS = (
    ("gpg.program", "false"),
    ("gpg.openpgp.program", "false"),
    ("gpg.x509.program", "false"),
    ("gpg.ssh.program", "ssh-keygen"),
    ("gpg.ssh.revocationFile", ""),
)


def unsigned(store: Store, commits: Sequence[str], *, allowed: bytes) -> Mapping[str, str]:
    """Of these commits those without a sound SSH signature by an allowed signer, each with why not.

    :raises ConfigurationError: the signatures cannot be verified here (``verifying-failed``)
    """
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        signers = Path(folder) / "allowed"
        signers.write_bytes(allowed)
        for at in range(0, len(commits), _AT_ONCE):
            found |= _told(store, commits[at : at + _AT_ONCE], signers)
    return {commit: _WHY.get(sign, _WHY["E"]) for commit, sign in found.items() if sign != "G"}


def _told(store: Store, commits: Sequence[str], signers: Path) -> dict[str, str]:
    """Each commit with the letter that git has for its signature."""
    completed = call_git(
        ["log", "--no-walk=unsorted", "--stdin", "--format=%H %G?"],
        git_dir=store.path,
        data="".join(f"{commit}\n" for commit in commits).encode(),
        env=store.remote.env,
        config=[*_SETTINGS, ("gpg.ssh.allowedSignersFile", str(signers))],
    )
    lines = [line.split(" ") for line in completed.output.decode().splitlines()]
    told = {words[0]: words[1] if len(words) > 1 and words[1] else "E" for words in lines}
    if completed.status != 0 or set(told) != set(commits):
        raise ConfigurationError(
            "The signatures of commits cannot be verified here",
            code="verifying-failed",
            detail=completed.words.strip().partition("\n")[0],
            hint="git 2.34 or newer and OpenSSH's ssh-keygen must be on PATH.",
        )
    return told
