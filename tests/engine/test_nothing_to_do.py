"""Environments in which a plan has nothing to do, and in which somebody did something before it was applied."""

from __future__ import annotations

import pytest

from gitpromote import App, Directory, Environment, Helm, InPlace, SetValue, Warehouse
from gitpromote import Image as Images
from gitpromote.engine import target_now

FILE = "apps-deployment-shop.yaml"
DONE = {"test": "noop", "uat": "written", "prod": "written"}
QUIET = ("noop", 0, "", "nothing to do", "", "")
CHANGED = ("stale", 4, "plan-stale", "the target is no longer what was reviewed")


def half_way(site):
    """A plan that has nothing to do in test, since its Freight is there, and goes on to uat."""
    first = site.project().plan()
    site.apply(first, env="test")
    plan = site.project().plan()
    assert site.decisions(plan)["test"] == "noop"
    assert site.decisions(plan)["uat"] == "ready"
    return plan


def one(result, name="test"):
    found = next(each for each in result.environments if each.name == name)
    return (found.status, found.exit_code, found.code, found.message, found.detail, found.hint)


def again(plan):
    return f"Make a new plan:\n  gitpromote plan shop --since {plan.short_id}"


def test_nothing_to_do_stays_so_where_nobody_did_anything(promoted):
    plan = half_way(promoted)
    result = promoted.apply(plan)
    assert one(result) == QUIET
    assert promoted.told(result) == DONE
    assert result.exit_code == 0


def test_a_foreign_commit_makes_it_stale_and_says_what_and_who(promoted):
    plan = half_way(promoted)
    text = promoted.deployment("test", version="1.1.0", replicas=9)
    commit = promoted.home.commit({FILE: text}, branch="env/test", message="nine by hand")
    before = promoted.home.refs()
    result = promoted.apply(plan, env="test")
    ids = [promoted.home.git("rev-parse", f"{name}:{FILE}")[:7] for name in (f"{commit}^", commit)]
    detail = f'{FILE}  planned {ids[0]}, now {ids[1]}   {commit[:7]} "nine by hand" (tom@acme.example)'
    assert one(result) == (*CHANGED, detail, again(plan))
    assert result.exit_code == 4
    assert promoted.home.refs() == before


def test_a_deleted_branch_makes_it_stale(promoted):
    plan = half_way(promoted)
    oid = promoted.home.git("rev-parse", f"env/test:{FILE}")[:7]
    promoted.home.move("env/test", None)
    assert one(promoted.apply(plan, env="test")) == (*CHANGED, f"{FILE}  planned {oid}, now absent", again(plan))
    assert promoted.home.head("env/test") is None


def test_a_branch_that_was_begun_anew_with_something_else_makes_it_stale(promoted):
    plan = half_way(promoted)
    promoted.home.commit({"x.yaml": "a: 1\n"}, branch="env/test", message="anew", parent=None)
    promoted.home.git("gc", "-q", "--prune=now")
    result = promoted.apply(plan, env="test", project=promoted.project(cache="cold"))
    assert one(result)[:4] == CHANGED
    assert '"anew" (tom@acme.example)' in one(result)[4]


def test_a_rollback_makes_it_stale(promoted):
    plan = half_way(promoted)
    other = promoted.project(who="Bo <bo@acme.example>")
    back = other.rollback("test", reason="5xx")
    promoted.apply(back, project=other)
    text = f"rolled back since by Bo <bo@acme.example> (plan {back.short_id})"
    assert one(promoted.apply(plan, env="test")) == ("stale", 4, "plan-overtaken", text, "", again(plan))


def test_newer_freight_that_came_since_makes_it_stale(promoted):
    plan = half_way(promoted)
    promoted.home.commit(promoted.sources("test", "uat", "prod", version="1.2.0"))
    newer = promoted.project().plan()
    promoted.apply(newer, env="test")
    text = f"promoted there since by Ada <ada@acme.example> (plan {newer.short_id})"
    assert one(promoted.apply(plan, env="test")) == ("stale", 4, "plan-overtaken", text, "", again(plan))


def test_what_was_adopted_since_makes_it_stale(promoted):
    plan = half_way(promoted)
    promoted.home.commit({FILE: promoted.deployment("test", replicas=9)}, branch="env/test")
    promoted.project(who="Bo <bo@acme.example>").adopt("test", reason="needed")
    text = "adopted since by Bo <bo@acme.example>"
    assert one(promoted.apply(plan, env="test")) == ("stale", 4, "plan-overtaken", text, "", again(plan))


def test_the_others_are_judged_as_ever(promoted):
    plan = half_way(promoted)
    promoted.home.commit({"x.yaml": "a: 1\n"}, branch="env/test")
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "stale 4", "uat": "written", "prod": "written"}
    assert result.exit_code == 6


