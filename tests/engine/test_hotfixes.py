"""A hotfix enters the one Environment that it was made for. Everything else goes on as if it were not there."""

from __future__ import annotations

import pytest

from gitpromote import Environment, Git, Image, Soak, Warehouse, Window
from gitpromote.engine.append import append
from gitpromote.views.opening import condition_text
from gitpromote.views.remedies import remedies

from .conftest import NOW

HOUR = 3600
IMAGE = "ghcr.io/acme/shop"
FIX = f"{IMAGE}:1.0.6-hot@sha256:{'b' * 64}"


def commit(site, *envs, replicas, **members):
    """A new source commit that changes these Environments."""
    return site.home.commit(site.sources(*envs, replicas=replicas), **members)


@pytest.fixture
def pipeline(site):
    """Everything goes by itself but production."""
    return site.pipeline(
        Environment("test", auto=True),
        Environment("uat", auto=True),
        Environment("prod", production=True),
        Environment("prod-us", after="prod", auto=True, production=False),
    )


def hotfixed(site, pipeline, *, name="prod", expires=HOUR):
    """A commit of a branch, brought to an Environment by a hotfix."""
    head = site.home.head("main")
    fix = commit(site, "test", "uat", "prod", "prod-us", replicas=9, branch="fix", parent=head, message="5xx fix")
    [freight] = site.project(pipeline).freight.named(commit=fix)
    site.project(pipeline).freight.hotfix(freight, name, reason="5xx", expires=expires)
    plan = site.project(pipeline).plan(freight=freight.alias, env=name)
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {name: "written"}
    return freight


@pytest.fixture
def flowing(site, pipeline):
    """What is on trunk is everywhere."""
    commit(site, "test", "uat", "prod", "prod-us", replicas=2)
    site.promote(pipeline)
    return site


def runs(site, pipeline):
    """Environment to the alias of what it holds."""
    status = site.project(pipeline).status()
    return {one.name: one.runs["shop"].alias for one in status.data.environments}


def test_a_hotfix_is_no_candidate_before_or_behind_the_environment_that_it_was_made_for(flowing, pipeline):
    before = runs(flowing, pipeline)
    freight = hotfixed(flowing, pipeline)
    plan = flowing.project(pipeline).plan()
    assert flowing.decisions(plan) == dict.fromkeys(before, "noop")
    ran = flowing.project(pipeline).run_once()
    assert not any(one.wrote for one in ran.rounds)
    assert runs(flowing, pipeline) == {**before, "prod": freight.alias}
    [debt] = [one.message for one in plan["prod"].outcomes if one.id == "debt"]
    assert debt.startswith(f"keeps {freight.alias}, hotfix by Ada <ada@acme.example>: ")
    lag = flowing.project(pipeline).status(lag=True)
    assert {one.name: one.lag for one in lag.data.environments} == {name: {} for name in before}


def test_ordinary_freight_that_waits_is_not_superseded_by_a_hotfix(flowing, pipeline):
    commit(flowing, "test", "uat", "prod", "prod-us", replicas=3)
    plan = flowing.project(pipeline).plan(record=True)
    [moving] = plan["test"].freight.values()
    hotfixed(flowing, pipeline)
    again = flowing.project(pipeline).plan()
    assert {one.id for one in again["test"].freight.values()} == {moving.id}
    assert [one.id for one in again["test"].outcomes if one.id == "superseded"] == []
    assert flowing.told(flowing.apply(plan, project=flowing.project(pipeline), env=["test", "uat"])) == {
        "test": "written",
        "uat": "written",
    }


