"""A Freight that was named, or artifacts by hand: its journey is planned through every Environment, and no other."""

from __future__ import annotations

import pytest

from gitpromote import App, Git, InPlace, Kustomize, Warehouse
from gitpromote import Image as Images
from gitpromote.model.freight import alias_of

IMAGE, SIDE = "ghcr.io/acme/shop", "ghcr.io/acme/side"
ALL = ("test", "uat", "prod")
OVERLAYS = {f"overlays/{env}/kustomization.yaml": f"resources: [../../base]\nnamespace: {env}\n" for env in ALL}
SIDECAR = f"        - name: side\n          image: {SIDE}:0.0.0\n"


def at(version, image=IMAGE):
    return f"{image}:{version}@sha256:{version[0] * 64}"


@pytest.fixture
def images(bare):
    """Kustomize sources and an image subscription."""
    bare.home.commit(
        OVERLAYS | {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x")}
    )
    return bare, bare.pipeline(apps=[App("shop", Kustomize("overlays/$env"))], warehouse=Warehouse(Images(IMAGE)))


def looked_at(plan):
    """Environment to the version that its plan is about, and what is to become of it."""
    found = {}
    for one in plan.data.environments:
        freight = [plan.data.freight[moving.id].freight() for moving in one.freight.values()]
        tags = [image.tag for each in freight for image in each.images]
        found[one.name] = f"{' '.join(tags) or '-'} {one.decision} {one.reason}".strip()
    return found


def test_an_image_by_hand_is_looked_at_in_every_environment(images):
    site, pipeline = images
    site.promote(pipeline, images=[at("1.0.0")], env="test")
    site.promote(pipeline, env="uat")
    assert looked_at(site.project(pipeline).plan())["prod"] == "1.0.0 ready"
    site.shelf.put(at("2.0.0"))
    plan = site.plan(pipeline, images=[at("2.0.0")])
    assert looked_at(plan) == {
        "test": "2.0.0 ready",
        "uat": "2.0.0 waiting upstream",
        "prod": "2.0.0 waiting upstream",
    }
    site.apply(plan, project=site.project(pipeline))
    assert len(site.home.log("env/prod")) == 1
    assert f"image: {at('2.0.0')}" in site.home.show("env/prod:apps-deployment-shop.yaml")


def test_what_an_environment_could_have_instead_is_left_to_another_plan(images):
    site, pipeline = images
    site.promote(pipeline, images=[at("1.0.0")], env="test")
    site.shelf.put(at("2.0.0"))
    plan = site.plan(pipeline, images=[at("2.0.0")])
    assert looked_at(plan) == {
        "test": "2.0.0 ready",
        "uat": "2.0.0 waiting upstream",
        "prod": "2.0.0 waiting upstream",
    }


def test_a_commit_by_hand_is_looked_at_in_every_environment(promoted):
    promoted.promote(env="test")
    third = promoted.home.commit(promoted.sources(*ALL, version="1.2.0"), message="third")
    assert promoted.decisions(promoted.project().plan())["uat"] == "ready"
    plan = promoted.project().plan(commit=third)
    assert promoted.decisions(plan) == {"test": "ready", "uat": "waiting upstream", "prod": "waiting upstream"}
    assert {one.freight["shop"].id for one in plan.data.environments} == {plan["test"].freight["shop"].id}


def test_a_commit_by_hand_leaves_alone_what_has_passed_it(promoted):
    promoted.promote(env="test")
    first = promoted.home.git("rev-parse", "main~1")
    plan = promoted.project().plan(commit=first)
    assert promoted.decisions(plan) == {"test": "noop", "uat": "noop", "prod": "noop"}
    again = promoted.project().plan(commit=first, env="test")
    assert promoted.decisions(again) == {"test": "ready"}
    assert [one.id for one in again["test"].outcomes] == ["superseded", "older"]


def test_sources_that_are_edited_in_place_wait_for_the_image_as_well(bare):
    overlay = f"resources: [d.yaml]\nimages:\n  - name: {IMAGE}\n    newTag: 0.1.0\n"
    bare.home.commit(
        {
            f"o/{env}/{name}": text
            for env in ALL
            for name, text in (("kustomization.yaml", overlay), ("d.yaml", bare.deployment(env)))
        }
    )
    pipeline = bare.pipeline(
        apps=[App("shop", Kustomize("o/$env"))], target=InPlace("main"), warehouse=Warehouse(Images(IMAGE))
    )
    bare.promote(pipeline, images=[at("1.0.0")], env="test")
    bare.promote(pipeline, env="uat")
    bare.shelf.put(at("2.0.0"))
    plan = bare.plan(pipeline, images=[at("2.0.0")])
    assert looked_at(plan) == {
        "test": "2.0.0 ready",
        "uat": "2.0.0 waiting upstream",
        "prod": "2.0.0 waiting upstream",
    }


@pytest.fixture
def two(images):
    """Two Warehouses, one image each."""
    site, _ = images
    site.home.commit({"base/d.yaml": site.deployment("x") + SIDECAR})
    warehouses = [Warehouse(Images(IMAGE), name="app"), Warehouse(Images(SIDE), name="side")]
    return site, site.pipeline(apps=[App("shop", Kustomize("overlays/$env"))], warehouse=warehouses)


def test_other_warehouses_stay_beside_an_image_by_hand(two):
    site, pipeline = two
    site.promote(pipeline, images=[at("1.0.0"), at("5.0.0", SIDE)])
    site.promote(pipeline, images=[at("2.0.0")], env="test")
    site.shelf.put(at("6.0.0", SIDE))
    plan = site.plan(pipeline, images=[at("6.0.0", SIDE)])
    moving = {one.name: {name for name, each in one.freight.items() if each.moving} for one in plan.data.environments}
    assert moving == {"test": {"side"}, "uat": {"side"}, "prod": {"side"}}
    assert site.decisions(plan) == {"test": "ready", "uat": "waiting upstream", "prod": "waiting upstream"}
    held = {name: plan.data.freight[plan[name].freight["app"].id].freight().images[0].tag for name in ALL}
    assert held == {"test": "2.0.0", "uat": "1.0.0", "prod": "1.0.0"}


def test_an_image_by_hand_that_makes_no_freight_says_why_and_moves_no_other(images):
    site, _ = images
    pipeline = site.pipeline(
        apps=[App("shop", Kustomize("overlays/$env"))], warehouse=Warehouse(Images(IMAGE), Images(SIDE), Git())
    )
    site.promote(pipeline, images=[at("1.0.0"), at("5.0.0", SIDE)])
    site.shelf.images.pop(SIDE)
    plan = site.plan(pipeline, images=[at("2.0.0")])
    assert looked_at(plan) == dict.fromkeys(ALL, f"- unavailable {SIDE} has no tags")


def test_a_revision_is_compared_as_it_is_also_where_it_has_been(promoted):
    """What has passed an Environment stays out of it, but not out of a comparison."""
    promoted.promote()
    project = promoted.project()
    changes = project.diff("main~1", "main")
    kinds = {name: [one.object.kind for one in found] for name, found in changes.items()}
    assert kinds == {"test": ["Deployment"], "uat": ["Deployment"], "prod": ["Deployment"]}


def test_what_has_had_it_before_is_left_alone_and_that_is_told(images):
    site, pipeline = images
    site.promote(pipeline, images=[at("1.0.0")])
    old = site.project(pipeline).plan().data.environments[0].freight["shop"].id
    site.promote(pipeline, images=[at("2.0.0")])
    plan = site.plan(pipeline, images=[at("1.0.0")])
    assert set(looked_at(plan).values()) == {"2.0.0 noop"}
    alias = alias_of(old)
    assert plan.warnings == tuple(
        f"{env} has had {alias} before and is left alone; "
        f"to go back to it: gitpromote plan shop --freight {alias} --env {env}"
        for env in ALL
    )
    assert looked_at(site.project(pipeline).plan(freight=alias, env="prod"))["prod"].startswith("1.0.0 ")
    assert site.project(pipeline).plan().warnings == ()
