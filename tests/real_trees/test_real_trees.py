"""The pipeline files under ``docs/examples`` on trees of the shape that they are for: fifteen lines are enough.

With ``GITPROMOTE_REAL_TREES`` set to a folder that holds the public repositories themselves (``podinfo``,
``microservices-demo``, ``flux2-kustomize-helm-example``), the same is tried on them.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parents[2]
FIXTURES = HERE / "tests" / "cases" / "trees"
REAL = Path(os.environ.get("GITPROMOTE_REAL_TREES", "/nonexistent"))


class Change(NamedTuple):
    """A text that is replaced in a file, and where that shows: environment to objects."""

    file: str
    old: str
    new: str
    shows: dict[str, list[str]]


class Tree(NamedTuple):
    """A tree, and what its first plan has.

    :ivar name: of the pipeline file
    :ivar renders: distinct renders, by environments and Apps
    """

    folder: Path
    name: str
    environments: list[str]
    objects: dict[str, int] | None
    renders: int
    changes: list[Change]


TREES = [
    Tree(
        FIXTURES / "podinfo",
        "podinfo",
        ["dev", "staging", "production"],
        {"dev": 8, "staging": 11, "production": 14},
        4,
        [
            Change(
                "deploy/bases/cache/deployment.yaml",
                "redis:7.2.1",
                "redis:7.2.2",
                {"dev": [], "staging": ["Deployment cache"], "production": ["Deployment cache"]},
            ),
            Change(
                "deploy/overlays/dev/namespace.yaml",
                "name: dev",
                "name: dev\n  annotations: {owner: lea}",
                {"dev": ["Namespace dev"], "staging": [], "production": []},
            ),
            Change(
                "charts/podinfo/values-prod.yaml",
                "maxReplicas: 5",
                "maxReplicas: 9",
                {"dev": [], "staging": [], "production": ["HorizontalPodAutoscaler chart"]},
            ),
            Change("deploy/bases/cache/README.md", "", "New.\n", {"dev": [], "staging": [], "production": []}),
        ],
    ),
    Tree(
        FIXTURES / "microservices_demo",
        "microservices_demo",
        ["preview", "staging", "production"],
        {"preview": 8, "staging": 14, "production": 22},
        3,
        [
            Change(
                "kustomize/base/payment.yaml",
                "containerPort: 50051",
                "containerPort: 50052",
                {"preview": [], "staging": ["Deployment payment"], "production": ["Deployment payment"]},
            ),
            Change(
                "kustomize/components/unused/unused.yaml",
                "name: unused",
                "name: other",
                {"preview": [], "staging": [], "production": []},
            ),
            Change(
                "kubernetes-manifests/cart.yaml",
                "cart:0.9.0",
                "cart:0.9.1",
                {"preview": ["Deployment cart"], "staging": [], "production": []},
            ),
        ],
    ),
    Tree(
        FIXTURES / "flux2_example",
        "flux2_example",
        ["staging", "production"],
        {"staging": 9, "production": 9},
        6,
        [
            Change(
                "apps/base/podinfo/release.yaml",
                "replicaCount: 2",
                "replicaCount: 4",
                {"staging": ["HelmRelease podinfo"], "production": ["HelmRelease podinfo"]},
            ),
            Change(
                "apps/production/podinfo-values.yaml",
                "6.x",
                "6.5.x",
                {"staging": [], "production": ["HelmRelease podinfo"]},
            ),
        ],
    ),
    Tree(
        REAL / "podinfo",
        "podinfo",
        ["dev", "staging", "production"],
        None,
        4,
        [
            Change(
                "deploy/bases/cache/deployment.yaml",
                "128Mi",
                "129Mi",
                {name: ["Deployment cache"] for name in ("dev", "staging", "production")},
            ),
            Change(
                "charts/podinfo/values-prod.yaml",
                "maxReplicas: 5",
                "maxReplicas: 9",
                {"dev": [], "staging": [], "production": ["HorizontalPodAutoscaler chart-podinfo"]},
            ),
        ],
    ),
    Tree(
        REAL / "microservices-demo",
        "microservices_demo",
        ["preview", "staging", "production"],
        None,
        3,
        [
            Change(
                "kustomize/base/paymentservice.yaml",
                "containerPort: 50051",
                "containerPort: 50052",
                {"preview": [], "staging": ["Deployment paymentservice"], "production": ["Deployment paymentservice"]},
            ),
        ],
    ),
    Tree(
        REAL / "flux2-kustomize-helm-example",
        "flux2_example",
        ["staging", "production"],
        None,
        6,
        [
            Change(
                "apps/base/podinfo/release.yaml",
                "interval: 50m",
                "interval: 40m",
                {"staging": ["HelmRelease podinfo"], "production": ["HelmRelease podinfo"]},
            ),
        ],
    ),
]


@pytest.fixture(params=TREES, ids=lambda tree: f"{tree.folder.parent.name}-{tree.name}")
def tree(request: pytest.FixtureRequest) -> Tree:
    if not request.param.folder.is_dir():
        pytest.skip("GITPROMOTE_REAL_TREES names no folder with it")
    return request.param


@pytest.fixture
def place(tree: Tree, repository):
    return placed(repository, tree)


def placed(repository, tree: Tree):
    """The tree in a repository, with its pipeline file at the root."""
    shutil.copytree(tree.folder, repository.work, dirs_exist_ok=True, symlinks=True)
    shutil.copy(HERE / "docs" / "examples" / f"{tree.name}.py", repository.work / "pipeline.py")
    repository.push()
    return repository


def saved(place, name: str, *words: str) -> dict[str, Any]:
    file = place.root / name
    ended = place.run("plan", *words, "--out", str(file))
    assert ended.code == 0, ended.err
    return dict(json.loads(file.read_bytes()))


def changes(plan: dict[str, Any]) -> dict[str, list[str]]:
    return {
        one["name"]: [f"{each['object']['kind']} {each['object']['name']}" for each in one["changes"]]
        for one in plan["plan"]["environments"]
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in (HERE / "docs" / "examples").glob("*.py")))
def test_an_example_has_fifteen_lines_at_most(name: str) -> None:
    assert len((HERE / "docs" / "examples" / f"{name}.py").read_text().splitlines()) <= 15


def test_a_tree_is_promoted_and_then_at_rest(place, tree: Tree) -> None:
    first = saved(place, "first.json")
    assert list(changes(first)) == tree.environments
    if tree.objects is not None:
        assert {name: len(found) for name, found in changes(first).items()} == tree.objects
    assert first["observations"]["timings"]["renders"] == tree.renders
    for words in (["text", "--full"], ["markdown"], ["json"]):
        assert place.run("show", str(place.root / "first.json"), "--format", *words).code == 0
    ended = place.run("apply", str(place.root / "first.json"), "--expect-digest", first["digest"])
    assert ended.code == 0, ended.out + ended.err
    ledger = f"gitpromote/ledger/{first['plan']['pipeline']['name']}"
    assert place.branches() == {"main", ledger, *(f"env/{name}" for name in tree.environments)}
    second = saved(place, "second.json")
    assert all(one["decision"] == "noop" for one in second["plan"]["environments"])
    assert second["observations"]["timings"]["renders"] == 0
    assert place.run("verify").code == 0
    assert place.rendered() == {name: place.branch(f"env/{name}") for name in tree.environments}


def test_a_cold_cache_in_another_folder_gives_the_same_bytes(
    place, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_of = ("--as-of", "1763600000")
    here = saved(place, "here.json", *as_of)
    place.clone(place.root / "another" / "deeper")
    monkeypatch.chdir(place.root / "another" / "deeper")
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(place.root / "cold"))
    there = saved(place, "there.json", *as_of)
    assert there["plan"] == here["plan"]
    assert there["digest"] == here["digest"]
    assert there["observations"]["timings"]["renders"] == tree.renders


def test_a_change_shows_where_it_is_used_and_nowhere_else(place, tree: Tree) -> None:
    first = saved(place, "first.json")
    ended = place.run("apply", str(place.root / "first.json"), "--expect-digest", first["digest"])
    assert ended.code == 0, ended.out + ended.err
    for change in tree.changes:
        file = place.work / change.file
        text = file.read_text() if file.exists() else ""
        assert change.old in text
        file.write_text(text.replace(change.old, change.new) if change.old else change.new)
        place.push()
        assert changes(saved(place, "changed.json")) == change.shows
        file.write_text(text)
        place.push()


def test_a_changed_generator_is_one_update_and_its_reader_restarts(repository) -> None:
    """The name of the ConfigMap ends with another hash, and is not told as a new one and a deleted one."""
    place = placed(repository, TREES[0])
    first = saved(place, "first.json")
    assert place.run("apply", str(place.root / "first.json"), "--expect-digest", first["digest"]).code == 0
    file = place.work / "deploy/bases/cache/redis.conf"
    file.write_text(file.read_text().replace("64mb", "96mb"))
    place.push()
    plan = saved(place, "changed.json")
    assert changes(plan) == {name: ["ConfigMap cache-settings"] * (name != "dev") for name in TREES[0].environments}
    (change,) = plan["plan"]["environments"][1]["changes"]
    assert change["actions"] == ["update"]
    assert change["generated"]["before"] != change["generated"]["after"]
    assert [(one["object"]["name"], one["restarts"]) for one in change["readers"]] == [("cache", "pods")]


def test_what_two_apps_render_alike_is_told_as_neithers(repository) -> None:
    place = placed(repository, next(tree for tree in TREES if tree.name == "microservices_demo"))
    ended = place.run("plan", "--out", str(place.root / "plan.json"))
    told = [line for line in ended.out.splitlines() if "preview" in line and "staging" in line and " will be " in line]
    assert told
    assert not [line for line in told if "plain: " in line or "shop: " in line]
