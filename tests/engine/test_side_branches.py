"""Freight is what a branch itself went through: a commit of a side branch that was merged lacks what was beside it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitpromote import App, Environment, Git, Kustomize, Plain, Warehouse, same_commit
from gitpromote import Image as Images
from gitpromote.engine.git_offers import Sought, git_selection
from gitpromote.engine.look import look

IMAGE = "ghcr.io/acme/shop"
REVISION = "org.opencontainers.image.revision"
CONFIG, FIX = "deploy/test/config.yaml", "deploy/test/deployment.yaml"


def following(site, git):
    return site.pipeline(Environment("test"), warehouse=Warehouse(git), apps=[App("shop", Plain("deploy/$env"))])


def config(text):
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: shop}}\ndata: {{v: '{text}'}}\n"


def subject(plan):
    return plan.data.freight[plan["test"].freight["shop"].id].subject


@pytest.fixture
def merged(site):
    """A side branch of the first commit, a fix on main that is promoted, and then the merge of both."""

    def make(git):
        site.home.commit({CONFIG: config("1")}, message="config")
        site.promote(following(site, git))
        base = site.home.head("main")
        # It is younger than the fix by its clock, and that makes no difference.
        side = site.home.commit({CONFIG: config("side")}, branch="side", parent=base, message="side", at=1763600000)
        site.home.commit(site.sources("test", version="2.0.0"), message="fix")
        site.promote(following(site, git))
        site.home.commit({CONFIG: config("side")}, message="merge", merge=side)
        return site, side

    return make


@pytest.mark.parametrize("git", [Git(include=["deploy/"]), Git(include=["glob:deploy/**"]), Git(exclude=["docs/"])])
def test_a_merge_brings_the_side_branch_and_takes_nothing_back(merged, git):
    site, _ = merged(git)
    plan = site.promote(following(site, git))
    assert subject(plan) == "merge"
    files = site.home.files("env/test")
    assert "ghcr.io/acme/shop:2.0.0" in files["apps-deployment-shop.yaml"]
    assert "v: 'side'" in files["configmap-shop.yaml"]
    site.home.commit({"README": "x"}, message="unrelated")
    assert site.decisions(site.project(following(site, git)).plan()) == {"test": "noop"}


def test_commits_that_a_filter_lets_through_are_those_of_the_branch(merged):
    git = Git(where='commit.subject != "merge"')
    site, _ = merged(git)
    plan = site.project(following(site, git)).plan()
    assert (subject(plan), site.decisions(plan)) == ("fix", {"test": "noop"})
    [warehouse] = site.project(following(site, git)).freight.discover().warehouses
    assert [told.reason for told in warehouse.subscriptions[0].rejected] == [
        "is left out by its filter: commit.subject is 'merge'"
    ]


def test_freight_of_a_side_branch_that_is_held_goes_on_to_what_contains_it(merged):
    """It was made by hand, or by an earlier version: what comes next is of the branch again."""
    git = Git(include=["deploy/"])
    site, side = merged(git)
    site.promote(following(site, git), commit=side)
    plan = site.project(following(site, git)).plan()
    assert subject(plan) == "merge"


def test_an_image_of_a_side_branch_does_not_bring_its_commit(bare):
    bare.home.commit({"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x")})
    warehouse = Warehouse(Images(IMAGE, strategy="newest-build"), Git(include=["base/"]), where=same_commit())
    pipeline = bare.pipeline(Environment("test"), apps=[App("shop", Kustomize("base"))], warehouse=warehouse)
    first = bare.home.head("main")
    bare.shelf.put(f"{IMAGE}:one@sha256:{'1' * 64}", labels={REVISION: first}, created=1)
    bare.promote(pipeline)
    side = bare.home.commit({"src/x": "1"}, branch="side", parent=first, message="side")
    bare.home.commit({"base/d.yaml": bare.deployment("x", replicas=2)}, message="fix")
    merge = bare.home.commit({"src/x": "1"}, message="merge", merge=side)
    bare.shelf.put(f"{IMAGE}:pr@sha256:{'2' * 64}", labels={REVISION: side}, created=2)
    plan = bare.project(pipeline).plan()
    assert bare.decisions(plan) == {"test": "noop"}
    [newer] = [one for one in plan.data.facts["discovery"]["shop"]["newer"] if one["name"] == "pr"]
    assert newer["reason"] == f"was built from {side[:7]}, not from a commit of home"
    bare.shelf.put(f"{IMAGE}:main@sha256:{'3' * 64}", labels={REVISION: merge}, created=3)
    assert [one.commit for one in bare.project(pipeline).plan()["test"].sources] == [merge]


def test_a_branch_that_was_joined_the_wrong_way_round_takes_nothing_back(site):
    """Somebody merged main into their own commit and pushed that as main: what was main is now the side."""
    git = Git(include=["deploy/"])
    pipeline = following(site, git)
    base = site.home.head("main")
    site.home.commit(site.sources("test", version="2.0.0"), message="fix")
    site.promote(pipeline)
    held = site.home.head("main")
    mine = site.home.commit({CONFIG: config("mine")}, branch="mine", parent=base, message="mine")
    site.home.move("main", mine)
    site.home.commit(site.sources("test", version="2.0.0"), message="joined", merge=held)
    site.home.commit({"README": "x"}, message="after")
    assert subject(site.project(pipeline).plan()) == "joined"
    other = following(site, Git(where='commit.subject in ["mine", "fix"]'))
    plan = site.project(other).plan()
    assert (subject(plan), site.decisions(plan)) == ("fix", {"test": "noop"})


STEPS = st.lists(
    st.tuples(st.sampled_from(["main", "a", "b", "join", "wrong-way"]), st.sampled_from(["deploy", "docs"])),
    min_size=1,
    max_size=7,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, held=st.integers(0, 7))
def test_whatever_was_merged_the_newest_has_all_that_counts_and_all_that_is_held(bare, steps, held):
    line = f"line-{len(bare.home.refs())}"
    files = {"main": {"deploy/0": "0"}}
    commits = [bare.home.commit(files["main"], branch=line, parent=None)]
    heads = {"main": commits[0]}
    for number, (step, folder) in enumerate(steps, 1):
        own = {f"{folder}/{number}": "x"}
        if step in ("join", "wrong-way"):
            other = next((name for name in ("a", "b") if name in heads and heads[name] != heads["main"]), None)
            if other is None:
                continue
            first, second = ("main", other) if step == "join" else (other, "main")
            joined = files["main"] | files[other]
            heads["main"] = bare.home.commit(joined, branch=line, parent=heads[first], merge=heads[second])
            files["main"] = joined
        else:
            parent, before = heads.get(step, heads["main"]), files.get(step, files["main"])
            files[step] = before | own
            heads[step] = bare.home.commit(own, branch=line if step == "main" else f"{line}-{step}", parent=parent)
        commits.append(heads["main"])
    bare.home.move(line, heads["main"])
    contained = bare.home.git("rev-list", heads["main"]).split()
    base = contained[held % len(contained)]
    git = Git(branch=line, include=["deploy/"])
    world = bare.project(following(bare, git))._world
    seen = look(world, [world.pipeline.resolved("test")])
    newest = git_selection(world, seen, git, Sought(base=base)).candidates[0].oid

    def counting(commit):
        return {path for path in bare.home.files(commit) if path.startswith("deploy/")}

    if counting(base) == counting(heads["main"]):
        assert newest == base
    else:
        assert newest in bare.home.git("rev-list", "--first-parent", heads["main"]).split()
        assert base in bare.home.git("rev-list", newest).split()
        assert counting(newest) == counting(heads["main"])


FILTERED = st.lists(
    st.tuples(st.sampled_from(["main", "side", "join"]), st.sampled_from(["deploy", "docs"]), st.booleans()),
    min_size=1,
    max_size=9,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=FILTERED, held=st.integers(0, 9))
def test_paths_and_a_filter_together_miss_no_change(bare, steps, held):
    """Taken is each commit of the branch that the filter lets through and that holds other files that count than the
    one taken before it.
    """
    line = f"line-{len(bare.home.refs())}"
    files = {"main": {"deploy/0": "0"}}
    heads = {"main": bare.home.commit(files["main"], branch=line, parent=None, message="counts")}
    for number, (step, folder, counts) in enumerate(steps, 1):
        own, message = {f"{folder}/{number}": "x"}, "counts" if counts else "chore"
        if step == "side":
            parent, before = heads.get(step, heads["main"]), files.get(step, files["main"])
            files[step] = before | own
            heads[step] = bare.home.commit(own, branch=f"{line}-side", parent=parent, message=message)
            continue
        merge = heads.get("side") if step == "join" else None
        files["main"] = files["main"] | (files["side"] if merge else {}) | own
        joined = files["main"] if merge else own
        heads["main"] = bare.home.commit(joined, branch=line, parent=heads["main"], merge=merge, message=message)
    on_line = bare.home.git("rev-list", "--first-parent", "--reverse", heads["main"]).split()
    base = on_line[held % len(on_line)]
    git = Git(branch=line, include=["deploy/"], where='commit.subject == "counts"')
    world = bare.project(following(bare, git))._world
    seen = look(world, [world.pipeline.resolved("test")])
    found = [one.oid for one in git_selection(world, seen, git, Sought(base=base)).candidates]

    def counting(commit):
        return {path for path in bare.home.files(commit) if path.startswith("deploy/")}

    taken = [base]
    for commit in on_line[on_line.index(base) + 1 :]:
        passes = bare.home.git("log", "-1", "--format=%s", commit) == "counts"
        if passes and counting(commit) != counting(taken[-1]):
            taken.append(commit)
    assert found == taken[::-1]
