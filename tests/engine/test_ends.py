"""How an apply's environments end is told once each; and hints name the plan by a word that leads to it."""

from __future__ import annotations

import pytest

from gitpromote.errors import Declined, PlanInvalid


class Heard:
    """A Reporter that remembers."""

    def __init__(self):
        self.events = []

    def event(self, kind, **data):
        self.events.append((kind, data))


def ends(heard):
    """(name, status) of every event that tells an environment's end."""
    return [(data["name"], data["status"]) for kind, data in heard.events if kind == "environment"]


def test_each_environment_has_one_end_whether_it_was_written_waits_or_was_there(promoted):
    heard = Heard()
    project = promoted.project(reporter=heard)
    plan = project.plan()
    project.apply(plan, auto_approve=True)
    assert ends(heard) == [("test", "written"), ("uat", "written"), ("prod", "waiting")]
    heard.events.clear()
    project.apply(plan, expect_digest=plan.digest)
    assert ends(heard) == [("prod", "written"), ("test", "already"), ("uat", "already")]
    heard.events.clear()
    project.apply(plan, confirmed=True)
    assert ends(heard) == [("test", "already"), ("uat", "already"), ("prod", "already")]


def test_what_was_not_started_has_an_end_too(promoted):
    heard = Heard()
    project = promoted.project(reporter=heard)
    plan = project.plan()
    promoted.home.commit({"apps-deployment-shop.yaml": "a: 1\n"}, branch="env/test")
    result = project.apply(plan, confirmed=True, fail_fast=True)
    assert sorted(ends(heard)) == sorted((one.name, one.status) for one in result.environments)
    assert [one.status for one in result.environments] == ["stale", "waiting", "waiting"]


def test_what_was_written_and_is_gone_when_read_back_ends_as_failed(promoted):
    plan = promoted.project().plan(env="test")
    before = promoted.home.head("env/test")
    reverted = f'case "$1" in refs/heads/env/test) git update-ref refs/heads/env/test {before};; esac\n'
    promoted.home.hook("post-receive", f"while read old new ref; do set -- $ref; {reverted} done\n")
    heard = Heard()
    result = promoted.project(reporter=heard).apply(plan, confirmed=True)
    assert promoted.told(result) == {"test": "failed 10"}
    assert ends(heard) == [("test", "failed")]


def test_a_plan_that_is_nowhere_is_to_be_saved_first(promoted):
    project = promoted.project(promoted.pipeline())
    plan = project.plan(env="test")
    production = promoted.project(promoted.pipeline()).plan()
    assert (plan.called, production.called) == ("", "")
    project.apply(plan)
    project.apply(project.plan(env="uat"))
    with pytest.raises(Declined) as caught:
        project.apply(project.plan(env="prod"), auto_approve=True)
    assert caught.value.hint == (
        "One of them is needed, of a plan that is saved:\n"
        "  gitpromote plan shop --env prod -out=plan.json\n"
        "  gitpromote apply plan.json --expect-digest sha256:…\n"
        "  gitpromote approve plan.json --env prod"
    )


def test_a_plan_of_a_file_is_named_by_it(promoted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = promoted.project()
    plan = project.plan()
    plan.save("my plan.json")
    with pytest.raises(PlanInvalid) as caught:
        project.apply("my plan.json", expect_digest="sha256:00")
    assert caught.value.hint == "Compare with what was reviewed:\n  gitpromote show 'my plan.json'"
    promoted.home.commit({"apps-deployment-shop.yaml": "a: 1\n"}, branch="env/test")
    stale = project.apply("my plan.json", confirmed=True).environments[0]
    assert stale.hint == "Make a new plan:\n  gitpromote plan shop --since 'my plan.json'"
    usual = plan.save()
    assert project.apply(usual, confirmed=True).environments[0].hint == (
        f"Make a new plan:\n  gitpromote plan shop --since {plan.short_id}"
    )
    again = project.plan(record=True)
    assert again.called == again.digest == project.open_plan(again.short_id).called
