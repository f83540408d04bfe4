"""Freight from real registries: Debian's docker-registry, charts by helm, Git; what a second look costs; refusals."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from charts import indexed, packed, pushed, static_files
from odd_server import Said, said, serving
from pushing import Pusher
from real_registry import BASIC, htpasswd_auth, running

from gitpromote import (
    App,
    Chart,
    Environment,
    Git,
    Image,
    Kustomize,
    Soak,
    Warehouse,
    app_version,
    same_commit,
)
from gitpromote.errors import AccessDenied, RemoteFailed

REVISION = "org.opencontainers.image.revision"


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    with running(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture
def site(bare):
    """A site that asks real registries, with kustomize sources."""
    bare.shelf = None
    bare.home.commit({"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x")})
    return bare


def pipeline_of(site, *subscriptions, where=None):
    warehouse = Warehouse(*subscriptions, where=where)
    return site.pipeline(Environment("test"), apps=[App("shop", Kustomize("base"))], warehouse=warehouse)


def freight_of(plan):
    return plan.data.freight[plan["test"].freight["shop"].id].freight()


def told(plan):
    return [str(one) for one in freight_of(plan).artifacts if one.kind != "commit"]


def test_images_charts_and_commits_become_freight(site, real, tmp_path):
    """An image and a chart by OCI, and a chart of a repository that helm made."""
    with Pusher(real.url, "acme/shop") as pusher:
        digest = pusher.image("1.4.0")
        for tag in ("1.3.0", "2.0.0", "1.5.0-rc.1", "latest"):
            pusher.image(tag)
    by_oci = pushed(packed(tmp_path, "pay", "0.3.0"), real.host, "charts", home=tmp_path)
    packed(tmp_path / "index", "web", "7.1.0")
    with static_files(indexed(tmp_path / "index")) as (url, _):
        image, chart = Image(f"{real.host}/acme/shop", "^1"), Chart(f"oci://{real.host}/charts/pay", "~0.3")
        pipeline = pipeline_of(site, image, chart, Chart(url, "^7", name="web"))
        plan = site.promote(pipeline)
    web = next(one.digest for one in freight_of(plan).charts if "/web" in one.repository)
    assert sorted(told(plan)) == sorted(
        [
            f"{real.host}/acme/shop:1.4.0@{digest}",
            f"oci://{real.host}/charts/pay:0.3.0@{by_oci}",
            f"{url}/web:7.1.0@{web}",
        ]
    )
    assert str(web).startswith("sha256:")
    assert site.project(pipeline, cache="cold").plan_verify(plan) == []


def test_a_second_discovery_of_what_has_not_changed_costs_one_request_per_repository(site, real):
    names = [f"acme/many{number}" for number in range(4)]
    for name in names:
        with Pusher(real.url, name) as pusher:
            for number in range(3):
                pusher.image(f"1.{number}.0")
    pipeline = pipeline_of(site, *(Image(f"{real.host}/{name}", "^1") for name in names))
    site.project(pipeline).plan()
    before = len(real.asked())
    plan = site.project(pipeline).plan()
    asked = real.asked()[before:]
    assert Counter(one.split(" ")[1].split("?")[0] for one in asked) == {f"/v2/{name}/tags/list": 1 for name in names}
    assert len(told(plan)) == 4


def test_with_a_login_it_costs_one_request_per_repository_too(site, tmp_path):
    with running(tmp_path / "closed", auth=htpasswd_auth(tmp_path / "closed")) as registry:
        log_in(tmp_path, registry.host)
        with Pusher(registry.url, "acme/shop", authorization=BASIC) as pusher:
            pusher.image("1.0.0")
        pipeline = pipeline_of(site, Image(f"{registry.host}/acme/shop"))
        site.project(pipeline).plan()
        before = len(registry.asked())
        site.project(pipeline).plan()
        assert registry.asked()[before:] == ["GET /v2/acme/shop/tags/list?n=1000"]


def log_in(home, host):
    (home / ".docker").mkdir()
    login = {"auths": {host: {"auth": BASIC.removeprefix("Basic ")}}}
    (home / ".docker/config.json").write_text(json.dumps(login))


def test_a_tag_that_was_pushed_anew_is_told_where_every_tag_is_asked_for(site, real):
    """What was seen once keeps its digest; whoever asks anew is told, and plans see it from then on."""
    with Pusher(real.url, "acme/anew") as pusher:
        old = pusher.image("1.0.0", labels={"n": "1"})
        pusher.image("0.9.0", labels={"n": "0"})
        pipeline = pipeline_of(site, Image(f"{real.host}/acme/anew", "<2"))
        site.promote(pipeline)
        new = pusher.image("1.0.0", labels={"n": "2"})
    assert freight_of(site.project(pipeline).plan()).images[0].digest == old
    freight = site.project(pipeline).freight
    assert freight.discover().warehouses[0].subscriptions[0].notes == ()
    [warehouse] = freight.discover(fresh=True).warehouses
    assert warehouse.subscriptions[0].notes == (f"1.0.0 was pushed anew: it was {old}, and is {new}",)
    assert warehouse.subscriptions[0].digest == new
    assert freight.discover(fresh=True).warehouses[0].subscriptions[0].notes == ()
    assert freight_of(site.project(pipeline).plan()).images[0].digest == new


def test_a_chart_that_was_pushed_anew_is_told(site, real, tmp_path):
    pipeline = pipeline_of(site, Chart(f"oci://{real.host}/charts/anew"))
    old = pushed(packed(tmp_path, "anew", "1.0.0+one", app_version="1"), real.host, "charts", home=tmp_path)
    freight = site.project(pipeline).freight
    freight.discover()
    new = pushed(packed(tmp_path, "anew", "1.0.0+one", app_version="2"), real.host, "charts", home=tmp_path)
    [warehouse] = freight.discover(fresh=True).warehouses
    assert warehouse.subscriptions[0].notes == (f"1.0.0+one was pushed anew: it was {old}, and is {new}",)


def test_where_one_registry_fails_the_others_are_told(site, real):
    with Pusher(real.url, "acme/there") as pusher:
        pusher.image("1.0.0")
    with serving(lambda asked: Said(status=403, body=b'{"errors": [{"code": "DENIED"}]}')) as server:
        there, closed = Image(f"{real.host}/acme/there"), Image(f"{server.host}/acme/shop")
        pipeline = pipeline_of(site, closed, there)
        report = site.project(pipeline).freight.discover()
        [warehouse] = report.warehouses
        first, second, _ = warehouse.subscriptions
        assert first.missing == (
            f"A registry denies access: read the tags of {server.host}/acme/shop; {server.host}: 403 Forbidden (DENIED)"
        )
        assert first.notes == (
            "Docker's configuration has no login for it. Log in once:",
            f"docker login {server.host}",
        )
        assert (second.names, warehouse.status, report.failures) == (("1.0.0",), "nothing", ("registry-access-denied",))
        for ask in (site.project(pipeline).plan, lambda: site.project(pipeline).freight.discover(lock="x.lock")):
            with pytest.raises(AccessDenied):
                ask()
        with pytest.raises(AccessDenied):
            site.project(pipeline_of(site, closed)).freight.discover()


def test_a_commit_waits_for_the_image_that_is_built_of_it(site, real):
    with Pusher(real.url, "acme/waits") as pusher:
        pusher.image("1.0.0", labels={REVISION: site.home.head("main")})
        pipeline = pipeline_of(site, Image(f"{real.host}/acme/waits"), Git(), where=same_commit())
        site.promote(pipeline)
        second = site.home.commit({"base/d.yaml": site.deployment("x", replicas=2)})
        assert site.decisions(site.project(pipeline).plan()) == {"test": "noop"}
        pusher.image("1.1.0", labels={REVISION: second})
    plan = site.project(pipeline).plan()
    assert ([one.commit for one in plan["test"].sources], freight_of(plan).images[0].tag) == ([second], "1.1.0")
    assert freight_of(plan).provenance == {"commit": second}


def test_a_chart_goes_with_the_image_that_it_is_made_for(site, real, tmp_path):
    with Pusher(real.url, "acme/web") as pusher:
        pusher.image("1.0.0")
        pusher.image("1.1.0")
    for version, app in (("0.1.0", "1.0.0"), ("0.2.0", "1.2.0")):
        pushed(packed(tmp_path, "web", version, app_version=app), real.host, "charts", home=tmp_path)
    chart = Chart(f"oci://{real.host}/charts/web")
    plan = site.project(pipeline_of(site, Image(f"{real.host}/acme/web"), chart, where=app_version())).plan()
    assert [one.partition("@")[0].rpartition(":")[2] for one in told(plan)] == ["0.1.0", "1.0.0"]
    newer = {one["name"]: one["reason"] for one in plan.data.facts["discovery"]["shop"]["newer"]}
    assert newer == {
        "1.1.0": "has tag 1.1.0, and no chart has this appVersion",
        "0.2.0": "has appVersion 1.2.0, and no image has this tag",
    }


def test_a_digest_may_be_named_by_hand_where_a_rule_wants_to_know_more(site, real):
    with Pusher(real.url, "acme/hand") as pusher:
        digest = pusher.image("1.0.0", labels={REVISION: site.home.head("main")})
    pipeline = pipeline_of(site, Image(f"{real.host}/acme/hand"), Git(), where=same_commit())
    plan = site.project(pipeline).plan(images=[f"{real.host}/acme/hand@{digest}"])
    assert told(plan) == [f"{real.host}/acme/hand@{digest}"]


def test_a_registry_that_asks_for_a_login_is_told_with_the_command(site, tmp_path):
    with running(tmp_path / "closed", auth=htpasswd_auth(tmp_path / "closed")) as registry:
        pipeline = pipeline_of(site, Image(f"{registry.host}/acme/shop"))
        with pytest.raises(AccessDenied) as caught:
            site.project(pipeline).plan()
        assert str(caught.value) == (
            "A registry denies access  [registry-access-denied]\n"
            f"read the tags of {registry.host}/acme/shop\n  {registry.host}: 401 Unauthorized (UNAUTHORIZED)\n"
            f"Docker's configuration has no login for it. Log in once:\n  docker login {registry.host}"
        )
        assert caught.value.exit_code == 12
        with Pusher(registry.url, "acme/shop", authorization=BASIC) as pusher:
            pusher.image("1.0.0")
        log_in(tmp_path, registry.host)
        assert freight_of(site.project(pipeline).plan()).images[0].tag == "1.0.0"


def test_a_registry_that_fails_fails_the_plan(site, tmp_path):
    with serving(lambda asked: Said(status=404, body=b"{}")) as server:
        pipeline = pipeline_of(site, Image(f"{server.host}/acme/shop"))
        with pytest.raises(RemoteFailed) as caught:
            site.project(pipeline).plan()
        assert (caught.value.code, caught.value.exit_code) == ("registry-not-found", 1)
        assert f"{server.host}/acme/shop" in caught.value.detail
        plan = site.project(pipeline).plan(images=[f"{server.host}/acme/shop:1.0.0@sha256:{'1' * 64}"])
        assert plan["test"].decision == "ready"


def test_an_image_that_nobody_has_pushed_yet_is_waited_for(site, real):
    pipeline = pipeline_of(site, Image(f"{real.host}/acme/newborn", "^1"), Git())
    project = site.project(pipeline)
    why = f"{real.host}/acme/newborn does not exist yet, or is hidden from you (NAME_UNKNOWN)"
    assert site.decisions(project.plan()) == {"test": f"unavailable {why}"}
    [subscription, commit] = project.freight.discover().warehouses[0].subscriptions
    assert (subscription.missing, subscription.notes, subscription.candidates) == (
        why,
        (f"if it is there already, log in: docker login {real.host}",),
        0,
    )
    assert commit.names == (site.home.head("main")[:7],)
    with Pusher(real.url, "acme/newborn") as pusher:
        pusher.image("1.0.0")
    plan = site.project(pipeline).plan()
    assert (plan["test"].decision, freight_of(plan).images[0].tag) == ("ready", "1.0.0")


@pytest.mark.parametrize("strategy", [{}, {"constraint": "main", "strategy": "digest"}])
def test_a_registry_that_says_not_found_of_everything_is_waited_for_and_a_strange_server_is_not(site, strategy):
    answers = [said({"errors": [{"code": "NOT_FOUND", "message": "no such thing"}]}, status=404), Said(404, b"nope")]
    with serving(lambda asked: said({}) if asked.path == "/v2/" else answers[0]) as server:
        host = server.url.removeprefix("http://")
        pipeline = pipeline_of(site, Image(f"{host}/acme/shop", **strategy), Git())
        why = f"{host}/acme/shop does not exist yet, or is hidden from you (NOT_FOUND)"
        assert site.decisions(site.project(pipeline).plan()) == {"test": f"unavailable {why}"}
        answers.pop(0)
        with pytest.raises(RemoteFailed, match="registry-not-found"):
            site.project(pipeline).plan()


@pytest.mark.parametrize(
    "subscription",
    [
        lambda host: Image(f"{host}/acme/unborn", "main", strategy="digest"),
        lambda host: Image(f"{host}/acme/unborn", strategy="newest-build"),
        lambda host: Chart(f"oci://{host}/acme/unborn"),
    ],
)
def test_whatever_the_strategy_what_does_not_exist_yet_is_waited_for(site, real, subscription):
    address = "oci://" * (subscription(real.host).kind == "chart") + f"{real.host}/acme/unborn"
    plan = site.project(pipeline_of(site, subscription(real.host), Git())).plan()
    why = f"{address} does not exist yet, or is hidden from you (NAME_UNKNOWN)"
    assert site.decisions(plan) == {"test": f"unavailable {why}"}


def test_a_chart_that_its_index_does_not_list_yet_is_waited_for(site, tmp_path):
    packed(tmp_path / "index", "web", "7.1.0")
    with static_files(indexed(tmp_path / "index")) as (url, _):
        pipeline = pipeline_of(site, Chart(url, name="wbe"), Git())
        plan = site.project(pipeline).plan()
        assert site.decisions(plan) == {"test": f"unavailable {url}/index.yaml lists no chart wbe"}
        assert site.project(pipeline).freight.discover().warehouses[0].subscriptions[0].notes == ("Did you mean web?",)


def test_the_other_warehouses_go_on_without_an_image_that_does_not_exist_yet(site, real):
    code = Warehouse(Git(), name="code")
    pay = Warehouse(Image(f"{real.host}/acme/pay-unborn"), name="pay")
    environments = [Environment("test", after=[], direct=["code"]), Environment("pay", after=[], direct=["pay"])]
    pipeline = site.pipeline(*environments, apps=[App("shop", Kustomize("base"))], warehouse=[code, pay])
    why = f"{real.host}/acme/pay-unborn does not exist yet, or is hidden from you (NAME_UNKNOWN)"
    assert site.decisions(site.project(pipeline).plan()) == {"test": "ready", "pay": f"unavailable {why}"}


# -- tags that move between plan and apply


@pytest.fixture
def followed(site, real, request):
    """A Pipeline that follows a tag, the tag's repository, and what pushes to it."""
    name = f"acme/moves-{abs(hash(request.node.name))}"
    address = f"{real.host}/{name}"
    with Pusher(real.url, name) as pusher:
        apps = [App("shop", Kustomize("base"))]
        warehouse = Warehouse(Image(address, "main", strategy="digest"), Git())
        environments = [Environment("test"), Environment("uat", gates=[Soak("1h")])]
        site.home.commit({"base/d.yaml": site.deployment("x").replace("ghcr.io/acme/shop", address)})
        yield site.pipeline(*environments, apps=apps, warehouse=warehouse), address, pusher


