"""A plan that found nothing to do is not made again while nothing has moved; whatever moves, it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gitpromote.errors import GitpromoteError
from gitpromote.project.standstill import Standstill

SHOWN = [[["No changes.", ""]]]


def memory(desk: Any, **words: Any) -> Standstill:
    return Standstill(
        words.pop("file", None), words.pop("pipeline", None), cache_dir=str(desk.root / "cache"), shape=[80], **words
    )


@pytest.fixture
def settled(desk: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A desk where everything is promoted and the last plan found that out."""
    monkeypatch.chdir(desk.work)
    desk.project().apply(desk.project().plan(), confirmed=True)
    remembered(desk)
    assert memory(desk).recall() == SHOWN
    return desk


def remembered(desk: Any) -> None:
    project = desk.project()
    plan = project.plan()
    assert {each.decision for each in plan.data.environments} == {"noop"}
    memory(desk).remember(project, plan.data, SHOWN)


def test_a_plan_with_something_to_do_is_not_kept(desk, monkeypatch):
    monkeypatch.chdir(desk.work)
    project = desk.project()
    memory(desk).remember(project, project.plan().data, SHOWN)
    assert memory(desk).recall() is None


def test_a_file_that_changes_while_it_is_planned_is_run_again(settled):
    path = settled.work / "pipeline.py"
    path.write_text(path.read_text() + "\n")
    still = memory(settled)
    assert still.recall() is None
    project = settled.project()
    plan = project.plan()
    path.write_text(path.read_text().replace('Environment("prod")', 'Environment("prod"), Environment("late")'))
    still.remember(project, plan.data, SHOWN)
    assert memory(settled).recall() is None


def test_one_width_takes_the_place_of_another(settled):
    project = settled.project()
    wide = Standstill(None, None, cache_dir=str(settled.root / "cache"), shape=[200])
    assert wide.recall() is None
    wide.remember(project, project.plan().data, SHOWN)
    assert wide.recall() == SHOWN
    assert memory(settled).recall() is None
    assert len(list((settled.root / "cache").glob("standstill-*"))) == 1


def test_another_width_another_pipeline_and_another_folder_are_other_plans(settled, monkeypatch):
    assert memory(settled, pipeline="shop").recall() is None
    assert memory(settled, file="pipeline.py").recall() is None
    monkeypatch.chdir(settled.work / "deploy")
    assert memory(settled).recall() is None


def newer_source(desk: Any) -> None:
    desk.push(desk.sources("2"))


def other_commit(desk: Any) -> None:
    desk.push({"README": "hello"})


def foreign_target(desk: Any) -> None:
    desk.git("push", "-q", "-f", "origin", "main:env/prod")


def deleted_target(desk: Any) -> None:
    desk.git("push", "-q", "origin", ":env/test")


def held(desk: Any) -> None:
    desk.project().hold("prod", reason="freeze")


def locked(desk: Any) -> None:
    desk.project().lock("prod", reason="mine")


def other_default_branch(desk: Any) -> None:
    desk.git("push", "-q", "origin", "main:trunk")
    (desk.remote / "HEAD").write_text("ref: refs/heads/trunk\n")


def other_file(desk: Any) -> None:
    path = desk.work / "pipeline.py"
    path.write_text(path.read_text().replace('Environment("prod")', 'Environment("prod"), Environment("late")'))


def other_origin(desk: Any) -> None:
    desk.git("clone", "-q", "--bare", str(desk.remote), str(desk.root / "elsewhere.git"))
    desk.git("remote", "set-url", "origin", str(desk.root / "elsewhere.git"))


def no_origin(desk: Any) -> None:
    desk.git("remote", "remove", "origin")


@pytest.mark.parametrize(
    "move",
    [
        newer_source,
        other_commit,
        foreign_target,
        deleted_target,
        held,
        locked,
        other_default_branch,
        other_file,
        other_origin,
        no_origin,
    ],
    ids=lambda move: move.__name__,
)
def test_whatever_moves_is_seen(settled, move):
    move(settled)
    assert memory(settled).recall() is None


def test_another_renderer_is_seen(settled, monkeypatch, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "kustomize").write_text("#!/bin/sh\n")
    (folder / "kustomize").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    assert memory(settled).recall() is None


