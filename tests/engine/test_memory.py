"""A plan without changes needs no render's files, and comes to the same as one that knows nothing."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import App, Branch, Directory, Environment, Plain
from gitpromote.engine.ask import RenderedApp
from gitpromote.engine.combine import content_of, outline_of
from gitpromote.model.render import Closure
from gitpromote.model.tree import FILE, Entry, blob_id, tree_id
from gitpromote.ports import KeptRender


def same_as_cold(site, pipeline=None):
    """The plan, which a machine that knows nothing has to make byte for byte."""
    plan = site.project(pipeline).plan()
    assert site.project(pipeline, cache="cold").plan().digest == plan.digest
    shutil.rmtree(site.root / "cold")
    return plan


def renders(plan):
    return plan.file.observations.timings["renders"]


@pytest.fixture
def promoted(site):
    site.home.commit(site.sources("test", "uat", "prod"))
    site.promote()
    site.project().plan()
    return site


def test_unchanged_environments_need_no_rendered_file(promoted):
    shutil.rmtree(promoted.root / "cache/renders/renders")
    plan = same_as_cold(promoted)
    assert renders(plan) == 0
    assert promoted.decisions(plan) == {"test": "noop", "uat": "noop", "prod": "noop"}


def test_a_render_that_the_cache_has_lost_is_made_again_where_it_is_needed(promoted):
    shutil.rmtree(promoted.root / "cache/renders/renders")
    promoted.home.commit({"deployment.yaml": "changed: by hand\n"}, branch="env/uat")
    plan = same_as_cold(promoted)
    assert renders(plan) == 1
    assert [one.name for one in plan.data.environments if one.writes] == ["uat"]


def test_the_files_of_an_unchanged_environment_are_there_for_whoever_looks(promoted):
    shutil.rmtree(promoted.root / "cache/renders/renders")
    files = promoted.project().render("prod")["prod"]
    assert b"".join(files.values()).count(b"ghcr.io/acme/shop:1.0.0") == 1


def test_a_memo_that_is_damaged_costs_time_alone(promoted):
    known = promoted.project().plan().digest
    for memo in (promoted.root / "cache/renders").glob("memo-*"):
        memo.write_bytes(memo.read_bytes().replace(b"commits", b"commitz"))
    again = promoted.project().plan()
    assert (again.digest, renders(again)) == (known, 0)


def test_a_commit_that_changes_nothing_for_us_is_told_from_one_that_does(promoted):
    promoted.home.commit({"README.md": "words\n"})
    assert promoted.decisions(same_as_cold(promoted)) == {"test": "noop", "uat": "noop", "prod": "noop"}
    promoted.home.commit(promoted.sources("uat", version="2.0.0"))
    plan = same_as_cold(promoted)
    assert [one.name for one in plan.data.environments if one.writes] == ["uat"]
    promoted.home.commit(promoted.sources("uat"))
    assert [one.name for one in same_as_cold(promoted).data.environments if one.writes] == []


@pytest.mark.parametrize(
    "target",
    [Branch("env/$env"), Branch("env/$env", path="apps/$app"), Directory("out/$env", branch="out")],
    ids=["a folder for each", "the target names them", "folders of one branch"],
)
def test_several_apps_are_told_by_the_ids_of_their_folders(site, target):
    site.home.commit({**site.sources("test"), "other/test/a.yaml": "kind: X\napiVersion: v1\nmetadata: {name: a}\n"})
    pipeline = site.pipeline(
        Environment("test"), apps=[App("shop", Plain("deploy/$env")), App("other", Plain("other/$env"))], target=target
    )
    site.promote(pipeline)
    shutil.rmtree(site.root / "cache/renders/renders")
    plan = same_as_cold(site, pipeline)
    assert (site.decisions(plan), renders(plan)) == ({"test": "noop"}, 0)


NAMES = st.sampled_from(["a.yaml", "b.yaml", "x/c.yaml", "x/d.yaml"])
FILES = st.dictionaries(NAMES, st.binary(max_size=2), max_size=4)


@settings(max_examples=60, deadline=None)
@given(apps=st.dictionaries(st.sampled_from(["one", "two", "x"]), FILES, min_size=1), folders=st.booleans())
def test_an_outline_is_the_content_that_it_stands_for(apps, folders):
    several = folders or len(apps) > 1
    resolved = SimpleNamespace(target=SimpleNamespace(path="env"))
    rendered = [_rendered(name, files, f"env/{name}" if several else "env") for name, files in apps.items()]
    outline = outline_of(resolved, rendered, object_format="sha1")
    content = content_of(resolved, rendered, object_format="sha1")
    assert (outline.tree, outline.whole, outline.sensitive) == (content.tree, content.whole, content.sensitive)
    assert (dict(outline.files), dict(outline.app_of)) == (content.files, content.app_of)
    assert outline.is_empty == (not content.files)


def _rendered(name, files, folder):
    entries = {path: Entry(FILE, blob_id(data)) for path, data in files.items()}
    hidden = tuple(path for path in entries if path.endswith("b.yaml"))
    return RenderedApp(
        ask=SimpleNamespace(app=SimpleNamespace(name=name, folder=folder)),
        key=name,
        inputs="",
        closure=Closure(()),
        kept=KeptRender(files=entries, sensitive=hidden, random={}),
        tree=tree_id(entries),
        shown=tree_id({path: entry for path, entry in entries.items() if path not in hidden}),
    )
