"""The real helm."""

from __future__ import annotations

import pytest

from gitpromote.adapters.renderers.job import render
from gitpromote.errors import RenderFailed, SourceInvalid
from gitpromote.model.render import HelmSpec

CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "charts/web/values.yaml": "size: small\n",
    "charts/web/crds/crd.yaml": (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.acme.example}\n"
    ),
    "charts/web/templates/tests/test.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: test, annotations: {helm.sh/hook: test}}\n"
    ),
    "charts/web/templates/NOTES.txt": "thank you",
}
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
SPEC = HelmSpec(chart="charts/web", release="shop")


def chart(*lines: str, **others: str) -> dict[str, str]:
    """The chart with a ConfigMap of these lines of data."""
    template = MAP + "".join(f"  {line}\n" for line in lines)
    return CHART | {"charts/web/templates/a.yaml": template} | others


def data(made) -> dict[str, str]:
    return next(one.data["data"] for one in made.manifests.values() if one.ref.kind == "ConfigMap")


def test_a_chart_is_templated_with_its_definitions_and_without_its_tests(make_job) -> None:
    made = render(make_job(chart("size: {{ .Values.size }}"), SPEC))
    assert [str(ref) for ref in made.manifests] == [
        "apiextensions.k8s.io/CustomResourceDefinition as.acme.example",
        "ConfigMap a",
    ]
    assert data(made) == {"size": "small"}
    assert made.layout.contents["configmap-a.yaml"].decode() == (
        "# Source: shop/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  size: small\n"
    )


def test_release_namespace_and_capabilities_are_the_ones_asked_for(make_job) -> None:
    files = chart(
        "release: '{{ .Release.Name }}/{{ .Release.Namespace }}'",
        "kube: {{ .Capabilities.KubeVersion.Version }}",
        "api: '{{ .Capabilities.APIVersions.Has \"acme.example/v1\" }}'",
    )
    default = data(render(make_job(files, SPEC)))
    assert default == {"release": "shop/default", "kube": "v1.34.0", "api": "false"}
    spec = HelmSpec(
        chart="charts/web", release="web", namespace="prod", kube_version="1.29.3", api_versions=("acme.example/v1",)
    )
    assert data(render(make_job(files, spec))) == {"release": "web/prod", "kube": "v1.29.3", "api": "true"}


def test_later_values_win_and_single_ones_win_over_all(make_job) -> None:
    files = chart("a: {{ .Values.a }}", "b: {{ .Values.b }}", "c: {{ .Values.c }}") | {
        "one.yaml": "a: one\nb: one\nc: one\n",
        "two, and more.yaml": "b: two\nc: two\n",
    }
    spec = HelmSpec(
        chart="charts/web", release="shop", values=("one.yaml", "two, and more.yaml"), set=(("c", "three"),)
    )
    assert data(render(make_job(files, spec))) == {"a": "one", "b": "two", "c": "three"}


def test_single_values_keep_the_type_that_they_have_in_python(make_job) -> None:
    kept = {
        "true": "string true",
        "": "string ",
        "1.10": "string 1.10",
        "a,b={c} \\d é ü": "string a,b={c} \\d é ü",
        "{a}": "string {a}",
        True: "bool true",
        False: "bool false",
        1000000: "int64 1000000",
        -3: "int64 -3",
        0.5: "float64 0.5",
        None: "invalid <nil>",
    }
    lines = [
        f'v{at}: {{{{ printf "%s %v" (kindOf .Values.x.v{at}) .Values.x.v{at} | quote }}}}' for at in range(len(kept))
    ]
    defaults = "x:\n" + "".join(f"  v{at}: default\n" for at in range(len(kept)))
    single = tuple((f"x.v{at}", value) for at, value in enumerate(kept))
    made = render(
        make_job(
            chart(*lines) | {"charts/web/values.yaml": defaults},
            HelmSpec(chart="charts/web", release="shop", set=single),
        )
    )
    assert list(data(made).values()) == list(kept.values())


