"""No edit in place changes what another Environment of the branch renders: it would pass by that one's gates."""

from __future__ import annotations

import pytest

from gitpromote import App, Branch, Environment, FluxSetters, Helm, InPlace, Kustomize, Plain, SetValue, Warehouse
from gitpromote import Image as Images

IMAGE = "ghcr.io/acme/shop"
DIGEST = "sha256:" + "ab" * 32
NEW = f"{IMAGE}:1.2.0@{DIGEST}"
MARK = '# {"$imagepolicy": "flux-system:shop"}'
TAG_MARK = '# {"$imagepolicy": "flux-system:shop:tag"}'
PARTS = "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\ncommonLabels: {a: b}\n"
ENVS = ("test", "uat", "prod")
BRANCHES = "or give each Environment a branch of its own."
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "chart/values.yaml": "replicas: 1\n",
    "chart/templates/c.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop, namespace: shop}\n"
        'data: {tag: "{{ .Values.image.tag }}", replicas: "{{ .Values.replicas }}"}\n'
    ),
}
VALUES = f'image:\n  repository: {IMAGE}\n  tag: "1.0.0" {TAG_MARK}\n'


def marked(site, version="1.0.0"):
    text = site.deployment("shop", version=version)
    return text.replace(f"shop:{version}\n", f"shop:{version} {MARK}\n")


def in_place(site, app, *names, **members):
    given = {"apps": [app], "target": InPlace("main"), "warehouse": Warehouse(Images(IMAGE)), **members}
    return site.pipeline(*(Environment(name, after=[]) for name in names or ENVS), **given)


def kustomize(*edits):
    return App("shop", Kustomize("overlays/$env"), edits=list(edits))


def helm(values, edit):
    return App("shop", Helm("chart", values=[values]), edits=[edit])


def told(plan, name):
    """Id, status and message of what is said against an Environment's edits."""
    ids = ("setters-shared", "edit-shared")
    return [(one.id, one.status, one.message) for one in plan[name].outcomes if one.id in ids]


