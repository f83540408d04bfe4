"""Many renders at once."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from gitpromote.adapters.renderers.parallel import render_all
from gitpromote.errors import GitpromoteError, RenderFailed, SourceInvalid
from gitpromote.model.render import HelmSpec, KustomizeSpec, PlainSpec, PythonSpec, Rendered, RenderJob


def pod(name: str) -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n"


@pytest.fixture
def jobs(make_job) -> list[RenderJob]:
    """Four that work and, in the middle, two that do not."""
    files = {f"over/{n}/kustomization.yaml": f"namePrefix: p{n}-\nresources: [../../base]\n" for n in range(4)}
    files |= {"base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": pod("a")}
    files |= {"bad/kustomization.yaml": "nothing: at all\n", "twice/a.yaml": pod("a") + "---\n" + pod("a")}
    specs = [KustomizeSpec(path=f"over/{n}") for n in range(4)]
    specs[2:2] = [KustomizeSpec(path="bad")]
    made = [make_job(files, spec, label=spec.path) for spec in specs]
    made.insert(4, make_job(files, PlainSpec(path="twice"), label="twice"))
    return made


def told(results: list[Rendered | GitpromoteError]) -> list[str]:
    return [next(iter(one.manifests)).name if isinstance(one, Rendered) else one.code for one in results]


EXPECTED = ["p0-a", "p1-a", "render-failed", "p2-a", "duplicate-object", "p3-a"]


def test_results_come_in_order_and_a_failure_spoils_no_other(jobs) -> None:
    results = render_all(jobs)
    assert told(results) == EXPECTED
    assert isinstance(results[2], RenderFailed)
    assert isinstance(results[4], SourceInvalid)
    assert "bad/kustomization.yaml:1" in results[2].detail


def test_one_worker_gives_the_same_as_many(jobs) -> None:
    assert told(render_all(jobs, workers=1)) == told(render_all(jobs, workers=8)) == EXPECTED


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_any_executor_will_do(jobs, kind: str) -> None:
    with (
        ThreadPoolExecutor(2) if kind == "threads" else ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    ) as executor:
        results = render_all(jobs, executor=executor)
        assert told(results) == EXPECTED
        assert executor.submit(len, "left open").result() == 9
    here = render_all(jobs)
    for one, other in zip(results, here, strict=True):
        if isinstance(one, Rendered) and isinstance(other, Rendered):
            assert (one.layout, one.manifests) == (other.layout, other.manifests)
        else:
            assert str(one) == str(other)


def test_equal_keys_are_rendered_once(jobs) -> None:
    first, second = replace(jobs[0], key="k", label="one"), replace(jobs[0], key="k", label="two")
    ended = []
    results = render_all([first, jobs[1], second], on_done=lambda at, result: ended.append((at, result)))
    assert [result.label for result in results if isinstance(result, Rendered)] == ["one", "over/1", "two"]
    assert results[0].commands is results[2].commands
    assert sorted(at for at, _ in ended) == [0, 1, 2]
    assert told(render_all([replace(jobs[2], key="k"), replace(jobs[2], key="k")])) == ["render-failed"] * 2


def test_what_may_be_random_is_rendered_again_after_all_others(make_job) -> None:
    files = {"chart/Chart.yaml": "name: shop\nversion: 1.0.0\n", "plain/a.yaml": pod("plain")}
    files["chart/templates/a.yaml"] = pod("'{{ .Release.Name }}'") + "x: '{{ now | unixEpoch }}{{ randNumeric 9 }}'\n"
    specs = [HelmSpec(chart="chart", release=f"shop-{n}") for n in range(3)]
    jobs = [make_job(files, spec, label=spec.release) for spec in specs]
    jobs.append(make_job(files, PlainSpec(path="plain"), label="plain"))
    order: list[int] = []
    for workers in (1, 2):
        results = render_all(jobs, workers=workers, on_done=lambda at, result: order.append(at))
        assert told(results) == ["shop-0", "shop-1", "shop-2", "plain"]
        fields = [[field.path for field in one.random] for one in results if isinstance(one, Rendered)]
        assert fields == [[("x",)], [("x",)], [("x",)], []]
    assert order[0] == order[4] == 3


def test_nothing_to_do_is_done() -> None:
    assert render_all([]) == []


def test_each_is_told_of_as_it_ends_with_its_command_lines(jobs) -> None:
    ended: dict[int, Rendered | GitpromoteError] = {}
    results = render_all(jobs, on_done=ended.__setitem__)
    assert [ended[at] for at in range(len(jobs))] == results
    lines = [line.words[-1] for one in results if isinstance(one, Rendered) for line in one.commands]
    assert lines == ["over/0", "over/1", "over/2", "over/3"]


def test_what_a_render_read_and_gave_is_left_where_asked(jobs, tmp_path: Path) -> None:
    render_all([replace(job, keep=str(tmp_path)) for job in jobs[:3]])
    kept = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    step = "over/0/1-kustomize"
    assert {path for path in kept if path.startswith("over/0/")} == {
        f"{step}/command.sh",
        f"{step}/output.yaml",
        f"{step}/words.txt",
        f"{step}/source/base/a.yaml",
        f"{step}/source/base/kustomization.yaml",
        f"{step}/source/over/0/kustomization.yaml",
    }
    assert (tmp_path / step / "output.yaml").read_text().endswith("  name: p0-a\n")
    assert "unknown field" in (tmp_path / "bad/1-kustomize/words.txt").read_text()
    script = tmp_path / step / "command.sh"
    again = subprocess.run(["sh", script], capture_output=True, check=True).stdout
    assert again == (tmp_path / step / "output.yaml").read_bytes()


def test_an_interrupt_ends_what_runs_and_starts_nothing_more(tmp_path: Path, make_job, command_lines) -> None:
    marker = f"gitpromote-slow-{os.getpid()}"
    file = tmp_path / "slow.py"
    file.write_text(
        "import subprocess, sys\n"
        f"def slow(source):\n    subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)', {marker!r}])\n"
    )
    code = hashlib.sha256(file.read_bytes()).hexdigest()
    spec = PythonSpec(function="slow:slow", file=str(file), code=code, reads=("a",))
    jobs = [make_job({"a": "x"}, spec, label=str(n)) for n in range(6)]

    seen: list[str] = []

    def interrupt() -> None:
        while len(seen) < 2:
            seen[:] = [line for line in command_lines() if marker in line]
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    started = time.monotonic()
    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        render_all(jobs, workers=2)
    assert time.monotonic() - started < 20
    assert len(seen) == 2
    assert not any(marker in line for line in command_lines())
