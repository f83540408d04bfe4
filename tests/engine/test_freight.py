"""Which Freight a plan looks at: by hand, by name, the newest that may go; and what is no news."""

from __future__ import annotations

import pytest

from gitpromote import App, Environment, Git, Helm, Kustomize, Plain, SetValue, Warehouse
from gitpromote import Image as Images
from gitpromote.engine.append import record_plan
from gitpromote.errors import GitpromoteError, UsageError

IMAGE = "ghcr.io/acme/shop"
DIGEST = "sha256:" + "ab" * 32
ALL = ("test", "uat", "prod")
KUSTOMIZE = {
    "base/kustomization.yaml": "resources: [d.yaml]\n",
    **{f"overlays/{env}/kustomization.yaml": f"resources: [../../base]\nnamespace: {env}\n" for env in ALL},
}


@pytest.fixture
def images(bare):
    """Kustomize sources and an image subscription."""
    bare.home.commit(KUSTOMIZE | {"base/d.yaml": bare.deployment("x")})
    return bare, bare.pipeline(apps=[App("shop", Kustomize("overlays/$env"))], warehouse=Warehouse(Images(IMAGE, "^1")))


def freight_of(plan, env="test", warehouse="shop"):
    return plan.data.freight[plan[env].freight[warehouse].id].freight()


def test_without_an_image_there_is_no_freight(images):
    site, pipeline = images
    plan = site.project(pipeline).plan()
    text = f"unavailable {IMAGE} has no tags"
    assert site.decisions(plan) == dict.fromkeys(ALL, text)
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == dict.fromkeys(ALL, "unavailable")
    assert (result.exit_code, site.records()) == (0, [])


def test_an_image_by_hand_makes_freight_with_the_source_commit(images):
    site, pipeline = images
    plan = site.promote(pipeline, images=[f"{IMAGE}:1.4.0@{DIGEST}"])
    freight = freight_of(plan)
    assert [(one.kind, getattr(one, "tag", None) or one.commit) for one in freight.artifacts] == [
        *(("commit", site.home.head("main")), ("image", "1.4.0")),
    ]
    assert (freight.subject, freight.author, freight.images[0].digest) == ("change", "Tom", DIGEST)
    assert f"image: {IMAGE}:1.4.0@{DIGEST}" in site.home.show("env/test:apps-deployment-shop.yaml")
    again = site.project(pipeline).plan()
    assert site.decisions(again) == dict.fromkeys(ALL, "noop")
    assert freight_of(again) == freight
    assert not any(one.id == "unpinned" for one in plan["test"].outcomes)


def test_an_image_without_digest_is_marked_as_unpinned(images):
    """Its registry tells none."""
    site, pipeline = images
    plan = site.promote(pipeline, images=[f"{IMAGE}:1.4.0"])
    found = next(one for one in plan["test"].outcomes if one.id == "unpinned")
    text = f"{IMAGE}:1.4.0 has no digest: what runs may be another image tomorrow"
    assert (found.level, found.status, found.message) == ("advisory", "warn", text)
    assert f"image: {IMAGE}:1.4.0\n" in site.home.show("env/test:apps-deployment-shop.yaml")


@pytest.mark.parametrize(
    ("image", "code", "detail"),
    [
        ("ghcr.io/acme/pay:1.0.0", "artifact-unsubscribed", f"ghcr.io/acme/pay; subscribed: {IMAGE}"),
        ("not an image!", None, None),
    ],
)
def test_an_image_that_nobody_subscribes_to_is_refused(images, image, code, detail):
    site, pipeline = images
    with pytest.raises(GitpromoteError) as caught:
        site.plan(pipeline, images=[image])
    if code:
        assert (caught.value.code, caught.value.detail) == (code, detail)
        assert caught.value.hint == 'Add a subscription to the pipeline: Image("ghcr.io/acme/pay")'
    assert caught.value.exit_code in (11, 64)


