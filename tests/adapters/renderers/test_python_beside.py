"""What a function finds beside itself is what Python finds there anywhere else, or it is an error."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitpromote.adapters.code_digest import digest_of_code
from gitpromote.adapters.renderers.job import render
from gitpromote.errors import RenderFailed
from gitpromote.model.render import PythonSpec, RenderJob

Make = Callable[[str], RenderJob]

ADVICE = """\
A change there would go unnoticed. Read it from the folder that the function is called with, or name it in its
text: a file or folder in quotes with __file__, as in Path(__file__).parent / "rules"; a module in an import.
""".splitlines()
HEAD = """\
import glob, importlib.util, os
from pathlib import Path
from lib.deep.paths import HOME

HERE = Path(__file__).parent


def found(paths):
    names = sorted({Path(path).name.strip(".") for path in paths})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "found": names}


"""
FILES = {
    "lib/__init__.py": "",
    "lib/deep/__init__.py": "",
    "lib/deep/paths.py": "from pathlib import Path\n\nHOME = Path(__file__).resolve().parent\n",
    "lib/deep/more.py": "",
    "lib/deep/top.yaml": "x: 1\n",
    "lib/deep/rules/a.yaml": "x: 1\n",
    "lib/deep/rules/.hidden.yaml": "x: 1\n",
    "lib/deep/rules/more/b.yaml": "x: 1\n",
    "rules/c.yaml": "x: 1\n",
}


@pytest.fixture
def make(tmp_path: Path, make_job) -> Make:
    """A job for a function with this body in a package of a checkout, and what Python itself makes of it."""
    (tmp_path / ".git").mkdir()
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "lib/deep/rules/linked.yaml").symlink_to("../../../rules/c.yaml")
    (tmp_path / "lib/deep/rules/out.yaml").symlink_to("/etc/hostname")
    (tmp_path / "lib/deep/whole").mkdir()
    (tmp_path / "lib/deep/whole/linked.yaml").symlink_to("../rules/a.yaml")
    (tmp_path / "lib/deep/whole/.d.yaml").write_text("x: 1\n")

    def write(body: str) -> RenderJob:
        file = tmp_path / "lib/deep/mine.py"
        file.write_text(f"{HEAD}def pods(source):\n    {body}\n")
        code = digest_of_code(file, "lib.deep.mine").removeprefix("sha256:")
        return make_job({"a.txt": "x"}, PythonSpec(function="lib.deep.mine:pods", file=str(file), code=code))

    return write


def plainly(folder: Path) -> str:
    asked = [sys.executable, "-c", "from lib.deep.mine import pods; print(pods(None)['found'])"]
    env = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(asked, cwd=folder, env=env, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    "paths",
    [
        'HERE.glob("*.yaml")',
        'HERE.glob("**/a.yaml")',
        'HERE.rglob("a.yaml")',
        'glob.glob(os.path.join(os.path.dirname(__file__), "*.yaml"))',
        'glob.glob(f"{HERE}/*.yaml")',
        '(HERE / "whole").iterdir()',
        'os.listdir(HERE / "whole")',
        '(HERE / "whole").glob("*.yaml")',
        '[name for _, _, names in os.walk(HERE / "whole") for name in names]',
        '(Path(__file__).resolve().parents[2] / "rules").glob("*.yaml")',
        '(HERE.parent.parent / "rules").iterdir()',
        'glob.glob(os.path.join(os.path.dirname(HERE), "..", "rules", "*.yaml"))',
        '[HERE / "none.yaml"] if (HERE / "none.yaml").exists() else []',
    ],
)
def test_it_finds_what_python_finds(make: Make, tmp_path: Path, paths: str) -> None:
    (manifest,) = render(make(f"return found({paths})")).manifests.values()
    assert str(manifest.data["found"]) == plainly(tmp_path)


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        ('HERE.glob("**/*.y" + "aml")', "It looks through {}/lib/deep, where more.py, rules, top.yaml and 1 more are"),
        ('HERE.rglob("*.y" + "aml")', "It looks through {}/lib/deep, where more.py, rules, top.yaml and 1 more are"),
        ('HERE.glob("*.y" + "aml")', "It looks through {}/lib/deep, where top.yaml is"),
        ("HERE.iterdir()", "It looks through {}/lib/deep, where more.py, rules, top.yaml and 1 more are"),
        ("os.listdir(HERE)", "It looks through {}/lib/deep, where more.py, rules, top.yaml and 1 more are"),
        ("HERE.parents[2].iterdir()", "It looks through {0.parent}, where what lies above the checkout is"),
        ("os.walk(HERE)", "It looks through {}/lib/deep, where more.py, rules, top.yaml and 1 more are"),
        ('glob.glob(str(HERE) + "/*.y" + "aml")', "It looks through {}/lib/deep, where top.yaml is"),
        ('(HERE / "rules").iterdir()', "It looks through {}/lib/deep/rules, where out.yaml is"),
        ('(HOME / "rules").glob("*.yaml")', "It asks for {}/lib/deep/rules, which is"),
        ('HOME.glob("rules/*.yaml")', "It asks for {}/lib/deep/rules, which is"),
        (
            '[HOME / name for name in ("top.yaml",) if (HOME / name).exists()]',
            "It asks for {}/lib/deep/top.yaml, which is",
        ),
        ('[HOME] if (HOME / "top.yaml").is_file() else []', "It asks for {}/lib/deep/top.yaml, which is"),
        ('os.walk(HERE / ("ru" + "les"))', "It asks for {}/lib/deep/rules, which is"),
        ('glob.glob("*.y" + "aml", root_dir=HERE)', "It looks through {}/lib/deep, where top.yaml is"),
        ('glob.glob("*", root_dir=HERE / ("ru" + "les"))', "It asks for {}/lib/deep/rules, which is"),
        (
            "[one for *_, names, _ in os.fwalk(HERE) for one in names]",
            "It looks through {}/lib/deep, where more.py, rules, top.yaml and 1 more are",
        ),
        (
            "os.listdir(os.open(HERE, os.O_RDONLY))",
            "It looks through {}/lib/deep, where more.py, rules, top.yaml and 1 more are",
        ),
        (
            '[HOME] if importlib.util.find_spec("lib.deep.m" + "ore") else []',
            "It imports {}/lib/deep/more.py, which is",
        ),
        ('[HOME] if os.access(HOME / "top.yaml", os.R_OK) else []', "It asks for {}/lib/deep/top.yaml, which is"),
    ],
)
def test_what_it_would_miss_without_a_word_is_an_error(make: Make, tmp_path: Path, paths: str, told: str) -> None:
    """Manifests that come of it would be gone, and pruned."""
    body = f"return found(list(map(str, {paths})))"
    with pytest.raises(RenderFailed) as caught:
        render(make(body))
    first, *lines = [line.strip() for line in caught.value.detail.splitlines()[1:]]
    assert first == f"{tmp_path}/lib/deep/mine.py:14: {body}"
    assert lines == [
        f"{told.format(tmp_path)} no part of its code.",
        *ADVICE,
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("os.listdir(HERE / name)", "asks for {}/lib/deep/rules"),
        ("next((HERE / name).iterdir())", "asks for {}/lib/deep/rules"),
        ("os.chdir(HERE / name)", "asks for {}/lib/deep/rules"),
        ("os.readlink(HERE / name / 'linked.yaml')", "asks for {}/lib/deep/rules/linked.yaml"),
        ("open(HERE / name / 'a.yaml', 'a+').read()", "asks for {}/lib/deep/rules/a.yaml"),
        ("os.open(name, os.O_RDONLY, dir_fd=os.open(HERE, os.O_RDONLY))", "asks for {}/lib/deep/rules"),
        ("importlib.import_module('lib.deep.' + 'more')", "imports {}/lib/deep/more.py"),
        ("__import__('lib.deep.' + 'more')", "imports {}/lib/deep/more.py"),
    ],
)
def test_what_it_does_without_is_an_error_as_well(make: Make, tmp_path: Path, body: str, told: str) -> None:
    lines = [
        "name = 'ru' + 'les'",
        "try:",
        f"    {body}",
        "except (OSError, ImportError):",
        "    pass",
        "return found([])",
    ]
    with pytest.raises(RenderFailed) as caught:
        render(make("\n    ".join(lines)))
    assert f"  It {told.format(tmp_path)}, which is no part of its code." in caught.value.detail.splitlines()


def test_what_a_thread_asks_for_counts(make: Make, tmp_path: Path) -> None:
    lines = [
        "from concurrent.futures import ThreadPoolExecutor",
        "list(ThreadPoolExecutor().map(os.path.exists, [HERE / ('to' + 'p.yaml')]))",
        "return found([])",
    ]
    with pytest.raises(RenderFailed) as caught:
        render(make("\n    ".join(lines)))
    assert [line.strip() for line in caught.value.detail.splitlines()[1:]] == [
        f"It asks for {tmp_path}/lib/deep/top.yaml, which is no part of its code.",
        *ADVICE,
    ]


def test_what_a_library_asks_for_counts(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaders of templates go on to the next one where a file is not there."""
    library = tmp_path / "site-packages"
    library.mkdir()
    (library / "templates.py").write_text(
        "import os\n\ndef first(names): return [n for n in names if os.path.isfile(n)]\n"
    )
    monkeypatch.syspath_prepend(library)
    with pytest.raises(RenderFailed, match=r"It asks for \S*/lib/deep/top.yaml, which is no part of its code"):
        render(make("import templates; return found(templates.first([HERE / ('to' + 'p.yaml')]))"))


