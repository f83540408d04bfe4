"""Locks as refs that are only ever created and deleted. They queue and explain; correctness rests on compare-and-swap.

A lock is the ref ``<prefix>/lock/<pipeline>/<environment>``, naming a commit without parent and without files, whose
message holds who took it and why.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitpromote.adapters.git.commits import CommitSpec, Identity, write_commits
from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.git.objects import Objects
from gitpromote.adapters.git.push import PushOutcome, RefUpdate, push
from gitpromote.model.canonical import canonical

PREFIX = "refs/heads/gitpromote"
FORMAT = "gitpromote.lock/1.0"

_IDENTITY = Identity("gitpromote", "gitpromote@localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock as it stands on the remote.

    :ivar ref: its full name
    :ivar commit: the commit that it names, and what a release compares with
    :ivar nonce: 32 hex digits, so that no two locks are the same; empty where the ref holds something else
    :ivar plan: the plan's full digest, or ``None``
    :ivar at: when it was taken, epoch seconds
    :ivar ttl: seconds after which its holder is taken for dead; 0: never
    """

    ref: str
    commit: str
    nonce: str = ""
    who: str = ""
    plan: str | None = None
    reason: str = ""
    at: int = 0
    ttl: int = 0

    def has_expired(self, now: int) -> bool:
        """Whether its time is over, at this epoch second."""
        return self.ttl > 0 and now >= self.at + self.ttl


@dataclass(frozen=True, slots=True, kw_only=True)
class LockAttempt:
    """What became of an attempt: all locks or none.

    :ivar taken: ours now, by ref; empty where one was refused
    :ivar held: locks of others that stood in the way, by ref
    :ivar refused: refs that the remote does not let us create, and why
    """

    taken: Mapping[str, Lock] = field(default_factory=dict)
    held: Mapping[str, Lock] = field(default_factory=dict)
    refused: Mapping[str, PushOutcome] = field(default_factory=dict)


def lock_ref(pipeline: str, environment: str, *, prefix: str = PREFIX) -> str:
    """The ref that locks an environment of a pipeline."""
    return f"{prefix}/lock/{pipeline}/{environment}"


def acquire(
    mirror: Mirror,
    refs: Sequence[str],
    *,
    who: str,
    reason: str,
    at: int,
    plan: str | None = None,
    ttl: int = 0,
    identity: Identity = _IDENTITY,
) -> LockAttempt:
    """Take all of these locks, or none.

    :param refs: see :func:`lock_ref`
    :param at: now, epoch seconds
    :raises RemoteFailed: the remote was not reached
    """
    wanted = [_Wanted(ref, secrets.token_hex(16), who, plan, reason, at, ttl) for ref in dict.fromkeys(refs)]
    specs = [CommitSpec(parent=None, message=lock.message(), author=identity, at=at) for lock in wanted]
    commits = write_commits(mirror, specs)
    locks = {lock.ref: lock.taken(commit) for lock, commit in zip(wanted, commits, strict=True)}
    outcomes = _create(mirror, locks)
    if all(outcome.status == "written" for outcome in outcomes.values()):
        return LockAttempt(taken=locks)
    release(mirror, [locks[ref] for ref, outcome in outcomes.items() if outcome.status == "written"])
    return _attempt(mirror, outcomes)


def read_locks(mirror: Mirror, patterns: Sequence[str] = (f"{PREFIX}/lock/*",)) -> dict[str, Lock]:
    """The locks that stand on the remote now, by ref. A ref that holds something else is a lock without a nonce."""
    refs = mirror.fetch(patterns)
    with Objects(mirror) as objects:
        commits = objects.peeled(refs.values())
        infos = objects.commits(commit for commit in commits.values() if commit)
    messages = {oid: infos[commit].body if commit else "" for oid, commit in commits.items()}
    return {ref: _parsed(ref, oid, messages[oid]) for ref, oid in refs.items()}


def release(mirror: Mirror, locks: Iterable[Lock]) -> dict[str, PushOutcome]:
    """Delete these locks, each only while it is the very one that was read. To break another's lock, read it first.

    ``written`` and ``up-to-date`` mean that it is gone; ``stale``: somebody else has taken it meanwhile.
    """
    updates = [RefUpdate(lock.ref, None, lock.commit) for lock in locks]
    return push(mirror, updates, atomic=False) if updates else {}


@dataclass(frozen=True, slots=True)
class _Wanted:
    ref: str
    nonce: str
    who: str
    plan: str | None
    reason: str
    at: int
    ttl: int

    def message(self) -> str:
        data: dict[str, Any] = {"format": FORMAT, "nonce": self.nonce, "who": self.who, "plan": self.plan}
        data |= {"reason": self.reason, "at": self.at, "ttl": self.ttl}
        return f"lock {'/'.join(self.ref.split('/')[-2:])}\n\n{canonical(data).decode()}"

    def taken(self, commit: str) -> Lock:
        return _parsed(self.ref, commit, self.message().partition("\n\n")[2])


def _create(mirror: Mirror, locks: Mapping[str, Lock]) -> dict[str, PushOutcome]:
    updates = [RefUpdate(ref, lock.commit, "") for ref, lock in locks.items()]
    outcomes = push(mirror, updates)
    if any(outcome.status == "atomic-unsupported" for outcome in outcomes.values()):
        return push(mirror, updates, atomic=False)
    return outcomes


def _attempt(mirror: Mirror, outcomes: Mapping[str, PushOutcome]) -> LockAttempt:
    stale = [ref for ref, outcome in outcomes.items() if outcome.status in ("stale", "up-to-date")]
    refused = {ref: outcome for ref, outcome in outcomes.items() if outcome.status == "rejected"}
    # One that is gone again meanwhile stands in nobody's way: the next attempt may have it.
    return LockAttempt(held=read_locks(mirror, stale) if stale else {}, refused=refused)


def _parsed(ref: str, commit: str, body: str) -> Lock:
    try:
        data = json.loads(body)
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return Lock(ref=ref, commit=commit)
    texts = {name: data[name] for name in ("nonce", "who", "reason") if isinstance(data.get(name), str)}
    numbers = {name: data[name] for name in ("at", "ttl") if type(data.get(name)) is int}
    plan = data.get("plan")
    return Lock(ref=ref, commit=commit, plan=plan if isinstance(plan, str) else None, **texts, **numbers)
