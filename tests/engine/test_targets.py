"""Where environments are written: branches, folders, other repositories; and what must not become Freight again."""

from __future__ import annotations

import pytest

from gitpromote import App, Branch, Directory, Environment, Git, Message, Pipeline, Plain, Warehouse
from gitpromote.engine import plans
from gitpromote.errors import ConfigurationError, GitpromoteError
from gitpromote.model import pipeline_targets

FILE = "apps-deployment-shop.yaml"
ALL = ("test", "uat", "prod")


def noop(site, pipeline):
    return set(site.decisions(site.project(pipeline).plan()).values()) == {"noop"}


def test_a_folder_of_a_branch_is_ours_and_the_rest_is_not(site):
    site.home.commit({"docs/x.md": "x\n", "shop/old.yaml": "a: 1\n"}, branch="env/test", parent=None)
    pipeline = site.pipeline(target=Branch("env/$env", path="shop"))
    site.promote(pipeline)
    assert site.home.files("env/test") == {"docs/x.md": "x\n", f"shop/{FILE}": site.deployment("test")}
    assert noop(site, pipeline)


def test_folders_on_the_source_branch_make_no_new_freight(site):
    pipeline = site.pipeline(target=Directory("builds/$env"))
    first = site.promote(pipeline)
    assert site.home.log("main") == [*(f"promote({env}): {alias(first)}" for env in reversed(ALL)), "first"]
    assert noop(site, pipeline)
    assert site.records("freight-created") == [("freight-created", None)]
    site.home.commit({"README": "x\n"}, message="unrelated")
    assert noop(site, pipeline)
    site.home.commit(site.sources("test", version="1.1.0"))
    second = site.promote(pipeline)
    assert alias(second) != alias(first)
    assert noop(site, pipeline)


def alias(plan):
    return plan.data.freight[plan.data.environments[0].freight["shop"].id].alias


def test_our_own_commits_are_no_news_to_a_warehouse_that_follows_the_whole_branch(site):
    pipeline = site.pipeline(target=Directory("builds/$env"), warehouse=Warehouse(Git()))
    site.promote(pipeline)
    assert site.records("freight-created") == [("freight-created", None)]
    assert noop(site, pipeline)
    site.home.commit({"README": "x\n"}, message="unrelated")
    plan = site.project(pipeline).plan()
    assert plan["test"].freight["shop"].moving  # it asked for every commit
    site.promote(pipeline)
    assert noop(site, pipeline)


def test_a_warehouse_that_looks_at_some_folders_is_not_fed_by_the_others(site):
    pipeline = site.pipeline(target=Directory("builds/$env"), warehouse=Warehouse(Git(include=["deploy/"])))
    site.promote(pipeline)
    assert noop(site, pipeline)


def test_another_repository_is_written_and_the_ledger_stays_at_home(site):
    other = site.other("other.git")
    pipeline = site.pipeline(target=Branch("env/$env", repo=str(other.path)))
    site.promote(pipeline)
    assert sorted(site.home.refs()) == ["refs/heads/gitpromote/ledger/shop", "refs/heads/main"]
    assert sorted(other.refs()) == ["refs/heads/env/prod", "refs/heads/env/test", "refs/heads/env/uat"]
    assert other.files("env/test") == {FILE: site.deployment("test")}
    assert noop(site, pipeline)
    assert site.project(pipeline).verify().ok
    assert site.project(pipeline, cache="cold").verify().ok
    by_hand = other.commit({"x.yaml": "a: 1\n"}, branch="env/test")
    plan = site.project(pipeline).plan(env="test")
    assert plan["test"].outcomes[0].operands["commits"] == [by_hand]


