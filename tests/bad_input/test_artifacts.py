"""Freight by hand that does not parse, or that nobody asked for."""

from __future__ import annotations

import pytest

PIPELINE = """\
from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop"), Git()),
    apps=[App("shop", Kustomize("deploy/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test")],
)
"""
WRITE_IT = 'Write it as "ghcr.io/acme/shop:1.4.2@sha256:…"; the digest may be left out.'
NO_IMAGES = {
    "::::": ("is not the name of an image", WRITE_IT),
    "ghcr.io/acme/shop": ("has neither tag nor digest", WRITE_IT),
    "ghcr.io/acme/shop:1@sha256:abc": ("has a digest that is none", "A digest is sha256: and 64 hexadecimal digits."),
    "https://ghcr.io/acme/shop:1": ("has a scheme", "Write ghcr.io/acme/shop:1"),
    "ghcr.io/ACME/shop:1": ("has capital letters in its path", "Write ghcr.io/acme/shop:1"),
    "ghcr.io/acme/shop:1 2": ("has white space in it", "Write it without."),
}


@pytest.fixture
def warehouse(shop):
    shop.push({"pipeline.py": PIPELINE, "deploy/test/kustomization.yaml": "resources: [deployment.yaml]\n"})
    return shop


@pytest.mark.parametrize("image", NO_IMAGES)
def test_an_image_that_does_not_parse(warehouse, image: str) -> None:
    why, hint = NO_IMAGES[image]
    assert warehouse.refused("plan", "--image", image, code=64) == (
        f'Error: This is not an image  [image-invalid]\n\n"{image}" {why}\n\n{hint}\n'
    )


def test_one_image_in_two_versions(warehouse) -> None:
    words = ("--image", "ghcr.io/acme/shop:1.4.2", "--image", "ghcr.io/acme/shop:1.4.3")
    assert warehouse.refused("plan", *words, code=64) == (
        "Error: One repository is named with two versions  [artifact-named-twice]\n\n"
        "ghcr.io/acme/shop:1.4.2 and ghcr.io/acme/shop:1.4.3\n\n"
        "Freight holds one of them: name that one.\n"
    )


def test_an_image_that_no_warehouse_follows(warehouse) -> None:
    assert warehouse.refused("plan", "--image", "ghcr.io/acme/shp:1", code=64) == (
        "Error: No Warehouse subscribes to this repository  [artifact-unsubscribed]\n\n"
        "ghcr.io/acme/shp; subscribed: ghcr.io/acme/shop\n\n"
        'Add a subscription to the pipeline: Image("ghcr.io/acme/shp")\n'
    )


def test_a_commit_that_does_not_exist(warehouse) -> None:
    for word in ("mian", "0" * 40, "1234567"):
        assert warehouse.refused("plan", "--commit", word, code=64) == (
            "Error: A revision is unknown  [revision-unknown]\n\n"
            f"{word!r} is no branch, tag or commit of <tmp>/remote.git\n\n"
            "Give a full commit id, a branch or a tag of that repository.\n"
        )


def test_a_whole_id_that_the_remote_does_not_have(warehouse) -> None:
    oid = "1" * 40
    told = warehouse.refused("plan", "--commit", oid, code=64)
    # The remote says it twice, in its own words and over the line; who comes first is chance.
    words = {f"  git: fatal: {said} not our ref {oid}" for said in ("git upload-pack:", "remote error: upload-pack:")}
    lines = told.splitlines()
    assert words & {*lines}
    assert [line for line in lines if line not in words] == [
        "Error: A revision is unknown  [revision-unknown]",
        "",
        f"'{oid}': a remote does not have an object",
        f"fetch commit {oid} from <tmp>/remote.git",
        "",
        "Compare the id. What no branch or tag leads to is removed some day: push one that contains it.",
    ]


def test_a_commit_where_sources_are_edited_in_place(warehouse) -> None:
    text = PIPELINE.replace("Branch", "InPlace").replace("env/$env", "main").replace(", Git())", ")")
    warehouse.push({"pipeline.py": text})
    assert warehouse.refused("plan", "--commit", "main", code=64) == (
        "Error: No Warehouse follows the commits of this repository  [commit-unsubscribed]\n\n"
        "--commit main would change nothing: Freight of shop holds no commit.\n\n"
        "Leave it out; where sources are edited in place, those of the branch itself are rendered.\n"
    )


def test_an_image_of_a_source_that_does_not_parse(warehouse) -> None:
    images = "images:\n  - {name: ghcr.io/acme/shop, newTag: 1.10}\n"
    warehouse.push({"deploy/test/kustomization.yaml": "resources: [deployment.yaml]\n" + images})
    ended = warehouse.run("plan", "--image", f"ghcr.io/acme/shop:1.2.3@sha256:{'ab' * 32}")
    assert (ended.code, ended.err) == (0, "")
    warehouse.push({"deploy/test/kustomization.yaml": "resources: [deployment.yaml]\nimages: shop\n"})
    told = warehouse.refused("plan", "--image", f"ghcr.io/acme/shop:1.2.3@sha256:{'ab' * 32}", code=1)
    assert "deploy/test/kustomization.yaml:2: images" in told
