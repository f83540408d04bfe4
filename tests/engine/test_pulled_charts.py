"""Charts that kustomize inflates and that are not in the sources: the command that we tell, typed, puts them there."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from charts import helm, indexed, packed, pushed, static_files
from real_registry import running

from gitpromote import App, Environment, Git, Kustomize, Warehouse
from gitpromote.errors import SourceInvalid

TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: shop, namespace: prod}
data: {chart: "{{ .Chart.Version }}"}
"""


@pytest.fixture
def archives(tmp_path):
    """Two versions of a chart; nobody who wants the older one is to get the newer one."""
    templates = tmp_path / "source/shop/templates"
    templates.mkdir(parents=True)
    (templates / "cm.yaml").write_text(TEMPLATE)
    (templates.parent / "values.yaml").write_text("")
    return [packed(tmp_path, "shop", version) for version in ("1.0.0", "1.1.0")]


def told(site, repo):
    """The command that a plan tells whose chart comes from there, as words."""
    chart = f"{{name: shop, repo: {repo}, version: 1.0.0, releaseName: shop}}"
    site.home.commit({"ov/kustomization.yaml": f"helmCharts: [{chart}]\n"})
    with pytest.raises(SourceInvalid) as refused:
        site.project(pipeline_of(site)).plan()
    assert refused.value.code == "chart-dependency-missing"
    _, command = refused.value.hint.split("\n  ")
    return shlex.split(command)


def pipeline_of(site):
    return site.pipeline(Environment("test"), apps=[App("shop", Kustomize("ov"))], warehouse=Warehouse(Git()))


def typed(site, tmp_path, words):
    """Type it in a checkout, and commit what comes."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    *command, into = words
    helm(*command[1:], str(checkout / into), home=tmp_path)
    files = [path for path in checkout.rglob("*") if path.is_file()]
    site.home.commit({str(path.relative_to(checkout)): path.read_text() for path in files})


def rendered(site):
    site.promote(pipeline_of(site))
    [text] = site.home.files("env/test").values()
    return text


def test_from_a_chart_repository(bare, archives, tmp_path):
    with static_files(indexed(tmp_path)) as (url, asked):
        words = told(bare, url)
        assert asked == []
        into = ("--untar", "--untardir", "ov/charts/shop-1.0.0")
        assert words == ["helm", "pull", "shop", "--repo", url, "--version", "1.0.0", *into]
        typed(bare, tmp_path, words)
    assert "chart: 1.0.0" in rendered(bare)


def test_from_a_registry(bare, archives, tmp_path):
    with running(tmp_path / "registry") as registry:
        for archive in archives:
            pushed(archive, registry.host, "charts", home=tmp_path)
        words = told(bare, f"oci://{registry.host}/charts")
        into = ("--untar", "--untardir", "ov/charts/shop-1.0.0")
        assert words == ["helm", "pull", f"oci://{registry.host}/charts/shop", "--version", "1.0.0", *into]
        typed(bare, tmp_path, [*words[:2], "--plain-http", *words[2:]])
    assert "chart: 1.0.0" in rendered(bare)
