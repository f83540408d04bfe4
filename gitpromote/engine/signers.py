"""Who is who, by the file of allowed signers: names that share a key are one person's."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

__all__ = ["is_named", "names_of"]

_PATTERN = frozenset("*?!")


def names_of(identity: str, allowed: bytes | None) -> frozenset[str]:
    """All names of a person, in small letters: the given one, and those that stand beside it with the same key.

    Patterns are nobody's name, and who is certified by the same authority is not the same person.
    """
    names = {identity.casefold()}
    lines = list(_lines(allowed or b""))
    while True:
        keys = {key for principals, key in lines if names & principals}
        found = names.union(*(principals for principals, key in lines if key in keys))
        if found == names:
            return frozenset(names)
        names = found


def is_named(identity: str, allowed: bytes) -> bool:
    """Whether the file has a key under this very name."""
    return any(identity.casefold() in principals for principals, _ in _lines(allowed))


def _lines(allowed: bytes) -> Iterator[tuple[frozenset[str], str]]:
    """The names and the key of each line that says both."""
    for line in allowed.decode("utf-8", "replace").splitlines():
        words = _words(line)
        at = next((place for place, word in enumerate(words) if place and _is_key_type(word)), None)
        if at is None or at + 1 >= len(words) or any("cert-authority" in word for word in words[1:at]):
            continue
        principals = [name for name in words[0].casefold().split(",") if name and not _PATTERN & set(name)]
        yield frozenset(principals), words[at + 1]


def _words(line: str) -> list[str]:
    if line.lstrip().startswith("#"):
        return []
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _is_key_type(word: str) -> bool:
    return word.startswith(("ssh-", "ecdsa-", "sk-"))
