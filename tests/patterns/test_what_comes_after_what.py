"""Patterns of order: what goes first, what waits for what, and who lets it."""

from __future__ import annotations

import pytest
from pattern_repository import CONFIG, layered, service

from gitpromote.errors import SourceInvalid
from gitpromote.model.freight_words import version_of
from gitpromote.views.environments import environment_table
from gitpromote.views.lag import lag_view
from gitpromote.views.standing import status_view

HOUR = 3600
BASE = "deploy/base/config.yaml"


def said(version: str, value: str = "1") -> dict[str, str]:
    """What a rendered target of ``shop`` says."""
    return {"apps-deployment-shop.yaml": f"shop:{version}", "configmap-shop-settings.yaml": value}


def setting(value: str, *, of: str = BASE) -> dict[str, str]:
    """A commit that changes a base."""
    return {of: CONFIG.format(name="shop-settings", value=value)}


def told(lines):
    """What lines say, without how."""
    return ["".join(span.text for span in one) for one in lines]


@pytest.fixture
def shop(repository, images):
    """Puts a pattern in place, with an overlay for each of its environments, and version 1.4.0."""
    images.push("shop", "1.4.0")

    def placed(pattern: str, *names: str):
        repository.use(pattern, layered("deploy", f"{images.at}/shop", *names), images_at=images.at)
        return repository

    return placed


# -- several in one, one after the other


def test_services_of_a_group_land_in_one_commit_or_not_at_all(repository, images):
    images.push("cart", "1.0.0")
    images.push("search", "2.0.0")
    names = [(name, env) for name in ("cart", "search") for env in ("test", "prod")]
    files = [service(f"deploy/{name}/{env}", f"{images.at}/{name}") for name, env in names]
    repository.use("grouped_services.py", {p: text for one in files for p, text in one.items()}, images_at=images.at)
    assert repository.promote() == {"test": "written", "prod": "written"}
    images.push("cart", "1.1.0")
    images.push("search", "2.1.0")
    assert repository.run() == {"test": "written"}
    assert repository.log("env/test") == ["promote(test)"] * 2
    images.push("cart", "1.2.0")
    repository.push({"deploy/search/test/kustomization.yaml": "resources: [none.yaml]\n"})
    with pytest.raises(SourceInvalid, match=r"deploy/search/test/none\.yaml"):
        repository.promote()

    def group(cart: str, search: str) -> dict[str, str]:
        images = {"cart": f"cart:{cart}", "search": f"search:{search}"}
        settings = {f"{name}/configmap-{name}-settings.yaml": "1" for name in images}
        return settings | {f"{name}/apps-deployment-{name}.yaml": image for name, image in images.items()}

    assert repository.says("env/test") == group("1.1.0", "2.1.0")
    assert repository.says("env/prod") == group("1.0.0", "2.0.0")
    repository.push({"deploy/search/test/kustomization.yaml": "resources: [deployment.yaml, config.yaml]\n"})
    assert repository.promote() == {"test": "written", "prod": "written"}
    told = [repository.says(f"env/{env}") for env in ("test", "prod")]
    assert told == [group("1.2.0", "2.1.0"), group("1.1.0", "2.1.0")]  # what test had verified by then
    assert repository.promote() == {"test": "noop", "prod": "written"}
    assert repository.says("env/prod") == group("1.2.0", "2.1.0")
    assert [len(repository.log(f"env/{env}")) for env in ("test", "prod")] == [3, 3]


def test_a_service_comes_after_the_one_that_it_needs(repository, images):
    images.push("db", "1.0.0")
    images.push("api", "2.0.0")
    names = [(name, env) for name in ("db", "api") for env in ("test", "prod")]
    files = [service(f"deploy/{name}/{env}", f"{images.at}/{name}") for name, env in names]
    repository.use("ordered_services.py", {p: text for one in files for p, text in one.items()}, images_at=images.at)
    order = ("test-db", "test-api", "prod-db", "prod-api")
    assert repository.project().pipeline.order() == order
    assert repository.promote() == dict.fromkeys(order, "written")
    images.push("db", "1.1.0")
    images.push("api", "2.1.0")
    assert repository.decisions() == {
        "test-db": "ready",
        "test-api": "waiting upstream",
        "prod-db": "waiting upstream",
        "prod-api": "waiting upstream",
    }
    assert repository.promote(env="test-api") == {"test-api": "waiting"}
    assert repository.run() == {"test-db": "written", "test-api": "written"}
    assert repository.promote(env="prod-api") == {"prod-api": "waiting"}
    assert repository.promote(env="prod-db") == {"prod-db": "written"}
    assert repository.says("env/prod-api")["api/apps-deployment-api.yaml"] == "api:2.0.0"
    assert repository.promote() == {"test-db": "noop", "test-api": "noop", "prod-db": "noop", "prod-api": "written"}
    assert repository.says("env/prod-api") == {
        "api/apps-deployment-api.yaml": "api:2.1.0",
        "api/configmap-api-settings.yaml": "1",
    }


