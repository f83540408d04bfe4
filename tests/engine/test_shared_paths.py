"""Sources in place that production shares: whoever commits there passes by every gate."""

from __future__ import annotations

import pytest

from gitpromote import App, Environment, InPlace, Kustomize, Warehouse
from gitpromote import Image as Images

IMAGE = "ghcr.io/acme/shop"


@pytest.fixture
def overlays(bare):
    """Two overlays of one base."""
    files = {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x")}
    for env in ("test", "prod"):
        files[f"overlays/{env}/kustomization.yaml"] = f"resources: [../../base]\nnamespace: {env}\n"
    bare.home.commit(files)
    return bare


def in_place(site, **members):
    given = {
        "apps": [App("shop", Kustomize("overlays/$env"))],
        "target": InPlace("main"),
        "warehouse": Warehouse(Images(IMAGE)),
        **members,
    }
    return site.pipeline(Environment("test"), Environment("prod"), **given)


def warnings(plan, env):
    return [one.message for one in plan[env].outcomes if one.id == "shared-with-production"]


def test_production_that_reads_what_others_read_is_told(overlays):
    project = overlays.project(in_place(overlays))
    plan = project.plan(images=[f"{IMAGE}:1.1.0@sha256:{'1' * 64}"])
    assert warnings(plan, "test") == []
    told = "reads base/d.yaml, base/kustomization.yaml, as test does"
    assert warnings(plan, "prod") == [f"{told}: a commit there reaches production without a promotion"]
    found = next(one for one in plan["prod"].outcomes if one.id == "shared-with-production")
    assert found.operands == {"paths": ["base/d.yaml", "base/kustomization.yaml"], "environments": ["test"]}
    assert (found.level, found.status) == ("advisory", "warn")
    assert project.plan_verify(plan) == []


def test_a_branch_of_its_own_shares_nothing(overlays):
    overlays.home.git("update-ref", "refs/heads/live", str(overlays.home.head("main")))
    pipeline = overlays.pipeline(
        Environment("test", target=InPlace("main")),
        Environment("prod", target=InPlace("live")),
        apps=[App("shop", Kustomize("overlays/$env"))],
        warehouse=Warehouse(Images(IMAGE)),
    )
    plan = overlays.plan(pipeline, images=[f"{IMAGE}:1.1.0"])
    assert warnings(plan, "prod") == []


def test_rendered_branches_share_nothing(promoted):
    assert warnings(promoted.project().plan(), "prod") == []
