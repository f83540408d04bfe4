"""A Project from its file, from a plan, and from wherever one happens to stand."""

from __future__ import annotations

import pytest
import yaml

from gitpromote.errors import ConfigurationError, UsageError
from gitpromote.planning.planfile import blob_bytes
from gitpromote.project import Plan, Project, open_plan, project_of

TWO = """\
from gitpromote import App, Branch, Environment, Pipeline, Plain

apps = [App("app", Plain("deploy/$env"))]
environments = [Environment("test"), Environment("prod")]
shop = Pipeline("shop", apps=apps, target=Branch("shop/$env"), environments=environments)
pay = Pipeline("pay", apps=apps, target=Branch("pay/$env"), environments=environments)
"""
ONE = TWO.partition("pay = ")[0]


def test_a_project_is_found_from_any_folder_of_its_clone(desk, monkeypatch):
    monkeypatch.chdir(desk.work / "deploy" / "test")
    project = Project.load(cache_dir=desk.root / "cache")
    assert (project.name, repr(project), Project.names()) == ("shop", "<Project shop>", ("shop",))
    assert Project.load(start=desk.work / "deploy", cache_dir=desk.root / "cache").pipeline == project.pipeline
    described = project.plan().data.pipeline
    assert (described.source.path, described.source.callables) == ("pipeline.py", {})
    assert described.definition_digest == project.pipeline.definition_digest


def test_the_cache_is_where_the_environment_says(desk, monkeypatch):
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(desk.root / "elsewhere"))
    Project.load(desk.work / "pipeline.py").plan()
    assert (desk.root / "elsewhere" / "mirrors").is_dir()


def test_of_several_pipelines_one_is_named(desk):
    desk.push({"pipeline.py": TWO})
    file = desk.work / "pipeline.py"
    assert Project.names(file) == ("shop", "pay")
    assert desk.project(f"{file}:pay").name == desk.project(pipeline="pay").name == "pay"
    for words, code in (({}, "pipeline-ambiguous"), ({"pipeline": "pya"}, "unknown-pipeline")):
        with pytest.raises(UsageError) as caught:
            desk.project(**words)
        assert caught.value.code == code


def test_pipelines_of_one_file_are_promoted_side_by_side(desk):
    desk.push({"pipeline.py": TWO})
    for name in ("shop", "pay"):
        project = desk.project(pipeline=name)
        plan = project.plan()
        assert project.apply(plan, expect_digest=plan.digest).exit_code == 0
        assert project.verify().ok
    assert {ref for ref in desk.refs() if "ledger" in ref} == {
        "refs/heads/gitpromote/ledger/pay",
        "refs/heads/gitpromote/ledger/shop",
    }


def test_a_file_outside_any_repository_has_no_home(tmp_path):
    file = tmp_path / "alone" / "pipeline.py"
    file.parent.mkdir()
    file.write_text(ONE)
    with pytest.raises(ConfigurationError) as caught:
        Project.load(file, cache_dir=tmp_path / "cache")
    assert str(caught.value) == (
        f"The pipeline has no home repository  [home-missing]\n{file} is in no Git repository.\n"
        "Put it into one, or name it: Pipeline(…, repo=…)."
    )


def test_a_pipeline_may_name_its_home(desk, tmp_path):
    file = tmp_path / "alone" / "pipeline.py"
    file.parent.mkdir()
    file.write_text(TWO.replace('Pipeline("shop",', f'Pipeline("shop", repo="{desk.remote}",'))
    project = Project.load(file, pipeline="shop", cache_dir=tmp_path / "cache")
    assert project.plan()["test"].decision == "ready"


def test_a_local_repository_without_an_origin_is_its_own_home(empty):
    empty.git("remote", "remove", "origin")
    (empty.work / "pipeline.py").write_text(ONE)
    for path, text in empty.sources().items():
        (empty.work / path).parent.mkdir(parents=True)
        (empty.work / path).write_text(text)
    empty.git("add", "-A")
    empty.git("commit", "-q", "-m", "first")
    project = empty.project()
    plan = project.plan()
    assert project.apply(plan, expect_digest=plan.digest).exit_code == 0
    assert empty.git("cat-file", "-p", "shop/test:configmap-c.yaml") == empty.sources()["deploy/test/c.yaml"].rstrip()
    empty.git("switch", "-q", "shop/test")
    with pytest.raises(ConfigurationError) as caught:
        Project.load(empty.work / "pipeline.py", cache_dir=empty.root / "cache").plan()
    assert caught.value.code in ("branch-checked-out", "pipeline-file-missing", "path-missing")


# -- from a plan


def test_a_plan_needs_no_pipeline_file(desk, tmp_path, monkeypatch):
    path = desk.project().plan().save(tmp_path / "p.json")
    (desk.work / "pipeline.py").write_text("raise SystemExit('never run')\n")
    folder = tmp_path / "somewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    plan = open_plan(path)
    project = project_of(plan, cache_dir=tmp_path / "other-cache")
    assert project.name == "shop"
    result = project.apply(plan, expect_digest=plan.digest)
    assert [one.status for one in result.environments] == ["written", "written"]
    assert result.environments[0].message.startswith("written ")


