"""The real kustomize."""

from __future__ import annotations

import re

import pytest

from gitpromote.adapters.renderers.job import render
from gitpromote.errors import RenderFailed
from gitpromote.model.render import KustomizeSpec, RenderJob

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  replicas: 1
  template:
    spec:
      containers:
      - {name: shop, image: ghcr.io/acme/shop}
"""
FILES = {
    "base/kustomization.yaml": "resources: [deployment.yaml]\nconfigMapGenerator:\n- {name: env, literals: [A=b]}\n",
    "base/deployment.yaml": DEPLOYMENT,
    "over/prod/kustomization.yaml": (
        "namespace: prod\nresources: [../../base]\n"
        "images:\n- {name: ghcr.io/acme/shop, newTag: 1.2.3}\npatches:\n- path: patch.yaml\n"
    ),
    "over/prod/patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {replicas: 3}\n",
}
PROD = KustomizeSpec(path="over/prod")


def failure(job: RenderJob) -> str:
    with pytest.raises(RenderFailed) as caught:
        render(job)
    assert caught.value.code == "render-failed"
    return re.sub(r"(kubectl kustomize|kustomize build)", "KUSTOMIZE", str(caught.value))


def test_an_overlay_is_built_and_its_files_hold_kustomizes_own_words(make_job) -> None:
    made = render(make_job(FILES, PROD))
    assert list(made.layout.contents) == ["apps-deployment-shop.yaml", "configmap-env-b9t2424hkf.yaml"]
    assert made.layout.contents["apps-deployment-shop.yaml"].decode() == (
        "apiVersion: apps/v1\n"
        "kind: Deployment\n"
        "metadata:\n"
        "  name: shop\n"
        "  namespace: prod\n"
        "spec:\n"
        "  replicas: 3\n"
        "  template:\n"
        "    spec:\n"
        "      containers:\n"
        "      - image: ghcr.io/acme/shop:1.2.3\n"
        "        name: shop\n"
    )
    assert {manifest.app for manifest in made.manifests.values()} == {"shop"}
    assert (made.warnings, made.random) == ((), ())
    assert [command.status for command in made.commands] == [0]
    assert made.commands[0].words[-1] == "over/prod"


def test_two_builds_in_two_folders_give_the_same_bytes(make_job) -> None:
    job = make_job(
        FILES | {"over/prod/kustomization.yaml": "resources: [../../base]\nbuildMetadata: [originAnnotations]"}, PROD
    )
    assert render(job).layout == render(job, parallel=True).layout


def test_what_was_not_declared_is_not_there(make_job) -> None:
    job = make_job(FILES, PROD)
    inputs = {path: content for path, content in job.inputs.items() if path != "over/prod/patch.yaml"}
    told = failure(RenderJob(label=job.label, spec=PROD, inputs=inputs, tools=job.tools))
    assert "over/prod/patch.yaml" in told
    assert "no such file" in told


def test_links_work_as_in_a_checkout(make_job) -> None:
    files = {path: text for path, text in FILES.items() if path.startswith("base/")} | {
        "over/prod": "->../really/prod",
        "really/prod/kustomization.yaml": "resources: [../../base, extra.yaml]",
        "really/prod/extra.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: prod}\n",
    }
    assert "namespace-prod.yaml" in render(make_job(files, PROD)).layout.contents


def test_warnings_are_kept_and_harm_nothing(make_job) -> None:
    made = render(make_job(FILES | {"over/prod/kustomization.yaml": "bases: [../../base]\n"}, PROD))
    assert len(made.manifests) == 2
    assert any("'bases' is deprecated" in warning for warning in made.warnings)


def test_an_unknown_field_is_told_in_kustomizes_words_with_its_file_and_line(make_job) -> None:
    text = "namespace: prod\nresources: [../../base]\nnameprefiks: x-\n"
    assert failure(make_job(FILES | {"over/prod/kustomization.yaml": text}, PROD)) == (
        "A renderer failed  [render-failed]\n"
        "shop in prod: KUSTOMIZE over/prod  (exit status 1)\n"
        '  error: invalid Kustomization: json: unknown field "nameprefiks"\n'
        "over/prod/kustomization.yaml:3"
    )


def test_a_resource_that_is_no_yaml_is_told_with_its_file_and_line(make_job) -> None:
    told = failure(make_job(FILES | {"base/deployment.yaml": "apiVersion: v1\nkind: Pod\n  bad: {\n"}, PROD))
    assert "MalformedYAMLError: yaml: line" in told
    assert re.search(r"^base/deployment\.yaml:\d", told, re.MULTILINE)


def test_a_patch_without_target_is_told_with_where_it_stands(make_job) -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shap\n"
    told = failure(make_job(FILES | {"over/prod/patch.yaml": patch}, PROD))
    assert "no matches for Id Deployment.v1.apps/shap" in told
    assert told.endswith("\nover/prod/patch.yaml:4")


def test_the_words_name_source_paths_and_no_folder_of_ours(make_job) -> None:
    told = failure(make_job(FILES | {"base/deployment.yaml": "a: 1\n"}, PROD))
    assert "gitpromote-render" not in told
    assert "/tmp" not in told
    assert "base/deployment.yaml" in told


CHART = {
    "k/kustomization.yaml": "helmCharts:\n- {name: shop, releaseName: web, namespace: prod, valuesFile: v.yaml}\n",
    "k/v.yaml": "size: big\n",
    "k/charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "k/charts/shop/templates/a.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\ndata: {size: '{{ .Values.size }}'}\n"
    ),
}


def test_charts_in_a_kustomization_are_inflated_by_the_helm_of_the_job(make_job) -> None:
    made = render(make_job(CHART, KustomizeSpec(path="k")))
    (manifest,) = made.manifests.values()
    assert (manifest.ref.name, manifest.data["data"]) == ("web", {"size": "big"})
    assert [tool.name for tool in made.tools] == ["kustomize", "helm"]


def test_random_values_of_such_a_chart_are_found(make_job) -> None:
    files = CHART | {
        "k/charts/shop/templates/a.yaml": CHART["k/charts/shop/templates/a.yaml"].replace(
            ".Values.size", "randAlphaNum 20"
        )
    }
    made = render(make_job(files, KustomizeSpec(path="k")))
    assert [field.path for field in made.random] == [("data", "size")]
    assert len(made.commands) == 2
