"""From a renderer's words to places."""

from __future__ import annotations

import pytest

from gitpromote.model.render import ChainSpec, HelmSpec, KustomizeSpec, PythonSpec
from gitpromote.render.blame import places

OVERLAY = KustomizeSpec(path="over")
HELM = HelmSpec(chart="charts/web", release="shop")
INPUTS = {
    path: ("100644", text.encode())
    for path, text in {
        "over/kustomization.yaml": "resources:\n- a.yaml\nfoo: bar\n",
        "over/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\n",
        "over/broken.yaml": "a: 1\nb: [\n",
        "charts/web/Chart.yaml": "name: shop\n",
        "charts/web/templates/a.yaml": "{{ broken",
        "charts/web/charts/sub/templates/_b.tpl": "x",
    }.items()
}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ('error: invalid Kustomization: json: unknown field "foo"', ["over/kustomization.yaml:3"]),
        ('json: unknown field "nowhere"', []),
        ("no matches for Id ConfigMap.v1.[noGrp]/shop.[noNs]; failed", ["over/a.yaml:4"]),
        ("accumulating resources from 'over/a.yaml': it is odd", ["over/a.yaml"]),
        ("something else", []),
    ],
)
def test_kustomizes_words(words: str, found: list[str]) -> None:
    assert places(words, OVERLAY, INPUTS) == found


def test_a_file_that_is_no_yaml_is_found_by_reading_all() -> None:
    (place,) = places("MalformedYAMLError: yaml: line 3", OVERLAY, INPUTS)
    assert place.startswith("over/broken.yaml:3")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("execution error at (shop/templates/a.yaml:4:11): no", ["charts/web/templates/a.yaml:4"]),
        ("template: shop/charts/sub/templates/_b.tpl:1:2: no", ["charts/web/charts/sub/templates/_b.tpl:1"]),
        ("error in shop/templates/a.yaml and at shop/templates/a.yaml:7", ["charts/web/templates/a.yaml:7"]),
        ("other/templates/a.yaml:4", []),
    ],
)
def test_helms_words_through_a_chain_too(words: str, found: list[str]) -> None:
    assert places(words, HELM, INPUTS) == found
    assert places(words, ChainSpec(first=HELM, second=OVERLAY), INPUTS) == found


def test_a_function_tells_its_places_itself() -> None:
    assert places("yaml 'over/a.yaml'", PythonSpec(function="m:f", file="m.py", code=""), INPUTS) == []