def test_a_tag_that_has_moved_since_the_plan_makes_it_stale(site, followed):
    pipeline, address, pusher = followed
    before = pusher.image("main", labels={"n": "1"})
    project = site.project(pipeline)
    plan = project.plan()
    after = pusher.image("main", labels={"n": "2"})
    refs = site.home.refs()
    result = site.apply(plan, project=project)
    assert (site.told(result), result.exit_code) == ({"test": "stale 4", "uat": "waiting 3"}, 4)
    [moved, _] = result.environments
    assert (moved.code, moved.message) == ("plan-tag-moved", "A tag names another image than the one that was reviewed")
    assert moved.detail == f"{address}:main\n  planned {before}\n  now     {after}"
    assert moved.hint == (
        f"Make a new plan:\n  gitpromote plan shop --since {plan.short_id}\n"
        f"To go on with what was reviewed, name it:\n  gitpromote plan shop --image {address}:main@{before}"
    )
    assert site.home.refs() == refs
    assert site.apply(project=site.project(pipeline)).environments[0].status == "written"
    assert after in site.home.show("env/test:apps-deployment-shop.yaml")


def test_a_tag_that_is_where_it_was_is_asked_for_once_and_written(site, real, followed):
    pipeline, address, pusher = followed
    pusher.image("main")
    project = site.project(pipeline)
    plan = project.plan()
    before = len(real.asked())
    assert site.apply(plan, project=project).environments[0].status == "written"
    assert real.asked()[before:] == [f"HEAD /v2/{address.partition('/')[2]}/manifests/main"]


