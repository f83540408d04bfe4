"""Sources that are edited in place: only the bytes that are meant, with the rendered diff, and nobody else's edit."""

from __future__ import annotations

import pytest
import yaml

from gitpromote import App, Environment, FluxSetters, Helm, InPlace, Kustomize, Plain, SetValue, Warehouse
from gitpromote import Image as Images
from gitpromote.engine import rollback_in_place, verbs
from gitpromote.errors import Blocked, PlanInvalid, UsageError
from gitpromote.render.edits_found import FoundEdits

IMAGE = "ghcr.io/acme/shop"
DIGEST = "sha256:" + "ab" * 32
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "chart/values.yaml": "replicas: 1\nimage: {repository: x, tag: x}\n",
    "chart/templates/d.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers: [{name: web, image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"}]
""",
}
VALUES = "# {env}\nimage:\n  repository: ghcr.io/acme/shop\n  tag:   '1.0.0'   # ours\n"
KUSTOMIZATION = """\
# overlay {env}
resources: [../../base]   # one
namespace: shop-{env}
images:
- name: ghcr.io/acme/shop
  newTag: 1.0.0   # ours
"""


@pytest.fixture
def chart(bare):
    envs = ("test", "prod")
    bare.home.commit(CHART | {f"envs/{env}.yaml": VALUES.format(env=env) for env in envs})
    return bare


def helm(site, *environments, **members):
    edits = [SetValue("envs/$env.yaml", "image.tag", image=IMAGE)]
    given = {
        "apps": [App("shop", Helm("chart", values=["envs/$env.yaml"]), edits=edits)],
        "target": InPlace("main"),
        "warehouse": Warehouse(Images(IMAGE, "^1")),
        **members,
    }
    return site.pipeline(*(environments or (Environment("test"), Environment("prod"))), **given)


def test_helm_values_are_edited_and_the_rendered_diff_is_shown(chart):
    pipeline = helm(chart)
    plan = chart.plan(pipeline, images=[f"{IMAGE}:1.1.0@{DIGEST}"])
    [change] = plan["prod"].changes
    assert [(field.path, field.before, field.after) for field in change.fields] == [
        (
            ("spec", "template", "spec", "containers", {"name": "web"}, "image"),
            *(f"{IMAGE}:1.0.0", f"{IMAGE}:1.1.0@{DIGEST}"),
        )
    ]
    assert [write.path for write in plan["prod"].writes] == ["envs/prod.yaml"]
    predicted = next(one for one in plan["prod"].outcomes if one.id == "predicted")
    assert predicted.message == "predicted: the agent renders"
    before = chart.home.files("main")
    assert chart.told(chart.apply(plan, project=chart.project(pipeline))) == {"test": "written", "prod": "written"}
    wanted = {
        f"envs/{env}.yaml": VALUES.format(env=env).replace("1.0.0", f"1.1.0@{DIGEST}") for env in ("test", "prod")
    }
    assert chart.home.files("main") == before | wanted
    assert chart.home.log("main")[:2] == [
        f"promote({env}): {plan.data.freight[plan[env].freight['shop'].id].alias}" for env in ("prod", "test")
    ]
    again = chart.project(pipeline).plan()
    assert chart.decisions(again) == {"test": "noop", "prod": "noop"}
    assert chart.project(pipeline).verify().ok
    told = chart.told(chart.apply(plan, project=chart.project(pipeline)))
    assert told == {"test": "already", "prod": "already"}


def test_kustomize_images_are_edited_and_comments_stay(bare):
    base = {
        "base/kustomization.yaml": "resources: [d.yaml]\n",
        "base/d.yaml": bare.deployment("x"),
        **{f"overlays/{env}/kustomization.yaml": KUSTOMIZATION.format(env=env) for env in ("test", "prod")},
    }
    bare.home.commit(base)
    pipeline = bare.pipeline(
        *(Environment("test"), Environment("prod")),
        apps=[App("shop", Kustomize("overlays/$env"))],
        target=InPlace("main"),
        warehouse=Warehouse(Images(IMAGE)),
    )
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.2.0"])
    assert bare.told(bare.apply(plan, project=bare.project(pipeline))) == {"test": "written", "prod": "written"}
    wanted = {path: text.replace("newTag: 1.0.0", "newTag: 1.2.0") for path, text in base.items() if "overlays" in path}
    assert bare.home.files("main") == base | wanted
    assert bare.decisions(bare.project(pipeline).plan()) == {"test": "noop", "prod": "noop"}


# -- one file, several environments

SHARED = """\
eu: {image: {repository: ghcr.io/acme/shop, tag: 1.0.0}}  # eu
us: {image: {repository: ghcr.io/acme/shop, tag: 1.0.0}}  # us
"""
SHARED_TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Values.region }}, namespace: shop}
data: {tag: "{{ (index .Values .Values.region).image.tag }}"}
"""


