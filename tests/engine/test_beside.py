"""Freight of several Warehouses in one Environment: each at its own pace, and none missed that nobody needs."""

from __future__ import annotations

import pytest

from gitpromote import App, Environment, Git, Kustomize, Soak, Warehouse, any_of
from gitpromote import Image as Images

IMAGE = "ghcr.io/acme/shop"
ALL = ("test", "uat", "prod")


def config(value: str) -> dict[str, str]:
    return {"deploy/c.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{v: '{value}'}}\n"}


def image(version: str) -> str:
    return f"{IMAGE}:{version}@sha256:{version.replace('.', '').ljust(64, '0')}"


@pytest.fixture
def two(bare):
    """Image and configuration, each with a Warehouse; both everywhere in their first version."""
    kustomization = {"deploy/kustomization.yaml": "resources: [d.yaml, c.yaml]\n"}
    bare.home.commit({**kustomization, **config("1"), "deploy/d.yaml": bare.deployment("x")})
    bare.shelf.put(image("1.0.0"))
    warehouses = [Warehouse(Images(IMAGE), name="app"), Warehouse(Git(include=["deploy/"]), name="config")]
    pipeline = bare.pipeline(
        *(Environment(name) for name in ALL), apps=[App("shop", Kustomize("deploy"))], warehouse=warehouses
    )
    bare.promote(pipeline)
    return bare, pipeline


def moving(plan):
    return {one.name: sorted(name for name, it in one.freight.items() if it.moving) for one in plan.data.environments}


def test_what_is_on_its_way_does_not_keep_back_what_may_come(two):
    site, pipeline = two
    site.home.commit(config("2"))
    site.apply(project=site.project(pipeline), env=["test", "uat"])
    site.shelf.put(image("1.1.0"))
    plan = site.project(pipeline).plan()
    assert moving(plan) == {"test": ["app"], "uat": ["app"], "prod": ["config"]}
    assert site.decisions(plan) == {"test": "ready", "uat": "waiting upstream", "prod": "ready"}
    assert site.told(site.apply(plan, project=site.project(pipeline))) == dict.fromkeys(ALL, "written")
    assert "1.0.0" in site.home.show("env/prod:apps-deployment-shop.yaml")
    again = site.project(pipeline).plan()
    assert moving(again) == {"test": [], "uat": [], "prod": ["app"]}
    assert site.told(site.apply(again, project=site.project(pipeline)))["prod"] == "written"
    assert site.project(pipeline).plan_verify(again) == []


def test_what_still_soaks_does_not_keep_back_what_has_soaked(two):
    """Commits every half an hour would keep an image out of production for ever."""
    site, pipeline = two
    pipeline = pipeline.changed(
        {"environments": (Environment("test"), Environment("uat"), Environment("prod", gates=[Soak("1h")]))}
    )
    site.shelf.put(image("1.1.0"))
    site.promote(pipeline, env=["test", "uat"])
    site.clock.time += 1800
    site.home.commit(config("2"))
    site.promote(pipeline, env=["test", "uat"])
    plan = site.project(pipeline).plan()
    assert (moving(plan)["prod"], site.decisions(plan)["prod"]) == (["app", "config"], "waiting soak")
    site.clock.time += 1860
    plan = site.project(pipeline).plan()
    assert (moving(plan)["prod"], site.decisions(plan)["prod"]) == (["app"], "ready")
    assert site.told(site.apply(plan, project=site.project(pipeline)))["prod"] == "written"
    assert site.project(pipeline).plan_verify(plan) == []
    again = site.project(pipeline).plan()
    assert (moving(again)["prod"], site.decisions(again)["prod"]) == (["config"], "waiting soak")


def test_where_nothing_may_come_yet_the_whole_change_is_shown(two):
    site, pipeline = two
    site.home.commit(config("2"))
    site.shelf.put(image("1.1.0"))
    plan = site.project(pipeline).plan()
    assert moving(plan) == {key: ["app", "config"] for key in ALL}


def test_freight_that_somebody_named_is_looked_at_wherever_it_is(two):
    site, pipeline = two
    site.home.commit(config("2"))
    site.apply(project=site.project(pipeline), env=["test", "uat"])
    site.shelf.put(image("1.1.0"))
    [new] = [one for one in site.project(pipeline).plan()["test"].freight.values() if one.moving]
    plan = site.project(pipeline).plan(freight=new.id)
    assert moving(plan)["prod"] == ["app"]
    assert site.decisions(plan)["prod"] == "waiting upstream"


def entries(site, *environments, **members):
    """An ordinary way and a second entry, and nothing behind the second one yet."""
    kustomization = {"deploy/kustomization.yaml": "resources: [d.yaml, c.yaml]\n"}
    site.home.commit({**kustomization, **config("1"), "deploy/d.yaml": site.deployment("x")})
    site.shelf.put(image("1.0.0"))
    hotfixes = Images(members.pop("hotfixes", IMAGE), strategy="lexical", allow=["^hotfix-"])
    warehouses = [
        Warehouse(Images(IMAGE), Git(include=["deploy/"]), name="trunk"),
        Warehouse(hotfixes, Git(include=["deploy/"]), name="urgent"),
    ]
    return site.pipeline(*environments, apps=[App("shop", Kustomize("deploy"))], warehouse=warehouses)


WAYS = (
    Environment("test", after=[], direct=["trunk"]),
    Environment("fix", after=[], direct=["urgent"]),
    Environment("prod", after=any_of("test", "fix")),
)


def test_a_second_entry_is_not_missed_before_there_is_a_hotfix(bare):
    pipeline = entries(bare, *WAYS)
    told = bare.told(bare.apply(project=bare.project(pipeline)))
    assert (told["test"], told["fix"].split()[0], told["prod"]) == ("written", "unavailable", "written")


def test_a_hotfix_that_nobody_let_in_keeps_nothing_back(bare):
    pipeline = entries(bare, *WAYS)
    bare.apply(project=bare.project(pipeline))
    bare.shelf.put(f"{IMAGE}:hotfix-1@sha256:{'f' * 64}", image("1.1.0"))
    plan = bare.project(pipeline).plan()
    assert moving(plan) == {"test": ["trunk"], "fix": ["urgent"], "prod": ["trunk", "urgent"]}
    bare.apply(plan, project=bare.project(pipeline), env="test")
    assert moving(bare.project(pipeline).plan())["prod"] == ["trunk"]
    assert bare.told(bare.apply(project=bare.project(pipeline), env="prod")) == {"prod": "written"}
    assert "1.1.0" in bare.home.show("env/prod:apps-deployment-shop.yaml")


def test_a_warehouse_is_missed_where_nobody_else_holds_what_it_watches(bare):
    pipeline = entries(bare, *WAYS, hotfixes="ghcr.io/acme/other")
    bare.shelf.put("ghcr.io/acme/other:1.0.0")
    plan = bare.project(pipeline).plan()
    assert plan["prod"].decision == "unavailable"


def test_a_point_of_control_passes_what_comes_of_either(bare):
    point = Environment("point", after=any_of("test", "fix"), apps=[])
    pipeline = entries(bare, *WAYS[:2], point, Environment("prod", after="point"))
    told = bare.told(bare.apply(project=bare.project(pipeline)))
    assert (told["point"], told["prod"]) == ("inherited", "written")