def test_what_is_on_trunk_goes_its_way_although_it_was_a_hotfix_somewhere(flowing, pipeline):
    fix = commit(flowing, "test", "uat", "prod", "prod-us", replicas=9)
    [freight] = flowing.project(pipeline).freight.named(commit=fix)
    flowing.project(pipeline).freight.hotfix(freight, "prod", reason="5xx", expires=HOUR)
    flowing.apply(flowing.project(pipeline).plan(freight=freight.alias, env="prod"), project=flowing.project(pipeline))
    flowing.project(pipeline).run_once()
    plan = flowing.project(pipeline).plan()
    assert runs(flowing, pipeline)["prod-us"] != freight.alias
    assert (plan["prod"].decision, [one.kind for one in plan["prod"].steps]) == ("noop", ["inherit"])
    assert remedies(plan.data, plan["prod-us"]) == {"upstream": "gitpromote apply shop --env prod"}
    assert flowing.told(flowing.apply(plan, project=flowing.project(pipeline), env=["prod"])) == {"prod": "inherited"}
    flowing.project(pipeline).run_once()
    assert set(runs(flowing, pipeline).values()) == {freight.alias}
    plan = flowing.project(pipeline).plan()
    assert [one for each in plan.data.environments for one in each.outcomes if one.id == "debt"] == []


def test_a_hotfix_that_somebody_names_goes_where_they_say(flowing, pipeline):
    freight = hotfixed(flowing, pipeline)
    named = flowing.project(pipeline).plan(freight=freight.alias, env="test")
    assert flowing.decisions(named) == {"test": "ready"}
    flowing.apply(named, project=flowing.project(pipeline))
    assert flowing.decisions(flowing.project(pipeline).plan()) == {
        "test": "noop",
        "uat": "ready",
        "prod": "noop",
        "prod-us": "noop",
    }
    flowing.project(pipeline).run_once()
    flowing.apply(project=flowing.project(pipeline), env=["prod"])
    flowing.project(pipeline).run_once()
    assert set(runs(flowing, pipeline).values()) == {freight.alias}


def test_what_takes_a_hotfix_on_is_told_where_being_verified_does_not(flowing, pipeline):
    """It says what is true, and the command that it gives brings the Freight there."""
    freight = hotfixed(flowing, pipeline)
    for asked in ({"env": "prod-us"}, {}):
        planned = flowing.project(pipeline).plan(freight=freight.alias, **asked)
        assert condition(planned["prod-us"]) == ["when it comes to prod the ordinary way, or is approved here"]
        told = planned["prod-us"].outcomes[0]
        assert (told.message, told.operands["bypassed"]) == (
            "prod: verified as a hotfix, which does not go on from there",
            ["prod"],
        )
        assert remedies(planned.data, planned["prod-us"]) == {
            "upstream": f"gitpromote freight approve shop {freight.alias} --env prod-us --reason …"
        }
    flowing.project(pipeline).freight.approve(freight.alias, "prod-us", reason="as well")
    plan = flowing.project(pipeline).plan(freight=freight.alias, env="prod-us")
    assert flowing.told(flowing.apply(plan, project=flowing.project(pipeline))) == {"prod-us": "written"}


def condition(planned):
    return [condition_text(one) for one in planned.opens.conditions]


def test_a_hotfix_that_was_approved_for_another_environment_comes_there_and_no_further_back(flowing, pipeline):
    freight = hotfixed(flowing, pipeline)
    flowing.project(pipeline).freight.approve(freight.alias, "prod-us", reason="INC-2")
    assert flowing.decisions(flowing.project(pipeline).plan()) == {
        "test": "noop",
        "uat": "noop",
        "prod": "noop",
        "prod-us": "ready",
    }


def test_a_hotfix_that_has_expired_unused_does_not_hide_what_is_on_its_way(flowing, pipeline):
    head = flowing.home.head("main")
    fix = commit(flowing, "prod", replicas=9, branch="fix", parent=head, message="5xx fix")
    [freight] = flowing.project(pipeline).freight.named(commit=fix)
    flowing.project(pipeline).freight.hotfix(freight, "prod", reason="5xx", expires=60)
    assert flowing.decisions(flowing.project(pipeline).plan())["prod"] == "ready"
    flowing.clock.time += HOUR
    assert flowing.decisions(flowing.project(pipeline).plan())["prod"] == "noop"