@pytest.fixture
def regions(bare):
    chart = {"chart/Chart.yaml": CHART["chart/Chart.yaml"], "chart/templates/c.yaml": SHARED_TEMPLATE}
    bare.home.commit({**chart, "values.yaml": SHARED})
    edits = [SetValue("values.yaml", "$env.image.tag", image=IMAGE)]
    app = App("shop", Helm("chart", values=["values.yaml"], set={"region": "$env"}), edits=edits)
    envs = Environment("eu", after=[]), Environment("us", after=[])
    return bare, helm(bare, *envs, apps=[app])


def both(eu, us=None):
    lines = SHARED.splitlines(keepends=True)
    return lines[0].replace("1.0.0", eu) + lines[1].replace("1.0.0", us or eu)


def test_two_environments_edit_their_keys_of_one_file(regions):
    site, pipeline = regions
    plan = site.plan(pipeline, images=[f"{IMAGE}:1.1.0"])
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"eu": "written", "us": "written"}
    assert site.home.show("main:values.yaml") == both("1.1.0")
    assert site.home.show("main~1:values.yaml") == both("1.1.0", "1.0.0")
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"eu": "already", "us": "already"}
    assert site.decisions(site.project(pipeline).plan()) == {"eu": "noop", "us": "noop"}
    assert site.project(pipeline).verify().ok


def test_an_environment_does_not_bring_along_the_edit_of_another_one(regions):
    site, pipeline = regions
    plan = site.plan(pipeline, images=[f"{IMAGE}:1.1.0"])
    before = site.home.refs()
    result = site.apply(plan, project=site.project(pipeline), env="us")
    found = result.environments[0]
    assert (found.status, found.code, found.message) == ("waiting", "stacked", "values.yaml is edited by eu first")
    assert site.home.refs() == before
    assert site.told(site.apply(plan, project=site.project(pipeline), env="eu")) == {"eu": "written"}
    assert site.home.show("main:values.yaml") == both("1.1.0", "1.0.0")
    assert site.told(site.apply(plan, project=site.project(pipeline), env="us")) == {"us": "written"}
    assert site.home.show("main:values.yaml") == both("1.1.0")


def test_planned_alone_an_environment_is_edited_alone(regions):
    site, pipeline = regions
    plan = site.plan(pipeline, images=[f"{IMAGE}:1.1.0"], env="us")
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"us": "written"}
    assert site.home.show("main:values.yaml") == both("1.0.0", "1.1.0")


# -- foreign content


def test_an_edited_value_that_somebody_changed_is_foreign(chart):
    pipeline = helm(chart)
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    text = chart.home.show("main:envs/test.yaml")
    commit = chart.home.commit({"envs/test.yaml": text.replace("1.1.0", "1.0.9")}, message="hot")
    chart.home.commit({"README": "x\n"}, message="unrelated")
    plan = chart.project(pipeline).plan()
    assert chart.decisions(plan)["test"] == "blocked foreign"
    found = next(one for one in plan["test"].outcomes if one.id == "foreign")
    assert found.operands["commits"] == [commit]
    head = chart.home.head("main")
    replaced = chart.project(pipeline).plan(replace={"test": head})
    assert chart.told(chart.apply(replaced, project=chart.project(pipeline)))["test"] == "written"
    assert chart.home.show("main:envs/test.yaml") == text


