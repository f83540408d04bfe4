"""Remotes that are not there, refuse, or break off: told in Git's own words, and nothing is half written."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

TRY_AGAIN = "Compare the URL, the network and the proxy settings, and try again.\n"
UPSTREAM = "prod  waiting: upstream: test: not verified yet\n"
OVER = "Applied: 0 done, 1 failed, 1 waiting, 0 not started.\nNo target was written.   [push-refused]\n"


def apply(shop, file) -> tuple[str, ...]:
    return ("apply", str(file), "--expect-digest", shop.digest(file))


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("verb", ["plan", "status", "history", "apply"])
def test_a_remote_that_is_gone(shop, verb: str) -> None:
    words = apply(shop, shop.plan()) if verb == "apply" else (verb,)
    shutil.move(shop.remote, shop.root / "elsewhere.git")
    ended = shop.run(*words)
    assert (ended.code, ended.out, ended.err) == (
        1,
        "",
        (
            "Error: A repository does not exist, or is hidden from you  [repository-not-found]\n\n"
            "read the refs of <tmp>/remote.git\n"
            "  git: fatal: '<tmp>/remote.git' does not appear to be a git repository\n"
            "  git: fatal: Could not read from remote repository.\n"
            "  git: Please make sure you have the correct access rights\n"
            "  git: and the repository exists.\n\n"
            "Compare the URL; many forges say so as well where access is missing.\n"
        ),
    )


def test_a_remote_that_nobody_answers_for(shop) -> None:
    url = f"http://lea:correct-horse@127.0.0.1:{free_port()}/shop.git"
    shop.git("remote", "set-url", "origin", url)
    told = shop.refused("plan", code=1)
    assert told.startswith(
        "Error: A remote cannot be reached  [remote-unreachable]\n\nread the refs of http://***@127.0.0.1"
    )
    assert told.endswith(f"\n\n{TRY_AGAIN}")
    assert "correct-horse" not in told


@pytest.fixture
def refusing():
    """A server that answers every request with one status."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("WWW-Authenticate", 'Basic realm="forge"')
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://lea:correct-horse@127.0.0.1:{servers[-1].server_address[1]}/shop.git"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, 12, "A remote denies access  [remote-access-denied]"),
        (403, 12, "A remote denies access  [remote-access-denied]"),
        (404, 1, "A repository does not exist, or is hidden from you  [repository-not-found]"),
        (503, 1, "A remote cannot be reached  [remote-unreachable]"),
    ],
)
def test_a_forge_that_refuses(shop, refusing, status: int, code: int, error: str) -> None:
    shop.git("remote", "set-url", "origin", refusing(status))
    told = shop.refused("plan", code=code)
    assert told.startswith(f"Error: {error}\n\nread the refs of http://***@127.0.0.1")
    assert "correct-horse" not in told


def test_a_remote_without_a_commit(shop) -> None:
    shutil.rmtree(shop.remote)
    subprocess.run(["git", "init", "-q", "--bare", "--template=", "-b", "main", str(shop.remote)], check=True)
    ended = shop.run("plan")
    assert (ended.code, ended.err) == (0, "")
    assert "remote.git has no default branch: commit and push to it, or name one with Git(branch=…)" in " ".join(
        ended.out.split()
    )


def test_an_error_is_data_too(shop) -> None:
    shutil.rmtree(shop.remote)
    events = shop.root / "events.json"
    ended = shop.run("plan", "--json", "--json-into", str(events))
    error = json.loads(ended.out)["error"]
    assert (ended.code, error["code"], error["exit_code"]) == (1, "repository-not-found", 1)
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    assert (lines[-1]["kind"], lines[-1]["exit_code"]) == ("summary", 1)
    assert next(line for line in lines if line["kind"] == "error")["code"] == "repository-not-found"


def test_a_remote_that_goes_away_between_two_environments(shop) -> None:
    """What was written is told, although the rest ends in an error."""
    file = shop.plan()
    shop.hook("post-receive", f'mv "{shop.remote}" "{shop.remote}.gone"\n')
    ended = shop.run(*apply(shop, file))
    (shop.root / "remote.git.gone").rename(shop.remote)
    (shop.remote / "hooks" / "post-receive").unlink()
    written = shop.refs()["refs/heads/env/test"][:7]
    assert ended.code == 6
    assert ended.out.startswith(
        f"test  written {written} -> env/test, tree as planned\nprod  FAILED  A repository does not"
    )
    assert "Applied: 1 done, 1 failed, 0 waiting, 0 not started.\n" in ended.out
    again = shop.run(*apply(shop, file))
    assert (again.code, again.out.splitlines()[0][:21]) == (0, "test  already applied")
    assert shop.run("verify").code == 0