def test_the_next_freight_counts_from_what_trunk_had_and_not_from_the_hotfix(flowing):
    flowing.shelf.put(f"{IMAGE}:1.0.5@sha256:{'a' * 64}", FIX)
    warehouse = Warehouse(Image(IMAGE, "^1"), Git(include=["deploy/"]), name="shop")
    pipeline = flowing.pipeline(
        Environment("test", auto=True), Environment("uat", auto=True), Environment("prod"), warehouse=warehouse
    )
    flowing.promote(pipeline)
    before = runs(flowing, pipeline)
    [freight] = flowing.project(pipeline).freight.named(images=[FIX])
    flowing.project(pipeline).freight.hotfix(freight, "prod", reason="5xx", expires=HOUR)
    assert flowing.decisions(flowing.project(pipeline).plan(env=["test", "uat"])) == {"test": "noop", "uat": "noop"}
    hot = flowing.project(pipeline).plan(env="prod")
    assert [one.id for one in hot["prod"].freight.values()] == [freight.id]
    flowing.apply(hot, project=flowing.project(pipeline))
    flowing.home.commit({"README.md": "not rendered"})
    assert flowing.decisions(flowing.project(pipeline).plan()) == {"test": "noop", "uat": "noop", "prod": "noop"}
    assert runs(flowing, pipeline) == {**before, "prod": freight.alias}


# -- going on from there

SUNDAY = NOW - NOW % 86400 + 3 * 86400 + 12 * HOUR
MONDAY_NINE = SUNDAY + 21 * HOUR


def gated(site, *gates, **members):
    """Production with gates of its own, and what comes behind it by itself."""
    return site.pipeline(
        Environment("test", auto=True),
        Environment("prod", gates=list(gates), production=False, **members),
        Environment("prod-us", after="prod", auto=True, production=False),
    )


GATES = (Soak("24h"), Window("Mon-Fri 09:00-16:00", tz="UTC", name="hours"))


def jumped(site, pipeline):
    """What is on trunk, brought to production on a Sunday by a hotfix."""
    commit(site, "test", "prod", "prod-us", replicas=2)
    site.clock.time = SUNDAY
    [freight] = site.project(pipeline).freight.named(commit=site.home.head("main"))
    site.project(pipeline).freight.hotfix(freight, "prod", reason="INC", expires=HOUR)
    plan = site.project(pipeline).plan(freight=freight.alias, env="prod")
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"prod": "written"}
    return freight


def standing(plan, name):
    return plan[name].decision, [(one.id, one.status) for one in plan[name].outcomes if one.status != "pass"]


def wrote(ran):
    return [turn.name for turn in ran.turns if turn.wrote]


def test_a_hotfix_that_trunk_contains_goes_on_only_once_the_gates_that_it_bypassed_hold(site):
    pipeline = gated(site, *GATES)
    freight = jumped(site, pipeline)
    before = site.project(pipeline).plan(freight=freight.alias)
    assert condition(before["prod-us"]) == ["when it comes to prod the ordinary way, or is approved here"]
    assert wrote(site.project(pipeline).run_once()) == ["test"]
    assert site.home.head("env/prod-us") is None

    plan = site.project(pipeline).plan()
    assert standing(plan, "prod") == ("waiting", [("soak", "pending"), ("hours", "pending")])
    assert plan["prod"].opens.earliest == MONDAY_NINE + 3 * HOUR  # a day after test, within the hours
    assert [one.kind for one in plan["prod"].steps] == ["inherit"] and plan["prod"].writes == ()
    asked = site.project(pipeline).plan(freight=freight.alias)
    assert condition(asked["prod-us"]) == [
        "when it comes to prod the ordinary way, Mon 24 Nov 12:00Z at the earliest, or is approved here"
    ]
    assert asked.at(SUNDAY + HOUR)["prod-us"].opens == asked["prod-us"].opens
    assert list(site.project(pipeline).plan_verify(plan)) == []
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result)["prod"] == "waiting 3" and site.home.head("env/prod-us") is None

    site.clock.time = SUNDAY + 24 * HOUR
    assert wrote(site.project(pipeline).run_once()) == []  # production takes nothing by itself
    commits = site.home.log("env/prod")
    asked = site.project(pipeline).plan(freight=freight.alias)
    assert remedies(asked.data, asked["prod-us"]) == {"upstream": "gitpromote apply shop --env prod"}
    assert site.told(site.apply(project=site.project(pipeline), env=["prod"])) == {"prod": "inherited"}
    assert site.home.log("env/prod") == commits
    record = next(one for one in site.project(pipeline).history if one.kind == "written")
    assert (record.data["inherited"], record.data["ordinary"]) == (True, [freight.id])
    assert wrote(site.project(pipeline).run_once()) == ["prod-us"]
    assert set(runs(site, pipeline).values()) == {freight.alias}
    assert set(site.decisions(site.project(pipeline).plan()).values()) == {"noop"}
    assert site.project(pipeline).verify().ok


