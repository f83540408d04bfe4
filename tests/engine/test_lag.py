"""``status``, and how far each Environment is behind: whoever does not run the newest that may go is told, and why."""

from __future__ import annotations

import re

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, SkipPermission, Warehouse
from gitpromote.views.lag import lag_view
from gitpromote.views.lines import plain
from gitpromote.views.markdown import plan_markdown
from gitpromote.views.running import ran_view, round_line
from gitpromote.views.standing import status_view
from gitpromote.views.terminal import plan_view

IMAGE = "ghcr.io/acme/shop"
KUSTOMIZED = {"base/kustomization.yaml": "resources: [d.yaml]\n"}


def digest(number):
    return f"sha256:{number:064x}"


def imaged(site, *environments, warehouse=None, **members):
    """A pipeline of one image, whose versions a test puts on the shelf."""
    if site.home.head("main") is None or "base/d.yaml" not in site.home.files("main"):
        site.home.commit({**KUSTOMIZED, "base/d.yaml": site.deployment("x")}, message="first")
    given = warehouse or Warehouse(Image(IMAGE, "^1"), Git(include=["base/"]))
    return site.pipeline(*environments, apps=[App("shop", Kustomize("base"))], warehouse=given, **members)


def put(site, version, number):
    site.shelf.put(f"{IMAGE}:{version}@{digest(number)}")


def known(site, pipeline):
    """The alias of each Freight by its version."""
    rows = site.project(pipeline).freight.list()
    return {row.freight.images[0].tag: row.freight.alias for row in rows}


def words(text):
    """Lines without times, head and the width of columns."""
    lines = re.sub(r"\d\d:\d\dZ", "TIME", text).splitlines()[2:]
    return [re.sub(r" {2,}", "  ", each.strip()) for each in lines]


def lag(site, pipeline):
    return words(plain(lag_view(site.project(pipeline).status(lag=True).data)))


def status(site, pipeline):
    return words(plain(status_view(site.project(pipeline).status().data)))


HEAD = "ENVIRONMENT  RUNS  NEWEST  BEHIND  SINCE  KEPT BACK BY"
STATUS = "ENVIRONMENT  RUNS  FREIGHT  SINCE  VERIFIED  NEXT"


# -- refused, but not rejected


def test_an_environment_that_must_not_be_left_out_is_behind(site):
    gate = SkipPermission("urgent", "freight.labels.urgent == 'true'")
    pipeline = imaged(
        site, Environment("test", auto=True), Environment("uat", auto=True, gates=[gate], production=False)
    )
    put(site, "1.0.0", 1)
    site.project(pipeline).run_once()
    put(site, "1.1.0", 2)
    project = site.project(pipeline)
    [made, *_] = project.freight.create(images=[f"{IMAGE}:1.1.0@{digest(2)}"])
    project.freight.request(made.freight.alias, skip=["uat"])
    site.project(pipeline).run_once()
    assert lag(site, pipeline) == [
        HEAD,
        (
            "uat  1.0.0  1.1.0  1  just now  skip-denied: asks to leave uat out, and may not: urgent: "
            "freight.labels.urgent is not known"
        ),
        "1 environment runs the newest there is",
    ]


def test_what_stops_before_an_environment_is_told_behind_what_is_meant_for_it(site):
    pipeline = imaged(site, Environment("test", auto=True), Environment("uat"), Environment("prod"))
    put(site, "1.0.0", 1)
    site.promote(pipeline)
    put(site, "1.1.0", 2)
    site.project(pipeline).run_once()
    assert lag(site, pipeline) == [
        HEAD,
        "uat  1.0.0  1.1.0  1  just now  auto: ready; auto=False: a person applies it",
        "prod  1.0.0  1.1.0  1  just now  upstream: uat: not verified yet",
        "1 environment runs the newest there is",
    ]
    site.project(pipeline).freight.request(known(site, pipeline)["1.1.0"], target="uat")
    assert lag(site, pipeline)[2:] == [
        "prod  1.0.0  1.1.0  1  just now  target: not meant for prod: it was asked to stop at uat",
        "1 environment runs the newest there is",
    ]