# -- the shape of the way


def test_what_fans_out_comes_in_again_when_both_have_verified_it(shop, images):
    names = ("test", "variant-a", "variant-b", "prod")
    repository = shop("fan_out_fan_in.py", *names)
    assert repository.promote() == dict.fromkeys(names, "written")
    images.push("shop", "1.5.0")
    assert repository.promote(env=["test", "variant-a", "prod"]) == {
        "test": "written",
        "variant-a": "written",
        "prod": "waiting",
    }
    found = next(one for one in repository.project().explain("prod").outcomes if one.id == "upstream")
    assert (found.status, found.message) == ("pending", "variant-b: not verified yet")
    assert repository.promote() == {"test": "noop", "variant-a": "noop", "variant-b": "written", "prod": "written"}
    own = {"deploy/overlays/variant-a/kustomization.yaml": "resources: [../../base]\nnamePrefix: a-\n"}
    repository.push(own)
    assert repository.run() == {"test": "inherited", "variant-a": "written", "variant-b": "inherited"}
    assert repository.promote() == {"test": "noop", "variant-a": "noop", "variant-b": "noop", "prod": "inherited"}
    assert {name: repository.says(f"env/{name}") for name in names} == {
        **dict.fromkeys(("test", "variant-b", "prod"), said("1.5.0")),
        "variant-a": {"apps-deployment-a-shop.yaml": "shop:1.5.0", "configmap-a-shop-settings.yaml": "1"},
    }


def test_a_point_of_control_joins_the_way_and_its_gate_holds_for_all_behind(shop, images):
    before, behind = ("uat-eu", "uat-us"), ("prod-eu", "prod-us", "prod-apac")
    repository = shop("control_flow.py", *before, *behind)
    waiting = {"released": "waiting", **dict.fromkeys(behind, "waiting")}
    assert repository.promote() == {**dict.fromkeys(before, "written"), **waiting}
    repository.clock.ahead += 24 * HOUR
    assert repository.promote() == {
        **dict.fromkeys(before, "noop"),
        "released": "inherited",
        **dict.fromkeys(behind, "written"),
    }
    images.push("shop", "1.5.0")
    assert repository.run() == dict.fromkeys(before, "written")
    repository.clock.ahead += 23 * HOUR
    assert repository.decisions() == {
        **dict.fromkeys(before, "noop"),
        "released": "waiting soak",
        **dict.fromkeys(behind, "waiting upstream"),
    }
    repository.clock.ahead += HOUR
    assert repository.run() == {"released": "inherited"}
    assert repository.promote()["prod-apac"] == "written"
    assert [repository.says(f"env/{name}") for name in behind] == [said("1.5.0")] * 3
    assert repository.branches() == sorted(["main", *(f"env/{name}" for name in (*before, *behind))])


def test_nothing_passes_the_gate_until_a_person_lets_it_in(shop, images):
    repository = shop("gatekeeper.py", "test", "uat")
    assert repository.run() == {}
    assert repository.branches() == ["main"]
    assert repository.promote(env="accepted") == {"accepted": "inherited"}
    assert repository.run() == {"test": "written", "uat": "written"}
    images.push("shop", "1.5.0")
    assert repository.run() == {}
    images.push("shop", "1.6.0")
    assert repository.run() == {}
    assert repository.says("env/test") == said("1.4.0")
    assert repository.promote(env="accepted") == {"accepted": "inherited"}
    assert repository.run() == {"test": "written", "uat": "written"}
    assert [repository.says(f"env/{name}") for name in ("test", "uat")] == [said("1.6.0")] * 2


def test_who_goes_by_itself_and_who_waits_for_a_person(shop, images):
    names = ("test", "uat", "prod")
    repository = shop("mixed_modes.py", *names)
    assert repository.promote() == dict.fromkeys(names, "written")
    images.push("shop", "1.5.0")
    assert repository.run() == {"test": "written", "uat": "written"}
    assert repository.says("env/prod") == said("1.4.0")
    assert repository.promote() == {"test": "noop", "uat": "noop", "prod": "written"}
    images.push("shop", "2.0.0")
    assert repository.run() == {"test": "written"}
    assert [repository.says(f"env/{name}") for name in names] == [said("2.0.0"), said("1.5.0"), said("1.5.0")]
    assert repository.promote() == {"test": "noop", "uat": "written", "prod": "written"}


# -- several Warehouses, several Pipelines


