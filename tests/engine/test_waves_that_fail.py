"""The budget of a wave counts what the remote refuses, and what somebody changes as it lands."""

from __future__ import annotations

import pytest

from gitpromote import Environment, Wave
from gitpromote.errors import RemoteFailed
from gitpromote.views.chronicle import history_view
from gitpromote.views.lines import plain
from gitpromote.views.remedies import remedies
from gitpromote.views.running import ran_view

from .conftest import NOW

NAMES = ("a1", "a2", "a3", "a4")
LATER = ("b1",)
CLOSED = "wave: wave 1 is closed: failed in a1, and 0 may"

#: After a push to one branch: somebody's commit on top of it, which takes everything away.
BOT = """\
while read -r old new ref; do
  [ "$ref" = refs/heads/{branch} ] || continue
  tree=$(git mktree </dev/null)
  export GIT_AUTHOR_NAME=Bot GIT_AUTHOR_EMAIL=bot@acme.example GIT_COMMITTER_NAME=Bot
  export GIT_COMMITTER_EMAIL=bot@acme.example
  git update-ref "$ref" "$(git commit-tree "$tree" -p "$new" -m 'tidy up')"
done
"""


def waved(site, **budget):
    """Four that go together and by themselves, and one behind them."""
    site.home.commit(site.sources(*NAMES, *LATER))
    members = {"auto": True, "production": False}
    first, *others = NAMES
    return site.pipeline(
        Environment(first, after=[], wave=Wave(1, **budget), **members),
        *(Environment(name, after=[], wave=1, **members) for name in others),
        *(Environment(name, wave=2, **members) for name in LATER),
    )


def refusing(site, *names):
    cases = "|".join(f"refs/heads/env/{name}" for name in names)
    site.home.hook("update", f'case "$1" in {cases}) echo "$1 is frozen" >&2; exit 1;; esac\n' if names else "")


def written(site):
    return [name for name in (*NAMES, *LATER) if site.home.head(f"env/{name}") is not None]


def failures(site):
    return [env for kind, env in site.records("failed")]


@pytest.mark.parametrize("most", [None, 1, 2])
def test_what_the_remote_refuses_closes_the_wave_and_those_after_it(site, most):
    pipeline = waved(site, max_parallel=most, max_failed=0)
    refusing(site, "a1")
    ran = site.project(pipeline).run_once()
    assert written(site) == []
    assert [(one.name, one.status, one.result.message) for one in ran.turns] == [
        ("a1", "failed", "The remote refuses the target"),
        *((name, "waiting", CLOSED) for name in NAMES[1:]),
        ("b1", "waiting", "upstream: a1, a2, a3, a4: not verified yet; " + CLOSED),
    ]
    assert (ran.exit_code, failures(site)) == (1, ["a1"])
    plan = site.project(pipeline).plan()
    waiting = dict.fromkeys(NAMES[1:], "waiting wave")
    assert site.decisions(plan) == {"a1": "ready", **waiting, "b1": "waiting upstream, wave"}
    assert remedies(plan.data, plan["a2"]) == {"wave": "gitpromote apply shop --env a1"}
    assert site.project(pipeline).verify().ok


def test_the_ledger_says_which_freight_failed_where_and_why_once(site):
    pipeline = waved(site, max_failed=0)
    refusing(site, "a1")
    plan = site.project(pipeline).plan()
    for _ in range(3):
        assert site.told(site.apply(plan, project=site.project(pipeline)))["a1"] == "failed 1"
    [record] = [one for one in site.project(pipeline).history if one.kind == "failed"]
    assert (record.environment, record.plan, record.change_digest, record.actor.claimed) == (
        "a1",
        plan.digest,
        plan["a1"].change_digest,
        "Ada <ada@acme.example>",
    )
    assert record.freight == {"shop": plan["a1"].freight["shop"].id}
    assert record.data["code"] == "push-refused" and "refs/heads/env/a1 is frozen" in record.data["reason"]
    [row] = [one for one in plain(history_view([record], now=NOW)).splitlines() if "failed" in one]
    assert "a1" in row and "refs/heads/env/a1 is frozen" in row
    assert site.project(pipeline).verify().ok


def test_the_wave_goes_on_once_what_failed_has_landed(site):
    pipeline = waved(site, max_parallel=1, max_failed=0)
    refusing(site, "a1")
    site.project(pipeline).run_once()
    refusing(site)
    assert site.told(site.apply(project=site.project(pipeline), env=["a1"])) == {"a1": "written"}
    assert [turn.name for turn in site.project(pipeline).run_once().turns if turn.wrote] == [*NAMES[1:], *LATER]
    state = site.project(pipeline).status().data
    assert {one.name: one.next for one in state.environments if one.next} == {}
    assert failures(site) == ["a1"]


def test_a_runner_tries_again_what_was_refused_and_the_wave_goes_on(site):
    pipeline = waved(site, max_failed=0)
    refusing(site, "a1")
    site.project(pipeline).run_once()
    refusing(site)
    ran = site.project(pipeline).run_once()
    assert ([turn.name for turn in ran.turns if turn.wrote], ran.exit_code) == ([*NAMES, *LATER], 0)


