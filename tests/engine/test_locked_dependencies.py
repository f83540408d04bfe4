"""Dependencies of charts in the sources that are not vendored: fetched by the lock that helm itself wrote."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from charts import helm, indexed, packed, pushed, static_files
from real_registry import running

from gitpromote import App, Environment, Git, Helm, Kustomize, Warehouse
from gitpromote.errors import GitpromoteError

PART = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: {{{{ .Release.Name }}}}-{{{{ .Chart.Name }}}}-{{{{ .Values.as | default "one" }}}}}}
data: {{version: "{{{{ .Chart.Version }}}}", made: "{made}"}}
"""
ABOUT = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\n"


def part(folder, version, *, name="common", made="first"):
    """A chart that others depend on, packed."""
    source = folder / "source" / name
    shutil.rmtree(source, ignore_errors=True)
    (source / "templates").mkdir(parents=True)
    (source / "templates/cm.yaml").write_text(PART.format(made=made))
    return packed(folder, name, version)


@pytest.fixture
def repository(tmp_path):
    """The URL of a chart repository with common 1.0.0 and 1.1.0, and what it was asked for."""
    for version in ("1.0.0", "1.1.0"):
        part(tmp_path / "published", version)
    with static_files(indexed(tmp_path / "published")) as served:
        yield served


def chart(folder, dependencies, *, values="", about=ABOUT, update=()):
    """The files of the chart ``shop`` with the lock that ``helm dependency update`` makes for it."""
    source = folder / "shop"
    shutil.rmtree(source, ignore_errors=True)
    (source / "templates").mkdir(parents=True)
    (source / "Chart.yaml").write_text(f"{about}dependencies:\n{dependencies}")
    (source / "values.yaml").write_text(values)
    (source / "templates/shop.yaml").write_text(TEMPLATE)
    helm("dependency", "update", str(source), *update, home=folder)
    shutil.rmtree(source / "charts", ignore_errors=True)
    files = [path for path in source.rglob("*") if path.is_file()]
    return {f"charts/shop/{path.relative_to(source)}": path.read_text() for path in files}


def pipeline_of(site):
    return site.pipeline(Environment("test"), apps=[App("shop", Helm("charts/shop"))], warehouse=Warehouse(Git()))


def versions(site):
    """File of what the charts gave to the version that it was made by."""
    files = {path: text for path, text in site.home.files("env/test").items() if "version:" in text}
    return {path: text.partition('version: "')[2].partition('"')[0] for path, text in files.items()}


def test_a_dependency_is_fetched_in_the_version_of_the_lock_and_then_nobody_is_asked(bare, repository, tmp_path):
    url, asked = repository
    bare.shelf = None
    bare.home.commit(chart(tmp_path, f"- {{name: common, version: ~1.0, repository: {url}}}\n"))
    asked.clear()
    plan = bare.promote(pipeline_of(bare))
    assert versions(bare) == {"configmap-shop-common-one.yaml": "1.0.0"}
    assert asked == [("/index.yaml", 200), ("/common-1.0.0.tgz", 200)]
    asked.clear()
    shutil.rmtree(bare.root / "cache/renders")
    bare.project(pipeline_of(bare)).plan()
    assert bare.project(pipeline_of(bare)).plan_verify(plan) == []
    assert asked == []


def test_aliases_and_conditions_mean_what_they_mean_to_helm(bare, repository, tmp_path):
    url, _ = repository
    bare.shelf = None
    dependencies = f"""\
- {{name: common, version: 1.0.0, repository: "{url}", alias: left, import-values: [{{parent: a, child: b}}, x]}}
- {{name: common, version: 1.1.0, repository: "{url}/", alias: right, tags: [a, b]}}
- {{name: common, version: ">=1.0.0 <2", repository: "{url}", alias: gone, condition: gone.enabled}}
"""
    bare.home.commit(chart(tmp_path, dependencies, values="gone: {enabled: false}\nleft: {as: l}\nright: {as: r}\n"))
    bare.promote(pipeline_of(bare))
    assert versions(bare) == {"configmap-shop-left-l.yaml": "1.0.0", "configmap-shop-right-r.yaml": "1.1.0"}


def test_a_chart_that_a_kustomization_inflates_has_its_dependencies_too(bare, repository, tmp_path):
    url, _ = repository
    bare.shelf = None
    release = "helmGlobals: {chartHome: charts}\nhelmCharts: [{name: shop, releaseName: shop}]\n"
    files = chart(tmp_path, f"- {{name: common, version: 1.1.0, repository: {url}}}\n")
    bare.home.commit({**files, "kustomization.yaml": release})
    pipeline = bare.pipeline(Environment("test"), apps=[App("shop", Kustomize("."))], warehouse=Warehouse(Git()))
    bare.promote(pipeline)
    assert "\n  version: 1.1.0\n" in bare.home.files("env/test")["configmap-shop-common-one.yaml"]


