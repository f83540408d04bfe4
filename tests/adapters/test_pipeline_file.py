"""A pipeline file is found, run in isolation, and told about whole: every problem at once, with file and line."""

from __future__ import annotations

import hashlib
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

import gitpromote
from gitpromote.adapters.code_digest import digest_of_code
from gitpromote.adapters.pipeline_file import (
    LoadedFile,
    callables_changed,
    find_pipeline_file,
    load_pipelines,
    parse_pipeline_option,
)
from gitpromote.adapters.user_code import find_function
from gitpromote.errors import ConfigurationError, UsageError
from gitpromote.model.pipeline import Pipeline

HEAD_ALL = "from gitpromote import App, Branch, Environment, Plain, Pipeline\n"
SHOP = """\
from gitpromote import App, Branch, Environment, Kustomize, Pipeline

shop = Pipeline(
    "shop",
    apps=[App("shop", Kustomize("deploy/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("prod")],
)
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test loads, this process is as it was before."""
    monkeypatch.chdir(tmp_path)
    before = (list(sys.path), set(sys.modules), list(sys.meta_path), sys.dont_write_bytecode)
    yield
    assert list(sys.path) == before[0]
    assert {name for name in set(sys.modules) - before[1] if _is_of(sys.modules[name], tmp_path)} == set()
    assert list(sys.meta_path) == before[2]
    assert sys.dont_write_bytecode == before[3]
    assert not list(tmp_path.rglob("__pycache__"))


def _is_of(module: object, folder: Path) -> bool:
    return str(getattr(module, "__file__", None) or "").startswith(str(folder))


def write(path: str, text: str) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text), encoding="utf-8")
    return file


def load(text: str, path: str = "pipeline.py") -> LoadedFile:
    return load_pipelines(write(path, text))


def refused(text: str, path: str = "pipeline.py") -> ConfigurationError:
    with pytest.raises(ConfigurationError) as raised:
        load(text, path)
    assert raised.value.exit_code == 11
    return raised.value


def told(text: str, path: str = "pipeline.py") -> list[str]:
    return [str(problem) for problem in refused(text, path).problems]


# --- finding


def test_a_file_is_found_upwards_from_the_working_directory(tmp_path: Path) -> None:
    write("pipeline.py", SHOP)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_pipeline_file(deep) == tmp_path / "pipeline.py"
    assert find_pipeline_file(tmp_path) == tmp_path / "pipeline.py"
    assert find_pipeline_file(Path("a")) == tmp_path / "pipeline.py"


def test_a_folder_of_files_is_found_too(tmp_path: Path) -> None:
    write("pipelines/shop.py", SHOP)
    assert find_pipeline_file(tmp_path) == tmp_path / "pipelines"


def test_the_nearest_one_counts(tmp_path: Path) -> None:
    write("pipeline.py", SHOP)
    write("a/pipelines/x.py", SHOP)
    (tmp_path / "a/b/pipelines").mkdir(parents=True)
    assert find_pipeline_file(tmp_path / "a/b") == tmp_path / "a/pipelines"


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    write("pipeline.py", SHOP)
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/sub").mkdir()
    with pytest.raises(ConfigurationError) as raised:
        find_pipeline_file(tmp_path / "repo/sub")
    error = raised.value
    assert (error.code, error.summary) == ("pipeline-file-missing", "No pipeline file was found")
    assert error.detail == (
        f"there is no pipeline.py and no pipelines/*.py in {tmp_path}/repo/sub and above, up to {tmp_path}/repo"
    )
    assert error.hint == "Write one, or name it:\n  gitpromote init\n  gitpromote VERB --pipeline FILE"


@pytest.mark.parametrize(
    ("text", "path", "name"),
    [
        ("pipeline.py", "pipeline.py", None),
        ("pipeline.py:shop", "pipeline.py", "shop"),
        ("a/b.py:shop", "a/b.py", "shop"),
        ("C:\\x\\pipeline.py", "C:\\x\\pipeline.py", None),
        ("/x/y:z/pipeline.py", "/x/y:z/pipeline.py", None),
    ],
)
def test_the_option_names_a_file_and_a_pipeline(text: str, path: str, name: str | None) -> None:
    assert parse_pipeline_option(text) == (Path(path), name)