# -- rejected


def test_rejected_freight_is_not_the_newest_and_whoever_runs_it_is_told(site):
    pipeline = imaged(site, Environment("test", auto=True), Environment("uat"), Environment("prod"))
    put(site, "1.0.0", 1)
    site.promote(pipeline)
    put(site, "1.1.0", 2)
    site.project(pipeline).run_once()
    site.promote(pipeline, env="uat")
    bad, good = known(site, pipeline)["1.1.0"], known(site, pipeline)["1.0.0"]
    site.project(pipeline).freight.reject(bad, reason="CVE-1")
    told = f'! test, uat: {bad}, which is here, was rejected: "CVE-1"  [rejected]'
    assert lag(site, pipeline) == [
        HEAD,
        "test  1.1.0  1.0.0  -  -  ready; auto=True",
        "uat  1.1.0  1.0.0  -  -  auto: ready; auto=False: a person applies it",
        told,
        "1 environment runs the newest there is",
        f"shop  newer, rejected: {bad} was rejected by Ada <ada@acme.example> (CVE-1)",
    ]
    assert status(site, pipeline) == [
        STATUS,
        f"test  1.1.0  {bad}  just now  TIME  1.0.0 ready",
        f"uat  1.1.0  {bad}  just now  TIME  1.0.0 ready",
        f"prod  1.0.0  {good}  just now  TIME  -",
        told,
    ]
    site.promote(pipeline)
    assert lag(site, pipeline) == [
        "3 environments run the newest there is",
        f"shop  newer, rejected: {bad} was rejected by Ada <ada@acme.example> (CVE-1)",
    ]
    put(site, "1.2.0", 3)
    site.project(pipeline).run_once()
    assert lag(site, pipeline)[1].startswith("uat  1.0.0  1.2.0  1  just now  auto: ready")


def test_where_the_only_freight_is_rejected_none_is_the_newest(site):
    pipeline = imaged(site, Environment("test", auto=True), Environment("gate", apps=[], auto=True))
    put(site, "1.0.0", 1)
    site.project(pipeline).run_once()
    [bad] = known(site, pipeline).values()
    site.project(pipeline).freight.reject(bad, reason="CVE-1")
    assert lag(site, pipeline) == [
        HEAD,
        (
            f"test  1.0.0  -  -  -  rejected: {bad}, which is here, was rejected by Ada <ada@acme.example> (CVE-1), "
            "and there is nothing else that may come"
        ),
        (
            f"gate  -  -  -  -  unavailable: {bad}, which is here, was rejected by Ada <ada@acme.example> (CVE-1), "
            "and there is nothing else that may come"
        ),
    ]
    data = site.project(pipeline).status(lag=True)
    assert (data["test"].rejected, data["test"].lag["shop"].newest) == ({"shop": "CVE-1"}, None)


# -- nothing found


def test_where_there_is_no_freight_at_all_nobody_runs_the_newest(site):
    pipeline = imaged(site, Environment("test", auto=True), Environment("uat"))
    missing = f"{IMAGE} has no tags"
    assert lag(site, pipeline) == [
        HEAD,
        f"test  -  -  -  -  unavailable: {missing}",
        f"uat  -  -  -  -  unavailable: {missing}",
    ]


def test_why_nothing_newer_was_found_is_told_once_per_warehouse(site):
    pipeline = imaged(site, Environment("test", auto=True), Environment("uat", auto=True), Environment("prod"))
    put(site, "1.0.0", 1)
    site.project(pipeline).run_once()
    strict = pipeline.changed({"warehouse": (Warehouse(Image(IMAGE, "^9"), Git(include=["base/"])),)})
    assert lag(site, strict) == [
        HEAD,
        "prod  -  1.0.0  -  -  auto: ready; auto=False: a person applies it",
        "2 environments run the newest there is",
        (
            f"shop  newer, waiting: the only tag of {IMAGE} does not count: wanted is one that is in ^9: "
            "1.0.0 is not in ^9"
        ),
    ]