def test_image_and_configuration_move_without_each_other(shop, images):
    names = ("test", "uat", "prod")
    repository = shop("multiple_warehouses.py", *names)
    assert repository.promote() == dict.fromkeys(names, "written")
    repository.push(setting("2"))
    assert repository.run() == {"test": "written", "uat": "written"}
    images.push("shop", "1.5.0")
    plan = repository.project().plan()
    moving = {one.name: sorted(name for name, it in one.freight.items() if it.moving) for one in plan.data.environments}
    assert moving == {"test": ["app"], "uat": ["app"], "prod": ["config"]}
    assert repository.promote(env=["test", "prod"]) == {"test": "written", "prod": "written"}
    told = [repository.says(f"env/{name}") for name in names]
    assert told == [said("1.5.0", "2"), said("1.4.0", "2"), said("1.4.0", "2")]
    assert repository.promote() == {"test": "noop", "uat": "written", "prod": "written"}
    assert [repository.says(f"env/{name}") for name in names] == [said("1.5.0", "2")] * 3


def test_freight_waits_for_the_image_of_its_own_commit(repository, images):
    repository.use("freight_assembly.py", images_at=images.at)
    first = repository.push(layered("deploy", f"{images.at}/shop", "test", "prod"))
    images.push("shop", "0" * 40)
    assert repository.decisions()["test"].startswith("unavailable")
    images.push("shop", first, labels={"org.opencontainers.image.revision": first})
    assert repository.promote() == {"test": "written", "prod": "written"}
    second = repository.push(setting("2"))
    assert repository.decisions() == {"test": "noop", "prod": "noop"}
    third = repository.push(setting("3"))
    images.push("shop", second, created="2026-01-03T00:00:00Z")
    assert repository.promote() == {"test": "written", "prod": "written"}
    assert repository.says("env/prod") == said(second, "2")
    images.push("shop", third, created="2026-01-04T00:00:00Z")
    assert repository.run() == {"test": "written"}
    assert [repository.says(f"env/{name}") for name in ("test", "prod")] == [said(third, "3"), said(second, "2")]


def test_what_one_pipeline_accepts_is_where_the_next_one_begins(shop, images):
    repository = shop("pre_pipeline.py", "test", "prod")
    assert repository.promote("base") == {"lab": "written", "accepted": "written"}
    assert repository.says("lab") == said("1.4.0")
    assert repository.promote("shop") == {"test": "written", "prod": "written"}
    images.push("shop", "1.5.0")
    assert repository.run("base") == {"lab": "written"}
    assert repository.decisions("shop") == {"test": "noop", "prod": "noop"}
    assert repository.promote("base") == {"lab": "noop", "accepted": "written"}
    assert repository.decisions("base") == {"lab": "noop", "accepted": "noop"}
    assert repository.run("shop") == {"test": "written"}
    assert [repository.says(f"env/{name}") for name in ("test", "prod")] == [said("1.5.0"), said("1.4.0")]
    assert repository.promote("shop") == {"test": "noop", "prod": "written"}
    repository.push(setting("2"))
    assert repository.promote("shop") == {"test": "written", "prod": "written"}
    assert repository.says("env/prod") == said("1.5.0", "2")


def test_pipelines_side_by_side_do_not_hold_each_other_up(repository, images):
    images.push("cart", "1.0.0")
    images.push("search", "1.0.0")
    files = [layered(name, f"{images.at}/{name}", "test", "prod") for name in ("cart", "search")]
    repository.use("parallel_pipelines.py", {p: text for one in files for p, text in one.items()}, images_at=images.at)
    for name in ("cart", "search"):
        assert repository.promote(name) == {"test": "written", "prod": "written"}
    images.push("cart", "1.1.0")
    images.push("search", "1.1.0")
    repository.project("search").hold("test", reason="a demonstration")
    assert repository.run("search") == {}
    assert repository.promote("cart") == {"test": "written", "prod": "written"}
    assert repository.says("cart/prod")["apps-deployment-cart.yaml"] == "cart:1.1.0"
    assert repository.says("search/test")["apps-deployment-search.yaml"] == "search:1.0.0"
    repository.project("search").release("test")
    assert repository.promote("search") == {"test": "written", "prod": "written"}


# -- what cannot wait


