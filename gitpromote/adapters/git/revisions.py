"""What people call a commit, and how commits follow one another."""

from __future__ import annotations

import re

from gitpromote.adapters.git.snapshot import read_snapshot
from gitpromote.adapters.git.store import Store
from gitpromote.errors import RemoteFailed, UsageError

_FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-f]{4,64}", re.IGNORECASE)
# A name, then steps back from it: main, v1.2~3, env/prod^2.
_REVISION = re.compile(r"([^\s~^:@{}\\?*\[]+)((?:[~^][0-9]*)*)")


def rev_parse(store: Store, rev: str, *, fetch: bool = False) -> str:
    """The full id of the commit that people mean: a branch or tag of the remote as last fetched, a full ref name, an id
    or the beginning of one (four digits or more), each with ``~n`` and ``^n``.

    :param fetch: ask the remote for a full id that is not here
    :raises UsageError: nothing is called so (``revision-unknown``), or more than one thing is
        (``revision-ambiguous``)
    """
    match = _REVISION.fullmatch(rev)
    if match is None or rev.startswith("-"):
        raise _unknown(store, rev)
    name, steps = match[1], match[2]
    if fetch and _FULL.fullmatch(name):
        _fetch(store, name, rev)
    candidates = _candidates(store, name)
    answers = _answers(store, [f"{oid}{steps}^{{commit}}" for oid in candidates.values()])
    found = {oid: candidate for candidate, oid in zip(candidates, answers, strict=True) if oid}
    if len(found) > 1:
        raise _ambiguous(store, rev, list(found.values()))
    if not found:
        raise _ambiguous(store, rev, several) if (several := _beginning(store, name)) else _unknown(store, rev)
    return next(iter(found))


def _fetch(store: Store, oid: str, rev: str) -> None:
    if not oid.strip("0"):  # how git writes that there is none
        raise _unknown(store, rev)
    try:
        store.fetch_commit(oid)
    except RemoteFailed as error:
        if error.code != "object-not-available":
            raise
        detail = f"{rev!r}: {error.summary[0].lower()}{error.summary[1:]}\n{error.detail}"
        raise UsageError("A revision is unknown", code="revision-unknown", detail=detail, hint=error.hint) from error


def merge_base(store: Store, first: str, second: str) -> str | None:
    """The best common ancestor of two commits, by their ids; ``None`` where they share no history."""
    completed = store.call(["merge-base", "--end-of-options", first, second])
    if completed.status not in (0, 1):
        raise store.failure(completed, doing="read the history of")
    return completed.output.decode().strip() or None


def is_ancestor(store: Store, ancestor: str, descendant: str) -> bool:
    """Whether ``descendant`` contains ``ancestor``; a commit contains itself, and one that is not here is in none."""
    completed = store.call(["merge-base", "--is-ancestor", "--end-of-options", ancestor, descendant])
    if completed.status not in (0, 1):
        if ancestor not in store.has([ancestor]):
            return False
        raise store.failure(completed, doing="read the history of")
    return completed.status == 0


def _candidates(store: Store, name: str) -> dict[str, str]:
    """What the name could mean, and the id of each."""
    snapshot = read_snapshot(store.path)
    refs = snapshot.refs if snapshot else {}
    names = [name] if name.startswith("refs/") else [f"refs/heads/{name}", f"refs/tags/{name}"]
    found = {ref: refs[ref] for ref in names if ref in refs}
    return found | {name: name.lower()} if _HEX.fullmatch(name) else found


def _answers(store: Store, names: list[str]) -> list[str | None]:
    if not names:
        return []
    data = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
    lines = store.git(["cat-file", "--batch-check=%(objectname)"], data=data).decode("utf-8", "replace").splitlines()
    return [line if _FULL.fullmatch(line) else None for line in lines]


def _beginning(store: Store, name: str) -> list[str]:
    """The commits whose ids begin so, where there are several."""
    if not _HEX.fullmatch(name):
        return []
    ids = store.git(["rev-parse", f"--disambiguate={name.lower()}"]).decode().split()
    commits = [oid for oid in _answers(store, [f"{oid}^{{commit}}" for oid in sorted(ids)]) if oid]
    return commits if len(commits) > 1 else []


def _unknown(store: Store, rev: str) -> UsageError:
    return UsageError(
        "A revision is unknown",
        code="revision-unknown",
        detail=f"{rev!r} is no branch, tag or commit of {store.remote.label}",
        hint="Give a full commit id, a branch or a tag of that repository.",
    )


def _ambiguous(store: Store, rev: str, names: list[str]) -> UsageError:
    return UsageError(
        "A revision is ambiguous",
        code="revision-ambiguous",
        detail=f"{rev!r} in {store.remote.label} could be {', '.join(names)}",
        hint="Give the full commit id, or the ref's full name.",
    )
