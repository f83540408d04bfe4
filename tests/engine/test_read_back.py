"""After each write the target is looked at again: what a server's own bots make of it is found, and goes no further."""

from __future__ import annotations

import pytest

from gitpromote import App, Directory, Environment, InPlace, Kustomize, Plain, Warehouse
from gitpromote import Image as Images
from gitpromote.engine import read_back
from gitpromote.views.applying import apply_view
from gitpromote.views.lines import plain

FILE = "apps-deployment-shop.yaml"

#: What a server runs after a push to one branch: somebody's commit on top, made by the words in the middle.
BOT = """\
while read -r old new ref; do
  [ "$ref" = refs/heads/{branch} ] || continue
  GIT_INDEX_FILE=bot.index
  export GIT_INDEX_FILE
  git read-tree "$new"
  {change}
  tree=$(git write-tree)
  rm -f bot.index
  export GIT_AUTHOR_NAME=Bot GIT_AUTHOR_EMAIL=bot@acme.example GIT_AUTHOR_DATE='1763600041 +0000'
  export GIT_COMMITTER_NAME=Bot GIT_COMMITTER_EMAIL=bot@acme.example GIT_COMMITTER_DATE='1763600041 +0000'
  git update-ref "$ref" "$(git commit-tree "$tree" {parent} -m 'tidy up')"
done
"""
REMOVES = f"git rm -q --cached {FILE}"
ADDS = 'git update-index --add --cacheinfo "100644,$(echo hi | git hash-object -w --stdin),{}"'


def bot(site, change, *, branch="env/test", parent='-p "$new"'):
    site.home.hook("post-receive", BOT.format(branch=branch, change=change, parent=parent))


def told(result):
    return [(one.status, one.exit_code, one.code, one.message) for one in result.environments]


def test_what_a_bot_of_the_server_removes_is_found_and_nothing_goes_on_from_there(site):
    bot(site, REMOVES)
    plan = site.project().plan()
    result = site.apply(plan)
    ours, theirs = site.home.git("rev-parse", "env/test~1", "env/test").splitlines()
    assert told(result) == [
        ("failed", 10, "landed-differs", f"was written as {ours[:7]}, but env/test holds something else now"),
        ("waiting", 3, "upstream", "upstream: test: not verified yet"),
        ("waiting", 3, "upstream", "upstream: uat: not verified yet"),
    ]
    [failed, *_] = result.environments
    blob = site.home.git("rev-parse", f"{ours}:{FILE}")
    assert failed.detail == f'{FILE}  planned {blob[:7]}, now absent   {theirs[:7]} "tidy up" (bot@acme.example)'
    assert failed.hint == (
        "Nothing goes on from there. Find out what writes there, then make a new plan:\n"
        f"  gitpromote plan shop --since {plan.short_id}"
    )
    assert result.exit_code == 10
    assert site.home.head("env/uat") is None and site.home.head("env/prod") is None
    assert site.records("written", "verified", "foreign-commit") == [
        ("written", "test"),
        ("verified", "test"),
        ("foreign-commit", "test"),
    ]
    record = site.project().history[0]
    assert (record.plan, record.commit, record.freight) == (
        plan.digest,
        theirs,
        {"shop": plan["test"].freight["shop"].id},
    )
    assert record.data == {"author": "bot@acme.example", "subject": "tidy up", "paths": [FILE]}
    assert site.project().verify().ok
    lines = plain(apply_view(result)).splitlines()
    assert lines[0].split(" FAILED ")[0].strip() == "test"


def test_what_differs_stays_closed_at_the_next_plan_until_the_target_is_as_planned(site):
    bot(site, REMOVES)
    plan = site.project().plan()
    site.apply(plan)
    site.home.hook("post-receive", "")
    assert site.decisions(site.project().plan()) == {
        "test": "blocked foreign",
        "uat": "waiting upstream",
        "prod": "waiting upstream",
    }
    again = site.apply(plan)
    assert site.told(again) == {"test": "stale 4", "uat": "waiting 3", "prod": "waiting 3"}
    theirs = str(site.home.head("env/test"))[:7]
    assert again.environments[0].message == (
        f"changed by bot@acme.example as soon as it had been written, commit {theirs}"
    )
    site.home.commit({FILE: site.deployment("test")}, branch="env/test", message="put back")
    plan = site.project().plan()
    assert site.decisions(plan) == {"test": "noop", "uat": "waiting upstream", "prod": "waiting upstream"}
    assert [step.kind for step in plan["test"].steps] == ["inherit"]
    assert site.told(site.apply(plan)) == {"test": "inherited", "uat": "written", "prod": "written"}
    assert site.project().verify().ok


