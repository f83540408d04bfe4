"""``run`` and ``status --lag`` by the command line, on real repositories."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import gitpromote

ROOT = Path(gitpromote.__file__).parents[1]
ANY_KEY = (
    "! Production goes by itself as soon as its change is approved, and no allowed signers are configured: "
    "an approval signed with any key counts. Commit a file of them and name it: Pipeline(…, signers=…)\n"
)
SECRET = "GITPROMOTE_WEBHOOK_SECRET"


@pytest.fixture
def auto(notes: Any) -> Any:
    """A repository whose test and uat go by themselves, committed and pushed."""
    notes.replace("pipeline.py", 'Environment("test")', 'Environment("test", auto=True)')
    notes.replace("pipeline.py", 'Environment("uat")', 'Environment("uat", auto=True)')
    notes.commit("auto")
    return notes


def until(holds: Any, seconds: float = 30.0) -> None:
    """Wait for something that another thread or process brings about."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def started(*words: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """A run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "gitpromote", "run", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "CI": "true", "PYTHONPATH": str(ROOT), **(env or {})},
    )


def test_once_brings_what_is_auto_to_its_end_and_leaves_the_rest(run, auto, normal) -> None:
    ended = run("run", "--once")
    assert (ended.code, ended.err) == (0, "")
    assert normal(ended.out) == (
        "prod  left to a person: auto=False: a person applies it\n"
        "  gitpromote apply notes --env prod\n"
        "test  written ID-1 -> env/test, tree as planned\n"
        "uat  written ID-2 -> env/uat, tree as planned\n"
        "Applied: 2 done, 0 failed, 0 waiting, 0 not started.\n"
    )
    assert sorted(auto.refs()) == [
        "refs/heads/env/test",
        "refs/heads/env/uat",
        "refs/heads/gitpromote/ledger/notes",
        "refs/heads/main",
    ]
    again = run("run", "--once")
    assert (again.code, again.out) == (
        0,
        "prod  left to a person: auto=False: a person applies it\n  gitpromote apply notes --env prod\n",
    )


def test_once_where_everything_is_done_says_so(run, auto) -> None:
    run("run", "--once")
    assert run("plan", "-out=p.json").code == 0
    digest = json.loads(Path("p.json").read_bytes())["digest"]
    assert run("apply", "p.json", "--expect-digest", digest).code == 0
    ended = run("run", "--once", "--detailed-exitcode")
    assert (ended.code, ended.out) == (0, "Nothing to do: every environment holds what its Freight makes.\n")


def test_once_tells_of_freight_that_a_request_stops_where_it_is_already(run, auto, normal) -> None:
    run("run", "--once")
    alias = json.loads(run("freight", "list", "--json").out)[0]["freight"]["alias"]
    run("freight", "create", "notes", "--freight", alias, "--target", "test")
    stays = (
        "FREIGHT-1, which is here already, was asked to stop at test: nothing more moves. "
        "To let it go the whole way: gitpromote freight create notes --freight FREIGHT-1"
    )
    ended = run("run", "--once")
    assert (ended.code, normal(ended.out)) == (
        0,
        (
            f"uat  no change: {stays}\n"
            "prod  unavailable: FREIGHT-1 not meant for prod: it was asked to stop at test\n"
            "Applied: 1 done, 0 failed, 1 waiting, 0 not started.\n"
            "No target was written.\n"
        ),
    )
    planned = normal(run("plan", "-out=p.json").out).splitlines()
    assert planned[2] == "  uat  ID-1  no change  -"
    assert f"  · uat: {stays}  [target]  (advisory: stops nothing)" in planned
    assert run("plan", "--verify", "p.json").code == 0
    assert normal(run("explain", "uat").out).splitlines()[:2] == [
        "uat · FREIGHT-1 · no change",
        f"  warn  target  {stays}  (advisory)",
    ]


