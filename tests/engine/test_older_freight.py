"""A definition that changes while older Freight is on its way: what that Freight lacks keeps back only who needs it."""

from __future__ import annotations

import pytest

from gitpromote import App, Environment, Plain
from gitpromote.errors import SourceInvalid


def test_an_environment_in_the_middle_waits_for_freight_that_has_its_sources(site):
    two = site.pipeline(Environment("test"), Environment("prod"))
    site.home.commit({"deploy/uat/deployment.yaml": None}, message="start")
    first = site.promote(two)
    alias = next(iter(first.data.freight.values())).alias
    site.home.commit(site.sources("uat"), message="add uat")
    plan = site.plan()
    assert site.decisions(plan) == {
        "test": "noop",
        "uat": "waiting upstream",
        "prod": "waiting upstream",
    }
    assert list(plan.file.observations.warnings) == [
        f"uat: {alias} has no deploy/uat: it is older than what the pipeline says now; what came after it is planned"
    ]
    assert site.told(site.apply(plan)) == {"test": "inherited", "uat": "written", "prod": "inherited"}
    assert site.decisions(site.plan()) == {"test": "noop", "uat": "noop", "prod": "noop"}


def test_an_environment_alone_is_told_why_it_has_to_wait(site):
    two = site.pipeline(Environment("test"), Environment("prod"))
    site.home.commit({"deploy/uat/deployment.yaml": None}, message="start")
    site.promote(two)
    site.home.commit(site.sources("uat"), message="add uat")
    assert site.decisions(site.plan(env="uat")) == {"uat": "waiting upstream"}


def test_an_app_with_new_sources_waits_for_freight_that_has_them(promoted):
    site = promoted
    site.apply(site.plan(env="test"))
    more = site.pipeline(apps=[App("shop", Plain("deploy/$env")), App("two", Plain("plain"))])
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two, namespace: shop}\n"
    site.home.commit({"plain/two.yaml": config}, message="add app")
    assert site.decisions(site.plan(more)) == {
        "test": "ready",
        "uat": "waiting upstream",
        "prod": "waiting upstream",
    }


def test_sources_that_moved_come_with_the_freight_that_moved_them(promoted):
    site = promoted
    site.promote()
    site.home.commit(
        {f"deploy/{env}/deployment.yaml": None for env in ("test", "uat", "prod")}
        | {path.replace("deploy/", "apps/"): text for path, text in site.sources("test", "uat", "prod").items()},
        message="move",
    )
    moved = site.pipeline(apps=[App("shop", Plain("apps/$env"))])
    assert site.decisions(site.plan(moved)) == {
        "test": "ready",
        "uat": "waiting upstream",
        "prod": "waiting upstream",
    }
    site.promote(moved)


def test_freight_that_was_named_is_planned_where_its_sources_are(site):
    two = site.pipeline(Environment("test"), Environment("prod"))
    site.home.commit({"deploy/uat/deployment.yaml": None}, message="start")
    first = site.promote(two)
    freight = next(iter(first.data.freight.values()))
    site.home.commit(site.sources("uat"), message="add uat")
    plan = site.plan(freight=freight.alias)
    assert site.decisions(plan) == {
        "test": "noop",
        "uat": (
            f"unavailable {freight.alias} has no deploy/uat: it is older than what the pipeline says now; "
            "newer Freight has it: gitpromote plan shop --commit main"
        ),
        "prod": "noop",
    }


def test_where_nothing_newer_may_come_an_environment_is_unavailable(promoted):
    site = promoted
    moved = site.pipeline(apps=[App("shop", Plain("apps/$env"))])
    newest = site.plan()
    freight = next(iter(newest.data.freight.values()))
    with pytest.raises(SourceInvalid) as caught:
        site.plan(moved)
    assert caught.value.hint == "Commit and push it, or mend the path where it is named."
    assert freight is not None
