"""A pipeline file that fits what is there, and examples that work."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from gitpromote.cli.layout import FoundApp, found_apps, in_order, label
from gitpromote.cli.scaffold import example_names, pipeline_file

KUSTOMIZATION = "kind: Kustomization\n"
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"


def tree(root: Path, *paths: str) -> Path:
    """Files of these names, each with what its name promises."""
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(MANIFEST if file.name == "a.yaml" else KUSTOMIZATION)
    return root


def found(root: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    """Name, source and environments of each app."""
    return [(app.name, app.source, app.environments) for app in found_apps(root)]


def test_overlays_are_found_and_bases_are_not(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "shop",
        "deploy/base/kustomization.yaml",
        "deploy/components/x/kustomization.yaml",
        "deploy/overlays/production/kustomization.yaml",
        "deploy/overlays/dev/kustomization.yml",
        "deploy/overlays/staging/kustomization.yaml",
    )
    assert found(root) == [("shop", 'Kustomize("deploy/overlays/$env")', ("dev", "staging", "production"))]


def test_environments_in_the_middle_of_a_path_are_found(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        *(f"envs/{env}/{app}/kustomization.yaml" for env in ("test", "prod") for app in ("web", "db")),
    )
    assert found(root) == [
        ("db", 'Kustomize("envs/$env/db")', ("test", "prod")),
        ("web", 'Kustomize("envs/$env/web")', ("test", "prod")),
    ]


def test_folders_of_overlays_need_no_known_name(tmp_path: Path) -> None:
    root = tree(tmp_path, *(f"overlays/{env}/kustomization.yaml" for env in ("blue", "green", "Shared_1")))
    assert found(root)[0][1:] == ('Kustomize("overlays/$env")', ("blue", "green"))


@pytest.mark.parametrize(
    ("files", "values"),
    [
        (("values-dev.yaml", "values-prod.yaml"), 'values=["chart/values-$env.yaml"]'),
        (("values/dev.yaml", "values/prod.yaml"), 'values=["chart/values/$env.yaml"]'),
        (
            ("../envs/dev.yaml", "../envs/prod.yaml", "../envs/common.yaml"),
            'values=["envs/common.yaml", "envs/$env.yaml"]',
        ),
        (("../envs/dev/values.yaml", "../envs/prod/values.yaml"), 'values=["envs/$env/values.yaml"]'),
    ],
)
def test_a_chart_with_values_per_environment_is_found(tmp_path: Path, files: tuple[str, ...], values: str) -> None:
    root = tree(tmp_path, "chart/Chart.yaml", "chart/charts/sub/Chart.yaml", *(f"chart/{name}" for name in files))
    (source,) = [app.source for app in found_apps(tmp_path)]
    assert source == f'Helm("chart", {values})'
    assert root == tmp_path


def test_plain_folders_count_where_nothing_renders(tmp_path: Path) -> None:
    root = tree(tmp_path, "environments/test/a.yaml", "environments/prod/a.yaml", "environments/notes/readme.md")
    assert [app.source for app in found_apps(root)] == ['Plain("environments/$env")']


def test_paths_start_at_the_repositorys_root(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    root = tree(tmp_path / "teams/a$b", "overlays/test/kustomization.yaml", "overlays/prod/kustomization.yaml")
    assert [app.source for app in found_apps(root)] == ['Kustomize("teams/a$$b/overlays/$env")']


def test_environments_are_ordered_by_what_their_names_say() -> None:
    names = ["prod-eu", "uat", "dev", "staging", "qa", "preprod", "blue", "test"]
    assert in_order(names) == ("dev", "test", "qa", "staging", "uat", "blue", "preprod", "prod-eu")


def test_an_environment_that_not_every_app_knows_says_which_it_has() -> None:
    apps = [
        FoundApp("web", 'Kustomize("web/$env")', ("test", "prod")),
        FoundApp("db", 'Helm("db", values=["db/$env.yaml"])', ("test", "uat", "prod")),
    ]
    text = pipeline_file("import", apps)
    assert 'Environment("uat", apps=["db"]),' in text
    assert "pipeline_import = Pipeline(" in text
    assert "from gitpromote import App, Branch, Environment, Helm, Kustomize, Pipeline" in text
    compile(text, "pipeline.py", "exec")


def test_labels_are_labels() -> None:
    assert label("My App_2!") == "my-app-2"
    assert label("***") == "app"


def test_init_writes_what_was_found_and_says_what_is_next(run: Any, tmp_path: Path, snapshot: Any) -> None:
    root = tree(tmp_path / "shop", "overlays/test/kustomization.yaml", "overlays/prod/kustomization.yaml")
    ended = run("init", str(root))
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.replace(str(tmp_path), "FOLDER") == snapshot
    assert (root / "pipeline.py").read_text() == snapshot


def test_init_overwrites_nothing(run: Any, tmp_path: Path) -> None:
    root = tree(tmp_path, "overlays/test/kustomization.yaml", "overlays/prod/kustomization.yaml")
    (root / "pipeline.py").write_text("mine")
    ended = run("init", str(root))
    assert ended.code == 64
    assert "[would-overwrite]" in ended.err
    assert (root / "pipeline.py").read_text() == "mine"


def test_nothing_to_promote_is_said_with_the_way_on(run: Any, tmp_path: Path) -> None:
    ended = run("init", str(tmp_path))
    assert ended.code == 64
    assert ended.err.endswith("  gitpromote init --example kustomize DIR\n  gitpromote demo\n")
    assert list(tmp_path.iterdir()) == []


def test_an_example_that_does_not_exist_is_answered(run: Any, tmp_path: Path) -> None:
    ended = run("init", "--example", "kustomise", str(tmp_path / "x"))
    assert ended.code == 64
    assert ended.err.endswith('Did you mean "kustomize"?\n')


@pytest.mark.parametrize("name", ["helm", "in-place", "kustomize", "plain"])
def test_an_example_is_a_repository_that_plans(run: Any, empty: Any, name: str) -> None:
    assert name in example_names()
    assert run("init", "--example", name).code == 0
    empty.commit(name)
    assert run("validate").code == 0
    image = ["--image", "ghcr.io/acme/checkout:2.5.0@sha256:" + "ab" * 32] if name == "in-place" else []
    ended = run("plan", "-detailed-exitcode", *image)
    assert (ended.code, ended.err) == (2, "")
    assert "Plan: 1 environment to promote, 2 waiting, 0 blocked;" in ended.out


def test_the_printed_steps_of_the_example_in_place_work(run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(tmp_path / "cache"))
    place = tmp_path / "checkout"
    printed = run("init", "--example", "in-place", str(place)).out
    monkeypatch.chdir(place)
    who = ["-c", "user.name=Lea", "-c", "user.email=lea@acme.example"]
    for words in (["init", "-q", "-b", "main"], ["add", "--all"], [*who, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], check=True)
    commands = [line.split() for line in printed.splitlines() if line.startswith("  ")]
    assert [words[:2] for words in commands] == [
        ["git", "switch"],
        ["gitpromote", "validate"],
        ["gitpromote", "plan"],
    ]
    subprocess.run([*commands[0], "-q"], check=True)
    for words in commands[1:]:
        ended = run(*words[1:])
        assert (ended.code, ended.err) == (0, "")


def test_what_init_writes_for_an_example_plans_as_well(run: Any, empty: Any) -> None:
    assert run("init", "--example", "kustomize").code == 0
    Path("pipeline.py").unlink()
    assert run("init").code == 0
    empty.commit("found")
    assert run("plan", "-detailed-exitcode").code == 2
