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
from odd_server import Said, serving
from pushing import Pusher
from real_registry import BASIC, htpasswd_auth, running

from gitpromote import App, Chart, Environment, Git, Image, Kustomize, Warehouse, app_version, same_commit
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
        (tmp_path / ".docker").mkdir()
        login = {"auths": {registry.host: {"auth": BASIC.removeprefix("Basic ")}}}
        (tmp_path / ".docker/config.json").write_text(json.dumps(login))
        assert freight_of(site.project(pipeline).plan()).images[0].tag == "1.0.0"


def test_a_registry_that_fails_fails_the_plan(site, tmp_path):
    with serving(lambda asked: Said(status=404, body=b"{}")) as server:
        pipeline = pipeline_of(site, Image(f"{server.host}/acme/shop"))
        with pytest.raises(RemoteFailed) as caught:
            site.project(pipeline).plan()
        assert (caught.value.code, caught.value.exit_code) == ("registry-not-found", 1)
        assert f"{server.host}/acme/shop" in caught.value.detail
        plan = site.project(pipeline).plan(images=[f"{server.host}/acme/shop:1.0.0"])
        assert plan["test"].decision == "ready"


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