@pytest.fixture
def overlays(bare):
    """Overlays of one base, whose image carries a setter comment."""
    files = {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": marked(bare)}
    for env in ENVS:
        files[f"overlays/{env}/kustomization.yaml"] = "resources: [../../base]\n"
    bare.home.commit(files)
    return bare


# -- setter comments


def test_setters_in_a_base_that_others_read_block_everybody(overlays):
    pipeline = in_place(overlays, kustomize(FluxSetters()))
    plan = overlays.plan(pipeline, images=[NEW])
    where = "base/d.yaml:14 (flux-system:shop)"
    remedy = f"Put setter comments where it alone reads them, {BRANCHES}"
    message = f"{where}: uat, prod read that too, and would change past their gates. {remedy}"
    assert told(plan, "test") == [("setters-shared", "fail", message)]
    assert overlays.decisions(plan) == dict.fromkeys(ENVS, "blocked setters-shared")
    outcome = next(one for one in plan["test"].outcomes if one.id == "setters-shared")
    assert (outcome.level, outcome.operands) == ("hard", {"paths": ["base/d.yaml"], "environments": ["uat", "prod"]})
    before = overlays.home.refs()
    result = overlays.apply(plan, project=overlays.project(pipeline), env="test")
    assert overlays.told(result) == {"test": "blocked 13"}
    assert overlays.home.head("main") == before["refs/heads/main"]
    assert overlays.project(pipeline).plan_verify(plan) == []


def test_an_environment_that_is_planned_alone_is_blocked_too(overlays):
    plan = overlays.plan(in_place(overlays, kustomize(FluxSetters())), images=[NEW], env="test")
    assert overlays.decisions(plan) == {"test": "blocked setters-shared"}


def test_setters_of_their_own_go_through(overlays):
    overlays.home.commit(
        {
            "base/d.yaml": overlays.deployment("shop"),
            **{f"overlays/{env}/d.yaml": marked(overlays).replace("name: shop", "name: own") for env in ENVS},
            **{f"overlays/{env}/kustomization.yaml": "resources: [../../base, d.yaml]\n" for env in ENVS},
        }
    )
    pipeline = in_place(overlays, kustomize(FluxSetters()))
    plan = overlays.plan(pipeline, images=[NEW])
    assert overlays.told(overlays.apply(plan, project=overlays.project(pipeline))) == dict.fromkeys(ENVS, "written")
    assert NEW in overlays.home.show("main:overlays/prod/d.yaml")
    assert overlays.home.show("main:base/d.yaml") == overlays.deployment("shop")


def test_a_base_may_be_edited_for_each_environment_that_is_rendered(overlays):
    pipeline = in_place(overlays, kustomize(FluxSetters()), target=Branch("env/$env"))
    plan = overlays.plan(pipeline, images=[NEW])
    assert overlays.told(overlays.apply(plan, project=overlays.project(pipeline), env="test")) == {"test": "written"}
    assert any(NEW in text for text in overlays.home.files("env/test").values())
    assert overlays.home.head("env/prod") is None
    assert overlays.home.show("main:base/d.yaml") == marked(overlays)


def test_a_base_may_be_edited_on_branches_of_their_own(overlays):
    for env in ENVS:
        overlays.home.move(f"env/{env}", overlays.home.head("main"))
    pipeline = in_place(overlays, kustomize(FluxSetters()), target=InPlace("env/$env"))
    plan = overlays.plan(pipeline, images=[NEW])
    assert overlays.told(overlays.apply(plan, project=overlays.project(pipeline), env="test")) == {"test": "written"}
    assert NEW in overlays.home.show("env/test:base/d.yaml")
    assert overlays.home.show("env/prod:base/d.yaml") == marked(overlays)


def test_an_environment_alone_on_its_branch_is_nobody_elses(overlays):
    plan = overlays.plan(in_place(overlays, kustomize(FluxSetters()), "test"), images=[NEW])
    assert overlays.decisions(plan) == {"test": "ready"}


def test_a_file_behind_a_link_is_the_file_that_it_leads_to(bare):
    bare.home.commit({"shared/d.yaml": marked(bare)})
    bare.home.commit({f"apps/{env}/d.yaml": "../../shared/d.yaml" for env in ("test", "prod")}, mode="120000")
    app = App("shop", Plain("apps/$env"), edits=[FluxSetters()])
    plan = bare.plan(in_place(bare, app, "test", "prod"), images=[NEW])
    assert bare.decisions(plan) == dict.fromkeys(("test", "prod"), "blocked setters-shared")
    [(_, _, message)] = told(plan, "test")
    assert message.startswith(
        "shared/d.yaml:14 (flux-system:shop): prod reads that too, and would change past its gates."
    )


def test_somebody_who_reads_the_whole_tree_reads_it_too(bare):
    bare.home.commit({"apps/test/d.yaml": marked(bare), "plugin.yaml": "x: 1\n"})
    bare.home.commit({"apps/prod/kustomization.yaml": "transformers: [t.yaml]\n", "apps/prod/t.yaml": "kind: Own\n"})
    apps = [App("shop", Plain("apps/test"), edits=[FluxSetters()]), App("all", Plain("."), edits=[FluxSetters()])]
    pipeline = bare.pipeline(
        *(Environment("test", apps=["shop"]), Environment("prod", apps=["all"], after=[])),
        apps=apps,
        target=InPlace("main"),
        warehouse=Warehouse(Images(IMAGE)),
    )
    assert bare.decisions(bare.plan(pipeline, images=[NEW], env="test")) == {"test": "blocked setters-shared"}


# -- charts


@pytest.mark.parametrize("folder", ["envs/$env.yaml", "chart/values-$env.yaml"])
def test_a_shared_chart_with_setters_in_each_values_file_goes(bare, folder):
    files = {folder.replace("$env", env): VALUES for env in ENVS}
    bare.home.commit({**CHART, **files})
    pipeline = in_place(bare, helm(folder, FluxSetters()))
    plan = bare.plan(pipeline, images=[NEW])
    assert [[write.path for write in plan[env].writes] for env in ENVS] == [[path] for path in files]
    assert bare.told(bare.apply(plan, project=bare.project(pipeline), env="test")) == {"test": "written"}
    changed = VALUES.replace("1.0.0", f"1.2.0@{DIGEST}")
    assert [bare.home.show(f"main:{path}") for path in files] == [changed, VALUES, VALUES]
    assert bare.told(bare.apply(plan, project=bare.project(pipeline))) == {
        "test": "already",
        "uat": "written",
        "prod": "written",
    }


def test_setters_in_the_charts_own_values_are_everybodys(bare):
    """Also where each values file says something else: they would be written by turns."""
    bare.home.commit(
        {**CHART, "chart/values.yaml": VALUES + "replicas: 1\n", **{f"envs/{env}.yaml": VALUES for env in ENVS}}
    )
    plan = bare.plan(in_place(bare, helm("envs/$env.yaml", FluxSetters())), images=[NEW])
    assert bare.decisions(plan) == dict.fromkeys(ENVS, "blocked setters-shared")


def test_a_values_file_in_the_charts_folder_is_nobody_elses(bare):
    bare.home.commit({**CHART, **{f"chart/values-{env}.yaml": VALUES for env in ENVS}})
    edit = SetValue("chart/values-$env.yaml", "image.tag", image=IMAGE)
    plan = bare.plan(in_place(bare, helm("chart/values-$env.yaml", edit)), images=[NEW])
    assert bare.decisions(plan) == dict.fromkeys(ENVS, "ready")


def test_unless_a_template_reads_it(bare):
    template = (
        CHART["chart/templates/c.yaml"] + '{{- range $path, $_ := .Files.Glob "values-*.yaml" }}\n# x\n{{- end }}\n'
    )
    template = template.replace("data: {", 'data: {all: {{ .Files.Get "values-test.yaml" | toJson }}, ')
    bare.home.commit(
        {**CHART, "chart/templates/c.yaml": template, **{f"chart/values-{env}.yaml": VALUES for env in ENVS}}
    )
    edit = SetValue("chart/values-$env.yaml", "image.tag", image=IMAGE)
    plan = bare.plan(in_place(bare, helm("chart/values-$env.yaml", edit)), images=[NEW])
    assert bare.decisions(plan) == {"test": "blocked edit-shared", "uat": "ready", "prod": "ready"}
    remedy = f"Name a file, or a place in it, that is its own, {BRANCHES}"
    message = "chart/values-test.yaml: image.tag: uat, prod read that too, and would change past their gates. "
    assert told(plan, "test") == [("edit-shared", "fail", message + remedy)]


# -- values and images


def test_a_value_in_a_file_that_others_render_from_is_not_to_be_edited(bare):
    bare.home.commit({**CHART, "common.yaml": VALUES, "other.yaml": "a: a\n"})
    apps = [
        App("shop", Helm("chart", values=["common.yaml"]), edits=[SetValue("common.yaml", "image.tag", image=IMAGE)]),
        App(
            "other", Helm("chart", values=["common.yaml", "other.yaml"]), edits=[SetValue("other.yaml", "a", value="b")]
        ),
    ]
    pipeline = bare.pipeline(
        *(Environment("test", apps=["shop"]), Environment("prod", apps=["other"], after=[])),
        apps=apps,
        target=InPlace("main"),
        warehouse=Warehouse(Images(IMAGE)),
    )
    plan = bare.plan(pipeline, images=[NEW])
    assert bare.decisions(plan)["test"] == "blocked edit-shared"
    [(_, status, message)] = told(plan, "test")
    assert (status, message.partition(" Name")[0]) == (
        "fail",
        "common.yaml: image.tag: prod reads that too, and would change past its gates.",
    )


def test_an_overlay_that_another_one_builds_on_is_not_to_be_edited(overlays):
    overlays.home.commit(
        {
            "base/d.yaml": overlays.deployment("shop"),
            "overlays/prod/kustomization.yaml": "resources: [../uat]\n",
            "parts/kustomization.yaml": PARTS,
            "overlays/uat/kustomization.yaml": "resources: [../../base]\ncomponents: [../../parts]\n",
            "overlays/test/kustomization.yaml": "resources: [../../base]\ncomponents: [../../parts]\n",
        }
    )
    plan = overlays.plan(in_place(overlays, kustomize()), images=[NEW])
    assert overlays.decisions(plan) == {"test": "ready", "uat": "blocked edit-shared", "prod": "ready"}
    remedy = f"Let no other kustomization build on this one, {BRANCHES}"
    message = "overlays/uat/kustomization.yaml: images: prod reads that too, and would change past its gates. "
    assert told(plan, "uat") == [("edit-shared", "fail", message + remedy)]


# -- what cannot be told, and what is not there yet


def test_where_another_one_cannot_be_read_nothing_is_written(overlays):
    overlays.home.commit({"overlays/prod/kustomization.yaml": "resources: [\n"})
    plan = overlays.plan(in_place(overlays, kustomize()), images=[NEW], env="test")
    [(code, status, message)] = told(plan, "test")
    assert (code, status) == ("edit-shared", "error")
    assert message.startswith("it cannot be told whether prod reads what is edited here. ")
    assert "overlays/prod/kustomization.yaml" in message


def test_one_whose_sources_are_not_there_yet_reads_nothing(overlays):
    overlays.home.commit({"overlays/prod/kustomization.yaml": None, "base/d.yaml": overlays.deployment("shop")})
    plan = overlays.plan(in_place(overlays, kustomize()), images=[NEW], env="test")
    assert overlays.decisions(plan) == {"test": "ready"}


# -- at apply


def test_somebody_who_reads_it_since_the_plan_keeps_it_from_being_written(overlays):
    overlays.home.commit({"base/d.yaml": overlays.deployment("shop")})
    pipeline = in_place(overlays, kustomize())
    plan = overlays.plan(pipeline, images=[NEW])
    overlays.home.commit({"overlays/prod/kustomization.yaml": "resources: [../test]\n"}, message="build on test")
    result = overlays.apply(plan, project=overlays.project(pipeline), env="test")
    [one] = result.environments
    assert (one.status, one.code) == ("blocked", "edit-shared")
    assert overlays.home.log("main")[0] == "build on test"


def test_a_rollback_edits_nothing_that_others_read_by_now(overlays):
    overlays.home.commit({"base/d.yaml": overlays.deployment("shop")})
    pipeline = in_place(overlays, kustomize())
    overlays.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    overlays.promote(pipeline, images=[NEW])
    overlays.home.commit({"overlays/prod/kustomization.yaml": "resources: [../uat]\n"}, message="build on uat")
    plan = overlays.project(pipeline).rollback("uat", reason="5xx")
    assert overlays.decisions(plan) == {"uat": "blocked edit-shared"}


# -- what is left alone


def test_setters_of_which_nothing_says_the_image_are_told(bare):
    values = VALUES + 'sidecarTag: "2.0" # {"$imagepolicy": "flux-system:side:tag"}\n'
    bare.home.commit({**CHART, **{f"envs/{env}.yaml": values for env in ENVS}})
    note = "envs/test.yaml:4: flux-system:side stays as it is: neither its value, nor what stands beside it, nor an "
    note += "ImagePolicy says which image it is of"
    plan = bare.plan(in_place(bare, helm("envs/$env.yaml", FluxSetters())), images=[NEW])
    assert [one.message for one in plan["test"].outcomes if one.id == "setters-unclear"] == [note]
    pipeline = in_place(bare, helm("envs/$env.yaml", FluxSetters()), target=Branch("env/$env"))
    plan = bare.plan(pipeline, images=[NEW])
    assert [one.message for one in plan["test"].outcomes if one.id == "render-warning"] == [f"shop: {note}"]