def test_other_commits_leave_it_as_it_is(promoted):
    plan = half_way(promoted)
    promoted.home.commit({"CODEOWNERS": "* @ops\n"}, branch="env/test")
    assert one(promoted.apply(plan, env="test")) == QUIET


def test_a_history_that_was_dropped_leaves_it_as_it_is(promoted):
    plan = half_way(promoted)
    files = promoted.home.files("env/test")
    promoted.home.commit(files, branch="env/test", message="history dropped", parent=None)
    assert one(promoted.apply(plan, env="test")) == QUIET


def test_content_that_went_and_came_back_leaves_it_as_it_is(promoted):
    plan = half_way(promoted)
    there = promoted.home.files("env/test")[FILE]
    promoted.home.commit({FILE: promoted.deployment("test", replicas=9)}, branch="env/test")
    promoted.home.commit({FILE: there}, branch="env/test")
    assert one(promoted.apply(plan, env="test")) == QUIET


def test_freight_that_was_taken_back_and_brought_again_leaves_it_as_it_is(promoted):
    plan = half_way(promoted)
    promoted.apply(promoted.project().rollback("test", reason="5xx"))
    promoted.project().release("test")
    alias = plan.data.freight[plan["test"].freight["shop"].id].alias
    promoted.apply(promoted.project().plan(freight=alias, env="test"))
    assert one(promoted.apply(plan, env="test")) == QUIET


def test_a_hold_of_what_is_there_leaves_it_as_it_is(promoted):
    plan = half_way(promoted)
    promoted.project().hold("test", reason="freeze")
    assert one(promoted.apply(plan, env="test")) == QUIET


def test_what_others_write_beside_a_folder_leaves_it_as_it_is(site):
    pipeline = site.pipeline(target=Directory("builds/$env"))
    site.apply(site.project(pipeline).plan(), env="test", project=site.project(pipeline))
    plan = site.project(pipeline).plan()
    site.home.commit({"builds/other/x.yaml": "a: 1\n"})
    assert site.told(site.apply(plan, project=site.project(pipeline))) == DONE
    site.home.commit({f"builds/test/{FILE}": "a: 1\n"})
    told = site.told(site.apply(plan, project=site.project(pipeline)))
    assert told == {"test": "stale 4", "uat": "already", "prod": "already"}


VALUES = "image:\n  repository: ghcr.io/acme/shop\n  tag: 1.0.0\n"
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {image: "{{ .Values.image.tag }}"}
"""


@pytest.fixture
def sources(bare):
    """A chart whose values are edited in place, promoted to test."""
    chart = {"chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n", "chart/templates/c.yaml": TEMPLATE}
    bare.home.commit({**chart, "envs/test.yaml": VALUES, "envs/uat.yaml": VALUES})
    edit = SetValue("envs/$env.yaml", "image.tag", image="ghcr.io/acme/shop")
    pipeline = bare.pipeline(
        Environment("test"),
        Environment("uat"),
        apps=[App("shop", Helm("chart", values=["envs/$env.yaml"]), edits=[edit])],
        target=InPlace("main"),
        warehouse=Warehouse(Images("ghcr.io/acme/shop")),
    )
    bare.apply(bare.plan(pipeline, images=["ghcr.io/acme/shop:1.1.0"]), env="test", project=bare.project(pipeline))
    plan = bare.project(pipeline).plan()
    assert bare.decisions(plan) == {"test": "noop", "uat": "ready"}
    return bare, pipeline, plan


def test_edited_values_that_are_still_there_leave_it_as_it_is(sources):
    site, pipeline, plan = sources
    site.home.commit({"envs/test.yaml": VALUES.replace("1.0.0", "1.1.0") + "replicas: 2\n", "notes.txt": "x\n"})
    assert one(site.apply(plan, env="test", project=site.project(pipeline))) == QUIET


def test_an_edited_value_that_somebody_set_makes_it_stale(sources):
    site, pipeline, plan = sources
    commit = site.home.commit({"envs/test.yaml": VALUES.replace("1.0.0", "1.0.9")}, message="by hand")
    status, code, kind, message, detail, hint = one(site.apply(plan, env="test", project=site.project(pipeline)))
    assert (status, code, kind, message) == CHANGED
    assert detail.endswith(f'   {commit[:7]} "by hand" (tom@acme.example)') and hint == again(plan)


def test_sources_whose_branch_was_deleted_make_it_stale(sources):
    site, pipeline, plan = sources
    site.home.commit({}, branch="other")
    site.home.move("main", None)
    assert one(site.apply(plan, env="test", project=site.project(pipeline)))[:4] == CHANGED


def test_environments_that_nobody_touched_cost_nothing(promoted, monkeypatch):
    plan = half_way(promoted)
    promoted.apply(plan, env="uat")

    def asked(*_):
        raise AssertionError("the target was read")

    monkeypatch.setattr(target_now, "_reads_now", asked)
    assert one(promoted.apply(plan, env="test")) == QUIET
