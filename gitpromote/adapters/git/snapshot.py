"""What a mirror knows of its remote's refs, in one small file: read in a millisecond, replaced as a whole.

It is written after the objects have arrived, so that every id in it can be read. It is also the mark of a finished
mirror: one without it is made anew.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitpromote.adapters.git.failures import cache_failure
from gitpromote.errors import ConfigurationError

_TITLE = "gitpromote-mirror 1"
_NAME = "gitpromote-refs"
# git check-ref-format, as far as a name could mean something else in a refspec.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f:^~?\[\\]|\.\.|@\{|//|/$|\.lock(/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The remote's refs as last seen.

    :ivar object_format: ``sha1`` or ``sha256``
    :ivar head: the ref that the remote's ``HEAD`` names, as last asked
    :ivar refs: full ref name to the id that it names; an annotated tag's is the tag object's
    """

    object_format: str
    head: str | None = None
    refs: Mapping[str, str] = field(default_factory=dict)


def read_snapshot(mirror: Path) -> Snapshot | None:
    """The snapshot of a finished mirror; ``None`` where there is none, or it is not whole."""
    try:
        text = (mirror / _NAME).read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise cache_failure(error, where=str(mirror / _NAME)) from error
    return _parsed(text)


def _parsed(text: str) -> Snapshot | None:
    title, _, rest = text.partition("\n")
    words = title.removeprefix(_TITLE).split()
    if not title.startswith(_TITLE) or len(words) != 2 or not rest.endswith("end\n"):
        return None
    refs = {}
    for line in rest.split("\n")[:-2]:
        oid, _, ref = line.partition(" ")
        refs[ref] = oid
    return Snapshot(object_format=words[0], head=None if words[1] == "-" else words[1], refs=refs)


def write_snapshot(mirror: Path, snapshot: Snapshot) -> None:
    """:raises CacheFailed: it cannot be written; the old one stays"""
    lines = [f"{_TITLE} {snapshot.object_format} {snapshot.head or '-'}"]
    lines += [f"{oid} {ref}" for ref, oid in snapshot.refs.items()]
    data = "\n".join([*lines, "end", ""]).encode("utf-8", "surrogateescape")
    # Names differ, so that writers that were killed or overlap do not share one.
    fresh = mirror / f"{_NAME}.{secrets.token_hex(6)}"
    try:
        fresh.write_bytes(data)
        fresh.replace(mirror / _NAME)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise cache_failure(error, where=str(mirror / _NAME)) from error


def forget_snapshot(mirror: Path) -> None:
    """Let the mirror be made anew by whoever needs it next."""
    try:
        (mirror / _NAME).unlink(missing_ok=True)
    except OSError as error:
        raise cache_failure(error, where=str(mirror / _NAME)) from error


def covered(patterns: Sequence[str], refs: Mapping[str, str]) -> dict[str, str]:
    """Those refs that the patterns name, sorted by name: exactly, or with one ``*`` for anything, slashes included."""
    names = {pattern for pattern in patterns if pattern in refs}
    for pattern in patterns:
        start, star, end = pattern.partition("*")
        if star:
            least = len(start) + len(end)
            names.update(ref for ref in refs if ref.startswith(start) and ref.endswith(end) and len(ref) >= least)
    return {ref: refs[ref] for ref in sorted(names)}


def check_patterns(patterns: Sequence[str]) -> None:
    """:raises ConfigurationError: a pattern is neither ``HEAD`` nor a full ref name with at most one ``*``"""
    for pattern in patterns:
        full = pattern == "HEAD" or pattern.startswith("refs/")
        if not full or pattern.count("*") > 1 or _FORBIDDEN.search(pattern):
            raise ConfigurationError("A ref name is malformed", code="ref-name-invalid", detail=repr(pattern))