def test_what_is_replaced_afterwards_is_verified_and_goes_on(site):
    bot(site, REMOVES)
    site.apply(site.project().plan())
    site.home.hook("post-receive", "")
    plan = site.project().plan(replace={"test": str(site.home.head("env/test"))})
    assert site.told(site.apply(plan)) == {"test": "written", "uat": "written", "prod": "written"}
    assert site.project().verify().ok


def test_a_run_that_ended_before_it_looked_is_made_up_for_by_the_next_one(site):
    plan = site.project().plan()
    assert site.told(site.apply(plan, env="test")) == {"test": "written"}
    ours = str(site.home.head("env/test"))
    theirs = site.home.commit({FILE: site.deployment("test", replicas=9)}, branch="env/test", message="sneaky")
    result = site.apply(plan)
    assert site.told(result) == {"test": "failed 10", "uat": "waiting 3", "prod": "waiting 3"}
    assert result.environments[0].message == f"was written as {ours[:7]}, but env/test holds something else now"
    assert site.records()[-1] == ("foreign-commit", "test")
    assert site.project().history[0].commit == theirs
    again = site.apply(plan)
    assert site.told(again) == {"test": "stale 4", "uat": "waiting 3", "prod": "waiting 3"}
    assert site.records("foreign-commit") == [("foreign-commit", "test")]


def test_what_an_earlier_run_wrote_and_others_left_alone_goes_on(site):
    plan = site.project().plan()
    site.apply(plan, env="test")
    site.home.commit({"CODEOWNERS": "* @acme"}, branch="env/test", message="owners")
    assert site.told(site.apply(plan)) == {"test": "already", "uat": "written", "prod": "written"}
    assert site.records("foreign-commit") == []


def test_somebody_elses_commit_on_top_that_leaves_the_content_alone_is_told_and_fine(site):
    bot(site, ADDS.format("CODEOWNERS"))
    result = site.apply(site.project().plan())
    ours, theirs = site.home.git("rev-parse", "env/test~1", "env/test").splitlines()
    assert site.told(result) == {"test": "written", "uat": "written", "prod": "written"}
    assert result.environments[0].message == (
        f"written {ours[:7]} -> env/test, tree as planned; {theirs[:7]} of bot@acme.example on top, same content"
    )
    assert site.records("foreign-commit") == []


def test_a_branch_that_the_server_writes_anew_with_the_same_content_is_told_and_fine(site):
    bot(site, ":", parent="")
    result = site.apply(site.project().plan())
    assert site.told(result) == {"test": "written", "uat": "written", "prod": "written"}
    assert result.environments[0].message.endswith(" -> env/test, tree as planned; rewritten since, same content")


def test_a_branch_that_is_deleted_at_once_is_found(site):
    site.home.hook(
        "post-receive",
        "while read -r old new ref; do\n  [ $ref = refs/heads/env/test ] && git update-ref -d $ref\ndone\ntrue\n",
    )
    result = site.apply(site.project().plan())
    assert told(result)[0][1:3] == (10, "landed-differs")
    assert result.environments[0].message.endswith(", but env/test is gone")
    assert site.records("verified") == [("verified", "test")]


def test_a_file_with_secrets_that_somebody_changes_is_found_though_no_plan_holds_it(site):
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: test}\nstringData: {password: hunter2}\n"
    site.home.commit({"deploy/test/s.yaml": secret})
    apps = [App("shop", Plain("deploy/$env"), allow_plaintext_secrets=True)]
    pipeline = site.pipeline(Environment("test"), Environment("uat"), apps=apps)
    bot(site, ADDS.format("secret-s.yaml"))
    result = site.apply(site.project(pipeline).plan(), project=site.project(pipeline))
    assert site.told(result) == {"test": "failed 10", "uat": "waiting 3"}


def test_the_last_environment_of_a_run_is_read_back_too(site):
    bot(site, REMOVES, branch="env/prod")
    result = site.apply(site.project().plan())
    assert site.told(result) == {"test": "written", "uat": "written", "prod": "failed 10"}
    assert site.records()[-1] == ("foreign-commit", "prod")


def test_folders_of_one_branch_are_each_compared_alone(site):
    pipeline = site.pipeline(
        Environment("test", after=[]), Environment("uat", after=[]), target=Directory("builds/$env")
    )
    bot(site, f"git rm -q --cached builds/test/{FILE}", branch="main")
    result = site.apply(site.project(pipeline).plan(), project=site.project(pipeline))
    assert site.told(result) == {"test": "failed 10", "uat": "written"}
    theirs = site.home.head("main")
    assert result.environments[1].message.endswith(f"; {theirs[:7]} of bot@acme.example on top, same content")


IMAGE = "ghcr.io/acme/shop"
DIGEST = "sha256:" + "1" * 64


