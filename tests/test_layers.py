"""The floors of the house, guarded: who may import whom, what the core may touch, who owns which vendor library."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gitpromote

PACKAGE = Path(gitpromote.__file__).parent

# Top may import below, never up; names on one floor are unaware of each other.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"__main__"}),
    frozenset({"cli"}),
    frozenset({"project"}),
    frozenset({"engine"}),
    frozenset({"adapters", "views", "history", "planning"}),
    frozenset({"ports"}),
    frozenset({"discovery", "diff", "policy", "render"}),
    frozenset({"cel"}),
    frozenset({"model"}),
    frozenset({"errors"}),
)
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}

# The package's own module names the public words lazily; it may look everywhere, nobody may need it from below.
FRONT = "__init__"

CORE = frozenset({"model", "cel", "render", "discovery", "diff", "policy", "planning", "history", "errors"})
EFFECTS = frozenset(
    "git kubernetes httpx2 httpx requests rich click IPython nbformat subprocess os pathlib time socket "
    "tempfile shutil threading concurrent random secrets uuid fcntl signal urllib http glob logging".split()
)
PURE_PARTS = frozenset({"urllib.parse"})
EFFECT_CALLS = frozenset({"open", "input", "print", "exec", "eval", "__import__"})

# One owner per outside system: vendor library -> the only places that may import it.
OWNERS: dict[str, tuple[str, ...]] = {
    "git": ("adapters/git/workrepo.py",),
    "kubernetes": ("adapters/kube.py",),
    "httpx2": ("adapters/http.py",),
    "cel_expr_python": ("cel/",),
    "cryptography": ("adapters/signing_keys.py",),
    "rich": ("views/", "cli/"),
    "click": ("cli/",),
    "deepdiff": ("project/", "planning/", "diff/", "views/"),
    "jsonschema": ("adapters/schema_check.py",),
    "kubernetes_validate": ("adapters/schema_check.py",),
    "regopy": ("adapters/policy_child.py",),
    "nbformat": ("adapters/notebooks.py", "cli/notebook.py"),
    "subprocess": ("adapters/",),
    "yaml": ("render/",),
}


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _top(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative imports hide where a name lives"
            yield node.lineno, node.module or ""


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_has_a_floor_and_imports_only_below(path: Path) -> None:
    top = _top(path)
    if path == PACKAGE / "__init__.py":
        return
    assert top in FLOOR_OF, f"{top} is new: give it a floor in {Path(__file__).name}"
    for line, name in _imports(path):
        parts = name.split(".")
        if parts[0] != "gitpromote" or len(parts) == 1:
            continue
        other = parts[1]
        if other == top or other == "__version__":
            continue
        assert other in FLOOR_OF, f"{path}:{line}: {other} has no floor"
        assert FLOOR_OF[other] > FLOOR_OF[top], f"{path}:{line}: {top} may not import {other}"


@pytest.mark.parametrize(
    "path", [path for path in _modules() if _top(path) in CORE], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_the_core_is_pure(path: Path) -> None:
    for line, name in _imports(path):
        if name in PURE_PARTS:
            continue
        assert name.split(".")[0] not in EFFECTS, f"{path}:{line}: the core may not import {name}"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in EFFECT_CALLS, f"{path}:{node.lineno}: the core may not call {node.func.id}()"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            clock = node.func.attr in ("now", "utcnow", "today") and not isinstance(node.func.value, ast.Attribute)
            assert not clock, f"{path}:{node.lineno}: the core reads no clock"


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_vendor_library_has_one_owner(path: Path) -> None:
    relative = path.relative_to(PACKAGE).as_posix()
    for line, name in _imports(path):
        owners = OWNERS.get(name.split(".")[0])
        if owners is not None:
            assert relative.startswith(owners), f"{path}:{line}: only {', '.join(owners)} may import {name}"


def test_no_floor_is_empty_by_mistake() -> None:
    present = {_top(path) for path in _modules()} - {FRONT}
    assert present <= set(FLOOR_OF)
    assert {"cli", "project", "engine", "planning", "model"} <= present