TWO_WAREHOUSES = """
from gitpromote import App, Branch, Environment, Git, Image, Pipeline, Plain, Warehouse

notes = Pipeline(
    "notes",
    warehouse=[Warehouse(Git(), name="config"), Warehouse(OTHER, name="other")],
    apps=[App("notes", Plain("environments/test"))],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True, production=False)],
)
"""


def test_once_names_the_warehouse_where_several_feed_an_environment(run, notes, normal, tmp_path: Path) -> None:
    other = tmp_path / "other.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(notes.remote), str(other)], check=True)
    Path("pipeline.py").write_text(TWO_WAREHOUSES.replace("OTHER", f"Git(repo={str(other)!r})"))
    notes.commit("two")
    assert normal(run("run", "--once").out).splitlines()[0] == (
        "test (config, other)  written ID-1 -> env/test, tree as planned"
    )
    for file in Path("environments/test").iterdir():
        file.write_text(file.read_text().replace("metadata:\n", "metadata:\n  labels: {more: yes}\n", 1))
    notes.commit("more")
    assert normal(run("run", "--once").out).splitlines()[0] == (
        "test (config)  written ID-1 -> env/test, tree as planned"
    )


def test_discovery_shows_the_other_warehouses_where_the_only_registry_is_down(run, notes, normal) -> None:
    down = "127.0.0.1:1/acme/down"
    Path("pipeline.py").write_text(TWO_WAREHOUSES.replace("OTHER", f'Image("{down}")'))
    notes.commit("two")
    why = f"A remote cannot be reached: read the tags of {down}; 127.0.0.1:1: Connection refused"
    ended = run("freight", "discover")
    assert (ended.code, ended.err, re.sub(r"made \S+ ago", "made AGO", normal(ended.out))) == (
        1,
        "",
        (
            "config\n"
            "  commit home (newest-from-branch)  ID-1  of 2 candidates, made AGO\n"
            "  = FREIGHT-1  new: the next plan has it\n"
            '    notes@ID-1 "two" (Lea Demo)\n'
            "\n"
            "other\n"
            f"  image {down} (semver)  {why}\n"
            "      Compare the address, the network and the proxy settings, and try again.\n"
            f"  = no Freight  none: {why}\n"
        ),
    )
    alone = run("freight", "discover", "--lock", "notes.lock")
    assert (alone.code, alone.err.splitlines()[0]) == (1, "Error: A remote cannot be reached  [remote-unreachable]")


def test_once_as_json_is_one_object(run, auto) -> None:
    data = json.loads(run("run", "--once", "--json", "--json-into", "events.json").out)
    assert [(one["name"], (one["result"] or {}).get("status")) for one in data["environments"]] == [
        ("test", "written"),
        ("uat", "written"),
        ("prod", None),
    ]
    assert (data["exit_code"], len(data["rounds"])) == (0, 2)
    events = [json.loads(each) for each in Path("events.json").read_text().splitlines()]
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert [event["name"] for event in events if event["kind"] == "environment"] == ["test", "uat"]
    assert (events[-1]["kind"], events[-1]["exit_code"]) == ("summary", 0)


TWO = """
from gitpromote import App, Branch, Environment, Pipeline, Plain

one, two = (
    Pipeline(
        name,
        apps=[App(name, Plain(folder))],
        target=Branch(f"{name}/$env"),
        environments=[Environment("test", auto=True, production=False)],
    )
    for name, folder in (("one", "nosuch"), ("two", "config"))
)
"""


