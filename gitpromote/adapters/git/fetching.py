"""Fetching until a mirror has what its remote says, while both may move. The caller holds the mirror's lock.

Copies of the remote's refs stand under ``refs/mirror/`` (``refs/heads/main`` as ``refs/mirror/heads/main``). They tell
the remote what is here already; what the remote's refs *are* stands in the snapshot alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gitpromote.adapters.git import housekeeping
from gitpromote.adapters.git.process import call_git
from gitpromote.adapters.git.remote import FETCH, NAME, Listing, Remote
from gitpromote.adapters.git.snapshot import Snapshot, covered, read_snapshot, write_snapshot
from gitpromote.adapters.git.store import Store
from gitpromote.errors import GitpromoteError

_TRIES = 5  # listings, before refs that keep moving are taken as they were fetched
_FEW = 20  # refs that are asked for by name; git matches refspecs with refs one by one
_FETCH = (*FETCH, "--no-show-forced-updates", "--force", "--update-shallow")
_HEALED = frozenset({"mirror-damaged", "git-failed"})
_WIDTH = {"sha1": 40, "sha256": 64}


def tracking(ref: str) -> str:
    """Where a ref of the remote stands in the mirror."""
    return "refs/mirror/" + ref.removeprefix("refs/")


def is_current(snapshot: Snapshot | None, listing: Listing, patterns: Sequence[str]) -> bool:
    """Whether nothing that the patterns name differs from what is here."""
    if snapshot is None or (listing.asked_head and listing.head != snapshot.head):
        return False
    return covered(patterns, listing.refs) == covered(patterns, snapshot.refs)


def bring(store: Store, listing: Listing, patterns: Sequence[str]) -> Listing:
    """Fetch what the patterns name; the listing that the mirror then agrees with, which may be a newer one."""
    taken: Snapshot | None = None
    failure: GitpromoteError | None = None
    healed = False
    for _ in range(_TRIES):
        snapshot = _fitting(store, read_snapshot(store.path), listing)
        if is_current(snapshot, listing, patterns):
            return listing
        try:
            taken = _fetch(store, snapshot, listing, patterns)
            failure = None
        except GitpromoteError as error:
            failure = error
        if failure is None and is_current(taken, listing, patterns):
            return listing
        again = store.remote.listing(patterns)
        if failure is not None and again.refs == listing.refs:
            _heal(store, failure, already=healed)
            healed = True
        listing = again
    if taken is None and failure is not None:
        raise failure
    return listing._replace(refs=taken.refs if taken else {})


def drop_refs(store: Store, refs: Iterable[str]) -> None:
    """Delete the mirror's copies of these refs of the remote; one that is not there counts as deleted."""
    lines = "".join(f"delete {tracking(ref)}\n" for ref in refs).encode("utf-8", "surrogateescape")
    if lines:
        store.git(["update-ref", "--stdin"], data=lines, doing="note the refs of")


def _fitting(store: Store, snapshot: Snapshot | None, listing: Listing) -> Snapshot:
    """The mirror's snapshot; a new mirror where there is none, or the remote has another object format."""
    sample = next(iter(listing.refs.values()), None)
    if snapshot and (sample is None or len(sample) == _WIDTH[snapshot.object_format]):
        return snapshot
    if sample is None:
        return housekeeping.create(store.path, object_format=_asked_format(store.remote))
    return housekeeping.create(store.path, object_format="sha256" if len(sample) == _WIDTH["sha256"] else "sha1")


def _asked_format(remote: Remote) -> str:
    """An empty repository's listing has no id to tell the format by."""
    path = remote.local_path()
    if path is None:
        return "sha1"
    completed = call_git(["rev-parse", "--show-object-format"], cwd=path, env=remote.env)
    return completed.output.decode().strip() if completed.status == 0 else "sha1"


def _fetch(store: Store, snapshot: Snapshot, listing: Listing, patterns: Sequence[str]) -> Snapshot:
    """Take over what is gone and what is new; what is here afterwards."""
    gone = [ref for ref in snapshot.refs if ref.startswith(listing.scope) and ref not in listing.refs]
    drop_refs(store, gone)  # first: one of them may be a folder of one that comes
    wanted = covered(patterns, listing.refs)
    new = [ref for ref, oid in wanted.items() if snapshot.refs.get(ref) != oid]
    few = len(new) <= _FEW
    _fetch_refs(store, new if few else [pattern for pattern in patterns if covered([pattern], wanted)])
    housekeeping.pack_if_needed(store.path, remote=store.remote, changed_refs=len(new))
    kept = {ref: oid for ref, oid in snapshot.refs.items() if ref not in gone}
    return _taken_over(store, replace(snapshot, refs=kept), listing, new)


def _fetch_refs(store: Store, patterns: Sequence[str]) -> None:
    if not patterns:
        return
    specs = "".join(f"+{pattern}:{tracking(pattern)}\n" for pattern in patterns)
    completed = store.call_remote([*_FETCH, NAME], data=specs.encode("utf-8", "surrogateescape"))
    if completed.status != 0:
        housekeeping.tidy(store.path)
        raise store.failure(completed, doing="fetch from")


def _taken_over(store: Store, snapshot: Snapshot, listing: Listing, new: Sequence[str]) -> Snapshot:
    """What is known now. A copy of a ref that was not fetched just now may be older than what is known of it."""
    output = store.git(["for-each-ref", "--format=%(objectname) %(refname)", "refs/mirror/"]) if new else b""
    lines = (line.partition(" ") for line in output.decode("utf-8", "surrogateescape").splitlines())
    copies = {ref: oid for oid, _, ref in lines}
    fetched = {ref: copies[tracking(ref)] for ref in new if tracking(ref) in copies}
    head = listing.head if listing.asked_head else snapshot.head
    taken = replace(snapshot, head=head, refs={**snapshot.refs, **fetched})
    write_snapshot(store.path, taken)
    return taken


def _heal(store: Store, failure: GitpromoteError, *, already: bool) -> None:
    """Have the mirror made anew where that may help, once."""
    if already or failure.code not in _HEALED:
        raise failure
    store.distrust()