@pytest.mark.parametrize("spoiled", [True, False])
def test_edits_in_place_must_still_hold(bare, spoiled):
    files = {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x")}
    files |= {f"overlays/{env}/kustomization.yaml": "resources: [../../base]\n" for env in ("test", "prod")}
    bare.home.commit(files)
    pipeline = bare.pipeline(
        Environment("test"),
        Environment("prod"),
        apps=[App("shop", Kustomize("overlays/$env"))],
        target=InPlace("main"),
        warehouse=Warehouse(Images(IMAGE)),
    )
    path = "overlays/test/kustomization.yaml" if spoiled else "README"
    bot(bare, ADDS.format(path), branch="main")
    project = bare.project(pipeline)
    bare.shelf.put(f"{IMAGE}:1.1.0@{DIGEST}")
    result = project.apply(project.plan(env="test", images=[f"{IMAGE}:1.1.0@{DIGEST}"]), confirmed=True)
    assert bare.told(result) == {"test": "failed 10" if spoiled else "written"}


def test_where_the_heads_are_ours_nothing_is_compared(site, monkeypatch):
    monkeypatch.setattr(read_back, "after_landing", lambda *asked: pytest.fail(f"compared {asked}"))
    assert site.told(site.apply()) == {"test": "written", "uat": "written", "prod": "written"}


def test_a_branch_that_is_put_back_to_what_the_plan_saw_is_not_written_a_second_time(promoted):
    plan = promoted.project().plan()
    assert promoted.told(promoted.apply(plan, env="test")) == {"test": "written"}
    ours = str(promoted.home.head("env/test"))
    promoted.home.git("update-ref", "refs/heads/env/test", "refs/heads/env/test~1")
    back = promoted.home.head("env/test")
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "failed 10", "uat": "waiting 3", "prod": "waiting 3"}
    assert result.environments[0].code == "landed-differs"
    assert result.environments[0].message == f"was written as {ours[:7]}, but env/test holds something else now"
    again = promoted.apply(plan)
    assert promoted.told(again) == {"test": "stale 4", "uat": "waiting 3", "prod": "waiting 3"}
    assert again.environments[0].message == (
        "what was written there is gone: somebody has deleted its branch, or put it back to what it was"
    )
    assert promoted.home.head("env/test") == back
    assert promoted.records("foreign-commit") == [("foreign-commit", "test")]
    assert promoted.decisions(promoted.project().plan())["test"] == "blocked foreign"
    replaced = promoted.project().plan(replace={"test": str(back)})
    assert promoted.told(promoted.apply(replaced)) == {"test": "written", "uat": "written", "prod": "written"}
    assert promoted.project().verify().ok


def test_a_rollback_that_somebody_undid_is_not_carried_out_a_second_time_by_the_same_plan(promoted):
    promoted.promote()
    plan = promoted.project().rollback("prod", reason="5xx")
    promoted.apply(plan)
    promoted.home.git("update-ref", "refs/heads/env/prod", "refs/heads/env/prod~1")
    back = promoted.home.head("env/prod")
    assert promoted.told(promoted.apply(plan)) == {"prod": "failed 10"}
    assert promoted.told(promoted.apply(plan)) == {"prod": "stale 4"}
    assert promoted.home.head("env/prod") == back


def test_a_deletion_that_somebody_undid_is_not_carried_out_a_second_time_by_the_same_plan(promoted):
    plan = promoted.project().retire(env="prod", reason="over")
    assert promoted.told(promoted.apply(plan)) == {"prod": "written"}
    promoted.home.git("update-ref", "refs/heads/env/prod", "refs/heads/env/prod~1")
    back = promoted.home.head("env/prod")
    assert promoted.told(promoted.apply(plan)) == {"prod": "failed 10"}
    promoted.apply(plan)
    assert promoted.home.head("env/prod") == back


_MINE = ("-c", "user.name=Tom", "-c", "user.email=tom@acme.example")


@pytest.mark.parametrize("same", [True, False])
def test_what_was_forced_away_for_good_is_judged_by_what_the_plan_says(promoted, same):
    plan = promoted.project().plan()
    promoted.apply(plan, env="test")
    tree = "refs/heads/env/test^{tree}" if same else "refs/heads/env/test~1^{tree}"
    other = promoted.home.git(*_MINE, "commit-tree", tree, "-p", "refs/heads/env/test~1", "-m", "mine")
    promoted.home.git("update-ref", "refs/heads/env/test", other)
    promoted.home.git("reflog", "expire", "--expire=now", "--all")
    promoted.home.git("gc", "-q", "--prune=now")
    result = promoted.apply(plan, project=promoted.project(cache="cold"))
    assert promoted.told(result)["test"] == ("already" if same else "failed 10")
