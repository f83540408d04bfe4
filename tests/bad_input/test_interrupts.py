"""Ctrl-C, sent to the real program at any moment: exit code 130, nothing half written, and the same command goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

import pytest

#: Always the same moments, so that a failure comes again on the same machine; another number tries others.
SEED = int(os.environ.get("GITPROMOTE_TEST_SEED", "7"))
PLANS, APPLIES = 4, 6

LONG = """\
import subprocess, sys

from gitpromote import App, Branch, Environment, Pipeline, PythonRenderer


def slowly(context):
    subprocess.run([sys.executable, "-c", "import time; time.sleep(60)", {marker!r}])
    return ""


shop = Pipeline(
    "shop",
    apps=[App("shop", PythonRenderer(slowly))],
    target=Branch("env/$env"),
    environments=[Environment("test")],
)
"""


SWALLOWED = """\
import os, signal, time

try:
    os.kill(os.getpid(), signal.{sign})
    time.sleep(60)
except KeyboardInterrupt:
    interrupted = True
if interrupted:
    raise {error}("Error building a serializer")
"""


def interrupted(process: subprocess.Popen[str], after: float, sign: int = signal.SIGINT) -> tuple[int, str, str]:
    time.sleep(after)
    process.send_signal(sign)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def duration(shop, *words: str) -> float:
    start = time.monotonic()
    process = shop.program(*words)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return time.monotonic() - start


def test_an_interrupted_plan_leaves_nothing(shop) -> None:
    file = shop.root / "plan.json"
    words = ("plan", "--out", str(file))
    whole = duration(shop, *words)
    moments = random.Random(SEED)
    for _ in range(PLANS):
        file.unlink(missing_ok=True)
        before = shop.everything()
        moment = moments.uniform(0.25, 1.0) * whole
        code, out, err = interrupted(shop.program(*words), moment)
        # Before it is our turn, while Python itself starts, the signal ends the process: to a shell that is 130 too.
        assert code in (0, 130) or (code, out) == (-signal.SIGINT, ""), (moment, code, err)
        assert "Traceback" not in err or code == -signal.SIGINT, (moment, err)
        assert shop.everything() == before
        assert code == 0 or not file.exists() or f"Saved {file}" in out
        assert [path.name for path in shop.root.glob("*plan.json*")] in ([], ["plan.json"])
    assert shop.run(*words).code == 0


def test_an_interrupted_apply_goes_on_where_it_stopped(shop) -> None:
    moments = random.Random(SEED)
    whole = 1.2 * duration(shop, "plan", "--out", str(shop.root / "warm.json"))
    for at in range(APPLIES):
        for env in ("test", "prod"):
            shop.write(f"deploy/{env}/round.yaml", f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: round-{at}}}\n")
        shop.push()
        file = shop.plan()
        words = ("apply", str(file), "--expect-digest", shop.digest(file))
        moment = moments.uniform(0.3, 1.0) * whole
        code, _, err = interrupted(shop.program(*words), moment)
        assert code in (0, 130, -signal.SIGINT), (moment, err)
        assert [ref for ref in shop.refs() if "/lock/" in ref] == []
        assert shop.run("verify").code in (0, 64 if "refs/heads/gitpromote/ledger/shop" not in shop.refs() else 0)
        again = shop.run(*words)
        assert again.code == 0, again.err + again.out
        assert "No changes." in shop.run("plan").out
    written = shop.remote_git("log", "--format=%s", "gitpromote/ledger/shop").splitlines()
    assert written.count("written test") == written.count("written prod") == APPLIES
    assert shop.run("verify").code == 0


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_renderer_that_runs_is_ended_with_the_plan(shop, sign: int, command_lines) -> None:
    marker = f"gitpromote-slowly-{os.getpid()}-{sign}"

    def runs() -> bool:
        return any("time.sleep" in line and marker in line for line in command_lines())

    shop.push({"pipeline.py": LONG.format(marker=marker)})
    process = shop.program("plan")
    until(runs, process)
    start = time.monotonic()
    code, out, err = interrupted(process, 0, sign)
    assert (code, out, err) == (130, "", "Error: Interrupted  [interrupted]\n\nNothing more was started.\n")
    assert time.monotonic() - start < 10
    until(lambda: not runs(), process)


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("error", ["ValueError", "gitpromote.errors.ConfigurationError"])
def test_what_a_library_makes_of_an_interrupt_is_told_as_one(shop, sign: str, error: str) -> None:
    """Compiled code turns it into an error of its own, in whose chain the interrupt is not found any more."""
    shop.write("pipeline.py", "import gitpromote.errors\n" + SWALLOWED.format(sign=sign, error=error))
    process = shop.program("plan")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "Error: Interrupted  [interrupted]\n\nNothing more was started.\n"


def until(true, process: subprocess.Popen[str]):
    deadline = time.monotonic() + 30
    while not (found := true()):
        assert time.monotonic() < deadline, process.communicate()
        time.sleep(0.02)
    return found


def test_an_apply_that_waits_for_a_lock_stops_at_once(shop) -> None:
    file = shop.plan()
    shop.works_as("Tom")
    assert shop.run("lock", "test", "--reason", "maintenance").code == 0
    shop.works_as("Lea")
    words = ("apply", str(file), "--expect-digest", shop.digest(file), "--lock-timeout", "10m")
    process = shop.program(*words)
    time.sleep(2.5 * duration(shop, "validate"))
    start = time.monotonic()
    code, out, _ = interrupted(process, 0)
    assert time.monotonic() - start < 4
    assert code in (130, -signal.SIGINT)
    assert code != 130 or "Go on with:" in out or out == ""
    assert set(shop.refs()) == {
        "refs/heads/main",
        "refs/heads/gitpromote/ledger/shop",
        "refs/heads/gitpromote/lock/shop/test",
    }
