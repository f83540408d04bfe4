"""Ephemeral Pipelines on real Git, and what is left of Environments and Pipelines that are gone."""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest

from gitpromote.errors import ConfigurationError, UsageError
from gitpromote.project import Plan, Project, project_of
from gitpromote.views.lines import plain
from gitpromote.views.running import ran_view, round_line
from gitpromote.views.time import instant

PREVIEWS = """\
from gitpromote import App, Directory, Environment, EphemeralPipeline, Plain

previews = EphemeralPipeline(
    "previews",
    apps=[App("shop", Plain("deploy"))],
    target=Directory("previews/$env", branch="previews"),
    environments=[Environment("pr", auto=True)],
    ttl="3d",
)
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: x}}\ndata: {{v: '{}'}}\n"
DAY = 86400


def start(desk, text=PREVIEWS):
    desk.push({"pipeline.py": text, "deploy/c.yaml": CONFIG.format("main")})
    return desk


def pull(desk, number, *, branch=None, value=None, age=0, ref="refs/pull/{}/head"):
    """A pull request: its branch and the ref that a forge gives it."""
    branch = branch or f"change-{number}"
    desk.git("switch", "-q", "-C", branch, "main")
    (desk.work / "deploy" / "c.yaml").write_text(CONFIG.format(value or number))
    when = f"{int(time.time()) - age} +0000"
    os.environ["GIT_COMMITTER_DATE"] = when
    try:
        desk.git("commit", "-q", "-a", "-m", f"change {number}")
    finally:
        del os.environ["GIT_COMMITTER_DATE"]
    desk.git("push", "-q", "--force", "origin", f"HEAD:refs/heads/{branch}", f"+HEAD:{ref.format(number)}")
    desk.git("switch", "-q", "main")


def order(desk):
    return desk.project().pipeline.order()


def applied(desk, plan, project=None):
    result = (project or desk.project()).apply(plan, expect_digest=plan.digest)
    assert result.exit_code == 0, result
    return [(one.name, one.status) for one in result.environments]


def held(desk, branch="previews"):
    """Path to the value that stands there."""
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", branch], cwd=desk.remote, capture_output=True, text=True, check=True
    )
    lines = listed.stdout.splitlines()
    return {path: desk.show(f"{branch}:{path}").rpartition("'")[0].rpartition("'")[2] for path in lines}


# --- what is alive


def test_each_open_pull_request_has_its_environment_in_the_order_of_numbers(empty):
    desk = start(empty)
    for number in (10, 9, 2):
        pull(desk, number)
    plan = desk.project().plan()
    assert [(one.name, one.decision) for one in plan.data.environments] == [
        ("pr-2", "ready"),
        ("pr-9", "ready"),
        ("pr-10", "ready"),
    ]
    assert applied(desk, plan) == [("pr-2", "written"), ("pr-9", "written"), ("pr-10", "written")]
    assert held(desk) == {f"previews/pr-{n}/configmap-c.yaml": str(n) for n in (2, 9, 10)}
    assert desk.project().verify().ok
    assert not desk.project().plan().data.environments[0].steps


def test_one_of_them_is_planned_alone_and_moves_with_its_branch(empty):
    desk = start(empty)
    pull(desk, 1)
    pull(desk, 2)
    applied(desk, desk.project().plan())
    pull(desk, 2, value="newer")
    plan = desk.project().plan(env="pr-2")
    assert [(one.name, one.decision) for one in plan.data.environments] == [("pr-2", "ready")]
    applied(desk, plan)
    assert held(desk)["previews/pr-2/configmap-c.yaml"] == "newer"
    assert held(desk)["previews/pr-1/configmap-c.yaml"] == "1"


def test_the_definition_in_the_plan_is_what_it_stood_for(empty, tmp_path):
    desk = start(empty)
    pull(desk, 1)
    plan = Plan.load(desk.project().plan().save(tmp_path / "plan.json"))
    definition = plan.data.pipeline.definition
    assert definition["kind"] == "pipeline"
    assert [one["name"] for one in definition["environments"]] == ["pr-1"]
    pull(desk, 2)  # the plan says nothing of it, and is carried out as it is
    assert desk.project().plan_verify(plan) == []
    assert applied(desk, plan, project_of(plan, cache_dir=tmp_path / "cold")) == [("pr-1", "written")]


def test_the_file_alone_is_enough_to_validate_it(empty):
    desk = start(empty)
    desk.git("remote", "set-url", "origin", "/nowhere")
    project = desk.project()
    project.check()
    assert project.definition.order() == ("pr",)
    assert (project.name, repr(project)) == ("previews", "<Project previews>")


def test_without_anything_alive_there_is_nothing_to_do(empty, tmp_path):
    desk = start(empty)
    project = desk.project()
    plan = project.plan()
    assert (plan.data.environments, plan.data.summary.promote) == ((), 0)
    [why] = plan.warnings
    assert why == (
        "nothing is alive that previews could stand for:\n"
        f"  {desk.remote} has no refs/pull/*/head\n"
        "What is left of former ones is taken away by:\n"
        "  gitpromote retire previews --gone --reason …"
    )
    assert applied(desk, plan, project) == []
    saved = Plan.load(plan.save(tmp_path / "idle.json"))
    assert applied(desk, saved, project_of(saved, cache_dir=tmp_path / "cold")) == []
    assert project.plan_verify(saved) == []
    ran = desk.project().run_once()
    assert ([turn.name for turn in ran.turns], ran.exit_code) == ([], 0)
    assert ran.rounds[-1].resting == why
    assert plain(ran_view(ran)) == f"Nothing to do: {why}\n"
    line = "".join(span.text for span in round_line(ran.rounds[-1], again=300))
    assert line.endswith("  previews  nothing is alive that previews could stand for   (again in 5m)")
    assert (desk.project().records(), desk.project().approvals()) == ((), {})
    pull(desk, 1)
    assert [one.name for one in desk.project().plan()] == ["pr-1"]


def test_what_is_named_of_a_pipeline_of_which_nothing_is_alive_does_not_exist(empty):
    desk = start(empty)
    with pytest.raises(ConfigurationError) as caught:
        desk.project().plan(env="pr-1")
    assert str(caught.value) == (
        "There is nothing that this pipeline could stand for  [previews-none]\n"
        f"  {desk.remote} has no refs/pull/*/head\n"
        "What is left of former ones is taken away by:\n"
        "  gitpromote retire previews --gone --reason …"
    )


def test_what_is_merged_old_closed_or_from_a_fork_is_dead_and_the_reason_is_told(empty):
    desk = start(empty)
    pull(desk, 1)
    pull(desk, 2, age=4 * DAY)
    pull(desk, 3)
    pull(desk, 4)
    desk.git("merge", "-q", "--no-edit", "change-1")
    desk.git("push", "-q", "origin", "main", ":refs/heads/change-3")  # a forge keeps the ref of a closed one
    desk.git("push", "-q", "origin", ":refs/heads/change-4", ":refs/pull/4/head")
    assert desk.project().plan().warnings[0].splitlines()[1:4] == [
        "  1: main holds all of it",
        "  2: its newest commit is 4d old, and it lives 3d",
        "  3: refs/pull/3/head is where no branch is: it is closed, or comes from a fork",
    ]


def test_of_too_many_the_newest_count(empty):
    desk = start(empty, PREVIEWS.replace('ttl="3d"', "limit=2"))
    for number, age in ((1, 30), (2, 3000), (3, 300)):
        pull(desk, number, age=age)
    assert order(desk) == ("pr-1", "pr-3")


def test_branches_become_environments_and_their_names_labels(empty):
    text = PREVIEWS.replace('ttl="3d"', 'of="refs/heads/feature/*"').replace('"pr"', '"at"')
    desk = start(empty, text)
    desk.git("push", "-q", "origin", "main:refs/heads/feature/fresh")  # it has nothing yet that main has not
    pull(desk, 1, branch="feature/login")
    pull(desk, 2, branch="feature/Cart_2")
    pull(desk, 3, branch="other")
    assert order(desk) == ("at-cart-2-a10fe1", "at-login")
    assert desk.project().pipeline.environment("at-login").labels == {"branch": "feature/login"}
    assert applied(desk, desk.project().plan(env="at-login")) == [("at-login", "written")]
    assert held(desk) == {"previews/at-login/configmap-c.yaml": "1"}


def test_what_a_pipeline_writes_is_no_preview_of_its_own(empty):
    text = PREVIEWS.replace('ttl="3d"', 'of="refs/heads/*"').replace("previews/$env", "x/$env")
    desk = start(empty, text)
    pull(desk, 1)
    applied(desk, desk.project().plan())
    assert order(desk) == ("pr-change-1",)


def test_gitlab_s_refs_count_too(empty):
    desk = start(empty, PREVIEWS.replace('ttl="3d"', 'of="refs/merge-requests/*/head"'))
    pull(desk, 7, ref="refs/merge-requests/{}/head")
    assert order(desk) == ("pr-7",)


# --- what is over


def test_what_is_over_is_a_plan_of_its_deletion_and_comes_again_with_a_new_commit(empty):
    desk = start(empty)
    pull(desk, 1)
    pull(desk, 2)
    applied(desk, desk.project().plan())
    desk.git("push", "-q", "origin", ":refs/heads/change-1")
    project = desk.project()
    assert project.remains() == ("pr-1",)
    plan = project.retire(gone=True, reason="closed")
    assert (plan.data.kind, [one.name for one in plan.data.environments]) == ("retire", ["pr-1"])
    assert [(one.actions, one.object.name) for one in plan["pr-1"].changes] == [(("delete",), "c")]
    assert project.plan_verify(plan) == []
    assert applied(desk, plan) == [("pr-1", "written")]
    assert held(desk) == {"previews/pr-2/configmap-c.yaml": "2"}
    assert desk.project().remains() == ()
    assert desk.project().verify().ok
    pull(desk, 1, value="again")
    assert order(desk) == ("pr-1", "pr-2")
    applied(desk, desk.project().plan())
    assert held(desk)["previews/pr-1/configmap-c.yaml"] == "again"


def test_everything_may_be_over(empty):
    desk = start(empty)
    pull(desk, 1)
    pull(desk, 2)
    applied(desk, desk.project().plan())
    desk.git("push", "-q", "origin", ":refs/heads/change-1", ":refs/heads/change-2")
    assert applied(desk, desk.project().retire(gone=True, reason="closed")) == [
        ("pr-1", "written"),
        ("pr-2", "written"),
    ]
    assert held(desk) == {}
    with pytest.raises(UsageError) as caught:
        desk.project().retire(gone=True, reason="closed")
    assert str(caught.value) == (
        "Nothing is left over  [retire-nothing]\n"
        "Every environment that previews has written is still part of it, or empty."
    )


def test_what_lives_again_is_not_deleted_by_a_plan_that_took_it_for_over(empty, tmp_path):
    """The saved plan alone says by what it was over; no code of the pipeline runs."""
    desk = start(empty)
    for number in (1, 2):
        pull(desk, number)
    applied(desk, desk.project().plan())
    desk.git("push", "-q", "origin", ":refs/heads/change-1", ":refs/heads/change-2")
    project = desk.project()
    plan = project.retire(gone=True, reason="closed")
    assert project.plan_verify(plan) == []
    saved = Plan.load(plan.save(tmp_path / "plan.json"))
    pull(desk, 1, value="again")
    cold = project_of(saved, cache_dir=tmp_path / "cold")
    result = cold.apply(saved, expect_digest=saved.digest)
    assert [(one.name, one.status, one.code) for one in result.environments] == [
        ("pr-1", "stale", "plan-retires-living"),
        ("pr-2", "written", ""),
    ]
    assert result.environments[0].message == "it lives again: the branch change-1"
    assert result.exit_code == 6  # one of two
    assert held(desk) == {"previews/pr-1/configmap-c.yaml": "1"}
    applied(desk, desk.project().plan())
    assert held(desk) == {"previews/pr-1/configmap-c.yaml": "again"}


def test_a_retirement_meets_what_was_written_meanwhile(empty):
    desk = start(empty)
    pull(desk, 1)
    applied(desk, desk.project().plan())
    desk.git("push", "-q", "origin", ":refs/heads/change-1")
    plan = desk.project().retire(gone=True, reason="closed")
    desk.git("push", "-q", "origin", "change-1:refs/heads/change-1")
    pull(desk, 1, value="reopened")
    applied(desk, desk.project().plan())
    result = desk.project().apply(plan, expect_digest=plan.digest)
    assert [one.status for one in result.environments] == ["stale"]
    assert held(desk) == {"previews/pr-1/configmap-c.yaml": "reopened"}


LISTED = """\
from gitpromote import App, Branch, Directory, Environment, Pipeline, Plain

