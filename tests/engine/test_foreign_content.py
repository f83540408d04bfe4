"""Content that is not ours: who wrote it is told, nothing undoes it in passing, and there are three ways out."""

from __future__ import annotations

import pytest

from gitpromote import App, Branch, Directory, Environment, Plain
from gitpromote.errors import UsageError
from gitpromote.views.lines import plain
from gitpromote.views.terminal import plan_view

FILE = "apps-deployment-shop.yaml"


def by_hand(site, **words):
    """Somebody's nine replicas in test."""
    files = {FILE: site.deployment("test", replicas=9)}
    return site.home.commit(files, branch="env/test", message="nine", **words)


def outcome(plan, name, env="test"):
    return next((one for one in plan[env].outcomes if one.id == name), None)


def test_foreign_content_blocks_and_names_commit_and_author(promoted):
    first = by_hand(promoted)
    second = promoted.home.commit({"x.yaml": "a: 1\n"}, branch="env/test", message="x", author="Kim <kim@acme.example>")
    plan = promoted.project().plan()
    assert promoted.decisions(plan)["test"] == "blocked foreign"
    found = outcome(plan, "foreign")
    assert (found.status, found.level, found.operands) == (
        *("fail", "hard"),
        {"commits": [second, first], "named": second, "gone": False, "back": False},
    )
    assert found.message == (
        f'holds content that is not ours: {second[:7]} "x" (kim@acme.example, claimed), '
        f'{first[:7]} "nine" (tom@acme.example, claimed)'
    )
    change = next(one for one in plan["test"].changes if one.object.kind == "Deployment")
    replicas = next(field for field in change.fields if field.path == ("spec", "replicas"))
    assert (replicas.before, replicas.after) == (9, 1)
    before = promoted.home.refs()
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "blocked 13", "uat": "waiting 3", "prod": "waiting 3"}
    assert (result.exit_code, result.environments[0].code) == (13, "foreign")
    assert result.environments[0].detail == f"foreign: {found.message}"
    assert promoted.home.refs() == before


def test_what_a_run_of_ours_wrote_before_it_was_killed_names_its_plan(promoted):
    """Where the ledger lies in another repository the target is pushed before its Record, and after its plan."""
    promoted.home.commit(promoted.sources(version="1.1.0"))
    plan = promoted.project().plan()
    trailers = f"Gitpromote-Plan: {plan.digest}\nGitpromote-Pipeline: shop\nGitpromote-Environment: test\n"
    files = {FILE: promoted.deployment("test", version="1.1.0")}
    promoted.home.commit(files, branch="env/test", message=f"promote(test): new\n\n{trailers}")
    assert "cut short" not in outcome(promoted.project().plan(), "foreign").message  # the ledger does not have it
    promoted.project()._record(plan)
    again = promoted.project(cache="another").plan()
    found, commit = outcome(again, "run-cut-short"), promoted.home.head("env/test")
    assert (found.level, found.status, found.operands) == ("hard", "fail", {"commit": commit, "plan": plan.digest})
    assert found.message == (
        f"a run of this pipeline wrote {commit[:7]} here and was cut short before its Record was in the ledger: "
        f"apply its plan {plan.short_id} again to go on, or keep what is here"
    )
    undone = promoted.project().plan(replace={"test": commit})
    assert (outcome(undone, "foreign").status, outcome(undone, "run-cut-short")) == ("warn", None)
    command = f"      gitpromote apply {plan.digest}   # go on with that run"
    assert command in plain(plan_view(again.data)).splitlines()
    by_hand(promoted)
    again = promoted.project().plan()
    assert outcome(again, "run-cut-short") is None
    assert "cut short" not in outcome(again, "foreign").message
    assert command not in plain(plan_view(again.data)).splitlines()