def binary(path: Path, content: bytes = b"") -> Path:
    """A file that is taken for a program, and never run here."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\x7fELF" + content)
    path.chmod(0o755)
    return path


def test_a_program_that_is_not_the_first_of_its_name_is_seen_too(settled, monkeypatch, tmp_path):
    folders = [str(binary(tmp_path / folder / "kustomize").parent) for folder in ("a", "b")]
    monkeypatch.setenv("PATH", os.pathsep.join([*folders, os.environ["PATH"]]))
    remembered(settled)
    assert memory(settled).recall() == SHOWN
    binary(tmp_path / "b" / "kustomize", b"fixed")
    assert memory(settled).recall() is None


def test_a_program_beside_python_is_seen_although_path_has_others(settled, monkeypatch, tmp_path):
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / name))
    remembered(settled)
    assert memory(settled).recall() == SHOWN
    binary(tmp_path / "scripts" / "kustomize")
    assert memory(settled).recall() is None


def kustomized(desk: Any) -> None:
    """The same desk, whose App is rendered by kustomize."""
    text = (desk.work / "pipeline.py").read_text().replace("Plain", "Kustomize")
    folders = {f"deploy/{env}/kustomization.yaml": "resources: [c.yaml]\n" for env in ("test", "prod")}
    desk.push(folders)
    written(desk, text)


def test_a_renderer_that_is_the_same_file_is_the_same_renderer(settled):
    kustomized(settled)
    assert memory(settled).recall() == SHOWN


def shim(folder: Path, *, starts: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / "kustomize"
    path.write_text(f'#!/bin/sh\n[ "$1" = version ] && exec cat "{starts}"\ncat "$2/c.yaml"\n')
    path.chmod(0o755)


def test_what_a_version_managers_shim_starts_is_asked_each_time(settled, monkeypatch, tmp_path):
    manager = tmp_path / "current"
    manager.write_text("v5.1.0")
    shim(tmp_path / "shims", starts=str(manager))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "shims"), os.environ["PATH"]]))
    kustomized(settled)
    assert settled.project().plan().data.tools[0].version == "5.1.0"
    assert memory(settled).recall() is None
    manager.write_text("v5.2.0")
    assert settled.project().plan().data.tools[0].version == "5.2.0"


def test_a_shim_that_no_app_is_rendered_by_is_nobodys_business(settled, monkeypatch, tmp_path):
    shim(tmp_path / "shims", starts="/dev/null")
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "shims"), os.environ["PATH"]]))
    remembered(settled)
    assert memory(settled).recall() == SHOWN


def test_a_program_that_only_its_owner_may_read_is_no_proof(settled, monkeypatch, tmp_path):
    kustomized(settled)
    monkeypatch.setattr("gitpromote.project.standstill.is_itself", unreadable)
    remembered(settled)
    assert memory(settled).recall() is None


def unreadable(program: Any) -> bool:
    raise PermissionError(13, "Permission denied", program.real)


def test_a_branch_that_no_environment_is_about_is_not(settled):
    settled.git("push", "-q", "origin", "main:refs/tags/v1")
    assert memory(settled).recall() == SHOWN


def test_a_remote_that_cannot_be_asked_is_an_error_as_in_any_plan(settled):
    settled.remote.rename(settled.root / "away.git")
    with pytest.raises(GitpromoteError) as caught:
        memory(settled).recall()
    assert caught.value.code == "repository-not-found"


def test_a_damaged_memory_is_none(settled):
    kept = next((settled.root / "cache").glob("standstill-*"))
    kept.write_bytes(kept.read_bytes()[:-1] + b" ")
    assert memory(settled).recall() is None


def written(desk: Any, text: str) -> None:
    desk.push({"pipeline.py": text})
    desk.project().apply(desk.project().plan(), confirmed=True)
    remembered(desk)


@pytest.mark.parametrize(
    "line",
    ["import os", "import time\nNOW = time.time()", "KNOWN = {'test', 'prod'}"],
)
def test_a_file_that_reads_more_than_itself_is_run_each_time(settled, line):
    source = (settled.work / "pipeline.py").read_text()
    written(settled, f"{line}\n{source}")
    assert memory(settled).recall() is None


def test_images_are_asked_for_each_time(settled):
    source = (settled.work / "pipeline.py").read_text()
    text = source.replace("Plain\n", "Plain, Image, Warehouse\n").replace(
        '    apps=[App("shop"', '    warehouse=Warehouse(Image("ghcr.io/acme/shop")),\n    apps=[App("shop"'
    )
    settled.push({"pipeline.py": text})
    project = settled.project()
    plan = project.plan(images=[f"ghcr.io/acme/shop:1.0.0@sha256:{'1' * 64}"])
    memory(settled).remember(project, plan.data, SHOWN)
    assert memory(settled).recall() is None


def test_the_command_line_says_the_same_without_running_the_file(settled, capsys, monkeypatch):
    from gitpromote.cli.main import main

    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(settled.root / "cache"))
    for kept in (settled.root / "cache").glob("standstill-*"):
        kept.unlink()
    assert main(["plan"]) == 0
    first = capsys.readouterr().out
    assert "No changes. Every environment holds what its Freight makes." in first

    def unread(*_: object) -> None:
        raise AssertionError("the file was run")

    monkeypatch.setattr("gitpromote.adapters.pipeline_file.load_pipelines", unread)
    assert main(["plan", "-detailed-exitcode"]) == 0
    assert capsys.readouterr().out == first
    assert not list(Path("plans").glob("*"))