shop = Pipeline(
    "shop",
    apps=[App("shop", Plain("deploy"))],
    target=Directory("$env", branch="rendered"),
    environments=[Environment(name, after=[]) for name in NAMES],
)
"""


def test_an_environment_that_left_the_list_is_left_over(empty):
    desk = start(empty, LISTED.replace("NAMES", '["a", "b", "c"]'))
    applied(desk, desk.project().plan())
    desk.push({"pipeline.py": LISTED.replace("NAMES", '["a"]')})
    project = desk.project()
    assert project.remains() == ("b", "c")
    assert applied(desk, project.retire(gone=True, reason="no longer listed")) == [("b", "written"), ("c", "written")]
    assert held(desk, "rendered") == {"a/configmap-c.yaml": "main"}


def test_a_hold_does_not_keep_what_is_gone(empty):
    """Nothing comes there any more that it could keep out; whoever deletes it says so, with a reason."""
    desk = start(empty, LISTED.replace("NAMES", '["a", "b"]'))
    applied(desk, desk.project().plan())
    desk.project().hold("b", reason="keep it")
    desk.push({"pipeline.py": LISTED.replace("NAMES", '["a"]')})
    plan = desk.project().retire(gone=True, reason="no longer listed")
    assert plan["b"].decision == "ready"
    assert applied(desk, plan) == [("b", "written")]
    assert held(desk, "rendered") == {"a/configmap-c.yaml": "main"}
    assert desk.project().verify().ok
    desk.push({"pipeline.py": LISTED.replace("NAMES", '["a", "b"]')})
    assert applied(desk, desk.project().plan(env="b")) == [("b", "written")]


def test_a_hold_keeps_what_is_there_from_its_deletion(empty):
    desk = start(empty, LISTED.replace("NAMES", '["a", "b"]'))
    applied(desk, desk.project().plan())
    desk.project().hold("b", reason="keep it")
    assert desk.project().retire(env="b", reason="over")["b"].decision == "held"


def test_what_another_environment_writes_by_now_is_left_alone(empty):
    desk = start(empty, LISTED.replace("NAMES", '["a"]').replace('"$env"', '"all"'))
    applied(desk, desk.project().plan())
    desk.push({"pipeline.py": LISTED.replace("NAMES", '["b"]').replace('"$env"', '"all"')})
    assert desk.project().remains() == ()
    renamed = LISTED.replace("NAMES", '["b"]').replace("after=[]", 'after=[], moved="a"')
    desk.push({"pipeline.py": renamed})
    assert desk.project().remains() == ()


def test_what_is_gone_from_git_already_is_not_left_over(empty):
    desk = start(
        empty, LISTED.replace("NAMES", '["a", "b"]').replace('Directory("$env", branch="rendered")', 'Branch("$env")')
    )
    applied(desk, desk.project().plan())
    desk.git("push", "-q", "origin", ":refs/heads/b")
    desk.push(
        {
            "pipeline.py": LISTED.replace("NAMES", '["a"]').replace(
                'Directory("$env", branch="rendered")', 'Branch("$env")'
            )
        }
    )
    assert desk.project().remains() == ()


def test_what_another_pipeline_writes_by_now_is_left_alone(empty):
    desk = start(empty, LISTED.replace("NAMES", '["a", "b"]'))
    applied(desk, desk.project().plan())
    desk.push({"pipeline.py": LISTED.replace("NAMES", '["a"]')})
    desk.git("fetch", "-q", "origin", "rendered")
    desk.git("switch", "-q", "-C", "rendered", "FETCH_HEAD")
    (desk.work / "b" / "configmap-c.yaml").write_text(CONFIG.format("theirs"))
    desk.git("commit", "-q", "-a", "-m", "theirs\n\nGitpromote-Pipeline: other")
    desk.git("push", "-q", "origin", "rendered")
    desk.git("switch", "-q", "main")
    assert desk.project().remains() == ()


def test_what_another_pipeline_of_the_file_is_going_to_write_is_left_alone(empty):
    desk = start(empty, LISTED.replace("NAMES", '["a", "b"]'))
    applied(desk, desk.project().plan())
    renamed = LISTED.replace("NAMES", '["b"]').replace('shop = Pipeline(\n    "shop"', 'pay = Pipeline(\n    "pay"')
    both = LISTED.replace("NAMES", '["a"]') + renamed.partition("\n\n")[2]
    desk.push({"pipeline.py": both})
    assert desk.project(pipeline="shop").remains() == ()
    desk.push({"pipeline.py": renamed})
    gone = Project.departed("shop", desk.work / "pipeline.py", cache_dir=desk.root / "cache")
    assert gone.remains() == ("a",)


def test_what_two_names_shared_is_retired_once(empty):
    desk = start(empty, LISTED.replace("NAMES", '["a"]').replace('"$env"', '"all"'))
    applied(desk, desk.project().plan())
    desk.push(
        {"pipeline.py": LISTED.replace("NAMES", '["b"]').replace('"$env"', '"all"'), "deploy/c.yaml": CONFIG.format(2)}
    )
    time.sleep(1.1 - time.time() % 1)  # Records know seconds, and what came later counts
    applied(desk, desk.project().plan())
    desk.push({"pipeline.py": LISTED.replace("NAMES", '["c"]')})
    project = desk.project()
    assert project.remains() == ("b",)
    applied(desk, project.retire(gone=True, reason="gone"))
    assert desk.project().remains() == ()


def test_branches_that_no_definition_can_name_are_left_out(empty):
    desk = start(empty, PREVIEWS.replace('ttl="3d"', 'of="refs/heads/feature/*"'))
    pull(desk, 1, branch="feature/fine")
    token = "ghp_" + "A1b2C3d4E5" * 3 + "F6g7H8"
    pull(desk, 2, branch=f"feature/{token}")
    pull(desk, 3, branch="feature/caf\u00e9")
    plan = desk.project().plan()
    assert [one.name for one in plan.data.environments] == ["pr-caf-850f7d", "pr-fine"]
    applied(desk, plan)


def test_a_pipeline_that_is_gone_is_remembered_by_its_ledger(empty):
    two = LISTED.replace("NAMES", '["a", "b"]') + LISTED.partition("\n\n")[2].replace("NAMES", '["x"]').replace(
        'shop = Pipeline(\n    "shop"', 'pay = Pipeline(\n    "pay"'
    ).replace('"$env"', '"pay/$env"')
    desk = start(empty, two)
    for name in ("shop", "pay"):
        project = desk.project(pipeline=name)
        applied(desk, project.plan(), project)
    desk.push({"pipeline.py": LISTED.replace("NAMES", '["a", "b"]')})
    file = desk.work / "pipeline.py"
    gone = Project.departed("pay", file, cache_dir=desk.root / "cache")
    assert gone is not None
    assert (gone.name, gone.remains()) == ("pay", ("x",))
    assert applied(desk, gone.retire(gone=True, reason="the team is gone"), gone) == [("x", "written")]
    assert sorted(held(desk, "rendered")) == ["a/configmap-c.yaml", "b/configmap-c.yaml"]
    assert Project.departed("nosuch", file, cache_dir=desk.root / "cache") is None


def test_the_command_line_says_that_there_is_nothing_to_do_and_why(empty, capsys, monkeypatch):
    from gitpromote.cli.main import main

    desk = start(empty)
    monkeypatch.chdir(desk.work)
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(desk.root / "cache"))
    assert main(["plan", "--detailed-exitcode"]) == 0
    assert capsys.readouterr().out == (
        "Nothing to do: the pipeline has no environment at this moment.\n"
        "Plan: 0 environments to promote, 0 waiting, 0 blocked; 0 to add, 0 to change, 0 to delete. "
        "Gates: 0 passed, 0 pending, 0 failed.\n"
        "! nothing is alive that previews could stand for:\n"
        f"  {desk.remote} has no refs/pull/*/head\n"
        "What is left of former ones is taken away by:\n"
        "  gitpromote retire previews --gone --reason …\n"
    )
    assert main(["run", "--once"]) == 0
    assert capsys.readouterr().out == (
        "Nothing to do: nothing is alive that previews could stand for:\n"
        f"  {desk.remote} has no refs/pull/*/head\n"
        "What is left of former ones is taken away by:\n"
        "  gitpromote retire previews --gone --reason …\n"
    )
    assert main(["apply", "-auto-approve"]) == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert main(["history"]) == 0
    assert main(["plan", "--env", "pr-1"]) == 11


NOTHING_ALIVE = """\
nothing is alive that previews could stand for:
  {remote} has no refs/pull/*/head
What is left of former ones is taken away by:
  gitpromote retire previews --gone --reason …"""


def test_a_pipeline_of_which_nothing_is_alive_tells_what_was(empty, capsys, monkeypatch):
    from gitpromote.cli.main import main

    desk = start(empty)
    monkeypatch.chdir(desk.work)
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(desk.root / "cache"))
    why = NOTHING_ALIVE.format(remote=desk.remote)
    assert desk.project().status().data.resting == why
    assert main(["status", "--detailed-exitcode"]) == 0
    assert capsys.readouterr().out.endswith(f"no ledger yet: nothing was applied\n\n  previews: {why}\n")
    assert main(["freight", "list"]) == 0
    pull(desk, 1)
    applied(desk, desk.project().plan())
    desk.git("push", "-q", "origin", ":refs/pull/1/head", ":refs/heads/change-1")
    assert desk.project().verify().ok
    assert [one.freight.warehouse for one in desk.project().freight.list()] == ["previews-1"]
    assert [one.warehouses for one in (desk.project().freight.discover(),)] == [()]
    capsys.readouterr()
    for words in (["history"], ["verify"], ["freight", "list"], ["freight", "discover"], ["status"]):
        assert main(words) == 0, words
        assert capsys.readouterr().err == ""


def test_the_last_preview_is_retired_to_the_end(empty, capsys, monkeypatch):
    from gitpromote.cli.main import main

    desk = start(empty)
    monkeypatch.chdir(desk.work)
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(desk.root / "cache"))
    pull(desk, 1)
    applied(desk, desk.project().plan())
    desk.git("push", "-q", "origin", ":refs/pull/1/head", ":refs/heads/change-1")
    assert main(["retire", "--gone", "--reason", "closed", "-auto-approve"]) == 0
    assert capsys.readouterr().out.endswith("Applied: 1 done, 0 failed, 0 waiting, 0 not started.\n")
    assert held(desk) == {}
    assert main(["retire", "--gone", "--reason", "closed", "-auto-approve"]) == 0
    assert capsys.readouterr().out == "Nothing is left over.\n"


def test_the_lock_of_the_last_preview_is_taken_away_where_none_is_left(empty):
    desk = start(empty)
    pull(desk, 1)
    applied(desk, desk.project().plan())
    desk.project().lock("pr-1", reason="looking")
    desk.git("push", "-q", "origin", ":refs/pull/1/head", ":refs/heads/change-1")
    assert desk.project().unlock("pr-1").environment == "pr-1"
    with pytest.raises(UsageError, match="not-locked"):
        desk.project().unlock("pr-1")


def test_what_is_gone_is_still_told(empty, capsys, monkeypatch):
    from gitpromote.cli.main import main

    desk = start(empty)
    monkeypatch.chdir(desk.work)
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(desk.root / "cache"))
    pull(desk, 1)
    pull(desk, 2)
    applied(desk, desk.project().plan())
    desk.git("push", "-q", "origin", ":refs/heads/change-1")
    assert main(["history", "--env", "pr-1"]) == 0
    assert capsys.readouterr().out.count("pr-1") == 2
    assert main(["explain", "pr-1"]) == 0
    last = instant(desk.project().history.env("pr-1")[0].at, now=int(time.time()))
    assert capsys.readouterr().out == (
        f"pr-1 · gone; its last Record is of {last}\n"
        "  previews has no such environment any more: refs/pull/1/head is where no branch is: it is closed, or comes "
        "from a fork\n"
        "  What it wrote still stands in previews:previews/pr-1:\n"
        "  gitpromote retire previews --gone --reason …\n"
        "  gitpromote history previews --env pr-1\n"
    )
    applied(desk, desk.project().retire(gone=True, reason="closed"))
    desk.git("push", "-q", "origin", ":refs/heads/change-2", ":refs/pull/1/head")
    project = desk.project()
    [record] = project.history.kind("retired")
    at = instant(record.at, now=int(time.time()))
    assert main(["explain", "previews", "pr-1"]) == 0
    who = record.actor.claimed.partition(" <")[0]
    assert capsys.readouterr().out == (
        f'pr-1 · retired {at} by {who}: "closed"\n'
        "  previews has no such environment any more\n"
        "  gitpromote history previews --env pr-1\n"
    )
    assert main(["history", "--env", "pr-*"]) == 0
    assert capsys.readouterr().out.count("pr-2") == 2
    assert [one.kind for one in project.records("pr-1")] == ["retired", "verified", "written"]
    assert project.environments_ever() == ("pr-1", "pr-2")
    assert main(["history", "--env", "pr-3"]) == 64
    assert capsys.readouterr().err.splitlines()[0] == "Error: There is no such environment  [environment-unknown]"
    assert main(["explain", "pr-3"]) == 11
    assert desk.project().gone("pr-3") is None


def test_an_environment_that_left_the_list_is_still_told(empty, capsys, monkeypatch):
    from gitpromote.cli.main import main

    desk = start(empty, LISTED.replace("NAMES", '["a", "b"]'))
    monkeypatch.chdir(desk.work)
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(desk.root / "cache"))
    applied(desk, desk.project().plan())
    desk.push({"pipeline.py": LISTED.replace("NAMES", '["a"]')})
    assert main(["explain", "b", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["gone"]["target"] == "rendered:b"
    assert main(["history", "--env", "b"]) == 0
    assert desk.project().gone("a") is None
