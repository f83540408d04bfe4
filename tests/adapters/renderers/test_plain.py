"""Manifests as they are."""

from __future__ import annotations

from gitpromote.adapters.renderers.job import render
from gitpromote.model.render import PlainSpec


def pod(name: str) -> str:
    return f"# {name}\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n"


def test_every_manifest_of_a_folder_is_taken_with_its_own_words_and_place(make_job) -> None:
    files = {
        "all/b.yml": pod("b") + "---\n" + pod("c"),
        "all/deep/er/a.yaml": pod("a"),
        "all/d.json": '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "d"}}',
        "all/notes.md": "# words",
        "other/e.yaml": pod("e"),
    }
    made = render(make_job(files, PlainSpec(path="all")))
    assert [manifest.place for manifest in made.manifests.values()] == [
        "all/b.yml:1",
        "all/b.yml:6",
        "all/d.json:1",
        "all/deep/er/a.yaml:1",
    ]
    assert made.layout.contents["pod-a.yaml"].decode() == pod("a")
    assert (made.commands, made.random, made.warnings) == ((), (), ())


def test_one_file_is_enough(make_job) -> None:
    made = render(make_job({"a.yaml": pod("a"), "b.yaml": pod("b")}, PlainSpec(path="a.yaml")))
    assert list(made.layout.contents) == ["pod-a.yaml"]


def test_hidden_files_and_kustomizations_are_passed_over(make_job) -> None:
    files = {
        "all/a.yaml": pod("a"),
        "all/.ci/job.yaml": "stages: []",
        "all/.lint.yml": "rules: []",
        "all/sub/kustomization.yaml": "resources: [../a.yaml]",
    }
    made = render(make_job(files, PlainSpec(path="all")))
    assert list(made.layout.contents) == ["pod-a.yaml"]
    assert made.warnings == ("all/sub/kustomization.yaml is not read: the files are taken as they are",)


def test_the_whole_repository_can_be_plain(make_job) -> None:
    made = render(
        make_job({"a.yaml": pod("a"), "b/c.yaml": pod("c"), ".github/x.yml": "on: push"}, PlainSpec(path="."))
    )
    assert list(made.layout.contents) == ["pod-a.yaml", "pod-c.yaml"]


def test_links_to_files_and_folders_are_followed(make_job) -> None:
    files = {
        "env/prod": "->../shared/prod",
        "shared/prod/one.yaml": "->../../pods/a.yaml",
        "shared/prod/more": "->../../pods/more",
        "pods/a.yaml": pod("a"),
        "pods/more/b.yaml": pod("b"),
        "pods/not.yaml": pod("not"),
    }
    made = render(make_job(files, PlainSpec(path="env/prod")))
    assert sorted(made.layout.contents) == ["pod-a.yaml", "pod-b.yaml"]
