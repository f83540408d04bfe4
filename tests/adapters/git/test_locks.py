"""Locks: taken by one, all or none, read by all, broken only on purpose."""

from __future__ import annotations

import pytest

from gitpromote.adapters.git.locks import LockAttempt, acquire, lock_ref, read_locks, release
from gitpromote.adapters.git.objects import Objects
from gitpromote.model.tree import EMPTY_TREE

UAT, PROD = lock_ref("shop", "uat"), lock_ref("shop", "prod")
WORDS = {"who": "lea@acme.example", "reason": "apply", "at": 1763600000, "plan": "sha256:9d", "ttl": 600}


@pytest.fixture(autouse=True)
def fetched(origin, mirror):
    origin.commit("main", {"a": "1"})
    mirror.fetch(["refs/heads/*"])


def test_a_lock_says_who_why_and_until_when(origin, mirror):
    attempt = acquire(mirror, [UAT], **WORDS)
    lock = attempt.taken[UAT]
    assert read_locks(mirror) == {UAT: lock}
    assert (lock.ref, lock.who, lock.reason, lock.plan, lock.at, lock.ttl) == (
        UAT,
        "lea@acme.example",
        "apply",
        "sha256:9d",
        1763600000,
        600,
    )
    assert len(lock.nonce) == 32
    assert origin.refs()[UAT] == lock.commit
    assert (lock.has_expired(1763600599), lock.has_expired(1763600600)) == (False, True)
    with Objects(mirror) as objects:
        info = objects.commits([lock.commit])[lock.commit]
    assert (info.parents, info.tree, info.subject) == ((), EMPTY_TREE, "lock shop/uat")


def test_locks_are_taken_all_or_none(origin, mirror):
    held = acquire(mirror, [PROD], **WORDS).taken[PROD]
    assert acquire(mirror, [UAT, PROD], **WORDS) == LockAttempt(held={PROD: held})
    assert UAT not in origin.refs()


def test_of_many_who_want_a_lock_one_gets_it(origin, mirror, in_threads):
    attempts = in_threads([lambda: acquire(mirror, [UAT, PROD], **WORDS) for _ in range(8)])
    winners = [attempt.taken for attempt in attempts if attempt.taken]
    assert len(winners) == 1
    assert {lock.commit for lock in winners[0].values()} == {origin.refs()[UAT], origin.refs()[PROD]}


def test_a_released_lock_is_gone_and_may_be_taken(origin, mirror):
    taken = acquire(mirror, [UAT, PROD], **WORDS).taken
    assert {outcome.status for outcome in release(mirror, taken.values()).values()} == {"written"}
    assert read_locks(mirror) == {}
    assert acquire(mirror, [UAT], **WORDS).taken.keys() == {UAT}


def test_a_lock_that_was_broken_and_taken_by_another_is_not_released(origin, mirror):
    mine = acquire(mirror, [UAT], **WORDS).taken[UAT]
    release(mirror, read_locks(mirror, [UAT]).values())
    theirs = acquire(mirror, [UAT], **(WORDS | {"who": "tom"})).taken[UAT]
    assert release(mirror, [mine])[UAT].status == "stale"
    assert origin.refs()[UAT] == theirs.commit


def test_a_lock_that_is_gone_already_counts_as_released(mirror):
    taken = acquire(mirror, [UAT], **WORDS).taken
    release(mirror, taken.values())
    assert release(mirror, taken.values())[UAT].status == "up-to-date"
    assert release(mirror, []) == {}


def test_locks_may_live_where_no_branch_is_seen(origin, mirror):
    ref = lock_ref("shop", "uat", prefix="refs/gitpromote")
    lock = acquire(mirror, [ref], **WORDS).taken[ref]
    assert origin.refs()[ref] == lock.commit
    assert read_locks(mirror, ["refs/gitpromote/lock/*"]) == {ref: lock}


def test_something_else_under_a_locks_name_is_a_lock_of_nobody(origin, mirror):
    commit = origin.commit("gitpromote/lock/shop/uat", {"a": "1"}, message="x\n\n[]")
    lock = read_locks(mirror)[UAT]
    assert (lock.commit, lock.nonce, lock.who) == (commit, "", "")
    assert acquire(mirror, [UAT], **WORDS).held == {UAT: lock}
    assert release(mirror, [lock])[UAT].status == "written"


def test_a_lock_that_may_not_be_made_says_why(origin, mirror):
    origin.commit("gitpromote", {"a": "1"})
    attempt = acquire(mirror, [UAT], **WORDS)
    assert (attempt.taken, attempt.held) == ({}, {})
    assert attempt.refused[UAT].code == "ref-conflict"


def test_without_atomic_pushes_it_is_still_all_or_none(origin, mirror):
    origin.git("config", "receive.advertiseAtomic", "false")
    held = acquire(mirror, [PROD], **WORDS).taken[PROD]
    assert acquire(mirror, [UAT, PROD], **WORDS) == LockAttempt(held={PROD: held})
    assert UAT not in origin.refs()