def test_a_file_with_a_colon_is_a_file() -> None:
    write("a:b", SHOP)
    assert parse_pipeline_option("a:b") == (Path("a:b"), None)


@pytest.mark.parametrize("text", ["", ":", ":shop", "pipeline.py:"])
def test_an_option_that_names_nothing_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_pipeline_option(text)
    assert raised.value.exit_code == 64
    assert raised.value.hint == "Write FILE or FILE:NAME."


# --- what counts


def test_every_pipeline_at_the_top_level_counts() -> None:
    loaded = load(
        HEAD_ALL
        + "ENVIRONMENTS = [Environment('e')]\n"
        + "def make(name):\n"
        + "    return Pipeline(name, apps=[App('a', Plain('a'))], target=Branch(name), environments=ENVIRONMENTS)\n"
        + "one = make('one')\n"
        + "_two = make('two')\n"
        + "alias = one\n"
        + "many = [make('three'), make('four')]\n"
        + "table = {'five': make('five'), 'other': 5}\n"
        + "text = 'six'\n"
    )
    assert list(loaded.pipelines) == ["one", "two", "three", "four", "five"]
    assert {name: place.line for name, place in loaded.places.items()} == dict.fromkeys(loaded.pipelines, 4)
    assert set(loaded.files.values()) == {Path("pipeline.py")}


def test_all_narrows() -> None:
    loaded = load(
        SHOP
        + 'other = Pipeline("other", apps=shop.apps, target=Branch("o/$env"), environments=[Environment("e")])\n'
        + '__all__ = ["other", "Branch"]\n'
    )
    assert list(loaded.pipelines) == ["other"]


def test_reading_twice_gives_equal_pipelines() -> None:
    first, second = load(SHOP), load(SHOP)
    assert first.pipelines == second.pipelines
    assert first.pipelines["shop"] is not second.pipelines["shop"]
    assert first.pipelines["shop"].definition_digest == second.pipelines["shop"].definition_digest


def test_a_change_is_seen_at_once() -> None:
    write("common.py", "NAME = 'one'\n")
    text = SHOP.replace("from", "from common import NAME\nfrom", 1).replace('"shop",\n    apps', "NAME,\n    apps")
    assert list(load(text).pipelines) == ["one"]
    write("common.py", "NAME = 'two'\n")
    assert list(load(text).pipelines) == ["two"]


def test_a_folder_is_read_whole() -> None:
    write("pipelines/shop.py", SHOP.replace("from gitpromote", "from common import NAME\nfrom gitpromote"))
    write("pipelines/pay.py", SHOP.replace('"shop",\n', '"pay",\n').replace("env/$env", "pay/$env"))
    write("pipelines/common.py", "NAME = 1\n")
    write("pipelines/again.py", "from shop import shop\n")
    write("pipelines/_draft.py", "raise ValueError\n")
    loaded = load_pipelines(Path("pipelines"))
    assert {name: str(path) for name, path in loaded.files.items()} == {
        "shop": "pipelines/again.py",
        "pay": "pipelines/pay.py",
    }


def test_a_file_of_the_folder_may_import_through_its_name() -> None:
    write("pipelines/common.py", "TARGET = 'env/$env'\n")
    loaded = load(
        SHOP.replace("from", "from pipelines.common import TARGET\nfrom", 1).replace('"env/$env"', "TARGET"),
        "pipelines/shop.py",
    )
    assert loaded.pipelines["shop"].resolved("prod").target.ref == "refs/heads/env/prod"


def test_names_of_the_standard_library_are_not_hidden() -> None:
    """A file called queue.py or json.py beside the pipeline breaks nobody's import of Python's own."""
    write("pipelines/queue.py", SHOP)
    write("pipelines/json.py", "raise ValueError('not me')\n")
    Path("pipelines/json.py").unlink()
    write("json.py", "raise ValueError('not me')\n")
    loaded = load("import json, queue\nqueue.Queue, json.dumps\n" + SHOP, "pipelines/queue.py")
    assert list(loaded.pipelines) == ["shop"]


