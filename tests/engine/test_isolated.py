"""What fails for one Environment or one Warehouse stops ``run`` there alone; a plan that a person asks for says no."""

from __future__ import annotations

import pytest

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Plain, Warehouse
from gitpromote.errors import RemoteFailed, SourceInvalid

IMAGE = "ghcr.io/acme/shop"
BROKEN = "kind: Deployment\n  broken: [\n"


@pytest.fixture
def pipeline(site):
    return site.pipeline(Environment("test", auto=True), Environment("uat", auto=True, production=False))


def commit(site, *envs, replicas):
    return site.home.commit(site.sources(*envs, replicas=replicas))


def ended(ran):
    """Environment to what became of it in turn, with the code where there is one."""
    found = {}
    for turn in ran.turns:
        told = " ".join(filter(None, (turn.status, turn.result.code if turn.result else "")))
        found[turn.name] = f"{found[turn.name]}, {told}" if turn.name in found else told
    return {name: told for name, told in found.items() if told}


def test_what_does_not_render_stops_its_environment_and_older_freight_goes_on_elsewhere(site, pipeline):
    site.project(pipeline).run_once()
    commit(site, "test", "uat", replicas=2)
    site.promote(pipeline, env="test")
    site.home.commit({"deploy/test/deployment.yaml": BROKEN})
    project = site.project(pipeline)
    ran = project.run_once()
    assert ended(ran) == {"test": "failed yaml-invalid", "uat": "written, waiting upstream"}
    assert ran.exit_code == 6
    assert site.home.files("env/uat") == {"apps-deployment-shop.yaml": site.deployment("uat", replicas=2)}
    [told] = [turn.result for turn in ran.turns if turn.name == "test"]
    with pytest.raises(SourceInvalid) as loud:
        site.project(pipeline).plan()
    assert (told.exit_code, told.message, told.detail) == (1, loud.value.summary, loud.value.detail)
    again = site.project(pipeline).run_once()
    assert ended(again)["test"] == "failed yaml-invalid"
    assert again.exit_code == 1
    commit(site, "test", "uat", replicas=3)
    assert site.project(pipeline).run_once().exit_code == 0
    assert site.home.files("env/uat") == {"apps-deployment-shop.yaml": site.deployment("uat", replicas=3)}


def test_where_everything_renders_again_nothing_is_remembered_of_the_failure(site, pipeline):
    site.home.commit({"deploy/test/deployment.yaml": BROKEN})
    project = site.project(pipeline)
    assert ended(project.run_once())["test"] == "failed yaml-invalid"
    commit(site, "test", "uat", replicas=3)
    assert project.run_once().exit_code == 0


@pytest.fixture
def mixed(site):
    """Images and configuration, each in its own Warehouse."""
    site.home.commit(
        {
            **{f"deploy/{env}/kustomization.yaml": "resources: [deployment.yaml]\n" for env in ("test", "uat")},
            **site.sources("test", "uat"),
        }
    )
    site.shelf.put(f"{IMAGE}:1.0.0@sha256:{'a' * 64}")
    warehouses = [Warehouse(Image(IMAGE, "^1"), name="image"), Warehouse(Git(include=["deploy/"]), name="config")]
    return site.pipeline(
        Environment("test", auto=True),
        Environment("uat", auto=True, production=False),
        apps=[App("shop", Kustomize("deploy/$env"))],
        warehouse=warehouses,
    )


def down(site):
    def tags(repository):
        raise RemoteFailed("The registry cannot be reached", code="registry-unreachable", detail=repository)

    site.shelf.tags = tags


def test_a_registry_that_is_down_stops_its_warehouse_alone(site, mixed):
    assert site.project(mixed).run_once().exit_code == 0
    down(site)
    site.shelf.put(f"{IMAGE}:1.1.0@sha256:{'b' * 64}")
    commit(site, "test", "uat", replicas=2)
    with pytest.raises(RemoteFailed):
        site.project(mixed).plan()
    ran = site.project(mixed).run_once()
    assert ended(ran) == {"test": "written", "uat": "written"}
    assert [(one.name, one.status, one.code, one.message, one.detail) for one in ran.troubles] == [
        ("Warehouse image", "failed", "registry-unreachable", "The registry cannot be reached", IMAGE)
    ]
    assert ran.exit_code == 6
    still = site.project(mixed).run_once()
    assert (ended(still), still.exit_code) == ({}, 1)
    assert "replicas: 2" in site.home.show("env/uat:apps-deployment-shop.yaml")
    assert "image: ghcr.io/acme/shop:1.0.0" in site.home.show("env/uat:apps-deployment-shop.yaml")


def test_what_is_known_already_goes_on_while_its_registry_is_down(site, mixed):
    assert site.project(mixed).run_once().exit_code == 0
    site.shelf.put(f"{IMAGE}:1.1.0@sha256:{'b' * 64}")
    site.promote(mixed, env="test")
    down(site)
    assert ended(site.project(mixed).run_once()) == {"uat": "written"}
    assert "image: ghcr.io/acme/shop:1.1.0" in site.home.show("env/uat:apps-deployment-shop.yaml")


@pytest.fixture
def apart(site):
    """Two Warehouses, one of which follows another repository that a second App is read from."""
    charts = site.other("charts.git")
    charts.commit({f"{env}/c.yaml": config(env, 1) for env in ("test", "uat")})
    return charts, site.pipeline(
        Environment("test", auto=True, production=False),
        Environment("uat", auto=True, production=False, after=[], apps=["shop"]),
        apps=[App("shop", Plain("deploy/$env")), App("extra", Plain("$env"), repo=str(charts.path))],
        warehouse=[
            Warehouse(Git(), name="own"),
            Warehouse(Git(repo=str(charts.path)), name="other"),
        ],
    )


