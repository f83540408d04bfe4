"""Freight that arrives where nothing changes, points that hold nothing, and the ways in which environments wait."""

from __future__ import annotations

from gitpromote import App, Environment, Plain, any_of


def verified(site, pipeline):
    """Environment to whether the newest Freight is verified there, and inherited."""
    state = site.project(pipeline)._world.ledger.read(site.home.head("gitpromote/ledger/shop"))
    newest = max(state.freight.values(), key=lambda one: one.sequence).freight.id
    found = {name: env.verified.get(newest) for name, env in state.environments.items()}
    return {name: one.inherited for name, one in found.items() if one is not None}


def test_freight_that_changes_nothing_in_an_environment_arrives_without_a_commit(promoted):
    promoted.promote()
    promoted.home.commit(promoted.sources("prod", version="1.2.0"), message="prod alone")
    heads = {env: promoted.home.head(f"env/{env}") for env in ("test", "uat", "prod")}
    plan = promoted.project().plan()
    assert promoted.decisions(plan) == {"test": "noop", "uat": "waiting upstream", "prod": "waiting upstream"}
    assert [[step.kind for step in plan[env].steps] for env in heads] == [["inherit"], ["inherit"], ["push", "verify"]]
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "inherited", "uat": "inherited", "prod": "written"}
    assert result.environments[0].message == "nothing to write; the Freight's arrival was recorded"
    assert {env: promoted.home.head(f"env/{env}") == head for env, head in heads.items()} == {
        "test": True,
        "uat": True,
        "prod": False,
    }
    records = promoted.project().history.env("test")[:2]
    assert [(one.kind, one.commit, one.data["inherited"]) for one in records] == [
        ("verified", heads["test"], True),
        ("written", heads["test"], True),
    ]
    assert verified(promoted, None) == {"test": True, "uat": True, "prod": False}
    assert promoted.told(promoted.apply(plan)) == {"test": "already", "uat": "already", "prod": "already"}
    assert promoted.decisions(promoted.project().plan()) == {"test": "noop", "uat": "noop", "prod": "noop"}
    assert promoted.project().verify().ok


def test_an_arrival_on_a_branch_that_moved_meanwhile_is_recorded_on_what_is_there(promoted):
    promoted.promote()
    promoted.home.commit(promoted.sources("prod", version="1.2.0"))
    plan = promoted.project().plan(env="test")
    head = promoted.home.commit({"CODEOWNERS": "x\n"}, branch="env/test")
    assert promoted.told(promoted.apply(plan)) == {"test": "inherited"}
    assert promoted.project().history.env("test")[0].commit == head


def test_an_arrival_where_somebody_changed_the_content_is_stale(promoted):
    promoted.promote()
    promoted.home.commit(promoted.sources("prod", version="1.2.0"))
    plan = promoted.project().plan(env="test")
    promoted.home.commit({"x.yaml": "a: 1\n"}, branch="env/test")
    assert promoted.told(promoted.apply(plan)) == {"test": "stale 4"}


# -- points that hold nothing


def test_a_control_flow_point_verifies_what_is_available(site):
    envs = Environment("test"), Environment("gate", apps=[]), Environment("prod")
    pipeline = site.pipeline(*envs)
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {"test": "ready", "gate": "waiting upstream", "prod": "waiting upstream"}
    assert (plan["gate"].target.kind, plan["gate"].result_tree) == ("none", None)
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"test": "written", "gate": "inherited", "prod": "written"}
    assert site.records("written", "verified") == [
        *(("written", "test"), ("verified", "test")),
        *(("verified", "gate"),),
        *(("written", "prod"), ("verified", "prod")),
    ]
    assert site.told(site.apply(plan, project=site.project(pipeline))) == dict.fromkeys(
        ("test", "gate", "prod"), "already"
    )
    again = site.project(pipeline).plan()
    assert site.decisions(again) == {"test": "noop", "gate": "noop", "prod": "noop"}
    assert [one.freight["shop"].moving for one in again.data.environments] == [False, False, False]
    assert site.project(pipeline).verify().ok


def test_control_flow_points_fan_out_and_in(site):
    envs = (
        Environment("test"),
        Environment("a", apps=[], after="test"),
        Environment("b", apps=[], after="test"),
        Environment("join", apps=[], after=["a", "b"]),
        Environment("prod", after="join"),
    )
    pipeline = site.pipeline(*envs)
    result = site.apply(site.project(pipeline).plan(), project=site.project(pipeline))
    assert site.told(result) == {
        "test": "written",
        "a": "inherited",
        "b": "inherited",
        "join": "inherited",
        "prod": "written",
    }


