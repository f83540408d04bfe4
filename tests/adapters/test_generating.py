"""Folders and clusters of the repository that holds the pipeline file, wherever one stands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import gitpromote
from gitpromote.adapters.generating import Folder, folders
from gitpromote.adapters.pipeline_file import LoadedFile, load_pipelines
from gitpromote.errors import ConfigurationError

HEAD = """\
from gitpromote import App, Branch, Environment, Kustomize, Pipeline, clusters, folders
def team(name, **more):
    return Pipeline(name, apps=[App("a", Kustomize("a"))], target=Branch(f"{name}/$env"), environments=[
        Environment("test", **more)])
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {{name: {name}, labels: {{argocd.argoproj.io/secret-type: cluster, tier: {tier}}}}}
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, with the test standing somewhere else."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    return root


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def load(root: Path, text: str, path: str = "pipeline.py") -> LoadedFile:
    write(root, {path: HEAD + dedent(text)})
    return load_pipelines(root / path)


def told(root: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(root, text)
    return [str(one).replace(f"{root}/", "") for one in caught.value.problems]


# --- folders


def test_every_folder_with_a_values_file_makes_a_pipeline_sorted_by_path(root: Path) -> None:
    write(
        root,
        {
            "teams/shop/values.yaml": "owner: lea\n",
            "teams/pay/values.yaml": "owner: tom\n",
            "teams/docs/README.md": "",
            "teams/.hidden/values.yaml": "",
            "teams/values.yaml": "",
        },
    )
    text = """\
    pipelines = [
        team(one.name, labels={"owner": one.values["owner"], "path": one.path})
        for one in folders("teams/*", holding="values.yaml")
    ]
    """
    loaded = load(root, text)
    assert {name: dict(one.environment("test").labels) for name, one in loaded.pipelines.items()} == {
        "pay": {"owner": "tom", "path": "teams/pay"},
        "shop": {"owner": "lea", "path": "teams/shop"},
    }


def test_paths_count_from_the_repository_whose_folder_holds_the_file(root: Path) -> None:
    write(root, {"teams/shop/x": "", "platform/teams/other/x": ""})
    text = "pipelines = {one.path: team(one.name) for one in folders('teams/*')}"
    for path in ("pipeline.py", "platform/pipeline.py", "platform/pipelines/all.py"):
        assert list(load(root, text, path).pipelines) == ["shop"]


def test_a_module_beside_the_file_may_search(root: Path) -> None:
    write(
        root, {"teams/shop/x": "", "pipelines/found.py": "from gitpromote import folders\nall = folders('teams/*')\n"}
    )
    text = "from found import all as found\nshop = team(found[0].name)"
    write(root, {"pipelines/found.py": "from gitpromote import folders\nall = folders('teams/*')\nshop = None\n"})
    assert list(load(root, text, "pipelines/main.py").pipelines) == ["shop"]


def test_without_a_repository_paths_count_from_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"alone/teams/shop/x": ""})
    assert list(load(tmp_path / "alone", "p = [team(one.name) for one in folders('teams/*')]").pipelines) == ["shop"]


def test_run_by_python_itself_it_finds_the_same(root: Path) -> None:
    write(
        root, {"teams/shop/x": "", "pipeline.py": "from gitpromote import folders\nprint(folders('teams/*')[0].path)\n"}
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(gitpromote.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, root / "pipeline.py"], capture_output=True, text=True, check=True, env=environ
    )
    assert done.stdout == "teams/shop\n"


def test_stars_stand_for_parts_of_names_and_two_for_folders(root: Path) -> None:
    write(root, {f"{path}/v.yaml": "" for path in ("a/x/1", "a/y/1", "a/x/deep/er", "b-1", "b-2", "c", "a/.x/no")})

    def found(pattern: str) -> list[str]:
        loaded = load(
            root,
            f"shop = team('shop', labels={{'found': ' '.join(one.path for one in folders({pattern!r},"
            " holding='v.yaml'))})",
        )
        return loaded.pipelines["shop"].environment("test").labels["found"].split()

    assert found("b-?") == ["b-1", "b-2"]
    assert found("a/*/1") == ["a/x/1", "a/y/1"]
    assert found("**") == ["a/x/1", "a/x/deep/er", "a/y/1", "b-1", "b-2", "c"]
    assert found("a/**/er") == ["a/x/deep/er"]
    assert found("a/.x/*") == ["a/.x/no"]
    assert found("[bc]*") == ["b-1", "b-2", "c"]
    assert found("c/") == ["c"]


