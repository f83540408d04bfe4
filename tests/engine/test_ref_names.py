"""Branches that leave no room for ours are told when a plan is made, and not only when it is applied."""

from __future__ import annotations

import pytest

LEDGER = (
    "apply cannot make gitpromote/ledger/shop: Git cannot have that beside gitpromote; "
    'rename or delete gitpromote, or keep the ledger elsewhere: refs="refs/gitpromote"'
)


def branch(site, name):
    site.home.git("update-ref", f"refs/heads/{name}", str(site.home.head("main")))


def test_a_branch_called_like_our_folder_is_in_the_way(site):
    branch(site, "gitpromote")
    plan = site.project().plan()
    assert plan.warnings == (LEDGER,)
    assert plan.file.observations.warnings == plan.warnings


@pytest.mark.parametrize(
    ("name", "which"), [("env", "env/prod, env/test, env/uat"), ("env/uat/old", "env/uat")], ids=["above", "below"]
)
def test_a_branch_above_or_below_a_new_target_is_in_the_way(site, name, which):
    branch(site, name)
    told = f"apply cannot make {which}: Git cannot have that beside {name}; rename or delete {name}, "
    assert site.project().plan().warnings == (told + "or give the pipeline another target",)


def test_names_that_only_look_alike_are_not(site):
    for name in ("gitpromoted", "env-old", "envs/prod", "en"):
        branch(site, name)
    assert site.project().plan().warnings == ()


def test_hidden_refs_have_room_beside_such_a_branch(site):
    branch(site, "gitpromote")
    pipeline = site.pipeline(refs="refs/gitpromote")
    plan = site.project(pipeline).plan()
    assert plan.warnings == ()
    assert site.apply(plan, project=site.project(pipeline)).exit_code == 0


def test_what_is_there_is_not_asked_for_again(promoted):
    assert promoted.project().plan().warnings == ()