def test_another_value_in_an_edited_file_is_not_foreign(chart):
    pipeline = helm(chart)
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    text = chart.home.show("main:envs/test.yaml")
    chart.home.commit({"envs/test.yaml": "replicas: 3\n" + text}, message="three")
    assert chart.decisions(chart.project(pipeline).plan()) == {"test": "noop", "prod": "noop"}


def test_an_adopted_value_stays_until_the_next_freight(chart):
    pipeline = helm(chart)
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    with pytest.raises(UsageError, match="nothing-to-adopt"):
        chart.project(pipeline).adopt("test", reason="x")
    text = chart.home.show("main:envs/test.yaml")
    chart.home.commit({"envs/test.yaml": text.replace("1.1.0", "1.0.9")}, message="hot")
    chart.project(pipeline).adopt("test", reason="hot")
    assert chart.decisions(chart.project(pipeline).plan())["test"] == "noop"
    assert "1.0.9" in chart.home.show("main:envs/test.yaml")
    chart.promote(pipeline, images=[f"{IMAGE}:1.2.0"])
    assert "1.2.0" in chart.home.show("main:envs/test.yaml")


def test_a_place_that_the_pipeline_no_longer_edits_is_not_in_the_way(chart):
    """Somebody moved the value to another key, in the sources and in the pipeline."""
    pipeline = helm(chart)
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    files = {f"envs/{env}.yaml": "image: {repository: r}\nversion: 1.1.0\n" for env in ("test", "prod")}
    template = CHART["chart/templates/d.yaml"].replace(".Values.image.tag", ".Values.version")
    chart.home.commit({**files, "chart/templates/d.yaml": template}, message="moved")
    moved = App(
        "shop", Helm("chart", values=["envs/$env.yaml"]), edits=[SetValue("envs/$env.yaml", "version", image=IMAGE)]
    )
    plan = chart.project(helm(chart, apps=[moved])).plan()
    assert chart.decisions(plan)["test"] == "blocked foreign"
    chart.project(helm(chart, apps=[moved])).adopt("test", reason="moved")
    assert "foreign" not in chart.decisions(chart.project(helm(chart, apps=[moved])).plan())["test"]


# -- rollback


def test_a_rollback_writes_the_recorded_values_and_leaves_the_rest(chart):
    pipeline = helm(chart)
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    chart.promote(pipeline, images=[f"{IMAGE}:1.2.0"])
    text = chart.home.show("main:envs/prod.yaml")
    chart.home.commit({"envs/prod.yaml": "replicas: 3\n" + text}, message="three")
    plan = chart.project(pipeline).rollback("prod", reason="5xx")
    assert chart.told(chart.apply(plan, project=chart.project(pipeline))) == {"prod": "written"}
    assert chart.home.show("main:envs/prod.yaml") == "replicas: 3\n" + text.replace("1.2.0", "1.1.0")
    assert "1.2.0" in chart.home.show("main:envs/test.yaml")
    assert chart.decisions(chart.project(pipeline).plan())["prod"] == "held held"
    assert chart.project(pipeline).verify().ok


def test_a_rollback_leads_out_of_a_foreign_value(chart):
    pipeline = helm(chart)
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    chart.promote(pipeline, images=[f"{IMAGE}:1.2.0"])
    text = chart.home.show("main:envs/prod.yaml")
    chart.home.commit({"envs/prod.yaml": text.replace("1.2.0", "1.9.9")}, message="hot")
    plan = chart.project(pipeline).rollback("prod", reason="5xx")
    assert chart.told(chart.apply(plan, project=chart.project(pipeline))) == {"prod": "written"}
    assert chart.home.show("main:envs/prod.yaml") == text.replace("1.2.0", "1.1.0")


def adopted(site, pipeline, before="1.1.0", after="1.1.5", path="envs/test.yaml"):
    """Somebody changed the value by hand, it was adopted, and then something else was promoted."""
    site.promote(pipeline, images=[f"{IMAGE}:{before}"])
    text = site.home.show(f"main:{path}").replace(before, after)
    site.home.commit({path: text}, message="by hand")
    record = site.project(pipeline).adopt("test", reason="hot")
    assert site.project(pipeline).verify().ok
    site.clock.sleep(60)
    site.promote(pipeline, images=[f"{IMAGE}:1.2.0"])
    assert "1.2.0" in site.home.show(f"main:{path}")
    return text, record