def test_a_newer_commit_goes_with_the_image_that_is_known(images):
    site, pipeline = images
    site.promote(pipeline, images=[f"{IMAGE}:1.4.0"])
    site.home.commit({"base/d.yaml": site.deployment("x", replicas=3)}, message="three")
    plan = site.promote(pipeline)
    assert (freight_of(plan).images[0].tag, freight_of(plan).subject) == ("1.4.0", "three")
    text = site.home.show("env/test:apps-deployment-shop.yaml")
    assert "replicas: 3" in text and f"{IMAGE}:1.4.0" in text


def test_a_commit_that_changes_nothing_for_us_makes_no_freight(images):
    site, pipeline = images
    first = site.promote(pipeline, images=[f"{IMAGE}:1.4.0"])
    site.home.commit({"README": "x\n", "overlays/other/x.yaml": "a: 1\n"})
    plan = site.project(pipeline).plan()
    assert (freight_of(plan), site.decisions(plan)) == (freight_of(first), dict.fromkeys(ALL, "noop"))
    again = site.plan(pipeline, images=[f"{IMAGE}:1.5.0"])
    assert freight_of(again).artifacts[0] == freight_of(first).artifacts[0]


def test_a_commit_that_goes_back_is_news_again(site):
    site.promote()
    site.home.commit(site.sources(*ALL, version="2.0.0"))
    site.promote()
    site.home.commit(site.sources(*ALL), message="revert")
    plan = site.promote()
    assert site.home.files("env/prod") == {"apps-deployment-shop.yaml": site.deployment("prod")}
    assert freight_of(plan).subject == "revert"


def test_a_commit_by_hand_is_planned_as_it_was(promoted):
    first = promoted.home.git("rev-parse", "main~1")
    for words in (first, first[:9], "main~1"):
        plan = promoted.project().plan(commit=words)
        assert freight_of(plan).commit_of(promoted.project()._world.home.canonical) == first
        assert promoted.decisions(plan) == dict.fromkeys(ALL, "noop")


def test_a_commit_that_is_not_there_is_told(promoted):
    with pytest.raises(GitpromoteError) as caught:
        promoted.project().plan(commit="no-such-branch")
    assert "no-such-branch" in str(caught.value)


def test_freight_is_named_by_id_and_by_alias(promoted):
    old = promoted.project().history.kind("freight-created")[0].data["freight"]
    for words in (old["id"], old["id"][:8], old["alias"]):
        plan = promoted.project().plan(freight=words)
        assert freight_of(plan).id == old["id"]
        assert promoted.decisions(plan) == dict.fromkeys(ALL, "noop")


@pytest.mark.parametrize("warehouses", [1, 2])
def test_freight_that_is_unknown_is_an_error(promoted, warehouses):
    made = [Warehouse(Git(include=["deploy/"]), name=f"w{at}") for at in range(warehouses)]
    project = promoted.project(promoted.pipeline(warehouse=made))
    with pytest.raises(UsageError) as caught:
        project.plan(freight="grumpy-cat-0000")
    assert (caught.value.code, caught.value.exit_code) == ("freight-unknown", 64)
    assert caught.value.detail.startswith("'grumpy-cat-0000'; the newest known: ")


def test_each_environment_looks_at_the_newest_that_may_enter_it(promoted):
    """A newer one in test does not starve prod."""
    promoted.promote(env="test")
    promoted.promote(env="uat")
    promoted.home.commit(promoted.sources(*ALL, version="1.2.0"))
    promoted.promote(env="test")
    plan = promoted.project().plan()
    found = {env: freight_of(plan, env).subject for env in ALL}
    assert found == {"test": "change", "uat": "change", "prod": "newer"}
    assert promoted.decisions(plan) == {"test": "noop", "uat": "ready", "prod": "ready"}
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "noop", "uat": "written", "prod": "written"}
    texts = [promoted.home.show(f"env/{env}:apps-deployment-shop.yaml") for env in ALL]
    assert [text.rstrip().rpartition(":")[2] for text in texts] == ["1.2.0", "1.2.0", "1.1.0"]