@pytest.mark.parametrize(
    "body",
    [
        "import importlib.metadata; importlib.metadata.version('pydantic'); return found([])",
        "import pkgutil; list(pkgutil.iter_modules()); return found([])",
        "import json.tool, xml.dom.minidom; return found([])",
        "import tempfile; tempfile.mkdtemp(); return found([])",
        "(HERE / ('c' + 'ache')).mkdir(); (HERE / ('c' + 'ache') / 'x').write_text('x'); return found([])",
        "return found([path for path in source.iterdir() if path.exists()])",
        "return found([]) if not (HERE / ('no' + 'ne')).exists() else None",
    ],
)
def test_what_it_does_besides_is_none_of_our_business(make: Make, body: str) -> None:
    assert len(render(make(body)).manifests) == 1


def test_what_a_folder_that_is_named_holds_is_part_of_its_code(make: Make, tmp_path: Path) -> None:
    body = "return found((HERE / 'whole').iterdir())"
    codes = [make(body).spec.code]
    for change in (
        lambda folder: (folder / "new.yaml").write_text("x"),
        lambda folder: (folder / ".new.yaml").write_text("x"),
        lambda folder: (folder / "../rules/a.yaml").write_text("changed, where a link leads"),
        lambda folder: (folder / "new.yaml").chmod(0o755),
    ):
        change(tmp_path / "lib/deep/whole")
        codes.append(make(body).spec.code)
    (tmp_path / "lib/deep/whole/.DS_Store").write_text("what a desktop keeps there")
    codes.append(make(body).spec.code)
    assert len(set(codes)) == 5


def test_links_that_lead_in_a_circle_are_not_followed(make: Make, tmp_path: Path) -> None:
    (tmp_path / "lib/deep/whole/circle").symlink_to(".")
    with pytest.raises(RenderFailed, match="lib/deep/whole, where circle is no part of its code"):
        render(make("return found((HERE / 'whole').iterdir())"))


def test_a_program_beside_it_can_be_started(make: Make, tmp_path: Path) -> None:
    program = tmp_path / "lib/deep/names.sh"
    program.write_text("#!/bin/sh\necho one\n")
    program.chmod(0o755)
    body = "import subprocess; return found([subprocess.check_output([HERE / 'names.sh'], text=True).strip()])"
    (manifest,) = render(make(body)).manifests.values()
    assert manifest.data["found"] == ["one"]