def test_a_rollback_restores_the_values_that_were_adopted(chart):
    pipeline = helm(chart)
    text, record = adopted(chart, pipeline)
    assert record.data["edits"] == [
        {"kind": "set-value", "file": "envs/test.yaml", "path": "image.tag", "value": "1.1.5"}
    ]
    plan = chart.project(pipeline).rollback("test", reason="5xx")
    assert chart.told(chart.apply(plan, project=chart.project(pipeline))) == {"test": "written"}
    assert chart.home.show("main:envs/test.yaml") == text
    assert chart.project(pipeline).verify().ok
    assert [one.drift for one in chart.project(pipeline).status().data.environments] == [False, False]


@pytest.mark.parametrize("value", ["1.40", "20240101", "yes", "0x1F"])
def test_a_number_that_was_adopted_is_restored_as_it_was_written(chart, value):
    pipeline = helm(chart)
    plain = VALUES.format(env="test").replace("'1.0.0'", "1.0.0")
    chart.home.commit({"envs/test.yaml": plain})
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    text = plain.replace("1.0.0", value)
    chart.home.commit({"envs/test.yaml": text}, message="by hand")
    record = chart.project(pipeline).adopt("test", reason="hot")
    assert record.data["edits"] == [
        {"kind": "set-value", "file": "envs/test.yaml", "path": "image.tag", "plain": value}
    ]
    chart.clock.sleep(60)
    chart.promote(pipeline, images=[f"{IMAGE}:1.2.0"])
    plan = chart.project(pipeline).rollback("test", reason="5xx")
    assert chart.told(chart.apply(plan, project=chart.project(pipeline))) == {"test": "written"}
    assert chart.home.show("main:envs/test.yaml") == text
    assert chart.project(pipeline).verify().ok


def test_a_rollback_is_only_proposed_where_it_can_be_made(chart):
    pipeline = helm(chart)
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    text = chart.home.show("main:envs/test.yaml") + "\n"
    chart.home.commit({"envs/test.yaml": "replicas: 2\n"}, message="by hand")
    chart.project(pipeline).adopt("test", reason="hot")
    chart.home.commit({"envs/test.yaml": text}, message="put back")
    chart.clock.sleep(60)
    chart.promote(pipeline, images=[f"{IMAGE}:1.2.0"])
    chart.home.commit({f"envs/{env}.yaml": text for env in ("test", "prod")}, message="by hand")
    plan = chart.project(pipeline).plan()
    back = {
        env: outcome.operands["back"]
        for env in ("test", "prod")
        for outcome in plan[env].outcomes
        if outcome.id == "foreign"
    }
    assert back == {"test": False, "prod": True}
    assert chart.project(pipeline).can_roll_back("test", "prod") == ("prod",)


def test_what_is_changed_after_it_was_adopted_is_foreign_and_may_be_adopted_again(chart):
    pipeline = helm(chart)
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    for value in ("1.1.5", "1.1.6"):
        text = VALUES.format(env="test").replace("1.0.0", value)
        chart.home.commit({"envs/test.yaml": text}, message="by hand")
        assert chart.decisions(chart.project(pipeline).plan())["test"] == "blocked foreign"
        chart.project(pipeline).adopt("test", reason="hot")
        assert chart.decisions(chart.project(pipeline).plan())["test"] == "noop"
        with pytest.raises(UsageError, match="nothing-to-adopt"):
            chart.project(pipeline).adopt("test", reason="x")