def test_a_module_of_the_caller_with_the_same_name_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    mine = types.ModuleType("common")
    mine.NAME = "mine"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "common", mine)
    pipeline = types.ModuleType("pipeline")
    monkeypatch.setitem(sys.modules, "pipeline", pipeline)
    write("common.py", "NAME = 'theirs'\n")
    text = SHOP.replace("from", "from common import NAME\nfrom", 1).replace('"shop",\n    apps', "NAME,\n    apps")
    assert list(load(text).pipelines) == ["theirs"]
    assert sys.modules["common"] is mine
    assert sys.modules["pipeline"] is pipeline


def test_packages_beside_the_file_work() -> None:
    write("lib/__init__.py", "")
    write("lib/names.py", "from . import other\nNAME = other.NAME\n")
    write("lib/other.py", "NAME = 'lib'\n")
    write("loose/names.py", "NAME = 'loose'\n")
    text = SHOP.replace("from", "import loose.names\nfrom lib.names import NAME\nfrom", 1)
    text = text.replace('"shop",\n    apps', "f'{NAME}-{loose.names.NAME}',\n    apps")
    assert list(load(text).pipelines) == ["lib-loose"]


def test_a_dataclass_in_the_file_works() -> None:
    loaded = load(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n"
        "@dataclass\nclass Region:\n    name: str\n\n" + SHOP
    )
    assert list(loaded.pipelines) == ["shop"]


# --- choosing


def test_the_only_pipeline_needs_no_name() -> None:
    loaded = load(SHOP)
    assert loaded.select() is loaded.select("shop") is loaded.pipelines["shop"]


def test_a_wrong_or_missing_name_is_a_usage_error() -> None:
    loaded = load(
        SHOP + 'pay = Pipeline("pay", apps=shop.apps, target=Branch("p/$env"), environments=[Environment("e")])\n'
    )
    with pytest.raises(UsageError) as raised:
        loaded.select()
    assert (raised.value.code, raised.value.detail) == ("pipeline-ambiguous", "pipeline.py defines shop, pay")
    assert raised.value.hint == "Name one of them."
    with pytest.raises(UsageError) as raised:
        loaded.select("shpo")
    assert raised.value.code == "unknown-pipeline"
    assert raised.value.detail == "pipeline.py defines shop, pay, and not shpo"
    assert raised.value.hint == "did you mean shop?"


# --- everything that is wrong, at once


CASES = sorted((Path(__file__).parents[1] / "cases" / "pipeline-files").glob("*.txt"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_file_is_told_everything_that_is_wrong_with_it(case: Path) -> None:
    """Behind each file of the cases stand its problems, each behind ``=>``."""
    text, *expected = case.read_text(encoding="utf-8").split("\n=> ")
    error = refused(f"{text}\n")
    here = str(Path(gitpromote.__file__).parent.parent)
    assert [str(problem).replace(here, "/…") for problem in error.problems] == [line.rstrip("\n") for line in expected]
    assert error.detail == "\n".join(f"  {problem}" for problem in error.problems)
    codes = {problem.code for problem in error.problems}
    assert error.code == (codes.pop() if len(codes) == 1 else "definition-invalid")


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("1 / 0\n", "The pipeline file cannot be run to its end"),
        ("x = 1\n", "The pipeline file defines no pipeline"),
        ("from gitpromote import Soak\nSoak(1)\n", "The pipeline file is not valid"),
    ],
)
def test_the_summary_says_how_far_it_came(text: str, summary: str) -> None:
    assert refused(text).summary == summary


# --- files that cannot be run


def test_the_last_line_of_the_user_is_told_where_a_module_beside_it_raises() -> None:
    write("common.py", "def f():\n    raise RuntimeError('no')\n")
    (text,) = told("from common import f\nf()\n")
    assert text.startswith("common.py:2: the file raised RuntimeError: no  [pipeline-file-raised]  ")
    write("common.py", "x = (\n")
    assert told("from common import f\n") == [
        "common.py:1: not Python: '(' was never closed, column 5  [pipeline-file-raised]"
    ]