def test_a_name_that_one_machine_knows_is_read_from_the_lock(bare, repository, tmp_path):
    url, _ = repository
    bare.shelf = None
    helm("repo", "add", "acme", url, home=tmp_path)
    for named in ("'@acme'", "alias:acme"):
        bare.home.commit(chart(tmp_path, f"- {{name: common, version: 1.1.0, repository: {named}}}\n"))
        bare.promote(pipeline_of(bare))
        assert versions(bare) == {"configmap-shop-common-one.yaml": "1.1.0"}


def test_a_chart_of_the_first_format_has_a_lock_too(bare, repository, tmp_path):
    url, _ = repository
    bare.shelf = None
    source = tmp_path / "shop"
    (source / "templates").mkdir(parents=True)
    (source / "Chart.yaml").write_text(ABOUT.replace("v2", "v1"))
    (source / "requirements.yaml").write_text(f"dependencies:\n- {{name: common, version: 1.1.0, repository: {url}}}\n")
    (source / "templates/shop.yaml").write_text(TEMPLATE)
    helm("dependency", "update", str(source), home=tmp_path)
    shutil.rmtree(source / "charts")
    files = [path for path in source.rglob("*") if path.is_file()]
    assert (source / "requirements.lock") in files
    bare.home.commit({f"charts/shop/{path.relative_to(source)}": path.read_text() for path in files})
    bare.promote(pipeline_of(bare))
    assert versions(bare) == {"configmap-shop-common-one.yaml": "1.1.0"}


def test_a_dependency_of_a_registry_is_fetched_and_a_newer_lock_brings_a_newer_one(bare, tmp_path):
    bare.shelf = None
    with running(tmp_path / "registry") as registry:
        for version in ("1.0.0", "1.1.0"):
            pushed(part(tmp_path / "published", version), registry.host, "parts", home=tmp_path)
        for version in ("1.0.0", "1.1.0"):
            entry = f"- {{name: common, version: {version}, repository: oci://{registry.host}/parts}}\n"
            bare.home.commit(chart(tmp_path, entry, update=["--plain-http"]))
            plan = bare.promote(pipeline_of(bare))
            assert versions(bare) == {"configmap-shop-common-one.yaml": version}
    assert [(field.before, field.after) for change in plan["test"].changes for field in change.fields] == [
        ("1.0.0", "1.1.0")
    ]


def failing(site, code):
    with pytest.raises(GitpromoteError) as caught:
        site.project(pipeline_of(site)).plan()
    assert (caught.value.code, caught.value.exit_code) == (code, 1)
    return caught.value


def test_a_lock_of_another_chart_file_is_refused_as_helm_refuses_it(bare, repository, tmp_path):
    url, _ = repository
    files = chart(tmp_path, f"- {{name: common, version: ~1.0, repository: {url}}}\n")
    files["charts/shop/Chart.yaml"] = files["charts/shop/Chart.yaml"].replace("~1.0", "^1.0")
    bare.home.commit(files)
    commit = bare.home.head("main")
    assert str(failing(bare, "chart-dependency-missing")) == (
        "A chart's dependency is not in the repository  [chart-dependency-missing]\n"
        f"charts/shop/Chart.yaml:5: refers to common from {url}, which is not in charts/shop/charts, "
        "and charts/shop/Chart.lock was made for other dependencies\n"
        f"read for test/shop at {commit[:7]}\n"
        "Make the lock anew, and commit it:\n"
        "  helm dependency update charts/shop"
    )
    (tmp_path / "shop/Chart.yaml").write_text(files["charts/shop/Chart.yaml"])
    with pytest.raises(AssertionError, match="is out of sync with the dependencies file"):
        helm("dependency", "build", str(tmp_path / "shop"), home=tmp_path)


def test_a_dependency_that_was_published_again_is_told_once_it_is_asked_for(bare, repository, tmp_path):
    url, _ = repository
    bare.shelf = None
    bare.home.commit(chart(tmp_path, f"- {{name: common, version: 1.0.0, repository: {url}}}\n"))
    bare.promote(pipeline_of(bare))
    part(tmp_path / "published", "1.0.0", made="again")
    indexed(tmp_path / "published")
    shutil.rmtree(bare.root / "cache/renders")
    assert bare.project(pipeline_of(bare)).plan()["test"].changes == ()
    shutil.rmtree(bare.root / "cache/renders")
    shutil.rmtree(bare.root / "cache/charts")
    told = failing(bare, "registry-chart-changed")
    assert told.detail.splitlines()[0] == f"{url}/common:1.0.0"


def test_a_dependency_that_its_repository_has_no_more_is_told(bare, repository, tmp_path):
    url, _ = repository
    bare.shelf = None
    bare.home.commit(chart(tmp_path, f"- {{name: common, version: 1.0.0, repository: {url}}}\n"))
    (tmp_path / "published/archives/common-1.0.0.tgz").unlink()
    indexed(tmp_path / "published")
    assert str(failing(bare, "registry-chart-version-not-found")) == (
        "A version of a chart is not there  [registry-chart-version-not-found]\n"
        f"{url}/common:1.0.0\n"
        f"  {url}/index.yaml does not list it\n"
        f"read for test/shop at {bare.home.head('main')[:7]}\n"
        "Did you mean 1.1.0?"
    )