def test_environments_may_live_in_repositories_of_their_own(site):
    origins = {name: site.other(f"{name}.git") for name in ("a", "b")}
    envs = [Environment(name, after=[], target=Branch("live", repo=str(origins[name].path))) for name in origins]
    site.home.commit(site.sources("a", "b"))
    pipeline = Pipeline("shop", apps=[App("shop", Plain("deploy/$env"))], environments=envs)
    site.promote(pipeline)
    assert [origins[name].files("live") for name in origins] == [{FILE: site.deployment(name)} for name in origins]
    assert noop(site, pipeline)


def test_a_repository_that_refuses_leaves_the_other_ones_alone(site):
    origins = {name: site.other(f"{name}.git") for name in ("a", "b")}
    envs = [Environment(name, after=[], target=Branch("live", repo=str(origins[name].path))) for name in origins]
    site.home.commit(site.sources("a", "b"))
    pipeline = Pipeline("shop", apps=[App("shop", Plain("deploy/$env"))], environments=envs)
    plan = site.project(pipeline).plan()
    origins["b"].hook("update", 'echo "frozen" >&2; exit 1\n')
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"a": "written", "b": "failed 1"}
    assert site.records("written") == [("written", "a")]
    assert site.project(pipeline).verify().ok


def test_sources_may_come_from_another_repository(site):
    other = site.other("sources.git")
    other.commit(site.sources(*ALL, version="3.0.0"))
    pipeline = site.pipeline(apps=[App("shop", Plain("deploy/$env"), repo=str(other.path))])
    plan = site.promote(pipeline)
    [commit] = [one["commit"] for one in plan.data.freight[plan["test"].freight["shop"].id].artifacts]
    assert commit == other.head("main")
    assert site.home.files("env/test") == {FILE: site.deployment("test", version="3.0.0")}
    assert noop(site, pipeline)
    other.commit(site.sources("test", version="3.1.0"))
    assert site.decisions(site.project(pipeline).plan())["test"] == "ready"


def test_hidden_refs_hold_ledger_and_locks_where_the_pipeline_says_so(site):
    pipeline = site.pipeline(refs="refs/gitpromote")
    site.promote(pipeline)
    site.project(pipeline).lock("test", reason="x")
    hidden = [ref for ref in site.home.refs() if not ref.startswith("refs/heads/")]
    assert hidden == ["refs/gitpromote/ledger/shop", "refs/gitpromote/lock/shop/test"]
    assert noop(site, pipeline)
    assert site.project(pipeline, cache="cold").verify().ok


def test_a_target_that_moves_is_written_anew_and_the_old_place_is_left_behind(site):
    site.promote()
    moved = site.pipeline(target=Branch("live/$env"))
    plan = site.project(moved).plan()
    assert site.decisions(plan)["test"] == "ready"
    found = next(one for one in plan["test"].outcomes if one.id == "target-moved")
    assert (found.status, found.message) == ("warn", "was written to env/test until now; what is there stays as it is")
    site.promote(moved)
    assert site.home.files("live/test") == site.home.files("env/test")
    assert noop(site, moved)
    told = site.project(moved).left_behind()
    assert told[0] == "env/test still holds what test wrote there; test is written elsewhere now. Delete it by hand"
    assert len(told) == 3
    site.home.move("env/test", None)
    assert len(site.project(moved).left_behind()) == 2
    assert site.project(moved).verify().ok


def test_one_file_per_app_where_the_target_says_so(site):
    more = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, namespace: test}\n"
    site.home.commit({"deploy/test/more.yaml": more})
    pipeline = site.pipeline(Environment("test"), target=Branch("env/$env", files="per-app"))
    site.promote(pipeline)
    assert list(site.home.files("env/test")) == ["shop.yaml"]
    assert noop(site, pipeline)
    per_object = site.pipeline(Environment("test"))
    plan = site.project(per_object).plan()
    assert plan["test"].changes == ()  # other files, the same objects
    assert {write.action for write in plan["test"].writes} == {"create", "delete"}