def test_several_warehouses_keep_their_own_pace(bare):
    """Two images, each with a Warehouse; the one that does not move stays."""
    bare.home.commit(KUSTOMIZE | {"base/d.yaml": bare.deployment("x") + SIDE})
    warehouses = [Warehouse(Images(IMAGE), name="app"), Warehouse(Images("ghcr.io/acme/side"), name="side")]
    pipeline = bare.pipeline(Environment("test"), apps=[App("shop", Kustomize("overlays/$env"))], warehouse=warehouses)
    bare.promote(pipeline, images=[f"{IMAGE}:1.0.0", "ghcr.io/acme/side:5.0.0"])
    plan = bare.plan(pipeline, images=["ghcr.io/acme/side:6.0.0"])
    moving = {name: one.moving for name, one in plan["test"].freight.items()}
    assert moving == {"app": False, "side": True}
    bare.apply(plan, project=bare.project(pipeline))
    text = bare.home.show("env/test:apps-deployment-shop.yaml")
    assert f"{IMAGE}:1.0.0" in text and "ghcr.io/acme/side:6.0.0" in text
    assert bare.decisions(bare.project(pipeline).plan()) == {"test": "noop"}
    bare.apply(bare.project(pipeline).rollback("test", reason="x"), project=bare.project(pipeline))
    assert "ghcr.io/acme/side:5.0.0" in bare.home.show("env/test:apps-deployment-shop.yaml")


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{{}}}\n"
SIDE = "        - name: side\n          image: ghcr.io/acme/side:0.0.0\n"


def test_a_chart_value_takes_the_image_of_the_freight(bare):
    bare.home.commit(
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
            "chart/values.yaml": "image: none\n",
            "chart/templates/c.yaml": CONFIG.format("i: '{{ .Values.image }}'"),
        }
    )
    edits = [SetValue("chart/values.yaml", "image", image=IMAGE)]
    pipeline = bare.pipeline(
        Environment("test"), apps=[App("shop", Helm("chart"), edits=edits)], warehouse=Warehouse(Images(IMAGE))
    )
    bare.promote(pipeline, images=[f"{IMAGE}:1.4.0@{DIGEST}"])
    assert f"i: '1.4.0@{DIGEST}'" in bare.home.show("env/test:configmap-c.yaml")
    assert bare.home.show("main:chart/values.yaml") == "image: none\n"
    assert bare.decisions(bare.project(pipeline).plan()) == {"test": "noop"}


def test_a_source_branch_that_does_not_exist_yet_is_waited_for(site):
    environments = [Environment("test"), Environment("uat")]
    pipeline = site.pipeline(*environments, warehouse=Warehouse(Git(branch="trunk", include=["deploy/"])))
    why = f"{site.home.path} has no branch trunk: push it, or name another one with Git(branch=…)"
    project = site.project(pipeline)
    assert site.decisions(project.plan()) == dict.fromkeys(["test", "uat"], f"unavailable {why}")
    [warehouse] = project.freight.discover().warehouses
    assert (warehouse.status, warehouse.reason, warehouse.subscriptions[0].missing) == ("nothing", why, why)
    result = site.apply(project.plan(), project=project)
    assert (site.told(result), result.exit_code) == (dict.fromkeys(["test", "uat"], "unavailable"), 0)
    site.home.move("trunk", site.home.head("main"))
    assert site.decisions(site.project(pipeline).plan())["test"] == "ready"


