"""What is named by hand is looked up: a tag means a digest, and what does not exist is refused and leaves nothing."""

from __future__ import annotations

import pytest

from gitpromote import App, Environment, Git, Helm, Kustomize, SetValue, Warehouse
from gitpromote import Chart as Charts
from gitpromote import Image as Images
from gitpromote.errors import AccessDenied, RemoteFailed, UsageError
from gitpromote.model.candidate import ChartFacts

IMAGE = "ghcr.io/acme/shop"
CHART = "https://charts.acme.example"


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


@pytest.fixture
def shop(bare):
    """Kustomize sources, an image subscription, and two tags in the registry."""
    bare.home.commit({"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x")})
    bare.shelf.put(f"{IMAGE}:1.4.0@{digest(1)}", f"{IMAGE}:feature-7@{digest(7)}")
    warehouse = Warehouse(Images(IMAGE, "~1.4"), Git())
    return bare, bare.pipeline(apps=[App("shop", Kustomize("base"))], warehouse=warehouse)


def down(site, monkeypatch, error=None):
    """Nobody answers."""
    failure = error or RemoteFailed("A remote cannot be reached", code="remote-unreachable", detail="x", hint="Retry.")

    def ask(*_, **__):
        raise failure

    monkeypatch.setattr(site.shelf, "image", ask)
    monkeypatch.setattr(site.shelf, "tags", ask)


def images_of(made):
    return [str(image) for one in made for image in one.freight.images]


# -- images


def test_a_tag_is_resolved_to_its_digest(shop):
    site, pipeline = shop
    project = site.project(pipeline)
    made = project.freight.create(images=[f"{IMAGE}:feature-7"])
    assert images_of(made) == [f"{IMAGE}:feature-7@{digest(7)}"]
    plan = project.plan(images=[f"{IMAGE}:feature-7"])
    assert plan["test"].freight["shop"].id == made[0].freight.id
    assert not any(one.id == "unpinned" for one in plan["test"].outcomes)


def test_what_is_named_in_full_is_the_same_freight_as_what_is_found(shop):
    site, pipeline = shop
    project = site.project(pipeline)
    [found] = project.freight.discover().warehouses
    [made] = project.freight.create(images=[f"{IMAGE}:1.4.0"])
    assert made.freight.id == found.freight.id


@pytest.mark.parametrize(
    ("image", "why", "hint"),
    [
        (f"{IMAGE}:feature-8", "the registry has no such tag", "Did you mean feature-7?"),
        (f"{IMAGE}:nope", "the registry has no such tag", "It may not have been pushed yet, or was removed."),
        (
            f"{IMAGE}:1.4.0@{digest(9)}",
            "the registry has no such digest",
            "It may not have been pushed yet, or was removed.",
        ),
    ],
)
def test_what_does_not_exist_is_not_recorded(shop, image, why, hint):
    site, pipeline = shop
    with pytest.raises(UsageError) as caught:
        site.project(pipeline).freight.create(images=[image])
    assert str(caught.value) == f"What was named does not exist  [artifact-unknown]\n{image}: {why}\n{hint}"
    assert site.records() == []


def test_a_plan_refuses_a_tag_that_does_not_exist_and_believes_a_digest(shop):
    site, pipeline = shop
    with pytest.raises(UsageError, match="artifact-unknown"):
        site.project(pipeline).plan(images=[f"{IMAGE}:nope"])
    site.shelf.asked.clear()
    plan = site.project(pipeline).plan(images=[f"{IMAGE}:1.4.0@{digest(9)}"])
    assert (site.decisions(plan)["test"], site.shelf.asked) == ("ready", [])


def test_a_registry_that_does_not_know_the_repository_says_so(shop, monkeypatch):
    site, pipeline = shop
    down(site, monkeypatch, RemoteFailed("x", code="registry-repository-unknown", hint="y"))
    with pytest.raises(UsageError) as caught:
        site.project(pipeline).freight.create(images=[f"{IMAGE}:1.4.0"])
    assert caught.value.detail == f"{IMAGE}:1.4.0: the registry knows no such repository, or hides it from you"


@pytest.mark.parametrize("kind", [RemoteFailed, AccessDenied])
def test_without_a_registry_a_tag_alone_is_taken_only_if_somebody_says_so(shop, monkeypatch, kind):
    site, pipeline = shop
    down(site, monkeypatch, kind("A registry fails", code="registry-failed", detail="ghcr.io: 503", hint="Try later."))
    project = site.project(pipeline)
    for ask in (project.freight.create, project.plan):
        with pytest.raises(kind) as caught:
            ask(images=[f"{IMAGE}:1.4.0"])
        assert str(caught.value) == (
            "A registry fails  [registry-failed]\nghcr.io: 503\nTry later.\n"
            "Where it does not answer, name the digest as well, or say that a tag alone will do: --unpinned"
        )
    assert site.records() == []
    plan = project.plan(images=[f"{IMAGE}:1.4.0"], unpinned=True)
    [told] = [one.message for one in plan["test"].outcomes if one.id == "unpinned"]
    assert told == f"{IMAGE}:1.4.0 has no digest: what runs may be another image tomorrow"
    assert images_of(project.freight.create(images=[f"{IMAGE}:1.4.0"], unpinned=True)) == [f"{IMAGE}:1.4.0"]
    assert images_of(project.freight.create(images=[f"{IMAGE}:1.4.0@{digest(1)}"])) == [f"{IMAGE}:1.4.0@{digest(1)}"]