def test_a_branch_that_was_put_back_holds_what_is_ours_and_no_run_was_cut_short(promoted):
    promoted.promote()
    promoted.home.commit(promoted.sources("test", "uat", "prod", version="1.2.0"))
    promoted.promote()
    last, before = promoted.home.head("env/test"), promoted.home.git("rev-parse", "env/test~1")
    promoted.home.move("env/test", before)
    plan = promoted.project().plan()
    found = outcome(plan, "foreign")
    assert promoted.decisions(plan)["test"] == "blocked foreign"
    assert found.message == f"its branch was put back to {before[:7]} of ours and no longer contains {last[:7]}"
    assert plain(plan_view(plan.data)).split("[foreign]\n")[1].split("\n\n")[0].splitlines() == [
        "      gitpromote adopt shop test --reason …   # keep it",
        f"      gitpromote plan shop --replace test@{before[:12]}   # undo it",
        "      gitpromote rollback shop test --reason …   # go back to the Freight before",
    ]
    plan = promoted.project().plan(replace={"test": before[:12]})
    text = f"undoes that its branch was put back to {before[:7]} of ours and no longer contains {last[:7]}"
    assert (outcome(plan, "foreign").status, outcome(plan, "foreign").message) == ("warn", text)
    assert promoted.told(promoted.apply(plan))["test"] == "written"
    assert promoted.home.files("env/test") == {FILE: promoted.deployment("test", version="1.2.0")}


def test_what_came_on_a_branch_that_was_put_back_is_told_alone(promoted):
    """Of plans that are done none is to be applied again, whoever wrote their commits once more."""
    done = promoted.promote()
    last = promoted.home.head("env/test")
    promoted.home.move("env/test", promoted.home.git("rev-parse", "env/test~1"))
    trailers = f"Gitpromote-Plan: {done.digest}\nGitpromote-Pipeline: shop\nGitpromote-Environment: test\n"
    files = {FILE: promoted.deployment("test", version="1.1.0", replicas=2)}
    again = promoted.home.commit(files, branch="env/test", message=f"promote(test): again\n\n{trailers}")
    found = outcome(promoted.project().plan(), "foreign")
    assert found.message == (
        f'holds content that is not ours: {again[:7]} "promote(test): again" (tom@acme.example, claimed); '
        f"its branch was rewritten and no longer contains {last[:7]} of ours"
    )


def test_a_rollback_is_offered_where_there_is_something_to_go_back_to(promoted):
    back = "      gitpromote rollback shop test --reason …   # go back to the Freight before"
    by_hand(promoted)
    assert back not in plain(plan_view(promoted.project().plan().data)).splitlines()
    promoted.home.commit({FILE: promoted.deployment("test")}, branch="env/test", message="back")
    promoted.home.commit(promoted.sources(version="1.1.0"))
    promoted.promote()
    by_hand(promoted)
    assert back in plain(plan_view(promoted.project().plan().data)).splitlines()


def test_content_is_foreign_whoever_the_author_says_to_be(promoted):
    by_hand(promoted, author="gitpromote <gitpromote@localhost>")
    assert promoted.decisions(promoted.project().plan())["test"] == "blocked foreign"


def test_a_commit_that_leaves_the_content_as_it_was_is_not_foreign(promoted):
    by_hand(promoted)
    promoted.home.commit({FILE: promoted.deployment("test")}, branch="env/test", message="back")
    assert promoted.decisions(promoted.project().plan())["test"] == "ready"


def test_foreign_content_is_blocked_even_where_it_is_what_we_would_write(promoted):
    promoted.home.commit({FILE: promoted.deployment("test", version="1.1.0")}, branch="env/test", message="early")
    plan = promoted.project().plan()
    assert promoted.decisions(plan)["test"] == "blocked foreign"


# -- adopt


def test_an_adopted_file_that_is_no_manifest_is_debt_as_well(promoted):
    promoted.promote()
    promoted.home.commit({"NOTES.txt": "by hand\n"}, branch="env/test", message="notes")
    promoted.project(who="Kim <kim@acme.example>").adopt("test", reason="notes")
    plan = promoted.project().plan()
    told = 'what Kim <kim@acme.example> adopted: "notes"; it stays if the sources contain it'
    assert (promoted.decisions(plan)["test"], outcome(plan, "debt").message) == ("noop", f"keeps {told}")
    shown = plain(plan_view(plan.data))
    assert "No changes. test holds what was adopted there; every other environment what its Freight makes.\n" in shown
    assert "what its Freight makes.\n" in shown
    promoted.home.commit(promoted.sources("test", version="1.2.0"), message="newer")
    plan = promoted.project().plan()
    assert (promoted.decisions(plan)["test"], outcome(plan, "debt").message) == ("ready", f"undoes {told}")
    assert [one.path for one in plan["test"].writes if one.action == "delete"] == ["NOTES.txt"]


