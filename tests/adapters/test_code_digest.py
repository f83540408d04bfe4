"""What the digest of a function's code covers: its file, and the modules beside it that it imports."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gitpromote.adapters.code_digest import digest_of_code
from gitpromote.adapters.user_code import execute, function_in, isolated


def plain(file: Path) -> str:
    return f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"


@pytest.fixture
def write(tmp_path: Path):
    def make(path: str, text: str = "A = 1\n") -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return make


@pytest.mark.parametrize(
    "text",
    [
        "def f(): pass\n",
        "from __future__ import annotations\nimport json, os.path\nfrom gitpromote import App\nimport yaml\n",
        "import nowhere\nfrom . import beside\nfrom .beside import A\n",  # a module outside of packages has no siblings
        "import importlib\n\ndef f(name):\n    return importlib.import_module(name)\n",
        "this is no Python\nimport beside\n",
    ],
)
def test_a_file_that_imports_nothing_beside_it_has_the_digest_of_its_bytes(write, text: str) -> None:
    write("beside.py"), write("json.py"), write("gitpromote.py"), write("yaml/values.yaml")
    file = write("mine.py", text)
    assert digest_of_code(file, "mine") == plain(file)


IMPORTS = {
    "import beside\n": "beside.py",
    "import beside as other, os\n": "beside.py",
    "from beside import A\n": "beside.py",
    "from beside import *\n": "beside.py",
    "def f():\n    from beside import A\n": "beside.py",
    "try:\n    import beside\nexcept ImportError:\n    beside = None\n": "beside.py",
    "import lib.deep\n": "lib/deep.py",
    "import lib\n": "lib/__init__.py",
    "from lib import deep\n": "lib/deep.py",
    "from lib import *\n": "lib/deep.py",
    "from lib.deep import A\n": "lib/__init__.py",
    "import bare.deep\n": "bare/deep.py",
    "import importlib\nimportlib.import_module('lib.deep')\n": "lib/deep.py",
    "import importlib\nimportlib.import_module(name='lib.deep')\n": "lib/deep.py",
    "from importlib import import_module\nimport_module('.deep', 'lib')\n": "lib/deep.py",
    "from importlib import import_module\nimport_module('.deep', package='lib')\n": "lib/deep.py",
    "__import__('beside')\n": "beside.py",
    "import first\n": "second.py",
    "import circle\n": "circle.py",
}


@pytest.mark.parametrize(("text", "changed"), IMPORTS.items())
def test_a_module_that_is_imported_is_part_of_it(write, tmp_path: Path, text: str, changed: str) -> None:
    write("beside.py"), write("lib/__init__.py"), write("lib/deep.py"), write("bare/deep.py"), write("unused.py")
    write("first.py", "import second\n"), write("second.py"), write("circle.py", "import circle, mine\n")
    file = write("mine.py", text)
    before = digest_of_code(file, "mine")
    assert before != plain(file)
    write("unused.py", "A = 2\n")
    assert digest_of_code(file, "mine") == before
    write(changed, (tmp_path / changed).read_text() + "# changed\n")
    assert digest_of_code(file, "mine") != before


def test_a_module_of_a_package_imports_by_its_place(write) -> None:
    write("lib/__init__.py"), write("lib/near.py"), write("far.py")
    for text, changed in (("from . import near\n", "lib/near.py"), ("from .near import A\n", "lib/near.py")):
        file = write("lib/mine.py", text)
        before = digest_of_code(file, "lib.mine")
        write(changed, f"# {text}")
        assert digest_of_code(file, "lib.mine") != before != plain(file)
    file = write("lib/mine.py", "import far\n")
    assert digest_of_code(file, "lib.mine") != plain(file)
    package = write("lib/__init__.py", "from . import near\n")
    assert digest_of_code(package, "lib") != plain(package)


def test_above_pipelines_lies_what_its_files_import(write) -> None:
    write("common.py", "import inner\n"), write("pipelines/inner.py")
    file = write("pipelines/shop.py", "import common\n")
    before = digest_of_code(file, "shop")
    assert before != plain(file)
    write("pipelines/inner.py", "A = 2\n")
    assert digest_of_code(file, "shop") != before


def test_it_is_the_same_wherever_the_folder_lies(write) -> None:
    found = set()
    for folder in ("a", "b"):
        write(f"{folder}/beside.py")
        found.add(digest_of_code(write(f"{folder}/mine.py", "import beside\n"), "mine"))
    assert len(found) == 1


def test_what_is_installed_is_told_by_its_file_alone(write) -> None:
    write("site-packages/beside.py")
    file = write("site-packages/mine.py", "import beside\n")
    assert digest_of_code(file, "mine") == plain(file)


def test_what_a_file_adds_to_the_search_path_is_not_there_when_a_function_runs(write, tmp_path: Path) -> None:
    """So it is in no digest either: one that nobody finds again would be told as a change of the file."""
    write("vendor/packed.py")
    text = f"import sys\n\nsys.path.insert(0, {str(tmp_path / 'vendor')!r})\nimport packed\n\ndef f():\n    pass\n"
    file = write("mine.py", text)
    with isolated(file):
        execute(file, file.read_bytes(), shown_as="mine.py")
        function = function_in("mine:f")
    assert function.sha256 == digest_of_code(file, "mine") == plain(file)


@pytest.mark.parametrize(
    ("call", "added", "changes"),
    [
        ("folders('teams/*')", "teams/b/x", True),
        ("folders('teams/*')", "other/b/x", False),
        ("folders('teams/*', holding='v.yaml')", "teams/a/v.yaml", True),
        ("folders(pattern='teams/*', holding='v.yaml')", "teams/a/other.yaml", False),
        ("gitpromote.clusters('clusters/*.yaml')", "clusters/eu.yaml", True),
        ("gitpromote.clusters('clusters/*.yaml')", "clusters/eu.txt", False),
        ("folders('../*')", "teams/b/x", False),
        ("folders(pattern)", "teams/b/x", False),
    ],
)
def test_what_it_looks_for_is_part_of_it(write, tmp_path: Path, call: str, added: str, *, changes: bool) -> None:
    (tmp_path / ".git").mkdir()
    write("teams/a/x"), write("clusters/us.yaml")
    file = write("deploy/mine.py", f"import gitpromote\nfrom gitpromote import folders\n\nFOUND = {call}\n")
    before = digest_of_code(file, "mine")
    write(added)
    assert (digest_of_code(file, "mine") != before) is changes


def test_what_lies_above_the_checkout_is_never_part_of_it(write, tmp_path: Path) -> None:
    """It would be another digest in every clone."""
    (tmp_path / "repo/.git").mkdir(parents=True)
    text = "from pathlib import Path\n\nRULES = sorted((Path(__file__).parent / 'rules').iterdir())\n"
    top, deep = write("repo/mine.py", text), write("repo/deploy/mine.py", text)
    before = digest_of_code(top, "mine"), digest_of_code(deep, "mine")
    write("rules/one.yaml")
    assert (digest_of_code(top, "mine"), digest_of_code(deep, "mine")) == before
    write("repo/rules/one.yaml")
    assert digest_of_code(top, "mine") != before[0]
    assert digest_of_code(deep, "mine") != before[1]