def test_apps_of_one_target_that_give_one_object_are_refused(site):
    twice = App("shop", Plain("deploy/$env")), App("again", Plain("deploy/$env"))
    project = site.project(site.pipeline(apps=twice))
    with pytest.raises(GitpromoteError) as caught:
        project.plan()
    assert "shop" in str(caught.value) and "again" in str(caught.value)


def test_messages_tags_and_identity_are_those_of_the_pipeline(site):
    pipeline = site.pipeline(
        *(Environment("test", labels={"region": "eu"}),),
        commit=Message("ship $pipeline to $env ($label.region): $freight"),
        tag="$env/$freight",
        identity="Ship <ship@acme.example>",
    )
    plan = site.promote(pipeline)
    subject = site.home.git("log", "-1", "--format=%an <%ae> %s", "env/test")
    assert subject == f"Ship <ship@acme.example> ship shop to test (eu): {alias(plan)}"
    assert site.home.refs()[f"refs/tags/test/{alias(plan)}"] == site.home.head("env/test")


def test_a_tag_that_is_there_already_is_not_moved(site):
    pipeline = site.pipeline(Environment("test"), tag="$env/$freight")
    plan = site.project(pipeline).plan()
    taken = site.home.head("main")
    site.home.git("update-ref", f"refs/tags/test/{alias(plan)}", taken)
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "written"}
    assert site.home.refs()[f"refs/tags/test/{alias(plan)}"] == taken


def test_a_tag_that_the_server_refuses_is_told(site):
    pipeline = site.pipeline(Environment("test"), tag="$env/$freight")
    site.home.hook("update", 'case "$1" in refs/tags/*) echo "no tags" >&2; exit 1;; esac\n')
    result = site.apply(site.project(pipeline).plan(), project=site.project(pipeline))
    assert site.told(result) == {"test": "failed 1"}
    assert "no tags" in result.environments[0].detail
    assert site.home.head("env/test") is None


def why_blocked(plan, name="test"):
    """The verdict against a path, as the plan has it."""
    assert plan[name].decision == "blocked", plan[name]
    found = next(one for one in plan[name].outcomes if one.id == "unsafe-path")
    return found.message


@pytest.mark.parametrize("where", ["link", "file"])
def test_a_folder_that_is_none_in_the_target_is_not_written_through(site, where):
    """Git would put a folder in the place of what is there."""
    mode = {"link": "120000", "file": "100644"}[where]
    site.home.commit({"builds": "docs"}, branch="live", parent=None, mode=mode)
    pipeline = site.pipeline(Environment("test"), target=Directory("builds/$env", branch="live"))
    before = site.home.refs()
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {"test": "blocked unsafe-path"}
    message = f"'builds/test/{FILE}' lies below builds, which is a {where} there"
    assert why_blocked(plan) == f"{message}. Remove the {where} builds."
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"test": "blocked 13"}
    assert site.home.refs() == before


def test_a_file_that_differs_from_ours_only_in_case_is_not_joined(site):
    site.home.commit({"Builds/test/x.yaml": "a: 1\n"}, branch="live", parent=None)
    pipeline = site.pipeline(Environment("test"), target=Directory("builds/$env", branch="live"))
    plan = site.project(pipeline).plan()
    message = "'builds' meets 'Builds' on file systems that fold case"
    assert why_blocked(plan) == f"{message}. Rename one of the two, or remove Builds."
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "blocked 13"}
    site.home.commit({"Builds/test/x.yaml": None}, branch="live")
    site.promote(pipeline)
    assert list(site.home.files("live")) == [f"builds/test/{FILE}"]


def test_what_comes_in_the_way_after_the_plan_is_seen_before_anything_is_written(site):
    site.home.commit({"docs/x.md": "x\n"}, branch="live", parent=None)
    pipeline = site.pipeline(Environment("test"), target=Directory("builds/$env", branch="live"))
    plan = site.project(pipeline).plan()
    site.home.commit({"Builds/x.yaml": "a: 1\n"}, branch="live")
    result = site.apply(plan, project=site.project(pipeline))
    found = result.environments[0]
    assert (found.status, found.exit_code, found.code) == ("blocked", 13, "unsafe-path")
    assert found.detail == "test: 'builds' meets 'Builds' on file systems that fold case"
    assert found.hint == (
        "Nothing was pushed for this environment. Rename one of the two, or remove Builds. Then plan again:\n"
        "  gitpromote plan shop"
    )