def test_adopted_content_stays_until_other_freight_comes(promoted):
    promoted.promote()
    commit = by_hand(promoted)
    record = promoted.project(who="Kim <kim@acme.example>").adopt("test", reason="load")
    assert (record.kind, record.environment, record.commit) == ("adopted", "test", commit)
    assert record.data["reason"] == "load"
    assert promoted.project().verify().ok
    plan = promoted.project().plan()
    assert promoted.decisions(plan)["test"] == "noop"
    told = 'what Kim <kim@acme.example> adopted: "load"; it stays if the sources contain it'
    assert (outcome(plan, "debt").status, outcome(plan, "debt").message) == ("warn", f"keeps {told}")
    promoted.home.commit(promoted.sources("test", version="1.2.0"))
    plan = promoted.project().plan()
    assert (promoted.decisions(plan)["test"], outcome(plan, "debt").message) == ("ready", f"undoes {told}")
    promoted.home.commit(promoted.sources("test", version="1.3.0", replicas=9))
    promoted.promote(env="test")
    assert outcome(promoted.project().plan(), "debt") is None


def test_there_is_nothing_to_adopt_where_nothing_is_foreign(promoted):
    for env, text in (
        ("test", "test: its target holds what was last recorded"),
        ("uat", "uat: its target does not exist"),
    ):
        if env == "uat":
            promoted.home.move("env/uat", None)
        with pytest.raises(UsageError) as caught:
            promoted.project().adopt(env, reason="x")
        assert str(caught.value) == f"There is nothing to adopt  [nothing-to-adopt]\n{text}"
    assert promoted.records("adopted") == []


def test_what_somebody_writes_while_it_is_adopted_is_not_adopted_with_it(promoted, monkeypatch):
    """The Record names the tree that was looked at."""
    commit = by_hand(promoted)
    project = promoted.project()
    record = project.adopt("test", reason="load")
    promoted.home.commit({FILE: promoted.deployment("test", replicas=10)}, branch="env/test", message="ten")
    assert record.commit == commit
    assert promoted.decisions(promoted.project().plan())["test"] == "blocked foreign"


# -- replace


def test_a_replacement_names_the_commit_that_it_undoes(promoted):
    commit = by_hand(promoted)
    plan = promoted.project().plan(replace={"test": commit[:10]})
    assert promoted.decisions(plan)["test"] == "ready"
    assert plan.data.request.replace == {"test": commit[:10]}
    found = outcome(plan, "foreign")
    text = f'undoes content that is not ours: {commit[:7]} "nine" (tom@acme.example, claimed)'
    assert (found.status, found.message) == ("warn", text)
    assert promoted.told(promoted.apply(plan)) == {"test": "written", "uat": "written", "prod": "written"}
    assert promoted.home.files("env/test") == {FILE: promoted.deployment("test", version="1.1.0")}


def test_a_replacement_tells_which_files_it_prunes(promoted):
    files = {"README.md": "# hands off\n", "run.sh": "#!/bin/sh\n"}
    commit = promoted.home.commit(files, branch="env/test", message="notes")
    plan = promoted.project().plan(replace={"test": commit})
    assert "  - test: prunes 2 files: README.md, run.sh\n" in plain(plan_view(plan.data))


def test_what_was_adopted_is_pruned_in_so_many_words(promoted):
    promoted.home.commit({"README.md": "# hands off\n"}, branch="env/test", message="notes")
    promoted.project().adopt("test", reason="ours")
    promoted.home.commit(promoted.sources("test", "uat", "prod", version="1.2.0"), message="next")
    plan = promoted.project().plan()
    assert promoted.decisions(plan)["test"] == "ready"
    assert "  - test: prunes 1 file: README.md\n" in plain(plan_view(plan.data))


