"""Functions of the user."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

from gitpromote.adapters.child_process import is_confined
from gitpromote.adapters.code_digest import digest_of_code
from gitpromote.adapters.renderers.apart import apart, without_network
from gitpromote.adapters.renderers.job import render
from gitpromote.errors import RenderFailed
from gitpromote.model.render import Limits, PythonSpec, RenderJob

HEAD = """\
import os, socket, time
import beside


def pod(name, **more):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, **more}


"""


@pytest.fixture
def function(tmp_path: Path, make_job):
    """A job for a function of this body, in a module of its own."""

    def make(body: str, files: dict[str, str] | None = None, *, head: str = "def pods(source):", **others) -> RenderJob:
        file = tmp_path / "mine.py"
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        file.write_text(f"{HEAD}{head}\n{lines}")
        (tmp_path / "beside.py").write_text("NAME = 'beside'\n")
        code = digest_of_code(file, "mine").removeprefix("sha256:")
        spec = PythonSpec(
            function="mine:pods",
            file=str(file),
            code=code,
            reads=others.pop("reads", None),
            parameters=(("app", "shop"), ("env", "prod")),
        )
        return make_job(files or {"a.txt": "hello"}, spec, **others)

    return make


def names(job: RenderJob) -> list[str]:
    return [ref.name for ref in render(job).manifests]


@pytest.mark.parametrize(
    "body",
    [
        "return [pod('a'), pod('b')]",
        "for name in ('a', 'b'):\n    yield pod(name)",
        "text = '{kind: Pod, apiVersion: v1, metadata: {name: %s}}\\n'\nreturn text % 'a' + '---\\n' + text % 'b'",
        "text = b'{kind: Pod, apiVersion: v1, metadata: {name: %s}}\\n'\nreturn text % b'a' + b'---\\n' + text % b'b'",
    ],
)
def test_a_function_gives_objects_or_text(function, body: str) -> None:
    assert names(function(body)) == ["a", "b"]


def test_one_object_needs_no_list(function) -> None:
    assert names(function("return pod('a')")) == ["a"]


def test_it_gets_the_sources_that_it_reads_and_the_parameters_that_it_names(function) -> None:
    files = {"names/one.txt": "one", "names/deep/two.txt": "two", "other.txt": "x"}
    body = (
        "found = sorted(path.relative_to(source).as_posix() for path in source.rglob('*') if path.is_file())\n"
        "return pod(env + '-' + '-'.join(found).replace('/', '.'))"
    )
    job = function(body, files, head="def pods(source, env):", reads=("names",))
    assert names(job) == ["prod-names.deep.two.txt-names.one.txt"]


def test_modules_beside_it_can_be_imported(function) -> None:
    assert names(function("return pod(beside.NAME)")) == ["beside"]


def test_what_it_prints_is_a_warning_and_no_manifest(function) -> None:
    made = render(function("print('half way')\nos.system('echo from a child')\nreturn pod('a')"))
    assert [ref.name for ref in made.manifests] == ["a"]
    assert made.warnings == ("from a child", "half way")


def test_random_values_are_found(function) -> None:
    made = render(function("return pod('a', x=os.urandom(8).hex())"))
    assert [field.path for field in made.random] == [("x",)]


def test_the_order_of_a_set_is_seen_to_be_random(function) -> None:
    assert render(function("return pod('a', x=list({f'word-{n}' for n in range(50)}))")).random != ()


def test_an_error_is_told_with_the_line_of_the_users_file(function, tmp_path: Path) -> None:
    with pytest.raises(RenderFailed) as caught:
        render(function("x = 1\nraise ValueError('no such shop')"))
    lines = [line.strip() for line in caught.value.detail.splitlines()]
    assert lines[1:] == [f"{tmp_path}/mine.py:11: raise ValueError('no such shop')", "ValueError: no such shop"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 5", "TypeError: mine:pods returned int: give YAML text or dictionaries"),
        ("return [5]", "TypeError: mine:pods gave int among its objects: give dictionaries"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("os._exit(3)", "exit status 3"),
        ("os.kill(os.getpid(), 9)", "ended by signal 9"),
    ],
)
def test_whatever_else_goes_wrong_is_told(function, body: str, words: str) -> None:
    with pytest.raises(RenderFailed) as caught:
        render(function(body))
    assert words in caught.value.detail


def test_a_file_that_has_changed_since_it_was_digested_is_not_run(function, tmp_path: Path) -> None:
    job = function("return pod('a')")
    (tmp_path / "mine.py").write_text("raise SystemExit('should not run')")
    with pytest.raises(RenderFailed) as caught:
        render(job)
    assert f"ImportError: {tmp_path}/mine.py has changed since the pipeline was loaded" in caught.value.detail


def test_a_module_that_has_changed_since_it_was_digested_is_not_run(function, tmp_path: Path) -> None:
    job = function("return pod(beside.NAME)")
    (tmp_path / "beside.py").write_text("NAME = 'other'\n")
    with pytest.raises(RenderFailed) as caught:
        render(job)
    told = f"ImportError: {tmp_path}/mine.py, or a module that it imports, has changed since the pipeline was loaded"
    assert told in caught.value.detail


def test_a_function_in_a_package_finds_what_lies_beside_it_and_the_package(tmp_path: Path, make_job) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text("")
    (tmp_path / "lib" / "near.py").write_text("NAME = 'near'\n")
    (tmp_path / "far.py").write_text("NAME = 'far'\n")
    file = tmp_path / "lib" / "mine.py"
    pods = "[{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': name}} for name in (near.NAME, far.NAME)]"
    file.write_text(f"import far\nfrom . import near\n\ndef pods(source):\n    return {pods}\n")
    code = digest_of_code(file, "lib.mine").removeprefix("sha256:")
    spec = PythonSpec(function="lib.mine:pods", file=str(file), code=code)
    assert sorted(names(make_job({"a.txt": "x"}, spec))) == ["far", "near"]


def test_it_sees_no_credentials_and_an_empty_home(function, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "GIT_ASKPASS", "SSH_AUTH_SOCK", "PYTHONPATH"):
        monkeypatch.setenv(name, "seeded-secret")
    body = (
        "seen = sorted(name for name, value in os.environ.items() if 'seeded' in value)\n"
        "return pod('a', seen=seen, home=os.listdir(os.environ['HOME']))"
    )
    (manifest,) = render(function(body)).manifests.values()
    assert (manifest.data["seen"], manifest.data["home"]) == ([], [])


def test_it_has_no_network_where_the_system_lets_us_take_it_away(function) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = (
            f"reached = socket.socket().connect_ex(('127.0.0.1', {port})) == 0\n"
            "return pod('a', reached=reached, proxy=os.environ['https_proxy'])"
        )
        (manifest,) = render(function(body)).manifests.values()
    assert manifest.data["proxy"] == "http://127.0.0.1:9"
    assert manifest.data["reached"] is not bool(without_network())


@pytest.mark.skipif(not (apart() or is_confined()), reason="this system keeps nothing apart")
def test_it_cannot_read_the_environment_of_whoever_started_it(function) -> None:
    body = "return pod('a', seen=open('/proc/%d/environ' % {}, 'rb').read().decode())"
    for number in ("os.getppid()", str(os.getpid())):
        with pytest.raises(RenderFailed) as caught:
            render(function(body.format(number)))
        assert re.search(r"(Permission|No such file).*/proc/\d+/environ", caught.value.detail)


@pytest.mark.skipif(not is_confined(), reason="this kernel lets no process give up files")
def test_files_that_are_not_for_it_are_neither_read_nor_written(function, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "credentials"
    elsewhere.write_text("seeded-secret")
    with pytest.raises(RenderFailed) as caught:
        render(function(f"return pod('a', seen=open('{elsewhere}').read())"))
    assert caught.value.detail.splitlines()[-3:] == [
        f"  PermissionError: [Errno 13] Permission denied: '{elsewhere}'",
        "  Code that gitpromote runs sees the files that it is given, the modules that it imports by name and what is",
        f"  installed: a change in any other file would go unnoticed. {READ_IT}",
    ]
    for body in (f"open('{elsewhere}', 'w')", f"os.unlink('{elsewhere}')", f"os.mkdir('{elsewhere}s')", WRITES_BESIDE):
        with pytest.raises(RenderFailed, match="Permission denied"):
            render(function(body))
    assert [path.read_text() for path in elsewhere.parent.iterdir()] == ["seeded-secret"]


READ_IT = "Read it from the folder that the function is called with."
WRITES_BESIDE = "open(beside.__file__, 'a')"


@pytest.mark.skipif(not is_confined(), reason="this kernel lets no process give up anything")
def test_what_lies_beside_its_module_and_is_in_no_digest_is_not_for_it(function, tmp_path: Path) -> None:
    """A change there would go unnoticed; and a token may stand in a checkout's configuration of git."""
    (tmp_path / ".git").mkdir()
    for path in ("data.txt", ".git/config", "named_when_it_runs.py"):
        (tmp_path / path).write_text("NAME = 'x'\n")
        with pytest.raises(RenderFailed, match=f"Permission denied: '{tmp_path}/{path}'"):
            render(function(f"return pod('a', seen=open({str(tmp_path / path)!r}).read())"))
    assert names(function("return pod(beside.NAME)")) == ["beside"]