def test_the_other_warehouses_go_on_without_a_branch_that_does_not_exist_yet(site):
    environments = [
        Environment("test", after=[], direct=["code"]),
        Environment("fix", after=[], direct=["urgent"]),
        Environment("uat", after="test"),
    ]
    code, urgent = Warehouse(Git(), name="code"), Warehouse(Git(branch="urgent"), name="urgent")
    apps = [App("shop", Plain("deploy/test"))]
    pipeline = site.pipeline(*environments, apps=apps, warehouse=[code, urgent])
    site.promote(pipeline)
    site.home.commit({"deploy/test/deployment.yaml": site.deployment("test", version="2.0.0")})
    told = site.decisions(site.project(pipeline).plan())
    why = f"{site.home.path} has no branch urgent: push it, or name another one with Git(branch=…)"
    assert told == {"test": "ready", "fix": f"unavailable {why}", "uat": told["uat"]}
    assert not told["uat"].startswith("unavailable")


def test_freight_that_is_known_goes_on_where_its_branch_is_gone(promoted):
    pipeline = promoted.pipeline(warehouse=Warehouse(Git(branch="main")))
    promoted.promote(pipeline)
    promoted.home.move("main", None)
    assert set(promoted.decisions(promoted.project(pipeline).plan()).values()) == {"noop"}


def test_an_empty_repository_is_told(bare):
    why = f"{bare.home.path} has no default branch: commit and push to it, or name one with Git(branch=…)"
    assert set(bare.decisions(bare.project().plan()).values()) == {f"unavailable {why}"}


def test_environments_are_narrowed_with_what_comes_before_or_exactly(promoted):
    project = promoted.project()
    assert list(promoted.decisions(project.plan(to="uat"))) == ["test", "uat"]
    assert list(promoted.decisions(project.plan(env="uat"))) == ["uat"]
    assert list(promoted.decisions(project.plan(env=["prod", "test"]))) == ["test", "prod"]
    plan = project.plan(env="uat")
    assert (plan.data.request.environments, plan.data.request.complete) == (("uat",), False)
    assert project.plan().data.request.complete is True
    for words in ({"env": "live"}, {"to": "live"}, {"env": ["test", "live"]}):
        with pytest.raises(UsageError, match="environment-unknown"):
            project.plan(**words)


def test_plain_sources_are_not_edited_by_an_image(bare):
    """An image that nothing in the sources takes changes nothing, and still is Freight."""
    bare.home.commit(bare.sources("test"))
    pipeline = bare.pipeline(
        Environment("test"), apps=[App("shop", Plain("deploy/$env"))], warehouse=Warehouse(Images(IMAGE))
    )
    bare.promote(pipeline, images=[f"{IMAGE}:1.0.0"])
    plan = bare.plan(pipeline, images=[f"{IMAGE}:2.0.0"])
    assert (bare.decisions(plan), [step.kind for step in plan["test"].steps]) == ({"test": "noop"}, ["inherit"])


def test_each_warehouse_asks_the_environments_that_carry_its_freight(bare):
    """A second entry just before production: its Freight never sees test, and the other one never sees it."""
    bare.home.commit(
        {
            **{f"overlays/{env}/kustomization.yaml": "resources: [../../base]\n" for env in ("test", "fix", "prod")},
            "base/kustomization.yaml": "resources: [d.yaml]\n",
            "base/d.yaml": bare.deployment("x") + SIDE,
        }
    )
    sources = Git(include=["overlays/", "base/"])
    images = Images(IMAGE), Images("ghcr.io/acme/side")
    warehouses = [Warehouse(images[0], sources, name="app"), Warehouse(images[1], sources, name="side")]
    pipeline = bare.pipeline(
        Environment("test", after=[], direct=["app"]),
        Environment("fix", after=[], direct=["side"]),
        Environment("prod", after=["test", "fix"]),
        apps=[App("shop", Kustomize("overlays/$env"))],
        warehouse=warehouses,
    )
    images = [f"{IMAGE}:1.0.0", "ghcr.io/acme/side:5.0.0"]
    plan = bare.plan(pipeline, images=images)
    assert {env: sorted(plan[env].freight) for env in ("test", "fix", "prod")} == {
        "test": ["app"],
        "fix": ["side"],
        "prod": ["app", "side"],
    }
    result = bare.apply(plan, project=bare.project(pipeline), env=["fix", "prod"])
    assert result.environments[1].message == "upstream: test: not verified yet"
    result = bare.apply(plan, project=bare.project(pipeline))
    assert bare.told(result) == {"test": "written", "fix": "already", "prod": "written"}
    moved = bare.plan(pipeline, images=["ghcr.io/acme/side:6.0.0"])
    result = bare.apply(moved, project=bare.project(pipeline), env=["fix", "prod"])
    assert bare.told(result) == {"fix": "written", "prod": "written"}
    assert "side:6.0.0" in bare.home.show("env/prod:apps-deployment-shop.yaml")