def test_plan_and_run_say_why_nothing_newer_was_found(site):
    """As long as something moves, and when nothing does."""
    pipeline = imaged(site, Environment("test", auto=True), Environment("uat", auto=True), Environment("prod"))
    put(site, "1.0.0", 1)
    site.project(pipeline).run_once()
    strict = pipeline.changed({"warehouse": (Warehouse(Image(IMAGE, "^9"), Git(include=["base/"])),)})
    why = f"the only tag of {IMAGE} does not count: wanted is one that is in ^9: 1.0.0 is not in ^9"
    plan = site.project(strict).plan()
    assert site.decisions(plan) == {"test": "noop", "uat": "noop", "prod": "ready"}
    lines = plain(plan_view(plan.data)).splitlines()
    assert lines[1:3] == [f"         newer, waiting: {why}", ""]
    assert f"\nnewer, waiting: `{why}`\n" in plan_markdown(plan.data, digest=plan.digest)
    ran = site.project(strict).run_once()
    assert plain(ran_view(ran)).splitlines()[0] == f"shop   newer, waiting: {why}"
    site.apply(site.project(strict).plan(), project=site.project(strict))
    assert plain(plan_view(site.project(strict).plan().data)).splitlines()[0] == f"shop   newer, waiting: {why}"
    ran = site.project(strict).run_once()
    assert plain(ran_view(ran)).splitlines() == [
        f"shop   newer, waiting: {why}",
        "Nothing to do: every environment holds what its Freight makes.",
    ]
    [done] = ran.rounds
    assert plain([round_line(done, again=60)]).rstrip().endswith(f"Z  shop  newer, waiting: {why}   (again in 1m)")
    assert ("newer", "shop") in done.standing


# -- several Warehouses, points of control


def test_of_another_warehouse_with_the_same_image_it_is_told_what_runs(site):
    trunk = Warehouse(Image(IMAGE, "^1"), Git(include=["base/"]), name="trunk")
    urgent = Warehouse(Image(IMAGE, strategy="newest-build", allow=["^hotfix-"]), Git(include=["base/"]), name="urgent")
    pipeline = imaged(
        site,
        Environment("test", after=[], direct=["trunk"], auto=True),
        Environment("hotfix", after=[], direct=["urgent"], auto=True, production=False),
        Environment("prod", after=["test", "hotfix"], production=True),
        warehouse=[trunk, urgent],
        target=Branch("env/$env"),
    )
    put(site, "1.0.0", 1)
    site.project(pipeline).run_once()
    site.promote(pipeline, env="prod")
    assert lag(site, pipeline)[1:] == [
        (
            f"hotfix  -  -  -  -  unavailable: the only tag of {IMAGE} does not count: wanted is one that counts: "
            "1.0.0 is not allowed by ^hotfix-"
        ),
        "2 environments run the newest there is",
    ]
    put(site, "hotfix-1", 2)
    site.project(pipeline).run_once()
    assert lag(site, pipeline)[1:] == [
        "prod  1.0.0  urgent: hotfix-1  -  -  auto: ready; auto=False: a person applies it",
        "2 environments run the newest there is",
    ]


def test_a_point_of_control_was_verified_when_freight_passed_it_last(site):
    pipeline = imaged(site, Environment("test", auto=True), Environment("gate", apps=[], auto=True))
    put(site, "1.0.0", 1)
    site.project(pipeline).run_once()
    at = site.clock.time
    site.clock.time += 600
    assert status(site, pipeline)[2] == "gate  -  -  -  TIME  -"
    assert site.project(pipeline).status()["gate"].verified_at == at