@pytest.mark.parametrize(
    ("line", "words", "place"),
    [
        ('a: {{ required "name it" .Values.no }}', "name it", "charts/web/templates/a.yaml:5"),
        ("a: {{ .Values.size.deeper.down }}", "can't evaluate field deeper", "charts/web/templates/a.yaml:5"),
        ("a: {{ .Values.size", "unclosed action", "charts/web/templates/a.yaml:6"),
        ("a: {{ nofunction 1 }}", 'function "nofunction" not defined', "charts/web/templates/a.yaml:5"),
        (
            "a: [",
            "YAML parse error on shop/templates/a.yaml",
            "charts/web/templates/a.yaml:6:1: document 1: while parsing a flow node",
        ),
    ],
)
def test_a_chart_that_fails_is_told_in_helms_words_with_file_and_line(
    make_job, line: str, words: str, place: str
) -> None:
    with pytest.raises(RenderFailed) as caught:
        render(make_job(chart(line), SPEC))
    lines = caught.value.detail.splitlines()
    assert caught.value.code == "render-failed"
    assert lines[0].startswith("shop in prod: helm template shop charts/web --namespace default")
    assert words in caught.value.detail
    assert any(line.startswith(place) for line in lines)


def test_values_that_are_no_yaml_are_told_with_file_and_line(make_job) -> None:
    files = chart("a: b") | {"v.yaml": "a: 1\nb: [\n"}
    with pytest.raises(RenderFailed) as caught:
        render(make_job(files, HelmSpec(chart="charts/web", release="shop", values=("v.yaml",))))
    assert "v.yaml:" in caught.value.detail.splitlines()[-1]


def test_random_values_are_found_by_a_second_render(make_job) -> None:
    made = render(make_job(chart("same: x", "password: {{ randAlphaNum 32 }}"), SPEC))
    assert [(str(field.ref), field.path) for field in made.random] == [("ConfigMap a", ("data", "password"))]
    assert len(made.commands) == 2


def test_a_chart_that_could_be_random_and_is_not_has_no_random_fields(make_job) -> None:
    made = render(make_job(chart("{{ range keys .Values | sortAlpha }}{{ . }}: x{{ end }}"), SPEC))
    assert made.random == ()
    assert len(made.commands) == 2


def test_a_chart_that_cannot_be_random_is_rendered_once(make_job) -> None:
    assert len(render(make_job(chart("a: {{ .Values.size }}"), SPEC)).commands) == 1


def test_a_chart_that_asks_for_the_time_is_warned_of(make_job) -> None:
    made = render(make_job(chart('year: {{ now | date "2006" | quote }}'), SPEC))
    calls = "charts/web/templates/a.yaml: date, charts/web/templates/a.yaml: now"
    assert made.warnings == (f"the output may depend on the time of the render: {calls}",)


def test_a_time_in_seconds_is_found_to_be_random_whenever_it_is_rendered(make_job) -> None:
    made = render(make_job(chart('at: {{ now | date "20060102150405" | quote }}'), SPEC))
    assert [field.path for field in made.random] == [("data", "at")]


def test_a_local_dependency_takes_part(make_job) -> None:
    files = chart('a: {{ include "common.greeting" . }}') | {
        "charts/web/Chart.yaml": CHART["charts/web/Chart.yaml"]
        + "dependencies:\n- {name: common, version: 1.x, repository: 'file://../common'}\n",
        "charts/common/Chart.yaml": "apiVersion: v2\nname: common\nversion: 1.4.0\n",
        "charts/common/templates/_a.tpl": '{{ define "common.greeting" }}hello{{ end }}',
    }
    assert data(render(make_job(files, SPEC))) == {"a": "hello"}


def test_an_object_that_is_rendered_twice_is_refused(make_job) -> None:
    files = chart("a: b") | {"charts/web/templates/b.yaml": MAP + "  c: d\n"}
    with pytest.raises(SourceInvalid) as caught:
        render(make_job(files, SPEC))
    assert caught.value.code == "duplicate-object"


def test_a_placeholder_among_the_inputs_is_refused_before_anything_runs(make_job) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n"
    with pytest.raises(SourceInvalid) as caught:
        render(make_job(chart("a: b") | {"charts/web/files/logo.svg": pointer}, SPEC))
    assert str(caught.value) == (
        "A source file is a Git LFS pointer, not the content  [source-lfs]\n"
        "charts/web/files/logo.svg\n"
        "What a render reads must stand in Git itself:\n"
        "  git lfs untrack PATTERN && git add --renormalize PATH"
    )
