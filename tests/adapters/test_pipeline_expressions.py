"""Expressions of a pipeline file are checked when it is loaded, each told with file and line among all problems."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gitpromote
from gitpromote.adapters.pipeline_file import load_pipelines
from gitpromote.errors import ConfigurationError

HERE = {**os.environ, "PYTHONPATH": str(Path(gitpromote.__file__).parents[1])}
INVALID = "[expression-invalid]"
TEST = 'Environment("test"): auto, column 8 of'
UAT = 'Environment("uat"): auto, column 1 of'
HOUSE = "Warehouse: where, column 8 of"
HEAD = """\
from gitpromote import (
    App, Branch, Chart, Environment, Git, Image, Kustomize, Pipeline, Warehouse, app_version, same_commit, same_version
)

def made(*environments, name="shop", **warehouse):
    return Pipeline(
        name,
        apps=[App("shop", Kustomize("deploy/$env"))],
        target=Branch(f"env/{name}/$env"),
        environments=environments or [Environment("test")],
        **warehouse,
    )
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(*lines: str) -> list[str]:
    """The problems of a file; its first line of these is called 1."""
    Path("pipeline.py").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    try:
        load_pipelines(Path("pipeline.py"))
    except ConfigurationError as error:
        offset = HEAD.count("\n")
        return [str(one).replace(f"pipeline.py:{one.line}:", f"{one.line - offset}:", 1) for one in error.problems]
    return []


def test_sound_expressions_load() -> None:
    assert (
        told(
            "images = Image('ghcr.io/acme/shop', '^1.4'), Chart('oci://ghcr.io/acme/charts/shop')",
            "a = made(Environment('test', auto=\"change.semver != 'major'\"),",
            "         warehouse=Warehouse(*images, Git(where=\"commit.author != 'bot'\"),",
            "           where='image.revision == commits.home.id && charts.shop.appVersion != \"\"'))",
            "b = made(name='b', warehouse=Warehouse(*images, where=same_commit()))",
            "c = made(name='c', warehouse=Warehouse(*images, where=app_version()))",
        )
        == []
    )


def test_each_expression_is_told_at_the_line_of_what_holds_it() -> None:
    assert told(
        "shop = made(",
        "    Environment('test', auto='change.semvr == 1'),",
        "    Environment('uat', auto='environment.name'),",
        "    warehouse=Warehouse(",
        "        Image('ghcr.io/acme/shop', '^1.4'),",
        "        Git(where='commit. &&'),",
        "        where='images.shp.tag == commit.id'))",
    ) == [
        f'2: {TEST} "change.semvr == 1": change has no field semvr  {INVALID}  (did you mean semver?)',
        f'3: {UAT} "environment.name": it gives text, not true or false  {INVALID}',
        f'4: {HOUSE} "images.shp.tag == commit.id": there is no image "shp"  {INVALID}  (did you mean "shop"?)',
        f'6: Git: where, column 9 of "commit. &&": && stands where the name of a field should  {INVALID}',
    ]


def test_they_are_told_among_all_other_problems() -> None:
    problems = told(
        "shop = made(Environment('test', auto='nope', production=1), Environment('uat', auto='nope'),",
        "            warehouse=Warehouse(Image('ghcr.io/acme/shop'), where='nope'))",
    )
    assert [problem.partition("  [")[2].partition("]")[0] for problem in problems] == [
        "wrong-type",
        "expression-invalid",
        "expression-invalid",
    ]


def test_what_several_pipelines_share_is_told_once() -> None:
    assert (
        len(
            told(
                "shared = Environment('test', auto='nope')",
                "house = Warehouse(Image('ghcr.io/acme/shop'), where='nope')",
                "a = made(shared, warehouse=house)",
                "b = made(shared, name='b', warehouse=house)",
            )
        )
        == 2
    )


@pytest.mark.parametrize(
    ("rule", "subscriptions", "needs"),
    [
        ("same_commit()", "Git()", "an Image and a Git"),
        ("same_version()", "Image('ghcr.io/acme/shop')", "two Images or Charts"),
        ("app_version()", "Image('ghcr.io/acme/shop')", "an Image and a Chart"),
    ],
)
def test_a_rule_that_would_compare_nothing_is_told(rule: str, subscriptions: str, needs: str) -> None:
    assert told(f"shop = made(warehouse=Warehouse({subscriptions}, where={rule}))") == [
        f"1: Warehouse: {rule} compares {needs}, which it does not have  [where-idle]  (leave where= out)"
    ]


def test_the_implied_source_is_a_commit_like_any_other() -> None:
    house = "warehouse=Warehouse(Image('ghcr.io/acme/shop'), where='image.revision == commit.id')"
    assert told(f"shop = made({house})") == []


def test_a_file_without_expressions_does_not_load_what_checks_them() -> None:
    Path("pipeline.py").write_text(HEAD + "shop = made()\n", encoding="utf-8")
    program = (
        "import sys\nfrom pathlib import Path\nfrom gitpromote.adapters.pipeline_file import load_pipelines\n"
        "load_pipelines(Path('pipeline.py'))\n"
        "assert not [name for name in sys.modules if name.startswith(('gitpromote.cel', 'cel_expr_python'))]\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, env=HERE).returncode == 0
