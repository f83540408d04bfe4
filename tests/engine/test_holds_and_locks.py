"""Verbs that only record, and locks: they queue and explain, and end some day."""

from __future__ import annotations

import json

import pytest

from gitpromote.errors import AccessDenied, Blocked, Contention, UsageError

LOCK = "refs/heads/gitpromote/lock/shop/test"


def bo(site):
    return site.project(who="Bo <bo@acme.example>", cache="bo")


# -- hold and release


def test_a_hold_keeps_what_is_there(promoted):
    record = promoted.project().hold("test", reason="audit")
    assert (record.kind, record.environment, record.data, record.actor.claimed) == (
        *("held", "test", {"reason": "audit"}),
        "Ada <ada@acme.example>",
    )
    plan = promoted.project().plan()
    assert promoted.decisions(plan)["test"] == "held held"
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "held 13", "uat": "waiting 3", "prod": "waiting 3"}
    assert result.exit_code == 13
    status = promoted.project().status()["test"]
    assert (status.held.reason, status.held.actor, status.decision) == ("audit", "Ada <ada@acme.example>", "held")
    released = bo(promoted).release("test", reason="done")
    assert (released.kind, released.data) == ("released", {"reason": "done"})
    assert promoted.told(promoted.apply())["test"] == "written"


def test_what_is_held_is_not_held_twice(promoted):
    promoted.project().hold("test", reason="audit")
    with pytest.raises(Blocked) as caught:
        bo(promoted).hold("test", reason="mine")
    assert str(caught.value) == (
        'The environment is held already  [held-already]\ntest: by Ada <ada@acme.example>: "audit"\n'
        "Lift that hold first:\n  gitpromote release test"
    )
    assert promoted.records("held") == [("held", "test")]


def test_what_is_not_held_is_not_released(promoted):
    with pytest.raises(UsageError) as caught:
        promoted.project().release("test")
    assert str(caught.value) == "The environment is not held  [not-held]\ntest"


@pytest.mark.parametrize("verb", ["hold", "release", "adopt", "lock", "unlock"])
def test_a_verb_on_an_unknown_environment_is_refused(promoted, verb):
    project = promoted.project()
    words = {} if verb in ("release", "unlock") else {"reason": "x"}
    before = promoted.home.refs()
    with pytest.raises(UsageError) as caught:
        getattr(project, verb)("live", **words)
    assert str(caught.value) == (
        "There is no such Environment  [environment-unknown]\n'live' is not in shop: it has test, uat, prod."
    )
    assert promoted.home.refs() == before


def test_verbs_on_a_pipeline_without_history_start_its_ledger(site):
    site.project().hold("prod", reason="not yet")
    assert site.records() == [("held", "prod")]
    assert site.decisions(site.project().plan(env="prod")) == {"prod": "held held"}
    assert site.project().verify().ok


# -- locks


def test_a_lock_says_who_why_and_until_when(promoted):
    record = promoted.project().lock("test", reason="migration", ttl=600)
    subject, _, body = promoted.home.git("log", "-1", "--format=%B", LOCK).partition("\n\n")
    data = json.loads(body)
    assert subject == "lock shop/test"
    assert len(data.pop("nonce")) == 32
    assert data == {
        "format": "gitpromote.lock/1.0",
        "who": "Ada <ada@acme.example>",
        "plan": None,
        "reason": "migration",
        "at": promoted.clock.now(),
        "ttl": 600,
    }
    assert promoted.home.git("log", "-1", "--format=%P", LOCK) == ""
    assert (record.kind, record.data["ttl"], record.data["reason"]) == ("locked", 600, "migration")
    assert promoted.project().status()["test"].locked_by == "Ada <ada@acme.example>"


def test_somebody_elses_lock_stops_an_apply_there_and_nowhere_else(promoted):
    plan = promoted.project().plan()
    bo(promoted).lock("uat", reason="migration")
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "written", "uat": "failed 7", "prod": "waiting 3"}
    found = result.environments[1]
    assert (found.code, found.message, found.detail, found.hint) == (
        *("lock-held", "The environment is locked", "uat: locked by Bo <bo@acme.example>: migration"),
        "Wait for it with --lock-timeout, or ask and then\n  gitpromote unlock uat --force",
    )
    assert result.exit_code == 6
    assert promoted.apply(plan).exit_code == 7


def test_a_lock_does_not_stop_its_owner(promoted):
    promoted.project().lock("test", reason="mine")
    assert promoted.told(promoted.apply())["test"] == "written"


def test_a_lock_does_not_stop_its_owner_on_another_machine_and_stops_another_person_there(promoted):
    promoted.project().lock("test", reason="mine")
    plan = promoted.project().plan(env="test")
    assert promoted.told(promoted.apply(plan, project=bo(promoted))) == {"test": "failed 7"}
    assert promoted.told(promoted.apply(plan, project=promoted.project(cache="elsewhere"))) == {"test": "written"}


def test_a_lock_is_waited_for(promoted):
    plan = promoted.project().plan(env="test")
    bo(promoted).lock("test", reason="migration", ttl=20)
    result = promoted.apply(plan, lock_timeout=60)
    assert promoted.told(result) == {"test": "written"}
    assert sum(promoted.clock.slept) == 20