@pytest.mark.parametrize(
    "after", ["image: ghcr.io/acme/shop:1.1.5 # {}", "image: ghcr.io/acme/shop:1.1.5@sha256:" + "c" * 64 + " # {}"]
)
def test_values_behind_setter_comments_that_were_adopted_are_restored(bare, after):
    mark = '{"$imagepolicy": "flux-system:shop"}'
    line = "image: ghcr.io/acme/shop:1.0.0 # {}"
    deployment = bare.deployment("x").replace("image: ghcr.io/acme/shop:1.0.0", line.format(mark))
    assert mark in deployment
    bare.home.commit({"deploy/d.yaml": deployment})
    pipeline = bare.pipeline(
        Environment("test"),
        apps=[App("shop", Plain("deploy"), edits=[FluxSetters()])],
        target=InPlace("main"),
        warehouse=Warehouse(Images(IMAGE)),
    )
    bare.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    text = deployment.replace(line.format(mark), after.format(mark))
    bare.home.commit({"deploy/d.yaml": text}, message="by hand")
    bare.project(pipeline).adopt("test", reason="hot")
    bare.clock.sleep(60)
    bare.promote(pipeline, images=[f"{IMAGE}:1.2.0"])
    plan = bare.project(pipeline).rollback("test", reason="5xx")
    assert bare.told(bare.apply(plan, project=bare.project(pipeline))) == {"test": "written"}
    assert bare.home.show("main:deploy/d.yaml") == text


@pytest.mark.parametrize("after", ["newTag: 1.1.5", "digest: sha256:" + "c" * 64])
def test_an_image_of_a_kustomization_that_was_adopted_is_restored(bare, after):
    path = "overlays/test/kustomization.yaml"
    base = {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": bare.deployment("x")}
    bare.home.commit({**base, path: KUSTOMIZATION.format(env="test")})
    pipeline = bare.pipeline(
        Environment("test"),
        apps=[App("shop", Kustomize("overlays/$env"))],
        target=InPlace("main"),
        warehouse=Warehouse(Images(IMAGE)),
    )
    bare.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    before = bare.home.show(f"main:{path}")
    bare.home.commit({path: before.replace("newTag: 1.1.0", after)}, message="by hand")
    record = bare.project(pipeline).adopt("test", reason="hot")
    bare.clock.sleep(60)
    bare.promote(pipeline, images=[f"{IMAGE}:1.2.0"])
    plan = bare.project(pipeline).rollback("test", reason="5xx")
    assert bare.told(bare.apply(plan, project=bare.project(pipeline))) == {"test": "written"}
    [image] = yaml.safe_load(bare.home.show(f"main:{path}"))["images"]
    assert image == {"name": IMAGE, **yaml.safe_load(after)}
    assert bare.project(pipeline).verify().ok
    assert "unrecorded" not in record.data


def test_what_was_adopted_without_a_value_at_its_place_cannot_be_gone_back_to(chart):
    pipeline = helm(chart)
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    text = chart.home.show("main:envs/test.yaml") + "\n"
    chart.home.commit({"envs/test.yaml": "replicas: 2\n"}, message="by hand")
    record = chart.project(pipeline).adopt("test", reason="hot")
    assert (record.data["edits"], record.data["unrecorded"]) == ([], ["envs/test.yaml: image.tag"])
    chart.home.commit({"envs/test.yaml": text}, message="put back")
    chart.clock.sleep(60)
    chart.promote(pipeline, images=[f"{IMAGE}:1.2.0"])
    with pytest.raises(Blocked) as caught:
        chart.project(pipeline).rollback("test", reason="5xx")
    commit = str(record.commit)[:7]
    assert str(caught.value) == (
        "What was there cannot be put back  [rollback-unrecorded]\n"
        f"test: what was adopted as {commit} by Ada <ada@acme.example> is not known: "
        "it had no value that can be put back at envs/test.yaml: image.tag. Nothing was written.\n"
        "Put the values that are wanted into the sources by hand, then keep them:\n"
        f"  git show {commit}\n"
        "  gitpromote adopt test --reason …"
    )
    assert "1.2.0" in chart.home.show("main:envs/test.yaml")


def test_what_was_adopted_before_values_were_recorded_is_not_said_to_be_restored(chart, monkeypatch):
    """As earlier versions recorded it."""
    pipeline = helm(chart)
    with monkeypatch.context() as patched:
        patched.setattr(verbs, "edits_now", lambda *_, **__: FoundEdits((), ()))
        _, record = adopted(chart, pipeline)
    assert record.data["edits"] == []
    with pytest.raises(Blocked) as caught:
        chart.project(pipeline).rollback("test", reason="5xx")
    assert caught.value.code == "rollback-unrecorded"
    assert "its Record tells none of the values that were there. Nothing was written." in caught.value.detail


# -- a rollback that would leave something

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata:\n  api: 1.0.0\n  web: 1.0.0\n"
MARK = '{"$imagepolicy": "flux-system:shop"}'
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop}}
spec:
  containers:
  - name: w
    image: {image} # {mark}