@pytest.mark.parametrize(
    ("here", "known", "hint"),
    [
        (".", "", "PYTHONPATH=. python pipelines/c.py shows the way there"),
        (".", "/else where", "PYTHONPATH=.:$PYTHONPATH python pipelines/c.py shows the way there"),
        ("pipelines", "", "PYTHONPATH={root} python c.py shows the way there"),
        ("other", "", "PYTHONPATH={root} python {root}/pipelines/c.py shows the way there"),
    ],
)
def test_the_command_that_shows_the_whole_way_finds_what_lies_above_pipelines(
    here: str, known: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", known) if known else monkeypatch.delenv("PYTHONPATH", raising=False)
    write("helper.py", "1 / 0\n")
    file = write("pipelines/c.py", "import helper\n").absolute()
    Path("other").mkdir()
    monkeypatch.chdir(here)
    with pytest.raises(ConfigurationError) as raised:
        load_pipelines(file)
    (problem,) = raised.value.problems
    assert problem.hint == hint.format(root=tmp_path)
    command = problem.hint.removesuffix(" shows the way there").replace(
        "python", shlex.quote(sys.executable) + " -B", 1
    )
    typed = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert typed.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_no_command_is_named_that_would_end_at_another_problem() -> None:
    text = "from gitpromote import Soak\nSoak(24)\nimport nothing_at_all\n"
    assert told(text) == [
        'pipeline.py:2: Soak: duration is 24 without a unit  [duration-invalid]  (write "24h" or "24m")',
        (
            "pipeline.py:3: the file raised ModuleNotFoundError: No module named 'nothing_at_all'  "
            "[pipeline-file-raised]"
        ),
    ]


def test_a_problem_in_a_module_beside_the_file_has_its_line() -> None:
    write("common.py", "from gitpromote import Soak\n\nsoak = Soak(24)\n")
    assert told("from common import soak\n" + SHOP) == [
        'common.py:3: Soak: duration is 24 without a unit  [duration-invalid]  (write "24h" or "24m")'
    ]


def test_ctrl_c_in_the_file_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        load("raise KeyboardInterrupt\n")


def test_a_secret_in_an_exception_is_masked() -> None:
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    assert told(f"raise ValueError('bad token {token} given')\n") == [
        (
            "pipeline.py:1: the file raised ValueError: bad token (sensitive) given  [pipeline-file-raised]  "
            "(python pipeline.py shows the way there)"
        )
    ]


def test_a_file_that_is_not_there_is_told() -> None:
    for path in ("nothing.py", "nothing/pipeline.py"):
        with pytest.raises(ConfigurationError) as raised:
            load_pipelines(Path(path))
        assert raised.value.code == "pipeline-file-missing"
        assert raised.value.detail == f"{path}: No such file or directory"


@pytest.mark.parametrize("content", [b"x = '\xff'\n", b"\xff\xfex\x00", b"x = 1\0\n", b"# -*- coding: nothing -*-\n"])
def test_a_file_that_is_no_text_is_told(content: bytes) -> None:
    Path("pipeline.py").write_bytes(content)
    with pytest.raises(ConfigurationError) as raised:
        load_pipelines(Path("pipeline.py"))
    assert raised.value.code == "pipeline-file-raised"
    assert str(raised.value.problems[0]).startswith("pipeline.py")


def test_paths_are_shown_as_they_were_given(tmp_path: Path) -> None:
    write("sub/pipeline.py", "Soak\n")
    for path, shown in (
        (Path("sub/pipeline.py"), "sub/pipeline.py"),
        (tmp_path / "sub/pipeline.py", "sub/pipeline.py"),
        (Path("sub/../sub/pipeline.py"), "sub/../sub/pipeline.py"),
    ):
        with pytest.raises(ConfigurationError) as raised:
            load_pipelines(path)
        assert raised.value.problems[0].path == shown


# --- functions


PIPELINE = Path("pipeline.py")
GATES = """\
from gitpromote import App, Branch, Environment, Pipeline, PythonGate, PythonRenderer
from gates import signed


def render(source, env):
    return []


shop = Pipeline(
    "shop",
    apps=[App("shop", PythonRenderer(render))],
    target=Branch("env/$env"),
    gates=[PythonGate(signed), PythonGate("gates:other")],
    environments=[Environment("prod")],
)
"""


def test_functions_are_named_with_the_digest_of_their_code() -> None:
    gates = write("gates.py", "def signed(context):\n    return 1\n\ndef other(context):\n    return 2\n")
    loaded = load(GATES)
    digest, own = f"sha256:{hashlib.sha256(gates.read_bytes()).hexdigest()}", digest_of_code(PIPELINE, "pipeline")
    assert loaded.callables == {"gates:other": digest, "gates:signed": digest, "pipeline:render": own}
    assert loaded.functions["gates:other"].function(None) == 2
    assert loaded.functions["pipeline:render"].function(None, "prod") == []
    pipeline = loaded.pipelines["shop"]
    assert loaded.functions_of(pipeline) == {
        "gates:other": (str(gates.resolve()), digest),
        "gates:signed": (str(gates.resolve()), digest),
        "pipeline:render": (str(PIPELINE.resolve()), own),
    }
    assert Pipeline.from_data(pipeline.to_data()) == pipeline


def test_a_function_whose_code_changed_is_told() -> None:
    write(
        "gates.py",
        "from levels import HIGH\n\ndef signed(context):\n    return 1\n\ndef other(context):\n    return 2\n",
    )
    write("levels.py", "HIGH = 1\n")
    loaded = load(GATES)
    functions = loaded.functions_of(loaded.pipelines["shop"])
    assert callables_changed(loaded.callables, functions) == ()
    PIPELINE.write_text(GATES + "# more\n")
    assert callables_changed(loaded.callables, functions) == ("pipeline:render",)
    PIPELINE.write_text(GATES)
    assert callables_changed(loaded.callables, functions) == ()
    write("levels.py", "HIGH = 2\n")  # the pipeline file imports gates, and gates imports this
    assert callables_changed(loaded.callables, functions) == ("gates:other", "gates:signed", "pipeline:render")
    PIPELINE.unlink()
    assert callables_changed(loaded.callables, functions) == ("gates:other", "gates:signed", "pipeline:render")
    assert callables_changed({"gone:f": "sha256:00"}, {}) == ("gone:f",)


def test_a_function_that_is_not_there_is_told() -> None:
    write("gates.py", "def signed(context):\n    return 1\n")
    assert told(GATES) == [
        'pipeline.py:9: Pipeline("shop"): gates:other: the module gates has no function other  [callable-missing]'
    ]
    (text,) = told(GATES.replace('"gates:other"', '"gaits:other"'))
    assert text.partition("gaits:other: ")[2] == (
        "the module gaits cannot be imported: No module named 'gaits'  [callable-missing]"
    )


def test_a_function_of_a_plan_is_found_beside_the_pipeline_file() -> None:
    write("gates.py", "def signed(context):\n    return 1\n\ndef other(context):\n    return 2\n")
    loaded = load(GATES)
    for reference in loaded.callables:
        found = find_function(reference, beside=Path("pipeline.py"))
        assert (found.reference, found.sha256) == (reference, loaded.callables[reference])
    assert find_function("gates:other", beside=Path("pipeline.py")).function(None) == 2
    with pytest.raises(ConfigurationError) as raised:
        find_function("gates:third", beside=Path("pipeline.py"))
    assert (raised.value.code, raised.value.detail) == (
        "callable-missing",
        "gates:third: the module gates has no function third",
    )


def test_a_file_named_like_a_module_of_python_names_its_functions_otherwise() -> None:
    loaded = load(
        GATES.replace('PythonGate(signed), PythonGate("gates:other")', "").replace("from gates import signed\n", ""),
        "email.py",
    )
    assert list(loaded.callables) == ["email_pipeline:render"]
    assert find_function("email_pipeline:render", beside=Path("email.py")).function(None, "x") == []


WRAPS = """\
import functools


def plain(function):
    @functools.wraps(function)
    def inner(context):
        return function(context)
    return inner
"""


def test_a_decorated_function_is_what_its_name_stands_for() -> None:
    write("wraps.py", WRAPS)
    text = GATES.replace("from gates import signed", "from wraps import plain").replace(
        ', PythonGate("gates:other")', ""
    )
    loaded = load(text.replace("def render", "@plain\ndef signed(context):\n    return 7\n\n\ndef render"))
    assert sorted(loaded.callables) == ["pipeline:render", "pipeline:signed"]
    assert loaded.functions["pipeline:signed"].function(None) == 7


# --- one error, not what follows from it

LAMBDA = (
    "function is a lambda, so a plan cannot name it as module:name  [callable-invalid]  "
    "(move it to the top of a module with def; what differs per environment comes in its argument)"
)


def test_a_lambda_is_told_and_nothing_that_follows_from_it() -> None:
    text = """\
        from gitpromote import App, Branch, Environment, Pipeline, PythonGate, PythonRenderer

        def manifests(context):
            return []

        render = PythonRenderer(lambda context: [])
        gate = PythonGate(lambda context: None)
        one = Pipeline("one", apps=[App("one", render)], target=Branch("one/$env"), environments=[Environment("test")])
        two = Pipeline(
            "two",
            apps=[App("two", PythonRenderer(manifests))],
            target=Branch("two/$env"),
            environments=[Environment("test", gates=[gate])],
        )
        """
    assert told(text) == [f"pipeline.py:6: PythonRenderer: {LAMBDA}", f"pipeline.py:7: PythonGate: {LAMBDA}"]


def test_an_unknown_upstream_is_told_beside_a_name_that_cannot_be() -> None:
    text = """\
        from gitpromote import App, Branch, Environment, Kustomize, Pipeline

        shop = Pipeline(
            "shop",
            apps=[App("shop", Kustomize("deploy/$env"))],
            target=Branch("env/$env"),
            environments=[
                Environment("test", after="uat"),
                Environment("uat", after="tst"),
                Environment("late", after="bad"),
                Environment("-bad"),
            ],
        )
        """
    assert told(text) == [
        (
            'pipeline.py:9: Environment("uat"): after names "tst", and no Environment is called so'
            '  [unknown-upstream]  (did you mean "test"?)'
        ),
        (
            'pipeline.py:11: Environment: the name "-bad" is not made of a-z, 0-9 and -, starting and ending with a '
            'letter or digit  [name-invalid]  (write "bad")'
        ),
    ]


def test_a_missing_label_is_told_beside_what_else_is_wrong() -> None:
    text = """\
        from gitpromote import App, Branch, Environment, Kustomize, Pipeline, PythonGate

        shop = Pipeline(
            "shop",
            apps=[App("shop", Kustomize("deploy/$label.region/$env"))],
            target=Branch("$label.zone/$env"),
            environments=[
                Environment("test", labels={"zone": "a", "region": "eu"}, after="nosuch"),
                Environment("uat", labels={"zone": "b"}, gates=[PythonGate(lambda context: None)]),
                Environment("prod", labels=3),
                Environment("late", colour="red"),
            ],
        )
        """
    lacks = "is a label that it does not have  [unknown-substitution]"
    assert told(text) == [
        (
            'pipeline.py:8: Environment("test"): after names "nosuch", and no Environment is called so'
            '  [unknown-upstream]  (there is "test", "uat", "prod" or "late")'
        ),
        f"pipeline.py:9: PythonGate: {LAMBDA}",
        f'pipeline.py:9: Environment("uat"): $label.region in Kustomize {lacks}  (write labels={{"region": "…"}})',
        'pipeline.py:10: Environment("prod"): labels takes a dictionary of text, not the number 3  [wrong-type]',
        'pipeline.py:11: Environment("late"): no keyword colour  [unknown-keyword]',
        f'pipeline.py:11: Environment("late"): $label.zone in Branch {lacks}  (write labels={{"zone": "…"}})',
        f'pipeline.py:11: Environment("late"): $label.region in Kustomize {lacks}  (write labels={{"region": "…"}})',
    ]
