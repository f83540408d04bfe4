"""A chart, and a kustomization on top of it."""

from __future__ import annotations

import pytest

from gitpromote.adapters.renderers.job import render
from gitpromote.adapters.renderers.pipeline import with_resource
from gitpromote.model.render import ChainSpec, HelmSpec, KustomizeSpec, PlainSpec, RenderSpec

CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "chart/templates/a.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\ndata: {a: b}\n"
    ),
}
POST = "patches:\n- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: shop}\n    data: {c: d}\n"


def chain(first: RenderSpec | None = None) -> ChainSpec:
    return ChainSpec(first=first or HelmSpec(chart="chart", release="shop"), second=KustomizeSpec(path="post"))


@pytest.mark.parametrize("resources", ["", "resources: [rendered.yaml]\n", "resources: [./rendered.yaml]\n"])
def test_what_the_chart_gives_is_a_resource_of_the_kustomization(make_job, resources: str) -> None:
    made = render(make_job(CHART | {"post/kustomization.yaml": resources + POST}, chain()))
    (manifest,) = made.manifests.values()
    assert manifest.data["data"] == {"a": "b", "c": "d"}
    first, _ = made.commands
    assert first.words[0].endswith("/helm")


def test_other_resources_stay(make_job) -> None:
    files = CHART | {
        "post/kustomization.yaml": "resources: [b.yaml]\nnamePrefix: x-\n",
        "post/b.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n",
    }
    made = render(make_job(files, chain()))
    assert sorted(made.layout.contents) == ["configmap-x-shop.yaml", "namespace-b.yaml"]


def test_plain_manifests_can_be_the_first_and_a_chain_too(make_job) -> None:
    files = {"plain/a.yaml": CHART["chart/templates/a.yaml"].replace("{{ .Release.Name }}", "shop")} | {
        "post/kustomization.yaml": "namePrefix: y-\n",
        "more/kustomization.yaml": "namePrefix: z-\n",
    }
    twice = ChainSpec(first=chain(PlainSpec(path="plain")), second=KustomizeSpec(path="more"))
    assert list(render(make_job(files, twice)).layout.contents) == ["configmap-z-y-shop.yaml"]


def test_a_random_value_of_the_chart_is_found_through_the_kustomization(make_job) -> None:
    files = CHART | {
        "chart/templates/a.yaml": CHART["chart/templates/a.yaml"].replace("b}", "'{{ uuidv4 }}'}"),
        "post/kustomization.yaml": POST,
    }
    made = render(make_job(files, chain()))
    assert [field.path for field in made.random] == [("data", "a")]


@pytest.mark.parametrize(
    "text", ["resources: [rendered.yaml]\n", "Resources:\n- ./rendered.yaml\n", "[]", "resources: wrong\n"]
)
def test_a_kustomization_that_names_it_or_is_none_stays_as_it_is(text: str) -> None:
    assert with_resource(text.encode(), file="k") == text.encode()