def test_a_hotfix_enters_just_before_prod_and_the_next_version_replaces_it(shop, images):
    repository = shop("hotfix.py", "test", "uat", "hotfix", "prod")
    repository.push({}, to="hotfix")
    first = repository.promote()
    assert first == {"test": "written", "uat": "written", "hotfix": "unavailable", "prod": "written"}
    images.push("shop", "hotfix-1.4.0-1")
    plan = repository.project().plan()
    assert [one.name for one in plan.data.environments if one.decision == "ready"] == ["hotfix"]
    assert repository.promote() == {"test": "noop", "uat": "noop", "hotfix": "written", "prod": "written"}
    names = ("test", "uat", "hotfix", "prod")
    ran = [repository.says(f"env/{name}")["apps-deployment-shop.yaml"] for name in names]
    assert ran == ["shop:1.4.0", "shop:1.4.0", "shop:hotfix-1.4.0-1", "shop:hotfix-1.4.0-1"]
    images.push("shop", "1.4.1")
    assert repository.run() == {"test": "written", "uat": "written"}
    status = repository.project().status(lag=True)
    prod = next(one for one in status.data.environments if one.name == "prod")
    assert [version_of(one) for one in prod.running] == ["hotfix-1.4.0-1"]  # what it holds of trunk is not there
    assert {name: version_of(lag.runs) for name, lag in prod.lag.items()} == {"trunk": "hotfix-1.4.0-1"}
    assert [version_of(one) for one in prod.runs.values()] == ["1.4.0", "hotfix-1.4.0-1"]
    rows = [row.split() for view in (lag_view(status.data), status_view(status.data)) for row in told(view)]
    assert [row[:2] for row in rows if row and row[0] == "prod"] == [["prod", "hotfix-1.4.0-1"]] * 2
    plan = repository.project().plan()
    [row] = [row.split() for row in told(environment_table(plan.data)) if row.split()[:1] == ["prod"]]
    assert row[1:3] == ["hotfix-1.4.0-1", plan.data.freight[plan["prod"].freight["trunk"].id].alias]
    [older] = [one for one in repository.project().freight.list() if version_of(one.freight) == "1.4.0"]
    assert [one.environment for one in older.journey if one.runs] == []
    repository.clock.ahead += HOUR
    assert repository.promote() == {"test": "noop", "uat": "noop", "hotfix": "noop", "prod": "written"}
    status = repository.project().status(lag=True)
    prod = next(one for one in status.data.environments if one.name == "prod")
    assert [version_of(one) for one in prod.running] == ["1.4.1"]
    ran = [repository.says(f"env/{name}")["apps-deployment-shop.yaml"] for name in names]
    assert ran == ["shop:1.4.1", "shop:1.4.1", "shop:hotfix-1.4.0-1", "shop:1.4.1"]
    images.push("shop", "hotfix-1.4.1-1", created="2026-02-01T00:00:00Z")
    images.push("shop", "1.4.2")
    assert repository.run() == {"test": "written", "uat": "written"}
    assert repository.promote(env="prod") == {"prod": "written"}  # what nobody let into hotfix keeps nothing back
    assert repository.says("env/prod")["apps-deployment-shop.yaml"] == "shop:1.4.2"


def test_an_urgent_change_may_leave_uat_out_and_another_may_not(shop, images):
    names = ("test", "uat", "prod")
    repository = shop("skip_for_hotfix.py", *names)
    assert repository.promote() == dict.fromkeys(names, "written")
    image = f"{images.at}/shop:1.4.1@{images.push('shop', '1.4.1')}"
    freight = repository.project().freight
    [made] = freight.create(images=[image], labels={"urgent": "true"})
    freight.request(made.freight.alias, skip=["uat"], reason="5xx")
    told = repository.promote()
    assert (told["test"], told["prod"]) == ("written", "written")
    assert [repository.says(f"env/{name}") for name in names] == [said("1.4.1"), said("1.4.0"), said("1.4.1")]
    image = f"{images.at}/shop:1.5.0@{images.push('shop', '1.5.0')}"
    [made] = repository.project().freight.create(images=[image])
    repository.project().freight.request(made.freight.alias, skip=["uat"])
    assert repository.run() == {"test": "written"}
    assert repository.decisions() == {"test": "noop", "uat": "blocked skip-denied", "prod": "waiting upstream"}
    repository.project().freight.request(made.freight.alias, reason="the whole way then")
    assert repository.promote() == {"test": "noop", "uat": "written", "prod": "written"}
    assert [repository.says(f"env/{name}") for name in names] == [said("1.5.0")] * 3


def test_freight_of_a_feature_stops_where_it_was_asked_to(shop, images):
    names = ("test", "uat", "prod")
    repository = shop("stops_at.py", *names)
    assert repository.promote() == dict.fromkeys(names, "written")
    image = f"{images.at}/shop:feature-7@{images.push('shop', 'feature-7')}"
    freight = repository.project().freight
    [made] = freight.create(images=[image])
    freight.request(made.freight.alias, target="uat")
    assert repository.promote() == {"test": "written", "uat": "written", "prod": "noop"}
    assert [repository.says(f"env/{name}") for name in names] == [said("feature-7"), said("feature-7"), said("1.4.0")]
    assert repository.decisions(freight=made.freight.alias)["prod"].startswith("unavailable not meant for prod")
    images.push("shop", "1.5.0")
    assert repository.run() == {"test": "written", "uat": "written"}
    assert repository.promote() == {"test": "noop", "uat": "noop", "prod": "written"}
    assert [repository.says(f"env/{name}") for name in names] == [said("1.5.0")] * 3