def test_as_many_as_may_fail_keep_the_others_from_nothing(site):
    pipeline = waved(site, max_failed=1)
    refusing(site, "a1")
    ran = site.project(pipeline).run_once()
    assert (written(site), ran.exit_code, failures(site)) == (["a2", "a3", "a4"], 6, ["a1"])
    refusing(site, "a1", "a2")
    site.home.commit(site.sources(*NAMES, *LATER, replicas=3))
    ran = site.project(pipeline).run_once()
    assert [turn.name for turn in ran.turns if turn.wrote] == []
    told = [turn.result.message for turn in ran.turns if turn.name == "a3"]
    assert told == ["wave: wave 1 is closed: failed in a1, a2, and 1 may"]
    plan = site.project(pipeline).plan()
    assert remedies(plan.data, plan["a3"]) == {"wave": "gitpromote apply shop --env a1,a2"}


def test_two_that_closed_a_wave_may_both_be_tried_again(site):
    pipeline = waved(site, max_failed=0)
    refusing(site, "a1")
    site.project(pipeline).run_once()
    site.home.hook("update", "")
    project = site.project(pipeline)
    project.run_once()
    site.home.commit(site.sources(*NAMES, *LATER, replicas=3))
    refusing(site, "a1", "a2")
    plan = site.project(pipeline).plan()
    for name in ("a1", "a2"):
        site.apply(plan, project=site.project(pipeline), env=[name])
    assert failures(site) == ["a1", "a1"]  # the second found the wave closed
    refusing(site)
    assert [turn.name for turn in site.project(pipeline).run_once().turns if turn.wrote] == [*NAMES, *LATER]


def test_what_landed_otherwise_closes_the_wave_for_what_did_not_go_with_it(site):
    pipeline = waved(site, max_parallel=2, max_failed=0)
    site.home.hook("post-receive", BOT.format(branch="env/a1"))
    ran = site.project(pipeline).run_once()
    assert written(site) == ["a1", "a2"]  # one push brought both
    assert failures(site) == ["a1"]
    told = {turn.name: turn.result.message for turn in ran.turns if turn.name in ("a3", "a4")}
    assert told == dict.fromkeys(("a3", "a4"), CLOSED)
    assert ran.exit_code == 10
    plan = site.project(pipeline).plan()
    assert remedies(plan.data, plan["a3"]) == {"wave": "gitpromote explain shop a1"}
    site.home.hook("post-receive", "")
    site.project(pipeline).adopt("a1", reason="the bot is right")
    ran = site.project(pipeline).run_once()
    assert [(turn.name, turn.status) for turn in ran.turns if turn.wrote] == [
        ("a1", "inherited"),  # what was adopted is verified, and stays
        *((name, "written") for name in ("a3", "a4", *LATER)),
    ]


def test_what_landed_otherwise_is_told_to_the_end_of_a_run_with_its_own_exit_code(site):
    """The next round finds foreign content there: that is no news, and not the worst of it."""
    site.home.commit(site.sources(*NAMES))
    pipeline = site.pipeline(*(Environment(name, after=[], auto=True, production=False) for name in NAMES))
    site.home.hook("post-receive", BOT.format(branch="env/a1"))
    ran = site.project(pipeline).run_once()
    assert ran.exit_code == 10
    ours = site.home.git("rev-parse", "env/a1~1")[:7]
    first = next(turn for turn in ran.turns if turn.name == "a1")
    assert (first.status, first.result.code, first.result.message) == (
        "failed",
        "landed-differs",
        f"was written as {ours}, but env/a1 holds something else now",
    )
    lines = plain(ran_view(ran)).splitlines()
    assert lines[0].startswith(f"a1  FAILED  was written as {ours}, but env/a1 holds something else now; then ")
    assert "BLOCKED: foreign" in lines[0]
    assert sum(one.startswith("a1 ") for one in lines) == 1
    assert "Applied: 3 done, 1 failed, 0 waiting, 0 not started." in lines


def test_a_remote_that_is_not_reached_is_no_failure_of_freight(site, monkeypatch):
    from gitpromote.adapters.repository import GitRepository

    pipeline = waved(site, max_failed=0)
    plan = site.project(pipeline).plan()

    def push(self, changes, **words):
        raise RemoteFailed("The remote does not answer", code="remote-unreachable", detail="home")

    with monkeypatch.context() as patched:
        patched.setattr(GitRepository, "push", push)
        with pytest.raises(RemoteFailed):
            site.apply(plan, project=site.project(pipeline))
    assert site.records() == []
    assert set(site.told(site.apply(plan, project=site.project(pipeline))).values()) == {"written"} or written(site)


def test_what_others_got_there_meanwhile_has_not_failed(site, monkeypatch):
    """One is refused; before it says so, the rule is gone and another one writes."""
    from gitpromote.engine import landing

    pipeline = waved(site, max_failed=0)
    plan = site.project(pipeline).plan(env="a1")
    refusing(site, "a1")
    tell = landing.tell_of_refused

    def late(*args):
        refusing(site)
        monkeypatch.setattr(landing, "tell_of_refused", tell)
        rival = site.project(pipeline, cache="rival")
        assert site.told(rival.apply(plan, auto_approve=True)) == {"a1": "written"}
        tell(*args)

    monkeypatch.setattr(landing, "tell_of_refused", late)
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"a1": "failed 1"}
    assert failures(site) == []


def test_a_rollback_that_is_refused_is_no_failure_of_what_was_to_come_back(site):
    pipeline = waved(site, max_failed=0)
    site.project(pipeline).run_once()
    site.home.commit(site.sources(*NAMES, *LATER, replicas=3))
    site.project(pipeline).run_once()
    refusing(site, "a1")
    back = site.project(pipeline).rollback("a1", reason="5xx")
    assert site.told(site.apply(back, project=site.project(pipeline))) == {"a1": "failed 1"}
    assert failures(site) == []