def test_a_tag_that_is_gone_makes_the_plan_stale(site, real, followed):
    pipeline, _, pusher = followed
    digest = pusher.image("main")
    project = site.project(pipeline)
    plan = project.plan()
    pusher.remove(digest)
    [moved, _] = site.apply(plan, project=project).environments
    assert (moved.code, moved.detail.splitlines()[-1]) == ("plan-tag-moved", "  now     nothing: it is gone")


def test_what_is_on_its_way_goes_on_by_its_digest_and_so_does_what_was_named(site, followed):
    pipeline, address, pusher = followed
    first = pusher.image("main", labels={"n": "1"})
    site.promote(pipeline)
    site.clock.time += 7200
    second = pusher.image("main", labels={"n": "2"})
    plan = site.project(pipeline).plan(env="uat")
    pusher.image("main", labels={"n": "3"})
    assert site.apply(plan, project=site.project(pipeline)).environments[0].status == "written"
    assert first in site.home.show("env/uat:apps-deployment-shop.yaml")
    named = site.project(pipeline).plan(images=[f"{address}:main@{second}"], env="test")
    assert site.apply(named, project=site.project(pipeline)).environments[0].status == "written"
    assert second in site.home.show("env/test:apps-deployment-shop.yaml")


def test_a_registry_that_is_down_at_apply_is_named(site, tmp_path):
    with running(tmp_path / "short") as registry:
        address = f"{registry.host}/acme/shop"
        with Pusher(registry.url, "acme/shop") as pusher:
            pusher.image("main")
        site.home.commit({"base/d.yaml": site.deployment("x").replace("ghcr.io/acme/shop", address)})
        apps = [App("shop", Kustomize("base"))]
        warehouse = Warehouse(Image(address, "main", strategy="digest"), Git())
        pipeline = site.pipeline(Environment("test"), apps=apps, warehouse=warehouse)
        plan = site.project(pipeline).plan()
    result = site.apply(plan, project=site.project(pipeline))
    [failed] = result.environments
    assert (failed.status, failed.code, result.exit_code) == ("failed", "remote-unreachable", 1)
    assert f"read {address}:main" in failed.detail
    assert site.home.head("env/test") is None


def test_two_who_record_the_same_freight_at_once_record_it_once(site, real):
    with Pusher(real.url, "acme/race") as pusher:
        pusher.image("1.0.0")
    pipeline = pipeline_of(site, Image(f"{real.host}/acme/race"))
    made, failed = [], []
    start = threading.Barrier(4)

    def run(number):
        project = site.project(pipeline, cache=f"machine{number}", who=f"R{number} <r{number}@acme.example>")
        start.wait(30)
        try:
            made.extend(project.freight.assemble())
        except Exception as error:  # noqa: BLE001 (told by the test itself)
            failed.append(error)

    threads = [threading.Thread(target=run, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert len({one.freight.id for one in made}) == 1
    assert (sum(one.new for one in made), site.records()) == (1, [("freight-created", None)])
    assert site.project(pipeline).verify().ok