def test_of_two_warehouses_that_hold_one_repository_the_one_that_moves_speaks(bare):
    bare.home.commit(
        {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x"), "fix/x": "1"}
    )
    warehouses = [
        Warehouse(Images(IMAGE), Git(include=["base/"]), name="zeta"),
        Warehouse(Git(include=["fix/"]), name="fix"),
    ]
    pipeline = bare.pipeline(Environment("test"), apps=[App("shop", Kustomize("base"))], warehouse=warehouses)
    bare.promote(pipeline, images=[f"{IMAGE}:1.0.0"])
    for path, text in (("base/d.yaml", bare.deployment("x", replicas=2)), ("fix/x", "2")):
        bare.home.commit({path: text}, message=path)
        plan = bare.promote(pipeline)
        assert {source.commit for source in plan["test"].sources} == {bare.home.head("main")}
        assert bare.project(pipeline, cache="cold").plan_verify(plan) == []


def test_freight_without_a_source_commit_renders_nothing_and_prunes_nothing(bare):
    """The implied source goes to the first Warehouse alone."""
    bare.home.commit({"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x")})
    warehouses = [Warehouse(Images(IMAGE), name="app"), Warehouse(Images("ghcr.io/acme/side"), name="side")]
    pipeline = bare.pipeline(
        Environment("test", after=[], direct=["app"]),
        Environment("fix", after=[], direct=["side"]),
        apps=[App("shop", Kustomize("base"))],
        warehouse=warehouses,
    )
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.0.0", "ghcr.io/acme/side:1.0.0"])
    assert bare.decisions(plan) == {
        "test": "ready",
        "fix": "unavailable Freight of side holds no commit for shop; add Git(…) to the Warehouse",
    }


@pytest.mark.parametrize("strategy", ["semver", "newest-build"])
def test_what_is_recorded_while_a_plan_waits_is_newer_than_what_the_plan_found(bare, strategy):
    bare.home.commit(KUSTOMIZE | {"base/d.yaml": bare.deployment("x")})
    follows = Images(IMAGE, "^1") if strategy == "semver" else Images(IMAGE, strategy=strategy)
    pipeline = bare.pipeline(
        Environment("test"), apps=[App("shop", Kustomize("overlays/$env"))], warehouse=Warehouse(follows)
    )
    first, second, third = (f"{IMAGE}:1.{number}.0@sha256:{str(number) * 64}" for number in (1, 2, 3))
    bare.promote(pipeline, images=[first])
    waiting = bare.plan(pipeline, images=[second])
    bare.shelf.put(third)
    bare.project(pipeline).freight.create(images=[third])
    [ended] = bare.apply(waiting, project=bare.project(pipeline)).environments
    assert (ended.status, ended.code) == ("stale", "plan-superseded")
    # Whoever puts the older one into the ledger after all does not make it the newest.
    record_plan(bare.project(pipeline)._world, waiting.data, waiting.digest, waiting.to_bytes())
    plan = bare.promote(pipeline)
    assert freight_of(plan).images[0].tag == "1.3.0"
    assert bare.decisions(bare.plan(pipeline)) == {"test": "noop"}