def test_a_runner_records_by_itself_that_a_hotfix_has_come_the_ordinary_way(site):
    pipeline = gated(site, *GATES, auto=True)
    freight = jumped(site, pipeline)
    assert wrote(site.project(pipeline).run_once()) == ["test"]
    site.clock.time = SUNDAY + 24 * HOUR - 60
    assert wrote(site.project(pipeline).run_once()) == []
    site.clock.time = SUNDAY + 24 * HOUR
    ran = site.project(pipeline).run_once()
    assert [(one.name, one.status) for one in ran.turns if one.wrote] == [("prod", "inherited"), ("prod-us", "written")]
    assert set(runs(site, pipeline).values()) == {freight.alias}


def test_a_hotfix_that_is_approved_where_it_came_goes_on_once_the_gates_there_hold(site):
    """An approval makes Freight available, and opens no gate."""
    pipeline = gated(site, Window("Mon-Fri 09:00-16:00", tz="UTC", name="hours"), auto=True)
    freight = jumped(site, pipeline)
    site.project(pipeline).freight.approve(freight.alias, "prod", reason="keep it")
    assert wrote(site.project(pipeline).run_once()) == ["test"]
    assert standing(site.project(pipeline).plan(), "prod") == ("waiting", [("hours", "pending")])
    site.clock.time = MONDAY_NINE
    assert wrote(site.project(pipeline).run_once()) == ["prod", "prod-us"]


def test_a_hotfix_into_a_start_goes_on_once_the_gates_there_hold(site):
    pipeline = site.pipeline(
        Environment("prod", gates=[Window("Mon-Fri 09:00-16:00", tz="UTC", name="hours")], auto=True, production=False),
        Environment("prod-us", auto=True, production=False),
    )
    jumped(site, pipeline)
    assert wrote(site.project(pipeline).run_once()) == []
    site.clock.time = MONDAY_NINE
    assert wrote(site.project(pipeline).run_once()) == ["prod", "prod-us"]


def test_what_came_by_a_hotfix_while_it_would_have_been_let_in_is_recorded_twice(site):
    """Who comes by a hotfix is judged by the gates for hotfixes, whatever the others would have said."""
    pipeline = gated(site, Window("Mon-Fri 09:00-16:00", tz="UTC", name="hours"), auto=True)
    commit(site, "test", "prod", "prod-us", replicas=2)
    site.clock.time = MONDAY_NINE
    [freight] = site.project(pipeline).freight.named(commit=site.home.head("main"))
    site.project(pipeline).freight.hotfix(freight, "prod", reason="INC", expires=HOUR)
    ran = site.project(pipeline).run_once()
    assert [(one.name, one.status) for one in ran.turns if one.wrote] == [
        ("test", "written"),
        ("prod", "written"),
        ("prod", "inherited"),
        ("prod-us", "written"),
    ]


def test_while_it_is_held_a_hotfix_stays_one(site):
    pipeline = gated(site, auto=True)
    jumped(site, pipeline)
    site.project(pipeline).hold("prod", reason="look")
    assert wrote(site.project(pipeline).run_once()) == ["test"]
    site.project(pipeline).release("prod")
    assert wrote(site.project(pipeline).run_once()) == ["prod", "prod-us"]


def test_a_record_that_claims_the_ordinary_way_for_a_hotfix_is_found(site):
    pipeline = gated(site, *GATES)
    freight = jumped(site, pipeline)
    world = site.project(pipeline)._world
    written = next(one for one in site.project(pipeline).history if one.kind == "written")
    forged = written.model_copy(update={"id": "f" * 64, "data": {**written.data, "ordinary": [freight.id]}})
    append(world, lambda _: [forged])
    found = [one.message for one in site.project(pipeline).verify().findings if not one.ok]
    assert f"{freight.id[:12]} did not come the ordinary way" in found