"""


def pod(name, version="1.0.0", *, image=IMAGE, mark=MARK):
    return POD.format(name=name, image=f"{image}:{version}", mark=mark)


def config(site, *keys):
    edits = [SetValue("k/c.yaml", f"data.{key}", image=IMAGE) for key in keys]
    return helm(site, Environment("test"), apps=[App("shop", Plain("k"), edits=edits)])


def marked(site):
    apps = [App("shop", Plain("k"), edits=[FluxSetters()])]
    return helm(site, Environment("test"), apps=apps, warehouse=Warehouse(Images(IMAGE), Images("ghcr.io/acme/none")))


def versions(version):
    return [f"{IMAGE}:{version}", f"ghcr.io/acme/none:{version}"]


def refused(site, pipeline, why):
    """Nothing is written, and why that is so."""
    head = site.home.head("main")
    first = next(one for one in reversed(list(site.project(pipeline).history)) if one.kind == "written")
    with pytest.raises(Blocked) as caught:
        site.project(pipeline).rollback("test", reason="5xx")
    commit = str(first.commit)[:7]
    assert str(caught.value) == (
        "What was there cannot be put back  [rollback-unrecorded]\n"
        f"test: what was written as {commit} by Ada <ada@acme.example> {why}. Nothing was written.\n"
        "Put the values that are wanted into the sources by hand, then keep them:\n"
        f"  git show {commit}\n"
        "  gitpromote adopt test --reason …"
    )
    assert caught.value.exit_code == 13
    assert site.home.head("main") == head


@pytest.mark.parametrize("later", [["api", "web"], ["web"]], ids=["added", "moved"])
def test_a_value_that_was_not_edited_yet_is_not_left_behind_by_a_rollback(bare, later):
    bare.home.commit({"k/c.yaml": CONFIG})
    bare.promote(config(bare, "api"), images=[f"{IMAGE}:1.1.0"])
    bare.promote(config(bare, *later), images=[f"{IMAGE}:1.2.0"])
    why = "is not known at k/c.yaml: data.web: that was edited since, and is not in its Record"
    refused(bare, config(bare, *later), why)
    bare.home.commit({"k/c.yaml": bare.home.show("main:k/c.yaml").replace("web: 1.2.0", "web: 1.0.0")})
    project = bare.project(config(bare, *later))
    plan = project.rollback("test", reason="5xx")
    if later == ["web"]:
        assert bare.decisions(plan) == {"test": "noop"}  # the file is what it was
        return
    assert bare.told(bare.apply(plan, project=project)) == {"test": "written"}
    assert bare.home.show("main:k/c.yaml") == CONFIG.replace("api: 1.0.0", "api: 1.1.0")


def test_a_value_that_an_earlier_freight_left_behind_counts_too(bare):
    """The Record that stands names it no more."""
    bare.home.commit({"k/c.yaml": CONFIG})
    for version, keys in (("1.1.0", ["api"]), ("1.2.0", ["api", "web"]), ("1.3.0", ["api"])):
        bare.promote(config(bare, *keys), images=[f"{IMAGE}:{version}"])
    project = bare.project(config(bare, "api"))
    first = next(one for one in reversed(list(project.history)) if one.kind == "written").freight["shop"]
    with pytest.raises(Blocked, match=r"is not known at k/c\.yaml: data\.web: that was edited since"):
        project.rollback("test", reason="5xx", to=first)


def test_a_setter_in_a_file_that_came_between_is_not_left_behind_by_a_rollback(bare):
    bare.home.commit({"k/web.yaml": pod("web")})
    bare.promote(marked(bare), images=versions("1.1.0"))
    bare.home.commit({"k/worker.yaml": pod("worker"), "k/plain.yaml": CONFIG})
    bare.promote(marked(bare), images=versions("1.2.0"))
    why = f"is not known at k/worker.yaml: {IMAGE}: that was edited since, and is not in its Record"
    refused(bare, marked(bare), why)


def test_files_without_setters_that_came_between_are_in_no_rollbacks_way(bare):
    bare.home.commit({"k/web.yaml": pod("web")})
    bare.promote(marked(bare), images=versions("1.1.0"))
    bare.home.commit({"k/plain.yaml": CONFIG})
    bare.promote(marked(bare), images=versions("1.2.0"))
    plan = bare.project(marked(bare)).rollback("test", reason="5xx")
    assert bare.told(bare.apply(plan, project=bare.project(marked(bare)))) == {"test": "written"}
    assert bare.home.show("main:k/web.yaml") == pod("web", "1.1.0")


def test_a_plan_that_would_leave_something_is_no_rollback(bare, monkeypatch):
    bare.home.commit({"k/c.yaml": CONFIG})
    bare.promote(config(bare, "api"), images=[f"{IMAGE}:1.1.0"])
    bare.promote(config(bare, "api", "web"), images=[f"{IMAGE}:1.2.0"])
    project = bare.project(config(bare, "api", "web"))
    with monkeypatch.context() as patched:
        patched.setattr(rollback_in_place, "refuse_halves", lambda *_: None)
        plan = project.rollback("test", reason="5xx")
    first = [one for one in project.history if one.kind == "written"][-1]
    with pytest.raises(PlanInvalid) as caught:
        bare.apply(plan, project=project)
    assert (
        "It is no rollback.\n"
        f"test: what was written as {str(first.commit)[:7]} by Ada <ada@acme.example> is not known at "
        "k/c.yaml: data.web: that was edited since, and is not in its Record\n"
    ) in str(caught.value)
    assert "1.2.0" in bare.home.show("main:k/c.yaml")


# -- places that are gone


@pytest.mark.parametrize(
    "files",
    [
        {"k/web.yaml": pod("web", "1.2.0").replace(f" # {MARK}", "")},
        {"k/web.yaml": pod("web", "1.2.0", image="ghcr.io/fork/shop")},
        {"k/web.yaml": None, "k/other.yaml": pod("web", "1.2.0")},
    ],
    ids=["comment", "image", "file"],
)
def test_a_setter_that_is_gone_is_foreign_and_no_rollback_claims_to_have_set_it(bare, files):
    bare.home.commit({"k/web.yaml": pod("web"), "k/plain.yaml": CONFIG})
    pipeline = marked(bare)
    for version in ("1.1.0", "1.2.0"):
        bare.promote(pipeline, images=versions(version))
    assert bare.home.show("main:k/web.yaml") == pod("web", "1.2.0")
    assert bare.decisions(bare.project(pipeline).plan()) == {"test": "noop"}
    commit = bare.home.commit(files, message="by hand")
    plan = bare.project(pipeline).plan()
    assert bare.decisions(plan) == {"test": "blocked foreign"}
    assert next(one for one in plan["test"].outcomes if one.id == "foreign").operands["commits"] == [commit]
    assert [one.drift for one in bare.project(pipeline).status().data.environments] == [True]
    refused(bare, pipeline, f"has no place any more at k/web.yaml: {IMAGE}")
    record = bare.project(pipeline).adopt("test", reason="meant")
    there = [(edit["file"], [image["repository"] for image in edit["images"]]) for edit in record.data["edits"]]
    assert there == ([("k/other.yaml", [IMAGE])] if "k/other.yaml" in files else [])
    assert bare.decisions(bare.project(pipeline).plan()) == {"test": "noop"}
    with pytest.raises(UsageError, match="nothing-to-adopt"):
        bare.project(pipeline).adopt("test", reason="x")
    assert bare.project(pipeline).verify().ok


def test_a_file_that_never_had_a_setter_may_go_and_change(bare):
    bare.home.commit({"k/web.yaml": pod("web"), "k/plain.yaml": CONFIG, "k/more.yaml": CONFIG.replace("c,", "d,")})
    bare.promote(marked(bare), images=versions("1.1.0"))
    bare.home.commit({"k/plain.yaml": None, "k/more.yaml": CONFIG.replace("c,", "e,")}, message="by hand")
    assert bare.decisions(bare.project(marked(bare)).plan()) == {"test": "noop"}


def test_an_edited_file_that_is_gone_is_foreign(bare):
    bare.home.commit({"k/c.yaml": CONFIG})
    bare.promote(config(bare, "api"), images=[f"{IMAGE}:1.1.0"])
    bare.home.commit({"k/c.yaml": None, "k/d.yaml": CONFIG.replace("api: 1.0.0", "api: 1.1.0")}, message="renamed")
    edits = [SetValue("k/d.yaml", "data.api", image=IMAGE)]
    moved = helm(bare, Environment("test"), apps=[App("shop", Plain("k"), edits=edits)])
    assert bare.decisions(bare.project(moved).plan()) == {"test": "blocked foreign"}
    bare.project(moved).adopt("test", reason="renamed")
    assert bare.decisions(bare.project(moved).plan()) == {"test": "noop"}


# -- what else stays


def test_an_executable_file_stays_executable(bare):
    path = "spec.template.spec.containers[0].image"
    edits = [SetValue("deploy/$env/deployment.yaml", path, value="ghcr.io/acme/shop:2.0.0")]
    bare.home.commit(bare.sources("test"), mode="100755")
    pipeline = helm(bare, Environment("test"), apps=[App("shop", Plain("deploy/$env"), edits=edits)])
    bare.promote(pipeline, images=[f"{IMAGE}:2.0.0"])
    assert bare.home.git("ls-tree", "-r", "main").startswith("100755 ")


def test_stage_branches_hold_sources_of_their_own(chart):
    for env in ("test", "prod"):
        chart.home.git("branch", f"stage/{env}", "main")
    pipeline = helm(chart, target=InPlace("stage/$env"))
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    assert "1.1.0" in chart.home.show("stage/test:envs/test.yaml")
    assert "1.0.0" in chart.home.show("stage/test:envs/prod.yaml")
    assert "1.0.0" in chart.home.show("main:envs/test.yaml")
    assert chart.decisions(chart.project(pipeline).plan()) == {"test": "noop", "prod": "noop"}


def test_some_apps_alone_are_refused_where_sources_are_edited_in_place(chart):
    edits = [SetValue("envs/$env.yaml", "image.tag", image=IMAGE)]
    apps = [App(name, Helm("chart", values=["envs/$env.yaml"]), edits=edits) for name in ("shop", "cart")]
    pipeline = helm(chart, apps=apps)
    with pytest.raises(UsageError) as caught:
        chart.plan(pipeline, images=[f"{IMAGE}:1.1.0@{DIGEST}"], apps=["shop"])
    assert caught.value.exit_code == 64
    assert str(caught.value) == (
        "These Apps cannot be planned apart  [apps-inseparable]\n"
        "test: sources are edited in place in main, for cart as well\n"
        "Leave --app out, or give what is to move alone a pipeline of its own."
    )
    alone = chart.plan(helm(chart), images=[f"{IMAGE}:1.1.0@{DIGEST}"], apps=["shop"])
    assert chart.decisions(alone)["test"] == "ready"


def test_two_environments_are_compared_as_their_sources_stand(chart):
    """Nothing of what comes next is rendered, and what somebody wrote by hand is seen."""
    pipeline = helm(chart)
    chart.promote(pipeline, images=[f"{IMAGE}:1.1.0@{DIGEST}"])
    alias = next(iter(chart.project(pipeline).status()["test"].runs.values())).alias
    chart.shelf.put(f"{IMAGE}:1.2.0@{DIGEST.replace('ab', 'cd')}")
    found = chart.project(pipeline).diff("test", "prod")
    assert (dict(found), found.sides) == ({"test -> prod": ()}, (f"runs {alias}", f"runs {alias}"))
    values = chart.home.show("main:envs/prod.yaml").replace("1.1.0", "1.0.9")
    chart.home.commit({"envs/prod.yaml": values})
    found = chart.project(pipeline).diff("test", "prod")
    [change] = found["test -> prod"]
    assert [(field.before, field.after) for field in change.fields] == [
        (f"{IMAGE}:1.1.0@{DIGEST}", f"{IMAGE}:1.0.9@{DIGEST}")
    ]
    assert found.sides == (f"runs {alias}", f"runs {alias}, and holds foreign content")
