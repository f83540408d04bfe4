"""A ledger that was deleted: the targets' own history tells of it, and nothing goes on as if nothing had been."""

from __future__ import annotations

import pytest

from gitpromote import Branch, Environment
from gitpromote.adapters.repository import GitRepository
from gitpromote.errors import GitpromoteError
from gitpromote.views.lines import plain
from gitpromote.views.standing import status_view
from gitpromote.views.terminal import plan_view

LEDGER = "gitpromote/ledger/shop"


def told(site, env: str) -> str:
    head = site.home.head(f"env/{env}")[:7]
    return (
        f"this pipeline wrote {head} here, and its ledger {LEDGER} does not exist: was it deleted? What it said of "
        "holds, rejections and soak is lost. Push it again from a repository that has it, or go on with what is here"
    )


def test_without_its_ledger_nothing_goes_where_a_promotion_is(promoted):
    promoted.project().hold("uat", reason="INC-1")
    before, ledger = promoted.home.refs(), promoted.home.head(LEDGER)
    promoted.home.move(LEDGER, None)
    plan = promoted.plan()
    assert promoted.decisions(plan) == dict.fromkeys(("test", "uat", "prod"), "blocked ledger-missing")
    for one in plan.data.environments:
        [outcome] = [each for each in one.outcomes if each.id in ("ledger-missing", "adoption")]
        assert (outcome.status, outcome.message) == ("fail", told(promoted, one.name))
        assert outcome.remedy == f"gitpromote adopt shop {one.name} --reason …"
    result = promoted.apply(plan)
    assert (result.exit_code, set(promoted.told(result).values())) == (13, {"blocked 13"})
    report = promoted.project().status().data
    assert report.environments[1].outcomes == plan["uat"].outcomes
    promoted.home.move(LEDGER, ledger)
    assert promoted.home.refs() == before
    assert promoted.decisions(promoted.plan())["uat"].startswith("held")


def test_adopting_is_the_way_on_one_environment_at_a_time(promoted):
    promoted.home.move(LEDGER, None)
    promoted.project().adopt("test", reason="ledger lost")
    assert promoted.decisions(promoted.plan()) == {
        "test": "ready",
        "uat": "blocked ledger-missing",
        "prod": "blocked ledger-missing",
    }
    for env in ("uat", "prod"):
        promoted.project().adopt(env, reason="ledger lost")
    promoted.promote()
    assert promoted.decisions(promoted.plan()) == dict.fromkeys(("test", "uat", "prod"), "noop")


def test_status_says_that_the_ledger_is_missing(promoted):
    promoted.home.move(LEDGER, None)
    text = "\n".join(plain(status_view(promoted.project().status().data)).splitlines())
    assert "   the ledger is missing\n" in text
    assert f"  prod: {told(promoted, 'prod')}   [ledger-missing]" in text


def test_a_plan_of_the_time_before_is_stale_without_its_ledger(promoted):
    plan = promoted.plan()
    promoted.home.move(LEDGER, None)
    with pytest.raises(GitpromoteError) as caught:
        promoted.apply(plan)
    assert caught.value.code == "ledger-rewritten"


class Killed(BaseException):
    """Not an Exception: nothing may catch it and go on."""


def kill(monkeypatch, applies):
    """End a run as soon as the first target is written."""
    whole = GitRepository.push

    def push(self, changes, **words):
        found = whole(self, changes, **words)
        if self.key != "home":
            raise Killed
        return found

    with monkeypatch.context() as patched:
        patched.setattr(GitRepository, "push", push)
        with pytest.raises(Killed):
            applies()


@pytest.mark.parametrize("before", ["first", "later"])
def test_a_run_that_was_cut_short_is_told_as_that(site, monkeypatch, before):
    other = site.other("other.git")
    pipeline = site.pipeline(Environment("test"), target=Branch("env/$env", repo=str(other.path)))
    if before == "later":
        site.promote(pipeline)
        site.home.commit(site.sources("test", version="1.1.0"))
    plan = site.plan(pipeline)
    kill(monkeypatch, lambda: site.apply(plan, project=site.project(pipeline)))
    again = site.plan(pipeline)
    assert site.decisions(again) == {"test": "blocked run-cut-short"}
    text = (
        f"a run of this pipeline wrote {other.head('env/test')[:7]} here and was cut short before its Record was in "
        f"the ledger: apply its plan {plan.short_id} again to go on, or keep what is here"
    )
    [found] = [each for each in again["test"].outcomes if each.id == "run-cut-short"]
    assert (found.status, found.message) == ("fail", text)
    assert plain(plan_view(again.data)).split("[run-cut-short]\n")[1].split("\n\n")[0].splitlines() == [
        f"      gitpromote apply {plan.digest}   # go on with that run",
        "      gitpromote adopt shop test --reason …   # keep it",
    ]
    status = site.project(pipeline).status().data
    assert [one.drift for one in status.environments] == [True]
    assert plain(status_view(status)).splitlines()[4:] == [
        f"    test: {text}   [run-cut-short]",
        f"      gitpromote apply {plan.digest}   # go on with that run",
    ]
    assert f"      gitpromote apply {plan.digest}   # go on with that run" in plain(again.explain("test").lines())
    result = site.project(pipeline, cache="another").apply(plan.digest, confirmed=True)
    assert site.told(result) == {"test": "written"}
    assert site.decisions(site.plan(pipeline)) == {"test": "noop"}
    assert site.project(pipeline).verify().ok