def test_where_a_registry_answers_nothing_stays_unpinned(shop):
    site, pipeline = shop
    made = site.project(pipeline).freight.create(images=[f"{IMAGE}:1.4.0"], unpinned=True)
    assert images_of(made) == [f"{IMAGE}:1.4.0@{digest(1)}"]


@pytest.mark.parametrize("code", ["registry-answer-invalid", "registry-digest-mismatch"])
def test_on_a_wrong_answer_nothing_is_built(shop, monkeypatch, code):
    site, pipeline = shop
    down(site, monkeypatch, RemoteFailed("x", code=code))
    with pytest.raises(RemoteFailed, match=code):
        site.project(pipeline).freight.create(images=[f"{IMAGE}:1.4.0@{digest(1)}"], unpinned=True)


# -- charts


def test_a_version_of_a_chart_repository_is_looked_up(bare, monkeypatch):
    listed = [ChartFacts(repository=f"{CHART}/shop", version="1.0.0", digest=digest(1))]
    monkeypatch.setattr(bare.shelf, "charts", lambda repository, *, name: listed, raising=False)
    bare.home.commit({"chart/Chart.yaml": "name: shop\nversion: 0.0.0\n", "chart/values.yaml": "tag: x\n"})
    pipeline = bare.pipeline(
        apps=[App("shop", Helm("chart"), edits=[SetValue("chart/values.yaml", "tag", value="1")])],
        warehouse=Warehouse(Charts(CHART, name="shop"), Git(include=["chart/"])),
    )
    freight = bare.project(pipeline).freight
    [made] = freight.create(charts=[f"{CHART}/shop:1.0.0"])
    assert [str(one) for one in made.freight.charts] == [f"{CHART}/shop:1.0.0@{digest(1)}"]
    for chart, why in (
        (f"{CHART}/shop:1.0.1", "the repository lists no such version"),
        (f"{CHART}/shop:1.0.0@{digest(2)}", f"the version has the digest {digest(1)}"),
    ):
        with pytest.raises(UsageError) as caught:
            freight.create(charts=[chart])
        assert (caught.value.code, caught.value.detail) == ("artifact-unknown", f"{chart}: {why}")
    assert caught.value.hint == "It may not have been pushed yet, or was removed."


def test_a_chart_is_no_image_and_the_other_way_round(shop):
    site, pipeline = shop
    with pytest.raises(UsageError, match="artifact-unsubscribed"):
        site.project(pipeline).plan(charts=[f"{IMAGE}:1.4.0"])


# -- commits


def test_a_commit_is_freight_where_nothing_else_is_subscribed_to(promoted):
    first = promoted.home.git("rev-parse", "main~1")
    side = promoted.home.commit({"x": "1"}, branch="fix", parent=first, message="fix")
    before = promoted.records()
    [made] = promoted.project().freight.create(commit=side, labels={"team": "pay"})
    assert (made.new, made.freight.subject, made.freight.labels) == (True, "fix", {"team": "pay"})
    assert promoted.records() == [*before, ("freight-created", None)]
    [again] = promoted.project().freight.create(commit=first)
    assert (again.new, again.freight.subject) == (False, "first")


def test_a_hotfix_of_a_commit_records_it_along_with_it(promoted):
    side = promoted.home.commit({"x": "1"}, branch="fix", parent="main~1", message="fix")
    freight = promoted.project().freight
    before = promoted.records()
    [found] = freight.named(commit=side)
    assert promoted.records() == before
    freight.hotfix(found, "prod", reason="INC-1", expires=3600)
    assert promoted.records() == [*before, ("freight-created", None), ("freight-approved", "prod")]


def test_a_commit_of_a_warehouse_that_follows_none_is_refused(bare):
    bare.home.commit({"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x")})
    warehouses = [Warehouse(Images(IMAGE), Git(), name="app"), Warehouse(Images("ghcr.io/acme/side"), name="side")]
    pipeline = bare.pipeline(
        Environment("test", after=[], direct=["app", "side"]),
        apps=[App("shop", Kustomize("base"))],
        warehouse=warehouses,
    )
    with pytest.raises(UsageError, match="commit-unsubscribed"):
        bare.project(pipeline).freight.create(commit="main", warehouse="side")


# -- what is refused leaves nothing


def test_a_request_that_cannot_be_followed_records_nothing(shop):
    site, pipeline = shop
    freight = site.project(pipeline).freight
    alias = freight.named(images=[f"{IMAGE}:1.4.0"])[0].alias
    with pytest.raises(UsageError) as caught:
        freight.create(images=[f"{IMAGE}:1.4.0"], target="uat", skip=["uat"])
    assert caught.value.detail == f"{alias}: uat is both its target and to be skipped."
    with pytest.raises(UsageError):
        freight.create(images=[f"{IMAGE}:1.4.0"], target="nope")
    assert site.records() == []
    freight.create(images=[f"{IMAGE}:1.4.0"], target="uat", skip=["test"])
    assert site.records() == [("freight-created", None), ("requested", None)]