# -- fan-in


def fan_in(site, after):
    site.home.commit(site.sources("a", "b", "prod"))
    return site.pipeline(Environment("a", after=[]), Environment("b", after=[]), Environment("prod", after=after))


def test_all_of_several_must_have_verified_it(site):
    pipeline = fan_in(site, ["a", "b"])
    plan = site.project(pipeline).plan()
    result = site.apply(plan, project=site.project(pipeline), env=["a", "prod"])
    assert site.told(result) == {"a": "written", "prod": "waiting 3"}
    assert result.environments[1].message == "upstream: b: not verified yet"
    assert plan["prod"].opens.conditions == ({"verified": ["a", "b"], "plus": 0},)
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"a": "already", "b": "written", "prod": "written"}


def test_any_of_several_is_enough(site):
    pipeline = fan_in(site, any_of("a", "b"))
    plan = site.project(pipeline).plan()
    assert plan["prod"].opens.conditions == ({"any_verified": ["a", "b"], "plus": 0},)
    result = site.apply(plan, project=site.project(pipeline), env="prod")
    assert result.environments[0].message == "upstream: a or b: not verified yet"
    result = site.apply(plan, project=site.project(pipeline), env=["b", "prod"])
    assert site.told(result) == {"b": "written", "prod": "written"}


def test_fan_in_takes_an_inherited_arrival_for_passed(site):
    pipeline = fan_in(site, ["a", "b"])
    site.promote(pipeline)
    site.home.commit(site.sources("b", "prod", version="2.0.0"))
    result = site.apply(site.project(pipeline).plan(), project=site.project(pipeline))
    assert site.told(result) == {"a": "inherited", "b": "written", "prod": "written"}


# -- Apps


def two_apps(site, **members):
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\ndata: {{v: '{}'}}\n"
    site.home.commit({f"conf/{env}/c.yaml": config.format(env, 1) for env in ("test", "uat", "prod")})
    apps = [App("shop", Plain("deploy/$env")), App("conf", Plain("conf/$env"))]
    return config, site.pipeline(*members.pop("environments", ()), apps=apps, **members)


def test_several_apps_get_a_folder_each_and_land_in_one_commit(site):
    _, pipeline = two_apps(site)
    site.promote(pipeline)
    assert sorted(site.home.files("env/test")) == ["conf/configmap-test.yaml", "shop/apps-deployment-shop.yaml"]
    assert site.home.log("env/test") == site.home.log("env/test")[:1]


def test_an_environment_may_carry_some_of_the_apps(site):
    envs = Environment("test", apps=["shop"]), Environment("uat"), Environment("prod", apps=["conf"])
    config, pipeline = two_apps(site, environments=envs)
    site.promote(pipeline)
    assert sorted(site.home.files("env/test")) == ["shop/apps-deployment-shop.yaml"]
    assert sorted(site.home.files("env/prod")) == ["conf/configmap-prod.yaml"]
    site.home.commit({"conf/prod/c.yaml": config.format("prod", 2)})
    result = site.apply(site.project(pipeline).plan(), project=site.project(pipeline))
    assert site.told(result) == {"test": "inherited", "uat": "inherited", "prod": "written"}


def test_a_plan_may_be_narrowed_to_an_app(site):
    config, pipeline = two_apps(site)
    site.promote(pipeline)
    site.home.commit({"conf/test/c.yaml": config.format("test", 2), **site.sources("test", version="2.0.0")})
    plan = site.project(pipeline).plan(env="test", apps="conf")
    assert [write.path for write in plan["test"].writes] == ["conf/configmap-test.yaml"]
    assert (plan.data.request.apps, plan.data.request.complete) == (("conf",), False)
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "written"}
    assert "1.0.0" in site.home.show("env/test:shop/apps-deployment-shop.yaml")


def test_an_app_that_moves_out_of_the_pipeline_is_pruned(site):
    _, pipeline = two_apps(site)
    site.promote(pipeline)
    alone = site.pipeline(apps=[App("shop", Plain("deploy/$env"))])
    plan = site.project(alone).plan(env="test")
    assert {write.path: write.action for write in plan["test"].writes} == {
        "apps-deployment-shop.yaml": "create",
        "conf/configmap-test.yaml": "delete",
        "shop/apps-deployment-shop.yaml": "delete",
    }