def test_a_plan_is_carried_out_with_its_own_definition_whatever_the_file_says_now(desk):
    plan = desk.project().plan()
    text = (desk.work / "pipeline.py").read_text()
    changed = text.replace('Branch("env/$env")', 'Branch("other/$env")').replace(
        'Environment("prod")', 'Environment("live")'
    )
    (desk.work / "pipeline.py").write_text(changed)
    result = desk.project().apply(plan, expect_digest=plan.digest)
    assert [(one.name, one.status) for one in result.environments] == [("test", "written"), ("prod", "written")]
    assert sorted(ref for ref in desk.refs() if "gitpromote" not in ref) == [
        *("refs/heads/env/prod", "refs/heads/env/test", "refs/heads/main"),
    ]


def test_a_password_in_the_origin_is_in_no_plan_and_still_used(desk):
    desk.git("remote", "set-url", "origin", f"file://{desk.remote}")
    plan = desk.project().plan()
    desk.git("remote", "set-url", "origin", "https://ada:s3cret-token@git.example/acme/gitops.git")
    assert desk.project()._world.home.url == "https://***@git.example/acme/gitops.git"
    assert "s3cret" not in repr(desk.project())
    assert plan.data.basis.repositories["home"].url == f"file://{desk.remote}"


# -- functions of the user

RENDERER = """\
def render(source, env):
    return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": env, "namespace": "x"}}]
"""
WITH_FUNCTION = """\
from gitpromote import App, Branch, Environment, Pipeline, PythonRenderer
from render_shop import render

shop = Pipeline(
    "shop",
    apps=[App("shop", PythonRenderer(render, reads=["deploy/"]))],
    target=Branch("env/$env"),
    environments=[Environment("test"), Environment("prod")],
)
"""


def test_a_plan_whose_code_has_changed_since_is_stale(desk):
    desk.push({"pipeline.py": WITH_FUNCTION, "render_shop.py": RENDERER})
    project = desk.project()
    plan = project.plan()
    [(name, digest)] = plan.data.pipeline.source.callables.items()
    assert (name, digest.startswith("sha256:")) == ("render_shop:render", True)
    assert project.apply(plan, env="test").exit_code == 0
    (desk.work / "render_shop.py").write_text(RENDERER.replace("v1", "v2"))
    before = desk.refs()
    result = desk.project().apply(plan, expect_digest=plan.digest)
    told = [(one.name, one.status, one.code, one.message) for one in result.environments]
    changed = "its code has changed since: render_shop:render"
    assert told[0][:2] == ("test", "already")
    assert told[1] == ("prod", "stale", "plan-code-changed", changed)
    assert desk.refs() == before
    (desk.work / "render_shop.py").write_text(RENDERER)
    assert desk.project().apply(plan, expect_digest=plan.digest).environments[1].status == "written"


def test_a_module_that_the_function_imports_is_part_of_the_render_and_of_the_plan(desk):
    helped = "from colours import COLOUR\n\n\n" + RENDERER.replace('"x"}}', '"x"}, "data": {"colour": COLOUR}}')
    desk.push({"pipeline.py": WITH_FUNCTION, "render_shop.py": helped, "colours.py": "COLOUR = 'red'\n"})
    red = desk.project().plan()
    desk.push({"colours.py": "COLOUR = 'blue'\n"})
    result = desk.project().apply(red, expect_digest=red.digest)
    assert {one.code for one in result.environments} == {"plan-code-changed"}
    warm, cold = desk.project().plan(), desk.project(cache="cold").plan()
    for plan in (warm, cold):
        assert {content["colour"] for content in colours(plan)} == {"blue"}
    told = [plan.data.model_dump(mode="json", include={"environments", "blobs"}) for plan in (warm, cold)]
    assert told[0] == told[1]


def colours(plan):
    return [yaml.safe_load(blob_bytes(blob))["data"] for blob in plan.data.blobs.values()]


def test_from_a_plan_the_code_is_looked_for_where_it_was(desk, monkeypatch, tmp_path):
    desk.push({"pipeline.py": WITH_FUNCTION, "render_shop.py": RENDERER})
    plan = Plan.load(desk.project().plan().save(tmp_path / "p.json"))
    (desk.work / "render_shop.py").write_text(RENDERER.replace("v1", "v2"))
    monkeypatch.chdir(desk.work / "deploy")
    result = project_of(plan, cache_dir=tmp_path / "cold").apply(plan, expect_digest=plan.digest)
    assert {one.code for one in result.environments} == {"plan-code-changed"}
    monkeypatch.chdir(tmp_path)
    result = project_of(plan, cache_dir=tmp_path / "cold").apply(plan, expect_digest=plan.digest)
    assert [one.status for one in result.environments] == ["written", "written"]
