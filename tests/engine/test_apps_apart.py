"""Some Apps of an Environment alone: then its Freight is not there yet, and nothing goes on from it."""

from __future__ import annotations

import pytest

from gitpromote import App, Environment, Plain

NAMES = ("test", "uat")
PARTIAL = "cart alone: search stays as it is, and the Freight is not there before the rest of it is"


def sources(site, number):
    """Both Apps in both Environments."""
    return {
        f"{app}/{env}/deployment.yaml": site.deployment(env, replicas=number).replace("name: shop", f"name: {app}")
        for app in ("cart", "search")
        for env in NAMES
    }


@pytest.fixture
def pipeline(site):
    apps = [App("cart", Plain("cart/$env")), App("search", Plain("search/$env"))]
    return site.pipeline(*(Environment(name) for name in NAMES), apps=apps)


@pytest.fixture
def two(site, pipeline):
    """Both have the first; the second is on trunk."""
    site.home.commit(sources(site, 1))
    site.promote(pipeline)
    site.home.commit(sources(site, 2))
    return site


def outcomes(plan, name):
    return {one.id: (one.status, one.message) for one in plan[name].outcomes}


def replicas(site, name):
    files = site.home.files(f"env/{name}")
    return {path.split("/")[0]: int(text.split("replicas: ")[1].split("\n")[0]) for path, text in files.items()}


def runs(site, pipeline, name):
    return site.project(pipeline).status()[name].runs


def test_what_was_written_in_part_is_neither_there_nor_verified(two, pipeline):
    before = runs(two, pipeline, "test")
    plan = two.project(pipeline).plan(env="test", apps=["cart"])
    assert outcomes(plan, "test")["partial"] == ("warn", PARTIAL)
    result = two.apply(plan, project=two.project(pipeline))
    assert two.told(result) == {"test": "written"}
    assert result.environments[0].message.endswith("-> env/test, tree as planned; cart alone")
    assert replicas(two, "test") == {"cart": 2, "search": 1}
    assert two.records()[-1] == ("written", "test")
    status = two.project(pipeline).status()["test"]
    assert (status.runs, status.partly, status.drift) == (before, ("cart",), False)
    assert (status.decision, status.reason) == ("ready", "")
    onwards = two.project(pipeline).plan()
    assert two.decisions(onwards) == {"test": "ready", "uat": "waiting upstream"}
    assert two.project(pipeline).plan_verify(plan) == []
    assert two.project(pipeline).verify().ok


def test_the_next_plan_offers_the_rest_and_then_it_is_there(two, pipeline):
    two.promote(pipeline, env="test", apps=["cart"])
    rest = two.project(pipeline).plan()
    assert [write.path for write in rest["test"].writes] == ["search/apps-deployment-search.yaml"]
    two.apply(rest, project=two.project(pipeline), env="test")
    assert two.records()[-2:] == [("written", "test"), ("verified", "test")]
    assert two.project(pipeline).status()["test"].partly == ()
    assert two.decisions(two.project(pipeline).plan()) == {"test": "noop", "uat": "ready"}


def test_the_last_app_brings_the_freight_there(two, pipeline):
    two.promote(pipeline, env="test", apps=["cart"])
    last = two.promote(pipeline, env="test", apps=["search"])
    assert "partial" not in outcomes(last, "test")
    assert two.records()[-2:] == [("written", "test"), ("verified", "test")]
    assert two.decisions(two.project(pipeline).plan()) == {"test": "noop", "uat": "ready"}


def test_an_app_in_which_nothing_changes_brings_no_freight(two, pipeline):
    two.home.commit({**sources(two, 1), "search/test/deployment.yaml": two.deployment("test", replicas=5)})
    before = two.home.refs()
    plan = two.project(pipeline).plan(env="test", apps=["cart"])
    assert two.decisions(plan) == {"test": "noop"}
    two.apply(plan, project=two.project(pipeline))
    assert two.home.refs() == before


def test_a_rollback_of_a_part_goes_back_to_the_whole_that_was_there(two, pipeline):
    two.promote(pipeline, env="test", apps=["cart"])
    back = two.project(pipeline).rollback("test", reason="cart is broken")
    two.apply(back, project=two.project(pipeline))
    assert replicas(two, "test") == {"cart": 1, "search": 1}
    status = two.project(pipeline).status()["test"]
    assert (status.partly, status.held.reason) == ((), "cart is broken")
    assert two.project(pipeline).verify().ok