@pytest.mark.parametrize(("first", "second", "why"), [("CC", "cc", "case"), ("caf\u00e9", "cafe\u0301", "unicode")])
def test_what_two_environments_of_one_run_write_is_told_where_their_folders_meet(site, monkeypatch, first, second, why):
    """Neither of the two stands there yet."""

    def pipeline():
        return site.pipeline(
            Environment("test", after=[], target=Directory(first, branch="mr")),
            Environment("uat", after=[], target=Directory(second, branch="mr")),
        )

    with pytest.raises(ConfigurationError) as caught:
        pipeline()
    told = f'Environment("uat"): the folder "{second}" on branch "mr" meets "{first}" of Environment("test")'
    assert f"{told} on file systems that fold {why}  [path-conflict]  (give one of the two another name)" in str(
        caught.value
    )
    # However they came to be: the plan sees it as well, and an apply of a plan that did not.
    monkeypatch.setattr(pipeline_targets, "_folded_folders", lambda by_ref: ())
    plan = site.project(pipeline()).plan()
    assert site.decisions(plan) == {"test": "ready", "uat": "blocked unsafe-path"}
    message = f"{second!r} meets {first!r} of test on file systems that fold {why}"
    assert why_blocked(plan, "uat") == f"{message}. Give one of the two another name."
    monkeypatch.setattr(plans, "with_unsafe_paths", lambda world, observation: observation)
    plan = site.project(pipeline()).plan()
    result = site.apply(plan, project=site.project(pipeline()))
    assert site.told(result) == {"test": "written", "uat": "blocked 13"}
    assert result.environments[1].detail == f"uat: {message}"


@pytest.mark.parametrize("mode", ["120000", "100644"])
@pytest.mark.parametrize("path", [FILE, f"{FILE}/x", FILE.upper(), "shop"])
def test_what_is_in_the_way_within_the_target_is_pruned(site, mode, path):
    site.home.commit({path: "docs"}, branch="env/test", parent=None, mode=mode)
    pipeline = site.pipeline(Environment("test"))
    assert site.told(site.apply(site.project(pipeline).plan(), project=site.project(pipeline))) == {"test": "written"}
    assert site.home.git("ls-tree", "-r", "--format=%(objectmode) %(path)", "env/test") == f"100644 {FILE}"


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        (f"{FILE}/x", f"'{FILE}' is a folder there, in which something stays"),
        (FILE.upper(), f"'{FILE}' meets '{FILE.upper()}' on file systems that fold case"),
    ],
)
def test_what_is_kept_is_not_lost_to_a_file_of_ours(site, kept, why):
    site.home.commit({kept: "docs"}, branch="env/test", parent=None)
    pipeline = site.pipeline(Environment("test"), target=Branch("env/$env", keep=[kept]))
    before = site.home.refs()
    plan = site.project(pipeline).plan()
    assert why_blocked(plan).startswith(f"{why}. ")
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "blocked 13"}
    assert site.home.refs() == before


def test_what_a_render_gives_in_the_place_of_a_kept_path_is_refused(site):
    pipeline = site.pipeline(Environment("test"), target=Branch("env/$env", keep=[FILE]))
    with pytest.raises(ConfigurationError) as caught:
        site.project(pipeline).plan()
    assert str(caught.value) == (
        "A render gives a path that is kept  [path-kept]\n"
        f"test: {FILE} is rendered, and keep={FILE} says that it stays.\n"
        "Take it out of keep, or give the rendered files a folder of their own: path=…"
    )