@pytest.mark.parametrize("wrong", ["0123456", "", "HEAD", "main", "123"])
def test_a_replacement_of_another_commit_is_refused(promoted, wrong):
    commit = by_hand(promoted)
    wrong = commit[:3] if wrong == "123" else wrong
    with pytest.raises(UsageError) as caught:
        promoted.project().plan(replace={"test": wrong})
    assert str(caught.value) == (
        "There is no such foreign content to replace  [replace-unmatched]\n"
        f"test@{wrong}: name it by {commit[:7]}\nLook at it first:\n  gitpromote explain test"
    )


def test_a_replacement_names_what_touched_the_target_not_what_came_beside_it(site):
    pipeline = site.pipeline(target=Directory("builds/$env", branch="live"))
    site.promote(pipeline, env="test")
    files = {f"builds/test/{FILE}": site.deployment("test", replicas=9)}
    commit = site.home.commit(files, branch="live", message="nine")
    head = site.home.commit({"README": "x\n"}, branch="live", message="beside")
    plan = site.project(pipeline).plan()
    assert f"      gitpromote plan shop --replace test@{commit[:12]}   # undo it" in plain(plan_view(plan.data))
    for name in (commit, head):
        plan = site.project(pipeline).plan(replace={"test": name[:12]})
        text = f'undoes content that is not ours: {commit[:7]} "nine" (tom@acme.example, claimed)'
        assert outcome(plan, "foreign").message == text
    assert site.told(site.apply(plan, project=site.project(pipeline)))["test"] == "written"


def test_a_replacement_where_nothing_is_foreign_is_refused(promoted):
    head = promoted.home.head("env/test")
    with pytest.raises(UsageError) as caught:
        promoted.project().plan(replace={"test": head})
    assert caught.value.detail == f"test@{head}: its target holds nothing foreign"


def test_a_branch_that_was_deleted_is_made_again_by_the_name_of_what_it_held(promoted):
    held = promoted.home.head("env/test")
    promoted.home.move("env/test", None)
    plan = promoted.project().plan()
    assert promoted.decisions(plan)["test"] == "blocked foreign"
    assert outcome(plan, "foreign").message == f"its branch was deleted; it held {held[:7]} of ours"
    plan = promoted.project().plan(replace={"test": held[:7]})
    assert outcome(plan, "foreign").message == f"makes again what was deleted: {held[:7]}"
    assert promoted.told(promoted.apply(plan))["test"] == "written"
    assert promoted.home.files("env/test") == {FILE: promoted.deployment("test", version="1.1.0")}


def test_a_replacement_in_an_unknown_environment_is_refused(promoted):
    with pytest.raises(UsageError) as caught:
        promoted.project().plan(replace={"tset": by_hand(promoted)})
    assert caught.value.code == "environment-unknown"


def test_a_replacement_is_stale_where_more_has_come(promoted):
    commit = by_hand(promoted)
    plan = promoted.project().plan(replace={"test": commit})
    promoted.home.commit({FILE: promoted.deployment("test", replicas=10)}, branch="env/test", message="ten")
    assert promoted.told(promoted.apply(plan))["test"] == "stale 4"


# -- rollback


def test_a_rollback_leads_out_too(promoted):
    promoted.promote()
    by_hand(promoted)
    plan = promoted.project().rollback("test", reason="nine is wrong")
    assert promoted.decisions(plan) == {"test": "ready"}
    assert promoted.told(promoted.apply(plan)) == {"test": "written"}
    assert promoted.home.files("env/test") == {FILE: promoted.deployment("test")}


# -- what was there before us


def test_the_first_plan_adopts_what_is_there_and_shows_all_of_it(site):
    files = {
        FILE: site.deployment("test", replicas=5),
        "old.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: old}\n",
    }
    site.home.commit(files, branch="env/test", message="by flux", parent=None)
    plan = site.project().plan()
    assert site.decisions(plan)["test"] == "ready"
    text = "no record yet: this plan adopts the target as it is (2 files)"
    assert (outcome(plan, "adoption").status, outcome(plan, "adoption").message) == ("warn", text)
    assert {(one.object.kind, one.actions) for one in plan["test"].changes} == {
        *((("Deployment", ("update",))), ("ConfigMap", ("delete",))),
    }
    assert site.told(site.apply(plan))["test"] == "written"
    assert site.home.files("env/test") == {FILE: site.deployment("test")}