def test_a_remote_that_dies_in_the_middle_of_a_push(shop) -> None:
    file = shop.plan()
    shop.hook("pre-receive", "kill -9 $PPID\n")
    told = shop.refused(*apply(shop, file), code=1)
    assert told.startswith(
        "Error: A remote cannot be reached  [remote-unreachable]\n\npush to <tmp>/remote.git\n  git: "
    )


def test_a_remote_that_refuses_every_push(shop) -> None:
    file = shop.plan()
    shop.hook("pre-receive", "echo 'no pushes on Fridays' >&2; exit 1\n")
    assert shop.refused(*apply(shop, file), code=12) == (
        "Error: The remote refuses the ledger  [ledger-refused]\n\n"
        "refs/heads/gitpromote/ledger/shop: pre-receive hook declined: no pushes on Fridays\n\n"
        "Let the promoting identity push to branches below gitpromote/.\n"
    )


REJECT = 'case $1 in refs/heads/env/test) echo "no test today" >&2; exit 1;; esac\n'
REJECTED = (
    "test  FAILED  The remote refuses the target\n"
    "      env/test: hook declined: no test today\n"
    "      error: hook declined to update refs/heads/env/test\n"
)
HINT = "Its rules or hooks must let the promoting identity push there.\n"


def test_a_remote_that_rejects_the_only_ref(shop) -> None:
    file = shop.plan()
    shop.hook("update", REJECT)
    assert shop.refused(*apply(shop, file), code=1, out=f"{REJECTED}{UPSTREAM}{OVER}{HINT}") == ""


def test_a_remote_that_rejects_a_target_with_all_that_comes_with_it(shop) -> None:
    """It names no culprit, so the ledger is tried alone: that it takes the plan is not denied."""
    file = shop.plan()
    shop.hook(
        "pre-receive",
        'while read old new ref; do [ "$ref" = refs/heads/env/test ] && { echo "no test today" >&2; exit 1; }; done\n'
        "exit 0\n",
    )
    before = shop.refs()
    ended = shop.run(*apply(shop, file))
    assert (ended.code, ended.err, ended.out) == (
        1,
        "",
        (
            "test  FAILED  The remote refuses the target\n"
            "      env/test: pre-receive hook declined: no test today\n"
            f"{UPSTREAM}{OVER}{HINT}"
        ),
    )
    assert shop.refs().keys() - before.keys() == {"refs/heads/gitpromote/ledger/shop"}
    subjects = shop.remote_git("log", "--format=%s", "--reverse", "gitpromote/ledger/shop").splitlines()
    assert subjects == ["freight-created", "planned"]


def test_a_remote_that_rejects_one_ref_of_two(shop) -> None:
    """The other one is written all the same; once the hook is gone, the same plan goes on."""
    text = (shop.work / "pipeline.py").read_text().replace('Environment("prod")', 'Environment("prod", after=[])')
    shop.push({"pipeline.py": text})
    file = shop.plan()
    shop.hook("update", REJECT)
    ended = shop.run(*apply(shop, file))
    written = shop.refs()["refs/heads/env/prod"][:7]
    assert (ended.code, ended.out) == (
        6,
        (
            f"{REJECTED}prod  written {written} -> env/prod, tree as planned\n"
            f"Applied: 1 done, 1 failed, 0 waiting, 0 not started.\n[push-refused]\n{HINT}"
        ),
    )
    assert "refs/heads/env/test" not in shop.refs()
    (shop.remote / "hooks" / "update").unlink()
    assert shop.run(*apply(shop, file)).code == 0
    assert shop.run("verify").code == 0


def test_a_remote_without_room(shop, mounted) -> None:
    place = mounted("400k")
    shutil.copytree(shop.remote, place / "remote.git")
    shop.remote = place / "remote.git"
    shop.git("remote", "set-url", "origin", str(shop.remote))
    file = shop.plan()
    fill(place)
    told = shop.refused(*apply(shop, file), code=1)
    assert told.startswith(
        "Error: A remote has no space left  [remote-disk-full]\n\npush to <tmp>/mounted0/remote.git\n"
    )
    assert told.endswith("\n\nNothing was written there. Tell who runs it.\n")


def fill(place) -> None:
    with pytest.raises(OSError, match="No space"), (place / "fill").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 1024)


def test_a_remote_that_cannot_push_atomically(shop) -> None:
    file = shop.plan()
    shop.remote_git("config", "receive.advertiseAtomic", "false")
    assert shop.run(*apply(shop, file)).code == 0
    assert shop.run("verify").code == 0
