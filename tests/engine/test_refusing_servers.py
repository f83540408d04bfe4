"""Servers with rules and hooks of their own, and servers that cannot do everything."""

from __future__ import annotations

import subprocess

import pytest

from gitpromote import Branch, Directory, Environment
from gitpromote.adapters.repository import GitRepository
from gitpromote.errors import AccessDenied, ConfigurationError
from gitpromote.views.applying import apply_view
from gitpromote.views.lines import plain

THREE = ("a", "b", "c")


def three(site, **members):
    site.home.commit(site.sources(*THREE))
    return site.pipeline(*(Environment(name, after=[]) for name in THREE), **members)


def refusing(*refs):
    """An update hook: it is asked for each ref."""
    return f'case "$1" in {"|".join(refs)}) echo "$1 is frozen" >&2; exit 1;; esac\n'


def refusing_all(*refs):
    """A pre-receive hook: it is asked once, and its no is a no to all."""
    cases = "|".join(f"*\\ {ref}" for ref in refs)
    return f'while read line; do case "$line" in {cases}) echo "frozen" >&2; exit 1;; esac; done\n'


@pytest.mark.parametrize("hook", ["update", "pre-receive"])
def test_what_the_server_refuses_is_left_out_and_the_others_land(site, hook):
    pipeline = three(site)
    plan = site.project(pipeline).plan()
    script = {"update": refusing, "pre-receive": refusing_all}[hook]("refs/heads/env/b")
    site.home.hook(hook, script)
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"a": "written", "b": "failed 1", "c": "written"}
    found = result.environments[1]
    assert (found.code, found.message) == ("push-refused", "The remote refuses the target")
    assert found.detail.startswith("env/b: ") and "frozen" in found.detail
    assert found.hint == "Its rules or hooks must let the promoting identity push there."
    assert result.exit_code == 6
    assert sorted(site.records("written")) == [("written", "a"), ("written", "c")]
    assert site.home.head("env/b") is None
    assert site.project(pipeline).verify().ok
    site.home.hook(hook, "")
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {
        "a": "already",
        "b": "written",
        "c": "already",
    }


@pytest.mark.parametrize(
    ("hook", "ends"),
    [
        ("update", {"a": "not-started", "b": "failed 1", "c": "not-started"}),
        # It names no culprit, so each is tried alone, in order.
        ("pre-receive", {"a": "written", "b": "failed 1", "c": "not-started"}),
    ],
)
def test_fail_fast_starts_nothing_more_once_one_was_refused(site, hook, ends):
    pipeline = three(site)
    plan = site.project(pipeline).plan()
    script = {"update": refusing, "pre-receive": refusing_all}[hook]("refs/heads/env/b")
    site.home.hook(hook, script)
    result = site.apply(plan, project=site.project(pipeline), fail_fast=True)
    assert site.told(result) == ends
    assert site.home.head("env/c") is None


@pytest.mark.parametrize("hook", ["update", "pre-receive"])
def test_a_server_that_refuses_the_ledger_is_told_by_its_name_and_nothing_lands(site, hook):
    pipeline = three(site)
    plan = site.project(pipeline).plan()
    script = {"update": refusing, "pre-receive": refusing_all}[hook]("refs/heads/gitpromote/*")
    site.home.hook(hook, script)
    before = site.home.refs()
    with pytest.raises(AccessDenied) as caught:
        site.apply(plan, project=site.project(pipeline))
    error = caught.value
    assert (error.summary, error.code, error.exit_code) == ("The remote refuses the ledger", "ledger-refused", 12)
    assert error.detail.startswith("refs/heads/gitpromote/ledger/shop: ") and "frozen" in error.detail
    assert error.hint == "Let the promoting identity push to branches below gitpromote/."
    assert site.home.refs() == before


