"""Compare-and-swap of many refs at once: each moves only from the id that was expected, or none does.

A lease makes the remote compare, races included. It also means force, so a new commit's parent must be the expected id:
that is the caller's part.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

from gitpromote.adapters.git.failures import remote_words
from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.git.process import Completed
from gitpromote.adapters.git.remote import NAME
from gitpromote.adapters.git.snapshot import check_patterns
from gitpromote.errors import GitpromoteError, InternalError

AT_ONCE = 2000
"""Refs in one push: refspecs stand on the command line, which has an end. More go in several, each atomic by itself."""

PushStatus = Literal["written", "up-to-date", "stale", "rejected", "not-attempted", "atomic-unsupported"]

_PUSH = (
    # No ref is called like an id here, and to look for one takes six files per id, three times.
    *("-c", "core.warnAmbiguousRefs=false"),
    *("push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-recurse-submodules", "--no-signed"),
    *("--no-force-if-includes", "--no-progress"),
)
_LINE = re.compile(r"([ +*=!-])\t[^\t]*:(refs/[^\t]+)\t(.*)")
_REASON = re.compile(r"\[[^\]]*\](?: \((.*)\))?")
_WRITTEN = frozenset(" +*-")
# What git or the server says of a ref whose fellow was the reason.
_COLLATERAL = ("atomic push failed", "atomic push failure", "atomic transaction failed", "transaction aborted")
_BUSY = (
    *("failed to update ref", "failed to lock", "cannot lock ref", "unable to create", "reference already exists"),
    *("stale info", "failed to report status"),
)
_CODES = (
    ("hook declined", "hook-declined"),
    ("protected", "ref-protected"),
    ("branch is currently checked out", "branch-checked-out"),
    ("refusing to delete the current branch", "branch-checked-out"),
    ("deletion prohibited", "deletion-prohibited"),
    ("deny updating a hidden ref", "ref-hidden"),
    ("shallow update not allowed", "remote-shallow"),
)


class RefUpdate(NamedTuple):
    """One ref to be moved.

    :param ref: its full name
    :param new: the id it shall have; ``None``: it shall be gone
    :param expected: the id that it must have now; empty: it must not exist
    """

    ref: str
    new: str | None
    expected: str


class PushOutcome(NamedTuple):
    """What became of one ref.

    :param status: ``written``: it was us. ``up-to-date``: it had the new id already, so it may have been somebody else:
        look. ``stale``: it had another id than expected. ``rejected``: the server refuses this ref.
        ``not-attempted``: only since another ref of an atomic push was refused. ``atomic-unsupported``: the server
        cannot push atomically, nothing was sent
    :param code: for ``rejected``: ``hook-declined``, ``ref-protected``, ``ref-conflict``, ``branch-checked-out``,
        ``deletion-prohibited``, ``ref-hidden``, ``remote-shallow`` or ``ref-rejected``; for ``stale``: ``ref-moved``,
        or ``ref-busy`` where another push was at it
    :param reason: one line for people
    :param words: what the server said, hooks included
    :param current: the id that it had when we looked afterwards; ``None``: gone, or not looked
    """

    status: PushStatus
    code: str = ""
    reason: str = ""
    words: str = ""
    current: str | None = None


def push(mirror: Mirror, updates: Sequence[RefUpdate], *, atomic: bool = True) -> dict[str, PushOutcome]:
    """Move these refs of the remote, each only from its expected id.

    :param atomic: all or none, as far as one push goes (:data:`AT_ONCE`)
    :returns: an outcome for each ref, in order; a refusal of a ref raises nothing
    :raises RemoteFailed: the remote was not reached or broke off; whatever arrived shows at the next fetch
    :raises AccessDenied: it lets nobody with these credentials write
    """
    if len({update.ref for update in updates}) != len(updates):
        raise InternalError("A push names a ref twice", code="push-ref-twice")
    check_patterns([update.ref for update in updates])
    outcomes: dict[str, PushOutcome] = {}
    for start in range(0, len(updates), AT_ONCE):
        outcomes |= _push(mirror, updates[start : start + AT_ONCE], atomic=atomic)
    return outcomes


def _push(mirror: Mirror, updates: Sequence[RefUpdate], *, atomic: bool) -> dict[str, PushOutcome]:
    completed = mirror.call_remote([*_PUSH, *_options(mirror, atomic=atomic), *_words(updates)])
    if completed.status != 0 and "does not support --atomic" in completed.words:
        reason = "the remote cannot push atomically"
        return {update.ref: PushOutcome("atomic-unsupported", reason=reason) for update in updates}
    lines = _lines(completed.output)
    if completed.status != 0 and (not lines or _is_not_stored(lines)):
        raise mirror.failure(completed, doing="push to")
    if any(flag == "!" for flag, _ in lines.values()):
        outcomes = _looked(mirror, updates, lines, completed)
    else:
        outcomes = {update.ref: _plain(lines.get(update.ref, ("!", ""))) for update in updates}
    _note(mirror, updates, outcomes)
    return outcomes


def _options(mirror: Mirror, *, atomic: bool) -> list[str]:
    # A delta against a file that was never fetched would have to be fetched to be made.
    thin = "--no-thin" if mirror.remote.is_partial else "--thin"
    return [thin, *(["--atomic"] if atomic else [])]


def _words(updates: Sequence[RefUpdate]) -> list[str]:
    leases = [f"--force-with-lease={ref}:{expected}" for ref, _, expected in updates]
    return [*leases, NAME, *(f"{new or ''}:{ref}" for ref, new, _ in updates)]


def _lines(output: bytes) -> dict[str, tuple[str, str]]:
    """Porcelain by ref: its flag, and its summary with the reason."""
    matches = (_LINE.fullmatch(line) for line in output.decode("utf-8", "surrogateescape").splitlines())
    return {match[2]: (match[1], match[3]) for match in matches if match}


def _plain(line: tuple[str, str]) -> PushOutcome:
    flag, _ = line
    return PushOutcome("written" if flag in _WRITTEN else "up-to-date")


def _looked(
    mirror: Mirror, updates: Sequence[RefUpdate], lines: Mapping[str, tuple[str, str]], completed: Completed
) -> dict[str, PushOutcome]:
    """Reasons are told in many words by many servers; where the refs stand now says most of it for certain."""
    now = mirror.remote.listing([update.ref for update in updates]).refs
    names = {*now, *(update.ref for update in updates if update.new)}
    words = remote_words(completed.words)
    found = {}
    for update in updates:
        flag, summary = lines.get(update.ref, ("!", ""))
        if flag == "!":
            found[update.ref] = _refused(update, _reason(summary), now.get(update.ref), names, words)
        else:
            found[update.ref] = _plain((flag, summary))
    return found


def _is_not_stored(lines: Mapping[str, tuple[str, str]]) -> bool:
    """Whether the remote could not take the objects at all: no ref is to blame."""
    return all(flag == "!" and _reason(summary) == "unpacker error" for flag, summary in lines.values())


def _reason(summary: str) -> str:
    match = _REASON.fullmatch(summary)
    return (match[1] or "") if match else summary


def _refused(update: RefUpdate, reason: str, current: str | None, names: AbstractSet[str], words: str) -> PushOutcome:
    if current == update.new:
        return PushOutcome("up-to-date", reason=reason, words=words, current=current)
    if (current or "") != update.expected:
        moved = f"it is {current}" if current else "it does not exist"
        expected = update.expected or "none"
        return PushOutcome("stale", "ref-moved", f"expected {expected}, {moved}", words, current)
    if conflict := _conflict(update, names):
        why = f"{conflict} exists, so {update.ref} cannot"
        return PushOutcome("rejected", "ref-conflict", why, words, current)
    if f"cannot lock ref '{update.ref}'" in words:
        return PushOutcome("stale", "ref-busy", reason, words, current)
    if any(word in reason for word in _COLLATERAL):
        return PushOutcome("not-attempted", reason=reason, words=words, current=current)
    return _judged(reason, words, current)


def _judged(reason: str, words: str, current: str | None) -> PushOutcome:
    if any(word in reason.lower() for word in _BUSY):
        return PushOutcome("stale", "ref-busy", reason, words, current)
    code = next((code for word, code in _CODES if word in reason.lower()), "")
    if not code:
        code = "ref-protected" if "protected" in words.lower() else "ref-rejected"
    return PushOutcome("rejected", code, reason or "the remote gives no reason", words, current)


def _conflict(update: RefUpdate, names: AbstractSet[str]) -> str | None:
    """A ref whose name is a folder in this one's, or the other way round: only one of them can exist."""
    if update.new is None:
        return None
    above = (update.ref[:at] for at, sign in enumerate(update.ref) if sign == "/")
    below = (ref for ref in sorted(names) if ref.startswith(update.ref + "/"))
    return next((ref for ref in above if ref in names), None) or next(below, None)


def _note(mirror: Mirror, updates: Sequence[RefUpdate], outcomes: Mapping[str, PushOutcome]) -> None:
    done = {update.ref: update.new for update in updates if outcomes[update.ref].status in ("written", "up-to-date")}
    # What was pushed is pushed: a mirror that could not take it over learns it at the next fetch.
    with contextlib.suppress(GitpromoteError):
        if done:
            mirror.note_pushed(done)