def test_values_are_read_as_kubernetes_reads_yaml(root: Path) -> None:
    write(root, {"t/a/v.yaml": "on: yes\nx: 08\nl: [{k: v}]\n", "t/b/v.json": '{"x": 1}', "t/c/v.toml": "x = 1"})
    text = """\
    [a] = folders("t/*", holding="v.yaml")
    [b] = folders("t/*", holding="v.json")
    [c] = folders("t/*", holding="v.toml")
    shop = team("shop", labels={"told": repr([a.values, b.values, c.values])})
    """
    labels = load(root, text).pipelines["shop"].environment("test").labels
    assert labels == {"told": "[{'true': True, 'x': 8, 'l': [{'k': 'v'}]}, {'x': 1}, {}]"}


def test_a_key_that_is_not_there_is_told_with_its_file(root: Path) -> None:
    write(root, {"teams/shop/values.yaml": "image: {repository: r, pull: p}\n"})
    text = "pipelines = [team(one.values['image']['tag']) for one in folders('teams/*', holding='values.yaml')]"
    assert told(root, text) == [
        (
            "pipeline.py:5: the file raised ValueMissing: teams/shop/values.yaml: image has no tag: "
            "it has repository or pull  [pipeline-file-raised]  (python pipeline.py shows the way there)"
        )
    ]


def test_a_name_that_is_no_label_is_the_ordinary_error(root: Path) -> None:
    write(root, {"teams/Team_A/x": "", "teams/ok/x": ""})
    assert told(root, "pipelines = [team(one.name) for one in folders('teams/*')]") == [
        (
            'pipeline.py:3: Pipeline: the name "Team_A" is not made of a-z, 0-9 and -, '
            'starting and ending with a letter or digit  [name-invalid]  (write "team-a")'
        )
    ]


def test_two_folders_of_one_name_are_told(root: Path) -> None:
    write(root, {"a/shop/x": "", "b/shop/x": ""})
    assert told(root, "pipelines = [team(one.name, labels={'p': one.path}) for one in folders('*/*')]")[0].startswith(
        'pipeline.py:3: Pipeline("shop"): another Pipeline has this name at pipeline.py:3  [name-taken]'
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("folders('team/*')", 'folders: no folder matches "team/*"  [folders-missing]'),
        (
            "folders('teams/*', holding='values.yml')",
            'folders: no folder matches "teams/*" and holds values.yml  [folders-missing]',
        ),
        ("clusters('teams/*.yaml')", 'clusters: "teams/*.yaml" names no cluster  [clusters-missing]'),
    ],
)
def test_a_pattern_that_finds_nothing_is_told_unless_it_may(root: Path, call: str, message: str) -> None:
    write(root, {"teams/shop/values.yaml": ""})
    hint = "(write it from the repository's root; optional=True lets there be none)"
    assert told(root, f"shop = team('shop')\nfound = {call}") == [f"pipeline.py:6: {message}  {hint}"]
    may = call.replace(")", ", optional=True)")
    assert list(load(root, f"shop = team('shop')\nassert {may} == ()").pipelines) == ["shop"]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (
            "'../*'",
            (
                'the pattern "../*" leaves the repository or goes back in it: '
                "write it from the repository's root, without .."
            ),
        ),
        ("'/etc/*'", 'the pattern "/etc/*" is absolute: write it from the repository\'s root, without the leading /'),
        ("'~/x'", 'the pattern "~/x" starts with ~: write it from the repository\'s root'),
        ("''", "takes a pattern, not text"),
        ("3", "takes a pattern, not the number 3"),
    ],
)
def test_a_pattern_that_cannot_be_is_told(root: Path, pattern: str, why: str) -> None:
    assert told(root, f"shop = team('shop')\nfolders({pattern})") == [f"pipeline.py:6: folders: {why}  [path-invalid]"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("a: [", "yaml-invalid"),
        ("- a\n", "values-invalid"),
        ("a: 1\n---\nb: 2\n", "values-invalid"),
        ("a: {{ .x }}\n", "yaml-invalid"),
    ],
)
def test_values_that_cannot_be_read_are_told_once_with_their_file(root: Path, values: str, message: str) -> None:
    write(root, {"t/a/v.yaml": values, "t/b/v.yaml": "fine: 1\n"})
    [one] = told(root, "pipelines = [team(one.name) for one in folders('t/*', holding='v.yaml')]")
    assert "t/a/v.yaml" in one
    assert f"[{message}]" in one


