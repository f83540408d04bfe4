"""What would help against a verdict names the plan that is saved already, where it is of this very change."""

from __future__ import annotations

import os

import pytest

PIPELINE = """\
from gitpromote import App, Approvals, Branch, Environment, Pipeline, Plain

NAME = Pipeline(
    "NAME",
    apps=[App("shop", Plain("deploy/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test", gates=[Approvals(1)]), Environment("prod")],
)
"""
RECORD = "gitpromote plan shop --record, then gitpromote approve ID --env test"


@pytest.fixture
def shop(desk, tmp_path, monkeypatch):
    """A project whose ``test`` waits for an approval, and an empty folder to work in."""
    desk.push({"pipeline.py": PIPELINE.replace("NAME", "shop")})
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return desk


def helps(desk):
    return desk.project().plan().explain("test").remedies["approvals"]


def aged(path, seconds):
    os.utime(path, (path.stat().st_mtime - seconds,) * 2)


def test_where_none_is_saved_one_is_to_be_recorded(shop):
    assert helps(shop) == RECORD


def test_a_saved_plan_of_the_same_change_is_named(shop):
    path = shop.project().plan().save()
    assert helps(shop) == f"gitpromote approve {path} --env test"
    plan = shop.project().plan()
    assert f"  {path}" in f"  {plan.explain('test').to_data()['remedies']['approvals'].split()[2]}"
    assert f"gitpromote approve {path} --env test" in str(plan.explain("test"))
    assert f"gitpromote approve {path} --env test" in plan.explain("test").to_markdown()


def test_of_several_the_newest_of_this_change_is_named(shop):
    first = shop.project().plan(as_of=1763600040).save()
    second = shop.project().plan(as_of=1763600100).save()
    assert first != second
    aged(first, 100)
    assert helps(shop).split()[2] == str(second)
    aged(second, 200)
    assert helps(shop).split()[2] == str(first)
    shop.push({"deploy/test/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"})
    assert helps(shop) == RECORD


def test_a_plan_that_was_opened_from_a_file_is_named_by_that_file(shop):
    from gitpromote.project import Plan

    shop.project().plan().save()
    other = shop.project().plan().save("a b.json")
    assert Plan.load(other).explain("test").remedies["approvals"] == "gitpromote approve 'a b.json' --env test"


def test_what_cannot_be_read_is_passed_over(shop):
    path = shop.project().plan().save()
    folder = path.parent
    (folder / "shop-1.plan.json").write_text("{")
    (folder / "shop-2.plan.json").mkdir()
    (folder / "shop-3.plan.json").symlink_to("nowhere")
    (folder / "shop-4.plan.json").symlink_to("shop-4.plan.json")
    (folder / "shop-5.plan.json").write_bytes(b"\xff")
    aged(path, 1000)
    assert helps(shop) == f"gitpromote approve {path} --env test"


def test_a_plan_of_another_pipeline_is_no_plan_of_this_one(shop):
    path = shop.project().plan().save()
    other = path.with_name("shop-eu-0123456789ab.plan.json")
    other.write_bytes(path.read_bytes().replace(b'"shop"', b'"shop-eu"'))
    path.unlink()
    assert helps(shop) == RECORD
    shop.push({"pipeline.py": PIPELINE.replace("NAME", "shop-eu").replace("shop-eu = ", "shop = ")})
    theirs = shop.project().plan()
    saved = theirs.save()
    assert str(saved).startswith("plans/shop-eu-")
    shop.push({"pipeline.py": PIPELINE.replace("NAME", "shop")})
    assert helps(shop) == RECORD