@pytest.mark.parametrize("where", ["another repository", "no atomic pushes"])
def test_a_ledger_that_is_refused_after_its_targets_were_written_is_told_so(site, where):
    members = {}
    if where == "another repository":
        members["target"] = Branch("env/$env", repo=str(site.other("other.git").path))
    else:
        site.home.git("config", "receive.advertiseAtomic", "false")
    pipeline = three(site, **members)
    plan = site.project(pipeline).plan()
    once = 'case "$1" in refs/heads/gitpromote/*) if [ -e once ]; then echo closed >&2; exit 1; fi; touch once;; esac\n'
    site.home.hook("update", once)
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"a": "failed 12", "b": "failed 12", "c": "failed 12"}
    (told, *_) = result.environments
    targets = site.root / "other.git" if members else site.home.path
    head = subprocess.check_output(["git", "-C", str(targets), "rev-parse", "env/a"], text=True).strip()
    assert (told.message, told.code) == ("It is written, and the ledger does not take its Record", "ledger-refused")
    assert told.detail.startswith(f"env/a is at {head[:7]}, as planned; refs/heads/gitpromote/ledger/shop: ")
    assert told.hint == (
        "Let the promoting identity push to branches below gitpromote/, and apply the plan again:\n"
        f"  gitpromote apply {plan.digest}"
    )
    assert (told.ref, told.commit) == ("refs/heads/env/a", head)
    shown = plain(apply_view(result, plan.data))
    assert "No target was written" not in shown
    assert shown.count("Let the promoting identity push") == 1
    site.home.hook("update", "")
    assert site.told(site.apply(plan, project=site.project(pipeline))) == dict.fromkeys(THREE, "written")
    assert site.project(pipeline).verify().ok


def test_a_branch_called_gitpromote_is_told(site):
    site.home.commit({"x": "1\n"}, branch="gitpromote", parent=None)
    before = site.home.refs()
    detail = "refs/heads/gitpromote exists, so refs/heads/gitpromote/ledger/shop cannot"
    for act in (site.apply, lambda: site.project().hold("test", reason="x")):
        with pytest.raises(ConfigurationError) as caught:
            act()
        assert (caught.value.code, caught.value.exit_code) == ("ref-name-taken", 11)
        assert detail in caught.value.detail
    assert site.home.refs() == before


def test_a_server_that_refuses_everything_writes_nothing(site):
    pipeline = three(site)
    plan = site.project(pipeline).plan()
    site.home.hook("pre-receive", 'echo "read only" >&2; exit 1\n')
    before = site.home.refs()
    with pytest.raises(AccessDenied) as caught:
        site.apply(plan, project=site.project(pipeline))
    assert caught.value.code == "ledger-refused"
    assert site.home.refs() == before


def test_a_branch_of_several_environments_is_refused_as_one(site):
    pipeline = three(site, target=Directory("builds/$env", branch="live"))
    plan = site.project(pipeline).plan()
    site.home.hook("update", refusing("refs/heads/live"))
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"a": "failed 1", "b": "failed 1", "c": "failed 1"}
    assert result.exit_code == 1
    assert site.records() == []


def test_a_server_without_atomic_pushes_gets_targets_first_and_then_the_ledger(site):
    site.home.git("config", "receive.advertiseAtomic", "false")
    pipeline = three(site)
    plan = site.project(pipeline).plan()
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"a": "written", "b": "written", "c": "written"}
    assert site.project(pipeline).verify().ok


def test_without_atomic_pushes_a_lost_race_for_a_target_leaves_no_record_that_lies(site, monkeypatch):
    site.home.git("config", "receive.advertiseAtomic", "false")
    pipeline = three(site)
    plan = site.project(pipeline).plan()
    whole, raced = GitRepository.push, []

    def push(self, changes, **words):
        if not raced:
            raced.append(site.home.commit({"x.yaml": "a: 1\n"}, branch="env/b", parent=None))
        return whole(self, changes, **words)

    monkeypatch.setattr(GitRepository, "push", push)
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"a": "written", "b": "stale 4", "c": "written"}
    assert sorted(site.records("written")) == [("written", "a"), ("written", "c")]
    assert site.home.head("env/b") == raced[0]
    assert site.project(pipeline).verify().ok


@pytest.mark.parametrize("asked", [0, 4])
def test_a_race_that_is_lost_every_time_ends_with_contention(site, monkeypatch, asked):
    """Somebody adds an unrelated commit to the target before each of our pushes, for as long as we try."""
    pipeline = site.pipeline(Environment("test"))
    plan = site.project(pipeline).plan()
    whole = GitRepository.push

    def push(self, changes, **words):
        site.home.commit({"CODEOWNERS": "x\n"}, branch="env/test")
        return whole(self, changes, **words)

    monkeypatch.setattr(GitRepository, "push", push)
    if asked:
        result = site.apply(plan, project=site.project(pipeline), lock_timeout=asked)
    else:
        monkeypatch.setattr("gitpromote.engine.landing.PATIENCE", 4.0)
        result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"test": "failed 7"}
    found = result.environments[0]
    lost = len(site.clock.slept) + 1
    assert (found.code, found.message) == ("push-contention", "Others were faster every time")
    assert found.detail.startswith(f"{lost} races lost in ") and found.hint == "Apply the plan again."
    assert 4 <= sum(site.clock.slept) < 8
    assert all(0 < seconds <= 2 for seconds in site.clock.slept)
    assert site.records() == []