def test_an_empty_values_file_has_no_values(root: Path) -> None:
    write(root, {"t/a/v.yaml": "# nothing\n", "t/b/v.yaml": ""})
    text = "pipelines = [team(f'{one.name}{len(one.values)}') for one in folders('t/*', holding='v.yaml')]"
    assert list(load(root, text).pipelines) == ["a0", "b0"]


def test_links_are_not_followed_out_of_the_repository(root: Path, tmp_path: Path) -> None:
    write(root, {"t/a/v.yaml": "x: 1\n"})
    write(tmp_path, {"secret/v.yaml": "s3cret: 1\n"})
    (root / "t" / "linked").symlink_to(tmp_path / "secret")
    text = "pipelines = [team(one.name) for one in folders('t/*', holding='v.yaml')]"
    assert list(load(root, text).pipelines) == ["a"]
    (root / "t" / "b").mkdir()
    (root / "t" / "b" / "v.yaml").symlink_to(tmp_path / "secret" / "v.yaml")
    assert told(root, text) == ["t/b/v.yaml: folders: it is a link that leads out of the repository  [path-escapes]"]


def test_outside_of_a_pipeline_file_errors_are_raised(root: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        folders("nowhere-at-all/*")
    assert caught.value.code == "folders-missing"
    assert Folder(name="a", path="t/a") == Folder(name="a", path="t/a")


# --- clusters


def test_clusters_become_environments_sorted_by_name(root: Path) -> None:
    write(
        root,
        {
            "clusters/z.yaml": SECRET.format(name="west", tier="main"),
            "clusters/a.yaml": SECRET.format(name="east", tier="canary")
            + "---\n"
            + SECRET.format(name="north", tier="test"),
            "clusters/README.md": "not: [yaml",
        },
    )
    text = """\
    pipelines = [
        team(one.name, labels=one.labels) for one in clusters("clusters/*", match={"tier": ["main", "canary"]})
    ]
    """
    found = load(root, text).pipelines
    assert {name: dict(one.environment("test").labels) for name, one in found.items()} == {
        "east": {"tier": "canary"},
        "west": {"tier": "main"},
    }


def test_two_clusters_of_one_name_are_told(root: Path) -> None:
    write(root, {f"clusters/{name}.yaml": SECRET.format(name="east", tier="main") for name in "ab"})
    assert told(root, "shop = team('shop')\nclusters('clusters/*')") == [
        (
            'pipeline.py:6: clusters: clusters/a.yaml and clusters/b.yaml both name a cluster "east"  [name-taken]'
            "  (give each a name of its own)"
        )
    ]


def test_a_match_that_nothing_has_is_told(root: Path) -> None:
    write(root, {"clusters/a.yaml": SECRET.format(name="east", tier="main")})
    [one] = told(root, "shop = team('shop')\nclusters('clusters/*', match={'tier': 'mian'})")
    assert one.startswith(
        "pipeline.py:6: clusters: the only cluster in \"clusters/*\" has not the labels {'tier': 'mian'}"
        "  [clusters-missing]"
    )


def test_a_cluster_that_is_not_sound_is_told_with_its_file(root: Path) -> None:
    write(root, {"clusters/a.yaml": SECRET.format(name="east", tier="true")})
    assert told(root, "shop = team('shop')\nclusters('clusters/*')") == [
        "clusters/a.yaml: clusters: the label tier of east is not text: put it in quotes  [cluster-invalid]"
    ]


# --- what counts at the top level


def test_pipelines_in_lists_and_dictionaries_and_those_in_them_count(root: Path) -> None:
    text = """\
    one = [team("a"), (team("b"),), {"x": [team("c")]}]
    two = {"d": team("d"), "again": one}
    other = [3, None, "text", {1: 2}]
    """
    assert list(load(root, text).pipelines) == ["a", "b", "c", "d"]


def test_a_list_that_holds_itself_ends(root: Path) -> None:
    assert list(load(root, "one = [team('a')]\none.append(one)").pipelines) == ["a"]
