"""Where an object and its fields come from: told where it is sure, and not where it is a guess."""

from __future__ import annotations

import pytest

from gitpromote.model.render import ChainSpec, HelmSpec, KustomizeSpec, PlainSpec, PythonSpec
from gitpromote.render.origin import Origin, Origins, field_line
from gitpromote.render.parse import parse_manifests

TEXT = """\
# about it
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {a.b/c: x}
spec:
  replicas: 1
  replicas: 2
  template:
    spec:
      containers:
        - name: web
          image: a
        - image: b
          name: side
          env: [{name: A}, {name: A, value: "2"}]
      yes: 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 0),
        (("kind",), 2),
        (("metadata", "annotations", "a.b/c"), 5),
        (("spec", "replicas"), 8),
        (("spec", "template", "spec", "containers"), 11),
        (("spec", "template", "spec", "containers", 1), 14),
        (("spec", "template", "spec", "containers", {"name": "side"}, "image"), 14),
        (("spec", "template", "spec", "containers", {"name": "side"}, "env", {"name": "A", "#": 2}, "value"), 16),
        (("spec", "template", "spec", "true"), 17),
        (("spec", "template", "spec", "containers", 7), None),
        (("spec", "template", "spec", "containers", {"name": "no"}), None),
        (("spec", "replicas", "deeper"), None),
        (("nothing",), None),
    ],
)
def test_a_field_has_a_line(path, line):
    assert field_line(TEXT, path) == line


DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {}\n"
PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {paused: true}\n"


def rendered(text):
    [one] = parse_manifests(text.encode(), file="out.yaml").manifests.values()
    return one


def origins(spec, files):
    return Origins(spec, files, lambda paths: {path: files[path].encode() for path in paths})


def test_plain_sources_are_named_to_the_field():
    files = {
        "deploy/all.yaml": f"{SERVICE}---\n{DEPLOYMENT}",
        "deploy/notes.txt": DEPLOYMENT,
        "deploy/x.yaml": "{{ x }}",
    }
    found = origins(PlainSpec(path="deploy"), files)
    assert found.of(rendered(DEPLOYMENT)) == Origin("deploy/all.yaml", 6)
    assert found.of(rendered(DEPLOYMENT), ("spec", "replicas")) == Origin("deploy/all.yaml", 10)
    assert found.of(rendered(DEPLOYMENT), ("spec", "paused")) == Origin("deploy/all.yaml", 9)
    assert found.of(rendered(DEPLOYMENT), ("metadata", "labels", "team")) == Origin("deploy/all.yaml", 8)
    assert found.of(rendered(DEPLOYMENT.replace("web", "api"))) is None


def test_a_namespace_may_come_later_but_not_another():
    files = {"a.yaml": DEPLOYMENT}
    there = DEPLOYMENT.replace("{name: web}", "{name: web, namespace: shop}")
    assert origins(KustomizeSpec(path="."), files).of(rendered(there)) == Origin("a.yaml", 1)
    assert origins(KustomizeSpec(path="."), {"a.yaml": there}).of(rendered(DEPLOYMENT)) is None


def test_of_base_and_patch_the_one_that_has_the_field_is_meant():
    found = origins(KustomizeSpec(path="over"), {"base/web.yaml": DEPLOYMENT, "over/patch.yaml": PATCH})
    assert found.of(rendered(DEPLOYMENT), ("spec", "replicas")) == Origin("base/web.yaml", 5)
    assert found.of(rendered(DEPLOYMENT), ("spec", "paused")) == Origin("over/patch.yaml", 4)
    assert found.of(rendered(DEPLOYMENT), ("spec", "template")) is None
    assert found.of(rendered(DEPLOYMENT)) is None


def test_of_base_and_patch_the_one_that_has_more_of_the_way_to_a_missing_field_is_meant():
    base = DEPLOYMENT + "  template:\n    spec:\n      containers:\n        - name: web\n          image: a\n"
    found = origins(KustomizeSpec(path="over"), {"base/web.yaml": base, "over/patch.yaml": PATCH})
    path = ("spec", "template", "spec", "containers", {"name": "web"}, "resources", "limits")
    assert found.of(rendered(base), path) == Origin("base/web.yaml", 9)
    assert found.of(rendered(base), ("spec", "strategy")) is None


def test_what_is_not_rendered_any_more_is_left_out_by_a_patch_or_else_by_its_folder():
    gone = rendered(DEPLOYMENT)
    patch = f"$patch: delete\n{DEPLOYMENT}"
    over = {"over/kustomization.yaml": "resources: [../base]\n", "base/kustomization.yaml": "resources: []\n"}
    assert origins(KustomizeSpec(path="over"), {**over, "over/p.yaml": patch}).dropped(gone) == Origin("over/p.yaml", 1)
    assert origins(KustomizeSpec(path="over"), over).dropped(gone) == Origin("over/kustomization.yaml", 0)
    assert origins(PlainSpec(path="deploy"), {"deploy/a.yaml": SERVICE}).dropped(gone) == Origin("deploy", 0)
    assert origins(HelmSpec(chart="charts/shop", release="r"), {}).dropped(gone) is None


def test_helm_says_the_template_itself():
    files = {"charts/shop/templates/web.yaml": "", "charts/shop/charts/db/templates/db.yaml": ""}
    spec = HelmSpec(chart="charts/shop", release="r")
    found = origins(spec, files)
    assert found.of(rendered(f"# Source: store/templates/web.yaml\n{DEPLOYMENT}")) == Origin(
        "charts/shop/templates/web.yaml", 0
    )
    assert found.of(rendered(f"# hi\n# Source: store/charts/db/templates/db.yaml\n{DEPLOYMENT}")) == Origin(
        "charts/shop/charts/db/templates/db.yaml", 0
    )
    assert found.of(rendered(f"# Source: store/../../../etc/passwd\n{DEPLOYMENT}")) is None
    assert found.of(rendered(DEPLOYMENT)) is None
    chain = ChainSpec(first=spec, second=KustomizeSpec(path="over"))
    assert origins(chain, files).of(rendered(f"# Source: store/templates/web.yaml\n{DEPLOYMENT}")) is not None


def test_items_of_lists_and_functions_are_not_guessed():
    item = '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}'
    text = f'{{"apiVersion": "v1", "kind": "List", "items": [{item}]}}'
    assert origins(PlainSpec(path="."), {"a.yaml": text}).of(rendered(DEPLOYMENT)) is None
    assert (
        origins(PythonSpec(function="m:f", file="m.py", code=""), {"a.yaml": DEPLOYMENT}).of(rendered(DEPLOYMENT))
        is None
    )


@pytest.mark.parametrize(
    ("source", "lines", "place"),
    [
        (DEPLOYMENT, 4, Origin("a/x.yaml", 5)),
        ("# one\n---\n" + DEPLOYMENT, 4, Origin("a/x.yaml", 7)),
        # Another line, one more or less: nobody knows which it is.
        (DEPLOYMENT.replace("replicas: 1", "replicas: 2"), 4, None),
        (DEPLOYMENT.replace("replicas: 1", "replicas: 2"), 3, Origin("a/x.yaml", 4)),
        (DEPLOYMENT + "  paused: true\n", 4, None),
        (DEPLOYMENT, 5, None),
        ("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Service, metadata: {name: web}}]\n", 2, None),
    ],
)
def test_a_line_below_an_object_is_that_of_its_source(source, lines, place):
    found = origins(PlainSpec(path="a"), {"a/x.yaml": source})
    assert found.below(rendered(DEPLOYMENT), lines) == place