def config(env, number):
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: extra, namespace: {env}}}\ndata: {{number: '{number}'}}\n"
    )


@pytest.mark.parametrize("cache", ["cache", "another"])
def test_a_source_repository_that_is_down_stops_its_warehouse_alone(site, apart, cache):
    charts, pipeline = apart
    assert site.project(pipeline).run_once().exit_code == 0
    charts.path.rename(site.root / "away")
    commit(site, "test", "uat", replicas=2)
    ran = site.project(pipeline, cache=cache).run_once()
    [told] = ran.troubles
    assert (told.name, told.status, told.code) == ("Warehouse other", "failed", "repository-not-found")
    assert str(charts.path) in told.detail
    assert "replicas: 2" in "".join(site.home.files("env/uat").values())
    # What it rendered before is known where it was rendered; elsewhere its sources are wanted.
    assert ended(ran)["uat"] == "written"
    assert ended(ran)["test"] == ("written" if cache == "cache" else "failed repository-not-found")
    assert ran.exit_code == 6
    with pytest.raises(RemoteFailed):
        site.project(pipeline, cache=cache).plan()
    (site.root / "away").rename(charts.path)
    charts.commit({"test/c.yaml": config("test", 2)})
    again = site.project(pipeline, cache=cache).run_once()
    assert (again.exit_code, again.troubles, ended(again)["test"]) == (0, (), "written")
    assert "number: '2'" in "".join(site.home.files("env/test").values())


@pytest.fixture
def gone(site):
    """Two Warehouses of Git, one for each Environment; the repository of the second one is down."""
    charts = site.other("charts.git")
    charts.commit({"extra/c.yaml": config("extra", 1)})
    pipeline = site.pipeline(
        Environment("test", apps=["shop"], direct=["own"]),
        Environment("extra", apps=["extra"], direct=["other"], after=[]),
        apps=[App("shop", Plain("deploy/$env")), App("extra", Plain("$env"), repo=str(charts.path))],
        warehouse=[Warehouse(Git(), name="own"), Warehouse(Git(repo=str(charts.path)), name="other")],
    )
    site.promote(pipeline)
    charts.path.rename(site.root / "away")
    commit(site, "test", replicas=2)
    return pipeline


def test_a_plan_of_what_does_not_need_the_dead_repository_is_made(site, gone):
    assert site.decisions(site.project(gone).plan(env="test")) == {"test": "ready"}
    with pytest.raises(RemoteFailed) as loud:
        site.project(gone).plan(env="extra")
    newest = max(site.project(gone).freight.list(), key=lambda one: one.sequence).freight.alias
    assert loud.value.code == "repository-not-found"
    assert loud.value.hint.endswith(
        f"\nWhat is known already goes on without it:\n  gitpromote plan shop --freight {newest}"
    )


def test_what_is_said_to_go_on_is_freight_of_the_dead_repository(site, gone):
    """An Environment that takes Freight of one Warehouse is told of no other."""
    site.promote(gone, env="test")
    newest = {}
    for one in site.project(gone).freight.list():
        newest.setdefault(one.freight.warehouse, one.freight.alias)
    assert next(iter(newest)) == "own"
    with pytest.raises(RemoteFailed) as loud:
        site.project(gone).plan(env="extra")
    assert loud.value.hint.endswith(
        f"\nWhat is known already goes on without it:\n  gitpromote plan shop --freight {newest['other']}"
    )


def test_freight_that_is_known_is_planned_although_its_repository_is_dead(site, gone):
    for known in site.project(gone).freight.list():
        plan = site.project(gone).plan(freight=known.freight.alias)
        assert set(site.decisions(plan).values()) == {"noop"}
    with pytest.raises(RemoteFailed):  # nobody read its files on this machine
        site.project(gone, cache="another").plan(freight=known.freight.alias)


def test_status_says_what_comes_next_for_all_but_the_dead_repository(site, gone):
    report = site.project(gone).status(lag=True).data
    found = {one.name: (one.decision, one.reason) for one in report.environments}
    assert found == {"test": ("ready", ""), "extra": ("noop", "")}
    path = site.root / "charts.git"
    summary = "A repository does not exist, or is hidden from you"
    assert report.troubles == (f"Warehouse other: {summary}: read the refs of {path} [repository-not-found]",)
    assert report.newer == {}
    cold = site.project(gone, cache="another").status().data
    [extra] = [one for one in cold.environments if one.name == "extra"]
    assert (extra.decision, extra.reason) == ("unavailable", f"its sources cannot be read: {summary}")
    assert cold.troubles == report.troubles


def test_a_target_repository_that_is_down_stops_its_environments_alone(site):
    far = site.other("far.git")
    pipeline = site.pipeline(
        Environment("test", auto=True, production=False),
        Environment("far", auto=True, production=False, after=[], target=Branch("env/$env", repo=str(far.path))),
    )
    site.home.commit(site.sources("far"))
    assert site.project(pipeline).run_once().exit_code == 0
    away = site.root / "away"
    far.path.rename(away)
    commit(site, "test", "far", replicas=2)
    ran = site.project(pipeline).run_once()
    assert ended(ran) == {"test": "written", "far": "failed repository-not-found"}
    assert (ran.exit_code, ran.troubles) == (6, ())
    away.rename(far.path)
    again = site.project(pipeline).run_once()
    assert (again.exit_code, ended(again)) == (0, {"far": "written"})
