"""What ``gitpromote`` gives by name: complete, sorted, light, and the same for a type checker."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import gitpromote

SOURCE = Path(gitpromote.__file__)


def modules_after(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(SOURCE.parent.parent)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(found.stdout.split())


def test_the_version_is_a_version() -> None:
    assert gitpromote.__version__ == "0.1.0"


def test_the_names_are_these() -> None:
    assert " ".join(gitpromote.__all__) == (
        "CEL HTTP AdmissionPolicies App Approvals ArgoCD Bake Boundary Branch Change ChangeBudget Chart Checks "
        "CommitSignature Directory Environment EphemeralPipeline ExecPolicy Exemption Flux FluxSetters Freeze Git "
        "GitpromoteError Helm History Image ImageSignature InPlace Job Kustomize Limits Match Message NoAgent OrgGate "
        "OrgMatch OrgPolicies OrgPolicy Pack Pipeline Plain Plan Project Prometheus PythonGate PythonPolicy "
        "PythonRenderer Ramp Rego RiskRule Rule SecretCommand SecretEnv SecretFile SetValue SkipPermission Soak "
        "Status Warehouse Wave Window any_of app_version clusters errors folders matrix same_commit same_version"
    )


def test_the_names_are_sorted_and_once() -> None:
    def order(name: str) -> tuple[bool, bool, str]:
        return not name.isupper(), not name[0].isupper(), name

    assert list(gitpromote.__all__) == sorted(set(gitpromote.__all__), key=order)


@pytest.mark.parametrize("name", gitpromote.__all__)
def test_every_name_is_there(name: str) -> None:
    value = getattr(gitpromote, name)
    assert getattr(value, "__doc__", None), "a public name says what it means"
    assert name in dir(gitpromote)


def test_a_type_checker_sees_the_same_names() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    seen = {
        (alias.name, node.module) for node in checked.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert seen == {*gitpromote._HOME.items(), ("errors", "gitpromote")}
    assert {name for name, _ in seen} == set(gitpromote.__all__)


def test_importing_the_package_costs_nothing() -> None:
    loaded = modules_after("import gitpromote")
    assert {name for name in loaded if name.startswith("gitpromote")} == {"gitpromote"}
    assert not loaded & {"pydantic", "yaml", "git", "rich", "click", "kubernetes", "deepdiff", "nbformat"}


def test_nothing_is_loaded_before_a_signal_has_somebody_who_takes_it() -> None:
    loaded = modules_after("import gitpromote.__main__") - modules_after("pass")
    assert loaded <= {"__future__", "gitpromote", "gitpromote.__main__"}


SIGNALLED = """\
import os, sys


class Signalled:
    def find_spec(self, name, *_):
        if name == {name!r}:
            os.kill(os.getpid(), {number})


sys.modules.pop({name!r}, None)
sys.meta_path.insert(0, Signalled())
from gitpromote.__main__ import program

sys.argv[1:] = ["--help"]
program()
"""


@pytest.mark.parametrize(
    ("name", "number"),
    [("signal", signal.SIGINT)]
    + [(name, number) for name in ("gitpromote.cli.main", "click") for number in (signal.SIGINT, signal.SIGTERM)],
)
def test_a_signal_while_the_program_is_loaded_ends_it_with_130_and_no_traceback(name: str, number: int) -> None:
    code = SIGNALLED.format(name=name, number=int(number))
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_definitions_need_pydantic_and_nothing_heavier() -> None:
    loaded = modules_after("from gitpromote import Pipeline, Soak, Prometheus; Soak('1h')")
    assert "pydantic" in loaded
    assert not loaded & {"yaml", "git", "rich", "click", "kubernetes", "deepdiff", "nbformat", "subprocess", "difflib"}


def test_errors_need_no_pydantic() -> None:
    assert "pydantic" not in modules_after("from gitpromote import GitpromoteError, errors; errors.ConfigurationError")


def test_a_name_that_is_not_there_is_an_attribute_error_with_what_was_meant() -> None:
    with pytest.raises(AttributeError) as raised:
        _ = gitpromote.Enviroment  # type: ignore[attr-defined]
    assert str(raised.value) == "module 'gitpromote' has no attribute 'Enviroment'; did you mean Environment?"
    assert not hasattr(gitpromote, "__nothing__")
