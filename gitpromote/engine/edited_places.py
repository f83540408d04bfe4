"""Whether sources still have what was edited there: the values, and the places that they stand at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gitpromote.errors import RemoteFailed, SourceInvalid
from gitpromote.model.tree import Entry
from gitpromote.ports import Repository

# What edits YAML is loaded where sources are edited.
if TYPE_CHECKING:
    from gitpromote.render.freight_edits import EditData

__all__ = [
    "edits_hold",
    "files_of_edits",
    "gone_places",
    "had_places",
    "left_places",
    "makes_no_change",
    "read_named",
    "still_holds",
    "values_hold",
]


def gone_places(repository: Repository, head: str, edits: Sequence[EditData], *, since: str | None) -> tuple[str, ...]:
    """The places of edits that a commit no longer has, for people: a file, or an image's setter comment in one.

    :param since: the commit in which the edits were made; which setter comments there were is told by that alone
    """
    from gitpromote.render.edits_found import lost_places

    marks = any(edit["kind"] == "flux-setters" for edit in edits)
    now, before = repository.listing(head), _listing_of(repository, since) if marks else {}
    if all(path in now and (path not in before or now[path].oid == before[path].oid) for path in files_of_edits(edits)):
        return ()
    return lost_places(read_named(repository, before, edits), read_named(repository, now, edits), edits)


def _listing_of(repository: Repository, commit: str | None) -> Mapping[str, Entry]:
    """Nothing for a commit that the remote does not have any more."""
    if commit is None:
        return {}
    try:
        repository.ensure([commit])
    except RemoteFailed:
        return {}
    return repository.listing(commit)


def read_named(
    repository: Repository, listing: Mapping[str, Entry], edits: Iterable[Mapping[str, Any]]
) -> dict[str, bytes]:
    """Path to bytes of the files that edits name, as far as they are there."""
    named = {path: listing[path].oid for path in files_of_edits(edits) if path in listing}
    blobs = repository.blobs(set(named.values()))
    return {path: blobs[oid] for path, oid in named.items()}


def had_places(repository: Repository, commit: str, edits: Sequence[EditData]) -> bool:
    """Whether anything was written by edits that were made in a commit: setter comments may have been nowhere.

    Of a commit that is gone nobody knows, and the edits are believed.
    """
    listing = _listing_of(repository, commit)
    if not listing or any(edit["kind"] != "flux-setters" for edit in edits):
        return True
    from gitpromote.render.freight_edits import repositories_placed

    read = read_named(repository, listing, edits)
    return bool(repositories_placed(read, [edit for edit in edits if edit["file"] in read]))


def left_places(
    repository: Repository, head: str, edits: Sequence[EditData], later: Sequence[EditData], *, since: str
) -> tuple[str, ...]:
    """The places at which later edits would leave something else than there was, were these made again, for people.

    :param since: the commit in which ``edits`` were made
    """
    from gitpromote.render.edits_found import left_by
    from gitpromote.render.freight_edits import apply_edits

    now = read_named(repository, repository.listing(head), [*edits, *later])
    then = read_named(repository, _listing_of(repository, since), later)
    return left_by(later, besides=edits, then=then, after=now | apply_edits(now, edits))


def still_holds(repository: Repository, head: str, edits: Sequence[EditData], *, since: str | None) -> bool:
    """Whether a commit holds what these edits write, in all the places that there were.

    :param since: a commit in which the edits were made; without it nobody knows what setter comments there were
    """
    read = read_named(repository, repository.listing(head), edits)
    if len(read) != len(files_of_edits(edits)) or not values_hold(repository, read, edits, since=since):
        return False
    return not gone_places(repository, head, edits, since=since)


def values_hold(
    repository: Repository, read: Mapping[str, bytes], edits: Sequence[EditData], *, since: str | None
) -> bool:
    """Whether files hold what edits write. A setter comment that was added since is to be written, and proves nothing.

    :param read: path to bytes of the files that the edits name
    :param since: a commit in which the edits were made; without it, every comment counts
    """
    if makes_no_change(read, edits):
        return True
    before = _listing_of(repository, since)
    if not before:
        return False
    from gitpromote.render.edits_found import known_places_hold

    try:
        return known_places_hold(read_named(repository, before, edits), read, edits)
    except SourceInvalid:
        return False


def edits_hold(repository: Repository, head: str, edits: Sequence[EditData]) -> bool:
    """Whether the files of a commit hold what these edits write, whatever else was changed in them."""
    read = read_named(repository, repository.listing(head), edits)
    return len(read) == len(files_of_edits(edits)) and makes_no_change(read, edits)


def makes_no_change(read: Mapping[str, bytes], edits: Iterable[EditData]) -> bool:
    """Whether making the edits again would change nothing. Where one can no longer be made, its place is gone."""
    from gitpromote.render.freight_edits import apply_edits

    try:
        return not apply_edits(read, edits)
    except SourceInvalid:
        return False


def files_of_edits(edits: Iterable[Mapping[str, Any]]) -> set[str]:
    """The paths that edits name."""
    return {edit["file"] for edit in edits}
