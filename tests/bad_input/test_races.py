"""Two applies at once, by processes of their own: each change is written once, and the other one is told so."""

from __future__ import annotations

import subprocess
import time

from tests.bad_input.conftest import PIPELINE, git

SETTLED = ("written", "already applied")


def outcome(process: subprocess.Popen[str]) -> tuple[int, dict[str, str]]:
    """The exit code, and how each environment ended."""
    out, err = process.communicate(timeout=120)
    assert err == "" or "Error:" in err, err
    lines = [line.split("  ", 1) for line in out.splitlines() if line.startswith(("test", "prod"))]
    return process.returncode, {name: words.strip() for names, words in lines for name in names.strip().split(", ")}


def records(shop) -> list[str]:
    subjects = shop.remote_git("log", "--format=%s", "gitpromote/ledger/shop").splitlines()
    return sorted(subject for subject in subjects if subject.startswith("written"))


def test_two_applies_of_one_plan(shop) -> None:
    file = shop.plan()
    words = ("apply", str(file), "--expect-digest", shop.digest(file))
    elsewhere = {"GITPROMOTE_CACHE_DIR": str(shop.root / "second-cache")}
    ended = [outcome(one) for one in (shop.program(*words), shop.program(*words, env=elsewhere))]
    assert [code for code, _ in ended] == [0, 0]
    told = [result[env] for _, result in ended for env in ("test", "prod")]
    assert all(words.startswith(SETTLED) for words in told), told
    assert records(shop) == ["written prod", "written test"]
    assert shop.run("verify").code == 0


ELSEWHERE = PIPELINE.replace('Branch("env/$env")', 'Branch("env/$env", repo="{other}")')


def elsewhere(shop, *, hook: str = ""):
    """Targets in a repository of their own, with a hook that runs once they were pushed."""
    other = shop.root / "other.git"
    git("init", "-q", "--bare", "--template=", str(other), cwd=shop.root)
    if hook:
        file = other / "hooks" / "post-receive"
        file.parent.mkdir()
        file.write_text(f"#!/bin/sh\n{hook}")
        file.chmod(0o755)
    shop.push({"pipeline.py": ELSEWHERE.replace("{other}", str(other))})
    return other


def test_two_applies_of_one_plan_to_another_repository(shop) -> None:
    other = elsewhere(shop)
    file = shop.plan()
    words = ("apply", str(file), "--expect-digest", shop.digest(file))
    cold = {"GITPROMOTE_CACHE_DIR": str(shop.root / "second-cache")}
    ended = [outcome(one) for one in (shop.program(*words), shop.program(*words, env=cold))]
    assert [code for code, _ in ended] == [0, 0]
    told = [result[env] for _, result in ended for env in ("test", "prod")]
    assert all(words.startswith(SETTLED) for words in told), told
    assert records(shop) == ["written prod", "written test"]
    assert [git("rev-list", "--count", f"env/{env}", cwd=other) for env in ("test", "prod")] == ["1", "1"]
    assert shop.run("verify").code == 0


def test_an_apply_that_is_killed_between_target_and_ledger_goes_on_elsewhere_by_its_digest(shop) -> None:
    """Its file is lost with the machine."""
    landed = shop.root / "landed"
    other = elsewhere(shop, hook=f"touch {landed}; exec sleep 5\n")
    file = shop.plan()
    digest = shop.digest(file)
    process = shop.program("apply", str(file), "--expect-digest", digest)
    deadline = time.monotonic() + 60
    while not landed.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate(timeout=60)
    file.unlink()
    (other / "hooks" / "post-receive").unlink()
    assert records(shop) == []
    planned = shop.run("plan").out
    assert f"      gitpromote apply {digest}   # go on with that run\n" in planned
    assert "was it deleted?" not in planned
    cold = shop.program("apply", digest, "--expect-digest", digest, env={"GITPROMOTE_CACHE_DIR": str(shop.root / "2")})
    code, told = outcome(cold)
    assert (code, told["test"].startswith("written"), told["prod"].startswith("written")) == (0, True, True)
    assert records(shop) == ["written prod", "written test"]
    assert shop.run("verify").code == 0


def test_two_applies_of_two_plans(shop) -> None:
    """Of two plans for one state at most one lands in each environment; the other one is stale there, not merged."""
    one = shop.plan("--env", "test")
    shop.push({"deploy/test/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"})
    two = shop.root / "two.json"
    assert shop.run("plan", "--env", "test", "--out", str(two)).code == 0
    running = [shop.program("apply", str(file), "--expect-digest", shop.digest(file)) for file in (one, two)]
    ended = [outcome(process) for process in running]
    assert sorted(code for code, _ in ended) == [0, 4], ended
    winner = next(result["test"] for code, result in ended if code == 0)
    loser = next(result["test"] for code, result in ended if code == 4)
    assert winner.startswith("written")
    assert loser.startswith("STALE")
    assert records(shop) == ["written test"]
    assert shop.run("verify").code == 0


def test_a_lock_of_somebody_else_is_told(shop) -> None:
    file = shop.plan()
    shop.works_as("Tom")
    assert shop.run("lock", "test", "--reason", "maintenance until noon").code == 0
    shop.works_as("Lea")
    before = shop.everything()
    ended = shop.run("apply", str(file), "--expect-digest", shop.digest(file))
    assert ended.code == 7
    assert ended.out.splitlines()[:2] == [
        "test  FAILED  The environment is locked",
        "      test: locked by Tom <tom@acme.example>: maintenance until noon",
    ]
    assert shop.everything() == before
