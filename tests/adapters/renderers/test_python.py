"""Functions of the user."""

from __future__ import annotations

import errno
import os
import re
import socket
import sys
import zipfile
from pathlib import Path

import pytest

from gitpromote.adapters.child_process import is_confined
from gitpromote.adapters.code_digest import digest_of_code
from gitpromote.adapters.renderers.apart import apart, without_network
from gitpromote.adapters.renderers.job import render
from gitpromote.errors import RenderFailed
from gitpromote.model.render import Limits, PythonSpec, RenderJob

FILTERED = sys.platform == "linux" and os.uname().machine in ("x86_64", "aarch64")
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


def test_the_order_of_a_set_is_the_same_each_time(function) -> None:
    job = function("return pod('a', x=list({f'word-{n}' for n in range(50)}))")
    one, other = render(job), render(job)
    assert (one.random, one.layout) == ((), other.layout)


def test_an_error_is_told_with_the_line_of_the_users_file(function, tmp_path: Path) -> None:
    with pytest.raises(RenderFailed) as caught:
        render(function("x = 1\nraise ValueError('no such shop')"))
    lines = [line.strip() for line in caught.value.detail.splitlines()]
    assert lines == [
        "shop in prod: the function mine:pods  (exit status 1)",
        f"{tmp_path}/mine.py:11: raise ValueError('no such shop')",
        "ValueError: no such shop",
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 5", "mine:pods returned int: give YAML text or dictionaries"),
        ("return [5]", "mine:pods gave int among its objects: give dictionaries"),
        ("return pod(object())", "an object of the type object is no value that Kubernetes can hold"),
    ],
)
def test_what_it_should_not_give_is_told_with_its_first_line(function, tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(RenderFailed) as caught:
        render(function(body))
    assert f"{tmp_path}/mine.py:9: def pods(source):\n" in caught.value.detail
    assert words in caught.value.detail


@pytest.mark.parametrize("body", ["socket.socket(socket.AF_UNIX)", "import multiprocessing\nmultiprocessing.Lock()"])
@pytest.mark.skipif(not FILTERED, reason="this system has no filter of system calls that we know")
def test_what_is_no_file_is_not_told_to_be_one(function, body: str) -> None:
    with pytest.raises(RenderFailed) as caught:
        render(function(body))
    assert [line.strip() for line in caught.value.detail.splitlines()[-3:]] == [
        "PermissionError: [Errno 13] Permission denied",
        "Code that gitpromote runs makes no sockets, and no locks or pools of multiprocessing: what it gives must",
        "depend on nothing else that runs. Threads and subprocesses work.",
    ]


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
            "try:\n"
            f"    reached = socket.socket().connect_ex(('127.0.0.1', {port})) == 0\n"
            "except PermissionError:\n"
            "    reached = False\n"
            "return pod('a', reached=reached, proxy=os.environ['https_proxy'])"
        )
        (manifest,) = render(function(body)).manifests.values()
    assert manifest.data["proxy"] == "http://127.0.0.1:9"
    assert manifest.data["reached"] is not (bool(without_network()) or FILTERED)


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
    for body in (f"open('{elsewhere}', 'w')", f"os.unlink('{elsewhere}')", f"os.mkdir('{elsewhere}s')"):
        with pytest.raises(RenderFailed, match="Permission denied"):
            render(function(body))
    assert [path.read_text() for path in elsewhere.parent.iterdir()] == ["seeded-secret"]


READ_IT = "Read it from the folder that the function is called with."


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


@pytest.mark.parametrize(
    "time",
    [
        "datetime.date.today().isoformat()",
        "datetime.datetime.now().hour",
        "datetime.datetime.now(datetime.UTC).isoformat(timespec='seconds')",
        "int(time.time())",
        "time.strftime('%d')",
    ],
)
def test_the_time_is_found(function, time: str) -> None:
    made = render(function(f"import datetime\nreturn pod('a', x={time})"))
    assert [field.path for field in made.random] == [("x",)]


def test_a_date_that_is_given_is_no_time_of_the_render(function) -> None:
    assert render(function("import datetime\nreturn pod('a', x=datetime.date(2026, 11, 20).isoformat())")).random == ()