def test_modules_of_a_working_folder_are_in_the_digest_and_what_lies_beside_them_is_not_read(
    function, tmp_path_factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path_factory.mktemp("work")
    (work / "tools").mkdir()
    (work / "tools" / "table.py").write_text("NAME = 'one'\n")
    (work / "tools" / "data.txt").write_text("secret")
    monkeypatch.syspath_prepend(work)
    body = "from tools import table\nreturn pod(table.NAME)"
    job = function(body)
    assert names(job) == ["one"]
    (work / "tools" / "table.py").write_text("NAME = 'two'\n")
    assert function(body).spec.code != job.spec.code
    if is_confined():
        with pytest.raises(RenderFailed, match="Permission denied"):
            render(function(f"return pod(open({str(work / 'tools' / 'data.txt')!r}).read())"))


@pytest.mark.skipif(not is_confined(), reason="this kernel lets no process give up anything")
def test_it_reaches_no_socket_of_a_program(function, tmp_path: Path) -> None:
    """An agent for keys, a container engine: what listens there does as whoever runs us says."""
    place = tmp_path / "agent"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        body = f"with socket.socket(socket.AF_UNIX) as one:\n    one.connect({str(place)!r})\nreturn pod('a')"
        with pytest.raises(RenderFailed, match=r"PermissionError: \[Errno 13\] Permission denied"):
            render(function(body))
    one, other = "one, other = socket.socketpair()\n", "one.sendall(b'x'); seen = other.recv(1).decode()\n"
    (manifest,) = render(function(f"{one}{other}return pod('a', seen=seen)")).manifests.values()
    assert manifest.data["seen"] == "x"


def test_it_writes_where_it_runs(function) -> None:
    body = (
        "import subprocess, tempfile\n"
        "(source / 'more').write_text('x')\n"
        "with tempfile.NamedTemporaryFile() as file:\n"
        "    seen = subprocess.run(['cat', source / 'more'], capture_output=True, text=True, check=True).stdout\n"
        "return pod('a', seen=seen)"
    )
    (manifest,) = render(function(body)).manifests.values()
    assert manifest.data["seen"] == "x"


@pytest.mark.skipif("--pid" not in apart(), reason="this system gives no process numbers of their own")
def test_what_leaves_its_session_ends_with_it(function, command_lines) -> None:
    name = f"gitpromote-left-{os.getpid()}"
    body = (
        "import subprocess, sys\n"
        f"words = [sys.executable, '-c', 'import time; time.sleep(60)', '{name}']\n"
        "subprocess.Popen(words, start_new_session=True, stdout=-3, stderr=-3)\n"
        "return pod('a')"
    )
    assert names(function(body)) == ["a"]
    assert [one for one in command_lines() if name in one] == []


def test_one_that_takes_too_long_is_ended(function) -> None:
    with pytest.raises(RenderFailed) as caught:
        render(function("time.sleep(60)", limits=Limits(timeout=1)))
    assert caught.value.code == "render-timeout"
    assert caught.value.detail.endswith("ended after 1 s")
    assert caught.value.hint == (
        "Divide it into several Apps: each is rendered by itself. Or allow it more: App(…, limits=Limits(seconds=2))"
    )


def test_one_that_says_too_much_is_ended(function) -> None:
    with pytest.raises(RenderFailed) as caught:
        render(function("return 'x' * 3_000_000", limits=Limits(output=2 << 20)))
    assert caught.value.code == "render-too-large"
    assert caught.value.detail.endswith("ended after more than 2,097,152 bytes")
    assert caught.value.hint == (
        "Divide it into several Apps: each is rendered by itself. Or allow it more: App(…, limits=Limits(megabytes=4))"
    )


def test_one_that_prints_endlessly_is_ended_at_once(function) -> None:
    """What it prints is no output: far less of it is read, however small the pieces are in which it comes."""
    with pytest.raises(RenderFailed) as caught:
        render(function("while True:\n    print('x')"))
    assert (caught.value.summary, caught.value.code) == ("A renderer prints too much", "render-too-large")
    assert caught.value.detail.endswith("ended after more than 2,097,152 bytes beside its output")