def test_all_pipelines_of_a_file_go_one_after_the_other_and_one_that_fails_keeps_none_back(run, notes, normal) -> None:
    (notes.clone / "pipeline.py").write_text(TWO)
    (notes.clone / "config").mkdir(exist_ok=True)
    (notes.clone / "config" / "c.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    notes.commit("two pipelines")
    ended = run("run", "--once", "--all")
    assert ended.code == 1
    assert normal(ended.out).splitlines()[0] == "one"
    assert "test  FAILED" in ended.out
    assert normal(ended.out).splitlines()[-3:] == [
        "two",
        "test  written ID-2 -> two/test, tree as planned",
        "Applied: 1 done, 0 failed, 0 waiting, 0 not started.",
    ]
    told = json.loads(run("run", "--once", "--all", "--json").out)
    assert [(each["rounds"][-1]["pipeline"], each["exit_code"]) for each in told] == [("one", 1), ("two", 0)]
    ended = run("run", "one", "--once", "--all")
    assert (ended.code, ended.err) == (
        64,
        (
            "Error: These options do not go together  [usage]\n\n"
            '--all and a pipeline\'s name, "one"\n\n'
            "  gitpromote run --help\n"
        ),
    )


def test_all_pipelines_run_for_ever_side_by_side(run, notes) -> None:
    (notes.clone / "pipeline.py").write_text(TWO)
    (notes.clone / "config").mkdir(exist_ok=True)
    (notes.clone / "config" / "c.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    notes.commit("two pipelines")

    def stop() -> None:
        until(lambda: "refs/heads/two/test" in notes.refs())
        time.sleep(1.5)
        os.kill(os.getpid(), signal.SIGTERM)

    stopper = threading.Thread(target=stop)
    stopper.start()
    ended = run("run", "--all", "--interval", "1s", "--jitter", "0s")
    stopper.join()
    assert (ended.code, ended.err) == (0, "Stopped; nothing more is started.\n")
    assert re.search(r"^\S+  one  test FAILED: ", ended.out, re.MULTILINE)
    assert re.search(r"^\S+  two  test written ", ended.out, re.MULTILINE)


GONE = """\
! two is gone from the pipeline file, and what it wrote still stands: test
  gitpromote retire two --gone --reason …
"""


def test_what_a_pipeline_that_is_gone_left_is_told_beside_all_the_others(run, notes) -> None:
    both = TWO.replace('"nosuch"', '"config"')
    (notes.clone / "pipeline.py").write_text(both)
    (notes.clone / "config").mkdir(exist_ok=True)
    (notes.clone / "config" / "c.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    (notes.clone / "elsewhere.py").write_text(both.replace("one, two", "three, four").replace('(("one"', '(("three"'))
    text = (notes.clone / "elsewhere.py").read_text().replace('("two"', '("four"')
    (notes.clone / "elsewhere.py").write_text(text)
    notes.commit("two pipelines, and others in a file of their own")
    assert (run("run", "--once", "--all").err, run("plan", "--all").err) == ("", "")
    assert run("run", "--once", "--all", "--pipeline", "elsewhere.py").err == ""
    (notes.clone / "pipeline.py").write_text(both.replace("one, two =", "one, _ =") + "__all__ = ['one']\n")
    notes.commit("one")
    for words in (("plan", "--all"), ("plan", "--all", "--json"), ("run", "--once", "--all")):
        ended = run(*words)
        assert (ended.code, ended.err) == (0, GONE), words
    assert run("plan").err == ""
    assert run("plan", "--all", "--pipeline", "pipeline.py:one").err == ""
    assert run("retire", "two", "--gone", "--reason", "gone", "-auto-approve").code == 0
    assert run("plan", "--all").err == ""


def test_the_lock_of_a_pipeline_that_is_gone_is_taken_away(run, notes) -> None:
    both = TWO.replace('"nosuch"', '"config"')
    (notes.clone / "pipeline.py").write_text(both)
    (notes.clone / "config").mkdir(exist_ok=True)
    (notes.clone / "config" / "c.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    notes.commit("two pipelines")
    assert run("run", "--once", "--all").err == ""
    assert run("lock", "two", "test", "--reason", "looking").code == 0
    (notes.clone / "pipeline.py").write_text(both.replace("one, two =", "one, _ =") + "__all__ = ['one']\n")
    notes.commit("one")
    ended = run("unlock", "two", "test")
    assert (ended.code, ended.err) == (0, "")
    assert run("unlock", "two", "test").err == "Error: The environment is not locked  [not-locked]\n\ntest\n"


def test_all_pipelines_are_planned_and_one_that_fails_keeps_none_back(run, notes, normal) -> None:
    (notes.clone / "pipeline.py").write_text(TWO)
    (notes.clone / "config").mkdir(exist_ok=True)
    (notes.clone / "config" / "c.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    notes.commit("two pipelines")
    ended = run("plan", "--all", "--detailed-exitcode")
    assert ended.code == 1
    lines = normal(ended.out).splitlines()
    assert lines[:3] == ["one", "", "two"]
    assert any(each.startswith("Saved plans/two-") for each in lines)
    assert ended.err.startswith("Error: ")
    told = json.loads(run("plan", "--all", "--json").out)
    assert [each.get("pipeline") if "code" in each else each["plan"]["pipeline"]["name"] for each in told] == [
        "one",
        "two",
    ]
    (notes.clone / "pipeline.py").write_text(TWO.replace('"nosuch"', '"config"'))
    notes.commit("both")
    ended = run("plan", "--all", "--detailed-exitcode")
    assert (ended.code, ended.err) == (2, "")
    assert [each for each in normal(ended.out).splitlines() if each in ("one", "two")] == ["one", "two"]
    assert run("plan", "--all").code == 0


@pytest.mark.parametrize(
    ("words", "detail"),
    [
        (["two"], '--all and a pipeline\'s name, "two"'),
        (["--out", "plan.json"], "--all and --out"),
        (["--image", "ghcr.io/acme/shop:1.0.0", "--since", "x"], "--all and --image, --since"),
    ],
)
def test_what_names_one_thing_does_not_go_with_a_plan_of_all(run, notes, words, detail) -> None:
    ended = run("plan", "--all", *words)
    assert (ended.code, ended.err) == (
        64,
        f"Error: These options do not go together  [usage]\n\n{detail}\n\n  gitpromote plan --help\n",
    )


def test_detailed_exitcode_is_3_where_production_waits_for_an_approval(run, auto) -> None:
    auto.replace("pipeline.py", 'Environment("prod")', 'Environment("prod", auto=True)')
    ended = run("run", "--once", "--detailed-exitcode")
    assert (ended.code, ended.err) == (3, ANY_KEY)
    assert "prod  waiting: production: nobody has approved this change\n" in ended.out
    assert ended.out.endswith(
        "Review it, and approve it for the next round:\n"
        "  gitpromote plan notes --env prod -out=plan.json\n"
        "  gitpromote approve plan.json --env prod\n"
    )


def test_whose_keys_count_is_told_where_production_goes_by_itself(run, auto) -> None:
    auto.replace("pipeline.py", 'Environment("prod")', 'Environment("prod", auto="change.semver != \'major\'")')
    assert run("run", "--once").err == ANY_KEY
    auto.replace("pipeline.py", "Pipeline(", 'Pipeline(signers="signers", ')
    (auto.clone / "signers").write_text("")
    auto.commit("signers")
    ended = run("run", "--once")
    assert "any key" not in ended.err, ended.err


def test_a_blocked_environment_is_13_as_of_an_apply(run, auto) -> None:
    run("run", "--once")
    auto.write_elsewhere("env/test", "other.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n")
    auto.replace("environments/test/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    auto.commit("1.1.0")
    ended = run("run", "--once")
    assert (ended.code, "BLOCKED" in ended.out) == (13, True)


@pytest.mark.parametrize(
    ("words", "detail"),
    [
        (["--once", "--interval", "5m"], "--interval with --once"),
        (["--once", "--listen", "127.0.0.1:0", "--jitter", "1s"], "--jitter, --listen with --once"),
        (["--secret-env", "X"], "--secret-env without --listen"),
        (["--detailed-exitcode"], "--detailed-exitcode without --once"),
    ],
)
def test_options_that_do_not_go_together_are_refused(run, auto, words, detail) -> None:
    ended = run("run", *words)
    assert (ended.code, ended.out) == (64, "")
    assert ended.err == (f"Error: These options do not go together  [usage]\n\n{detail}\n\n  gitpromote run --help\n")


def test_a_secret_is_never_an_argument(run, auto) -> None:
    ended = run("run", "--listen", "127.0.0.1:0", "--secret-env", "s3cr3t!")
    assert ended.code == 64 and "s3cr3t" not in ended.err
    assert "takes the name of the variable that holds the secret, not the secret." in ended.err


def test_a_webhook_without_a_secret_does_not_start(run, auto) -> None:
    ended = run("run", "--listen", "127.0.0.1:0")
    assert ended.code == 11
    assert ended.err == (
        "Error: The webhook has no secret  [webhook-secret-missing]\n\n"
        f"The variable {SECRET} is not set.\n\n"
        "Set it to what the forge signs with, or name another variable with --secret-env.\n"
    )


@pytest.mark.parametrize("words", [["--interval", "0s"], ["--interval", "soon"]])
def test_an_interval_that_is_none_is_refused(run, auto, words) -> None:
    assert run("run", *words).code == 64


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_loop_tells_what_is_new_and_ends_by_a_signal(run, auto, normal, number, code) -> None:
    def push_and_stop() -> None:
        until(lambda: "refs/heads/env/uat" in auto.refs())
        auto.replace("environments/test/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
        before = auto.refs()["refs/heads/env/test"]
        auto.commit("1.1.0")
        until(lambda: auto.refs()["refs/heads/env/test"] != before)
        time.sleep(2.5)
        os.kill(os.getpid(), number)

    pusher = threading.Thread(target=push_and_stop)
    pusher.start()
    ended = run("run", "--interval", "1s", "--jitter", "0s")
    pusher.join()
    assert (ended.code, ended.err) == (code, "Stopped; nothing more is started.\n")
    lines = [re.sub(r"^\S+  ", "", each) for each in normal(ended.out).splitlines()]
    wrote = [each for each in lines if "written" in each]
    assert [re.sub(r"ID-\d|FREIGHT-\d", "*", each) for each in wrote] == [
        "notes  test written * (*); uat written * (*); prod left to a person (*)  (again in 1s)",
        "notes  test written * (*); uat recorded (*); prod left to a person (*)  (again in 1s)",
    ]
    assert len(lines) <= 4, "a quiet round says nothing"


def test_a_pipeline_file_that_breaks_ends_the_loop(run, auto) -> None:
    def break_it() -> None:
        until(lambda: "refs/heads/env/uat" in auto.refs())
        (auto.clone / "pipeline.py").write_text("from gitpromote import Pipeline\nnotes = Pipeline(\n")

    breaker = threading.Thread(target=break_it)
    breaker.start()
    ended = run("run", "--interval", "1s", "--jitter", "0s")
    breaker.join()
    assert ended.code == 11
    assert "never closed" in ended.err


def test_a_remote_that_is_away_for_a_while_is_told_once_and_outlived(run, auto) -> None:
    away = auto.remote.with_name("away.git")

    def come_and_go() -> None:
        until(lambda: "refs/heads/env/uat" in auto.refs())
        auto.remote.rename(away)
        time.sleep(4)
        away.rename(auto.remote)
        time.sleep(4)
        os.kill(os.getpid(), signal.SIGTERM)

    mover = threading.Thread(target=come_and_go)
    mover.start()
    ended = run("run", "--interval", "1s", "--jitter", "0s", "--json")
    mover.join()
    assert ended.code == 0
    said = [json.loads(each) for each in ended.out.splitlines()]
    kinds = [each["kind"] for each in said]
    assert "round-failed" in kinds and kinds[0] == kinds[-1] == "round"
    codes = {each["code"] for each in said if each["kind"] == "round-failed"}
    assert ended.err.count("Error: ") == len(codes)


def test_a_webhook_shortens_the_wait_and_is_not_believed(auto) -> None:
    process = started("--interval", "1h", "--listen", "127.0.0.1:0", env={SECRET: "hush"})
    try:
        assert process.stderr is not None and process.stdout is not None
        address = re.fullmatch(r"Listening on (\S+) port (\d+)\n", process.stderr.readline())
        assert address is not None
        assert "test written" in process.stdout.readline()
        auto.replace("environments/test/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
        auto.commit("1.1.0")
        body = b'{"ref": "refs/heads/nonsense"}'
        signed = hmac.new(b"hush", body, hashlib.sha256).hexdigest()
        for headers, status in (({}, 401), ({"X-Hub-Signature-256": f"sha256={signed}"}, 202)):
            connection = http.client.HTTPConnection(address[1], int(address[2]), timeout=10)
            connection.request("POST", "/hook", body=body, headers=headers)
            assert connection.getresponse().status == status
            connection.close()
        assert "test written" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, "hush" in out + err) == (0, False)
        assert err == (
            f"! A webhook was refused: it does not know the secret in {SECRET}.\nStopped; nothing more is started.\n"
        )
    finally:
        process.kill()
        process.communicate()


def test_three_processes_at_once_write_everything_once(run, auto, tmp_path: Path) -> None:
    every = [started("--once", "--json", "--cache-dir", str(tmp_path / f"cache{at}")) for at in range(3)]
    ended = [(each.communicate(timeout=60), each.returncode) for each in every]
    assert [code for _, code in ended] == [0, 0, 0]
    turns = [turn for (out, _), _ in ended for turn in json.loads(out)["environments"]]
    wrote = [turn["name"] for turn in turns if (turn["result"] or {}).get("status") == "written"]
    assert sorted(wrote) == ["test", "uat"]
    assert run("verify").code == 0


# -- status --lag


def test_lag_says_how_far_each_is_behind_and_what_keeps_it_back(run, auto, normal) -> None:
    auto.replace("pipeline.py", 'Environment("uat", auto=True)', 'Environment("uat")')
    assert run("apply", "notes", "--env", "test,uat", "-auto-approve").code == 0
    for version in ("1.1.0", "1.2.0"):
        for env in ("test", "uat", "prod"):
            file = f"environments/{env}/deployment.yaml"
            auto.replace(file, re.search(r"notes:[0-9.]+", (auto.clone / file).read_text())[0], f"notes:{version}")  # type: ignore[index]
        auto.commit(version)
        assert run("run", "--once").code == 0
    ended = run("status", "--lag")
    assert (ended.code, ended.err) == (0, "")
    assert normal(re.sub(r"\d+s ago", "AGO", ended.out)).replace("just now", "AGO") == (
        "notes  TIME\n"
        "\n"
        "  ENVIRONMENT  RUNS  NEWEST  BEHIND  SINCE  KEPT BACK BY\n"
        "  uat  ID-1  ID-2  2  AGO  auto: ready; auto=False: a person applies it\n"
        "  prod  -  ID-2  -  -  upstream: uat: not verified yet\n"
        "  1 environment runs the newest there is\n"
    )


def test_lag_as_json_stands_beside_the_rest(run, auto) -> None:
    run("run", "--once")
    data = json.loads(run("status", "--lag", "--json").out)
    lags = {one["name"]: one["lag"] for one in data["environments"]}
    assert (lags["test"], lags["uat"]) == ({}, {})
    lag = lags["prod"]["notes"]
    assert (lag["behind"], lag["since"], lag["kept_by"]) == (None, None, ["auto"])
    assert json.loads(run("status", "--json").out)["environments"][2]["lag"] == {}


def test_lag_names_the_hold(run, auto) -> None:
    run("run", "--once")
    assert run("hold", "test", "--reason", "INC-1").code == 0
    auto.replace("environments/test/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    auto.commit("1.1.0")
    assert 'hold: held: "INC-1"' in run("status", "--lag").out