@pytest.mark.skipif(not FILTERED, reason="this system has no filter of system calls that we know")
def test_it_makes_no_socket_and_asks_for_no_keys_also_where_nothing_is_kept_apart(
    function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gitpromote.adapters.renderers.running.apart", lambda: ())
    ask = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    for call in ("syscall(250, 0, -3, 0)", "shmget(0, 4096, 0o1600)") if os.uname().machine == "x86_64" else ():
        made = render(function(f"{ask}return pod('a', said=[libc.{call}, ctypes.get_errno()])")).manifests
        assert [one.data["said"] for one in made.values()] == [[-1, errno.EACCES]]
    for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_VSOCK"):
        with pytest.raises(RenderFailed, match=r"PermissionError: \[Errno 13\] Permission denied"):
            render(function(f"socket.socket(socket.{family}, socket.SOCK_STREAM)"))


@pytest.mark.skipif(not FILTERED, reason="this system has no filter of system calls that we know")
def test_modes_and_times_of_files_stay_as_they_are(function, tmp_path_factory) -> None:
    """Landlock knows no right for these: a key could be opened to everybody."""
    key = tmp_path_factory.mktemp("home") / "key"
    key.write_text("x")
    key.chmod(0o600)
    before = key.stat()
    body = (
        f"import shutil\nos.chmod({str(key)!r}, 0o666)\nos.utime({str(key)!r}, (0, 0))\n"
        f"os.setxattr({str(key)!r}, 'user.x', b'1')\nos.chown({str(key)!r}, 1, 1)\n"
        "made = shutil.copy2(source / 'a.txt', source / 'b.txt')\n"
        "return pod('a', seen=made.read_text())"
    )
    (manifest,) = render(function(body)).manifests.values()
    assert manifest.data["seen"] == "hello"
    assert (key.stat(), os.listxattr(key)) == (before, [])


def test_what_it_writes_to_its_own_modules_is_thrown_away(function, tmp_path: Path) -> None:
    body = "with open(beside.__file__, 'a') as file:\n    file.write('x')\nreturn pod('a')"
    assert names(function(body)) == ["a"]
    assert (tmp_path / "beside.py").read_text() == "NAME = 'beside'\n"


NO_PART = [
    "A change there would go unnoticed. Read it from the folder that the function is called with, or name it in its",
    'text: a file or folder in quotes with __file__, as in Path(__file__).parent / "rules"; a module in an import.',
]


def test_a_file_beside_it_is_told_not_to_be_for_it(function, tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("x")
    with pytest.raises(RenderFailed) as caught:
        render(function("from pathlib import Path\nreturn Path(__file__).with_name('data' + '.txt').read_text()"))
    assert [line.strip() for line in caught.value.detail.splitlines()[-4:]] == [
        f"FileNotFoundError: [Errno 2] No such file or directory: '{tmp_path}/data.txt'",
        f"It asks for {tmp_path}/data.txt, which is no part of its code.",
        *NO_PART,
    ]


@pytest.fixture
def module(make_job):
    """A job for a function of a module that is written as it stands."""

    def make(file: Path, text: str, *, name: str = "mine:pods") -> RenderJob:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        code = digest_of_code(file, name.partition(":")[0]).removeprefix("sha256:")
        return make_job({"a.txt": "x"}, PythonSpec(function=name, file=str(file), code=code))

    return make


def pod(name: str) -> str:
    return f"{{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {{'name': {name}}}}}"


def test_a_package_that_gives_its_function_on(tmp_path: Path, module) -> None:
    text = f"from .names import NAME\n\ndef pods(source):\n    return {pod('NAME')}\n"
    (tmp_path / "shoplib").mkdir()
    (tmp_path / "shoplib/__init__.py").write_text("from .render import pods\n")
    (tmp_path / "shoplib/names.py").write_text("NAME = 'a'\n")
    assert names(module(tmp_path / "shoplib/render.py", text, name="shoplib.render:pods")) == ["a"]


def test_folders_that_its_module_looks_for_are_part_of_its_code(tmp_path: Path, module) -> None:
    """What was found where the pipeline was loaded is found again."""
    (tmp_path / ".git").mkdir()
    text = (
        "from gitpromote import folders\n\nFOUND = folders('teams/*', holding='values.yaml')\n\n"
        f"def pods(source):\n    return [{pod('one.values[NAME]')} for one in FOUND]\n\nNAME = 'name'\n"
    )
    codes = []
    for team in ("a", "b"):
        (tmp_path / "teams" / team).mkdir(parents=True)
        (tmp_path / "teams" / team / "values.yaml").write_text(f"name: {team}\n")
        job = module(tmp_path / "deploy/mine.py", text)
        codes.append(job.spec.code)
    assert names(job) == ["a", "b"]
    (tmp_path / "teams/a/values.yaml").write_text("name: c\n")
    codes.append(module(tmp_path / "deploy/mine.py", text).spec.code)
    assert len(set(codes)) == 3


def test_a_package_that_is_installed_as_a_link_is_part_of_its_code(tmp_path: Path, module, monkeypatch) -> None:
    package = tmp_path / "developed/src/tables"
    package.mkdir(parents=True)
    (package / "data.txt").write_text("x")
    finder = type("Finder", (), {"__module__": "linked", "find_spec": lambda *_: None})
    monkeypatch.setitem(sys.modules, "linked", type("Linked", (), {"MAPPING": {"tables": str(package)}}))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, finder])
    text = f"import tables\n\ndef pods(source):\n    return {pod('tables.NAME')}\n"
    for name in ("one", "two"):
        (package / "__init__.py").write_text(f"NAME = {name!r}\n")
        assert names(module(tmp_path / "own/mine.py", text)) == [name]


def test_an_archive_of_modules_is_part_of_its_code(tmp_path: Path, module, monkeypatch) -> None:
    archive = tmp_path / "lib.zip"
    monkeypatch.syspath_prepend(archive)
    text = f"import packed\n\ndef pods(source):\n    return {pod('packed.NAME')}\n"
    codes = []
    for name in ("one", "two"):
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("packed.py", f"NAME = {name!r}\n")
        job = module(tmp_path / "own/mine.py", text)
        codes.append(job.spec.code)
        assert names(job) == [name]
    assert len(set(codes)) == 2