def test_a_lock_is_not_waited_for_longer_than_that(promoted):
    plan = promoted.project().plan(env="test")
    bo(promoted).lock("test", reason="migration", ttl=3600)
    result = promoted.apply(plan, lock_timeout=12)
    assert (promoted.told(result), result.environments[0].code) == ({"test": "failed 7"}, "lock-held")
    assert 12 <= sum(promoted.clock.slept) < 14


def test_a_lock_whose_time_is_over_may_be_taken(promoted):
    bo(promoted).lock("test", reason="migration", ttl=20)
    with pytest.raises(Contention) as caught:
        promoted.project().lock("test", reason="mine")
    assert str(caught.value) == (
        'The environment is locked  [lock-held]\ntest: locked by Bo <bo@acme.example>: "migration"\n'
        "Ask, then take it away:\n  gitpromote unlock test --force"
    )
    promoted.clock.time += 20
    assert promoted.project().lock("test", reason="mine").data["reason"] == "mine"


def test_who_locks_what_is_locked_by_oneself_is_told_so(promoted):
    promoted.project().lock("test", reason="mine")
    with pytest.raises(Contention) as caught:
        promoted.project(cache="elsewhere").lock("test", reason="mine, too")
    assert str(caught.value) == (
        'The environment is locked  [lock-held]\ntest: locked by yourself, Ada <ada@acme.example>: "mine"\n'
        "The lock is your own: your applies go on. To take it away:\n  gitpromote unlock test"
    )


@pytest.mark.parametrize("ttl", [0, 0.5, -1])
def test_a_lock_for_no_time_is_refused(promoted, ttl):
    with pytest.raises(UsageError, match="ttl-invalid"):
        promoted.project().lock("test", reason="mine", ttl=ttl)


def test_of_many_who_lock_one_gets_it(promoted, monkeypatch):
    """Both have seen that there is none."""
    first = bo(promoted)
    taken = []
    project = promoted.project()
    whole = type(project._world.home).write

    def write(self, commits):
        if not taken:
            taken.append(True)
            first.lock("test", reason="faster")
        return whole(self, commits)

    monkeypatch.setattr(type(project._world.home), "write", write)
    with pytest.raises(Contention, match="locked by Bo"):
        project.lock("test", reason="mine")
    assert promoted.records("locked") == [("locked", "test")]


def test_a_lock_is_taken_away_by_its_owner_or_by_force(promoted):
    promoted.project().lock("test", reason="mine")
    with pytest.raises(Contention, match="lock-held"):
        bo(promoted).unlock("test")
    record = bo(promoted).unlock("test", force=True)
    assert (record.kind, record.data["who"], record.data["forced"]) == ("unlocked", "Ada <ada@acme.example>", True)
    assert LOCK not in promoted.home.refs()
    promoted.project().lock("test", reason="again")
    assert promoted.project().unlock("test").data["forced"] is False
    with pytest.raises(UsageError) as caught:
        promoted.project().unlock("test")
    assert str(caught.value) == "The environment is not locked  [not-locked]\ntest"
    assert promoted.project().verify().ok


def test_a_lock_that_is_another_one_meanwhile_is_left_alone(promoted, monkeypatch):
    project = promoted.project()
    project.lock("test", reason="mine", ttl=20)
    whole = type(project._world.home).push
    taken = []

    def push(self, changes, **words):
        if not taken:
            taken.append(True)
            promoted.clock.time += 30
            bo(promoted).lock("test", reason="now mine")
        return whole(self, changes, **words)

    monkeypatch.setattr(type(project._world.home), "push", push)
    with pytest.raises(Contention) as caught:
        project.unlock("test")
    assert caught.value.code == "lock-changed"
    assert promoted.project().status()["test"].locked_by == "Bo <bo@acme.example>"


def test_what_is_no_lock_of_ours_is_a_lock_of_nobody(promoted):
    promoted.home.commit({"x": "1"}, branch="gitpromote/lock/shop/test", message="hello", parent=None)
    result = promoted.apply(env="test")
    assert result.environments[0].detail == "test: locked by somebody"
    promoted.project().unlock("test", force=True)
    assert promoted.told(promoted.apply(env="test")) == {"test": "written"}


def test_locks_of_another_pipeline_do_not_count(promoted):
    other = promoted.pipeline(
        name="shop-two", target=promoted.pipeline().target.model_copy(update={"branch": "two/$env"})
    )
    promoted.project(other).lock("test", reason="x")
    assert promoted.told(promoted.apply(env="test", project=bo(promoted))) == {"test": "written"}


@pytest.mark.parametrize("verb", ["hold", "lock"])
def test_a_server_that_refuses_the_record_is_told(promoted, verb):
    promoted.home.hook("update", 'echo "frozen" >&2; exit 1\n')
    with pytest.raises(AccessDenied) as caught:
        getattr(promoted.project(), verb)("test", reason="x")
    assert caught.value.code == "ledger-refused"