def test_a_first_plan_that_changes_nothing_is_recorded_without_a_commit(site):
    head = site.home.commit({FILE: site.deployment("test")}, branch="env/test", message="by flux", parent=None)
    plan = site.project().plan(env="test")
    assert site.decisions(plan) == {"test": "noop"}
    assert [step.kind for step in plan["test"].steps] == ["inherit"]
    assert site.told(site.apply(plan)) == {"test": "inherited"}
    assert site.home.head("env/test") == head
    assert site.project().plan(env="test")["test"].steps == ()


# -- two pipelines


TARGETS = {
    "path": lambda name: Branch("env/$env", path=name),
    "directory": lambda name: Directory(f"builds/{name}/$env"),
    "app-folders": lambda name: Directory(f"builds/$app/{name}/$env"),
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_two_pipelines_live_side_by_side_in_folders_of_one_branch(site, target):
    pipelines = [site.pipeline(Environment("test"), name=name, target=target(name)) for name in ("shop", "pay")]
    for pipeline in pipelines:
        site.promote(pipeline)
    site.home.commit(site.sources("test", "uat", "prod", replicas=3))
    for pipeline in pipelines:
        site.promote(pipeline)
    for pipeline in pipelines:
        assert set(site.decisions(site.project(pipeline).plan()).values()) == {"noop"}
        assert site.project(pipeline).verify().ok


def test_foreign_commits_are_those_that_touched_the_folders_of_the_environment(site):
    apps = [App("shop", Plain("deploy/$env")), App("more", Plain("more/$env"))]
    names = ("test", "uat", "prod")
    site.home.commit({f"more/{env}/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" for env in names})
    pipeline = site.pipeline(Environment("test"), apps=apps, target=Directory("builds/$app/$env"))
    site.promote(pipeline)
    commit = site.home.commit({f"builds/shop/test/{FILE}": site.deployment("test", replicas=9)}, message="nine")
    site.home.commit({"README": "x\n"}, message="unrelated")
    plan = site.project(pipeline).plan()
    assert outcome(plan, "foreign").operands["commits"] == [commit]


# -- sources in the place of manifests


def test_sources_in_a_target_are_foreign_content_and_hinder_no_other(promoted):
    """Somebody pushed the main branch over it."""
    promoted.home.commit({"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": "a: [\n"}, message="sources")
    promoted.home.move("env/test", promoted.home.head("main"))
    plan = promoted.project().plan()
    assert promoted.decisions(plan) == {
        "test": "blocked foreign",
        "uat": "waiting upstream",
        "prod": "waiting upstream",
    }
    head = promoted.home.head("env/test")
    report = promoted.project().status().data
    assert {one.name: (one.decision, one.drift) for one in report.environments} == {
        "test": ("blocked", True),
        "uat": ("waiting", False),
        "prod": ("waiting", False),
    }
    promoted.promote(replace={"test": head})
    assert promoted.home.files("env/test") == {FILE: promoted.deployment("test", version="1.1.0")}


def test_sources_where_nothing_was_ever_written_are_blocked_with_the_remedy(site):
    site.home.commit({"Chart.yaml": "name: x\n"}, message="sources")
    site.home.move("env/uat", site.home.head("main"))
    pipeline = site.pipeline(*(Environment(name, after=[]) for name in ("test", "uat")))
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {"test": "ready", "uat": "blocked target-unrendered"}
    assert outcome(plan, "target-unrendered", "uat").message == (
        "A target for rendered manifests holds sources: env/uat: Chart.yaml; "
        "Remove them there, name them in keep=, or write into another branch or folder."
    )
    before = site.home.head("env/uat")
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"test": "written", "uat": "blocked 13"}
    assert (result.exit_code, site.home.head("env/uat")) == (13, before)


def test_a_branch_that_was_rewritten_without_anything_of_ours_names_no_commits(site):
    pipeline = site.pipeline(Environment("test"), target=Directory("builds/$env", branch="live"))
    site.promote(pipeline)
    ours = str(site.home.head("live"))
    site.home.commit({"x.md": "x\n"}, branch="live", parent=None)
    found = outcome(site.project(pipeline).plan(), "foreign")
    assert found.message == (
        f"holds content that is not ours; its branch was rewritten and no longer contains {ours[:7]} of ours"
    )