def test_code_that_ends_its_process_has_not_given_an_empty_set(function) -> None:
    """All that the environment holds would be pruned."""
    with pytest.raises(RenderFailed) as caught:
        render(function("os._exit(0)"))
    assert caught.value.code == "render-unfinished"
    assert caught.value.detail.endswith("mine:pods ended its process, or something that it called did.")


def test_what_stands_at_the_top_of_its_file_has_no_variables_and_no_files(tmp_path: Path, module) -> None:
    text = "import os\n\nORG = os.environ['ORG']\n\ndef pods(source):\n    return []\n"
    with pytest.raises(RenderFailed) as caught:
        render(module(tmp_path / "mine.py", text))
    assert [line.strip() for line in caught.value.detail.splitlines()[-4:]] == [
        f"{tmp_path}/mine.py:3: ORG = os.environ['ORG']",
        "KeyError: 'ORG'",
        "What stands at the top of a function's file runs here as well, and has neither your environment's variables",
        "nor other files. Put the function into a module of its own beside that file.",
    ]


BESIDE = """\
from pathlib import Path

HERE = Path(__file__).parent

def pods(source):
    rules = [path.name for path in sorted((HERE / "rules.d").glob("*.yaml"))]
    frozen = (HERE / "FREEZE").exists()
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "rules": rules, "frozen": frozen}
"""


def test_what_it_names_beside_itself_is_part_of_its_code(tmp_path: Path, module) -> None:
    """Looking there finds the same as anywhere else in Python; a gate that found nothing would pass."""
    codes = []
    for path, rules, frozen in (
        ("other.txt", [], False),
        ("rules.d/one.yaml", ["one.yaml"], False),
        ("FREEZE", ["one.yaml"], True),
    ):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("x")
        job = module(tmp_path / "mine.py", BESIDE)
        codes.append(job.spec.code)
        (manifest,) = render(job).manifests.values()
        assert (manifest.data["rules"], manifest.data["frozen"]) == (rules, frozen)
    assert len(set(codes)) == 3


def test_plugins_of_a_package_that_it_looks_into_are_part_of_its_code(tmp_path: Path, module) -> None:
    (tmp_path / "plug").mkdir()
    for name in ("__init__", "one", "two"):
        (tmp_path / "plug" / f"{name}.py").write_text("")
    text = (
        "import pkgutil\nimport plug\n\ndef pods(source):\n"
        f"    return [{pod('found.name')} for found in pkgutil.iter_modules(plug.__path__)]\n"
    )
    assert names(module(tmp_path / "mine.py", text)) == ["one", "two"]


@pytest.mark.parametrize("call", ["folders(NAMED, optional=True)", "folders('teams/*', holding=NAMED, optional=True)"])
def test_a_pattern_that_does_not_stand_in_the_call_is_no_empty_answer(tmp_path: Path, module, call: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "teams/a").mkdir(parents=True)
    text = f"from gitpromote import folders\n\nNAMED = 'teams/*'\nFOUND = {call}\n\ndef pods(source):\n    return []\n"
    with pytest.raises(RenderFailed) as caught:
        render(module(tmp_path / "mine.py", text))
    assert caught.value.detail.splitlines()[-1].strip() == (
        f'{tmp_path}/mine.py:4: folders: the pattern "teams/*" does not stand in the call  [pattern-unquoted]  '
        "(write the pattern itself there, or put the function into a module of its own, which does not look for it)"
    )


def test_folders_count_from_the_checkout_in_every_module(tmp_path: Path, module) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "teams/a").mkdir(parents=True)
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/found.py").write_text("from gitpromote import folders\n\nFOUND = folders('teams/*')\n")
    text = f"import found\n\ndef pods(source):\n    return [{pod('one.name')} for one in found.FOUND]\n"
    assert names(module(tmp_path / "deploy/mine.py", text)) == ["a"]


def test_a_warning_names_the_file_as_the_repository_does(tmp_path: Path, module) -> None:
    """It stands in plans: the same in every clone."""
    (tmp_path / ".git").mkdir()
    text = f"import warnings\n\ndef pods(source):\n    warnings.warn('old')\n    return {pod(repr('a'))}\n"
    made = render(module(tmp_path / "deploy/mine.py", text))
    assert made.warnings[0] == "deploy/mine.py:4: UserWarning: old"


@pytest.mark.skipif(not FILTERED, reason="this system has no filter of system calls that we know")
def test_a_pair_of_sockets_reaches_nobody_else(function) -> None:
    with pytest.raises(RenderFailed, match=r"PermissionError: \[Errno 13\] Permission denied"):
        render(function("socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)"))


def test_a_file_may_have_the_name_of_a_module_of_python(tmp_path: Path, module) -> None:
    text = f"import json, smtplib\n\ndef pods(source):\n    return {pod(repr('a'))}\n"
    assert names(module(tmp_path / "email.py", text, name="email_pipeline:pods")) == ["a"]
