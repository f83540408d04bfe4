"""The same over file://, http:// and ssh://; credentials are git's own and are shown to nobody."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest

from gitpromote.adapters.git.commits import CommitSpec, Identity, write_commits
from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.git.objects import Objects
from gitpromote.adapters.git.push import RefUpdate, push
from gitpromote.errors import AccessDenied, GitpromoteError, RemoteFailed
from gitpromote.model.tree import blob_id

HEADS = ["refs/heads/*"]
MAIN = "refs/heads/main"
WHO = Identity("gitpromote", "gitpromote@localhost")


def round_trip(origin, mirror: Mirror) -> None:
    """Fetch, read, commit on top, push, and see it there."""
    head = origin.commit("main", {"a": "1", "d/b": "2"})
    assert mirror.fetch(HEADS) == {MAIN: head}
    with Objects(mirror) as objects:
        oids = [entry.oid for path, entry in objects.listing(head).items() if entry.mode != "040000"]
        assert sorted(objects.blobs(oids).values()) == [b"1", b"2"]
    (new,) = write_commits(
        mirror, [CommitSpec(parent=head, message="m", author=WHO, at=1, files=[("d/b", "100644", b"3")])]
    )
    assert push(mirror, [RefUpdate(MAIN, new, head)])[MAIN].status == "written"
    assert push(mirror, [RefUpdate(MAIN, new, head)])[MAIN].status == "up-to-date"
    assert push(mirror, [RefUpdate(MAIN, head, head)])[MAIN].status == "stale"
    assert origin.show(f"{MAIN}:d/b") == b"3"
    assert mirror.fetch(HEADS) == {MAIN: new}


def test_by_file_url(origin, cache):
    round_trip(origin, Mirror.open(f"file://{origin.path}", cache_dir=cache))


def test_by_http(http_origin, server, cache):
    round_trip(http_origin, Mirror.open(server.url("origin.git"), cache_dir=cache))


def test_by_ssh(origin, cache, ssh):
    round_trip(origin, Mirror.open(f"ssh://git@host{origin.path}", cache_dir=cache))
    assert "git-upload-pack" in ssh.read_text()


def test_by_scp_like_address(origin, cache, ssh):
    round_trip(origin, Mirror.open(f"git@host:{origin.path}", cache_dir=cache))


def test_atomic_outcomes_over_http_are_the_same(http_origin, server, cache):
    mirror = Mirror.open(server.url("origin.git"), cache_dir=cache)
    old = http_origin.commit("main", {"a": "1"})
    side = http_origin.commit("side", {"a": "1"})
    mirror.fetch(HEADS)
    moved = http_origin.commit("main", {"a": "2"})
    one, two = write_commits(mirror, [CommitSpec(parent=oid, message="m", author=WHO, at=1) for oid in (old, side)])
    outcomes = push(mirror, [RefUpdate(MAIN, one, old), RefUpdate("refs/heads/side", two, side)])
    assert {ref: (out.status, out.current) for ref, out in outcomes.items()} == {
        MAIN: ("stale", moved),
        "refs/heads/side": ("not-attempted", side),
    }
    http_origin.hook("update", 'case "$1" in *side) echo no >&2; exit 1;; esac\n')
    outcomes = push(mirror, [RefUpdate("refs/heads/side", two, side), RefUpdate("refs/heads/n", one, "")])
    assert [outcomes[ref].status for ref in ("refs/heads/side", "refs/heads/n")] == ["rejected", "not-attempted"]
    http_origin.git("config", "receive.advertiseAtomic", "false")
    assert push(mirror, [RefUpdate("refs/heads/n", one, "")])["refs/heads/n"].status == "atomic-unsupported"


# -- files on demand


def test_over_a_network_files_come_when_they_are_read_and_all_at_once(http_origin, server, cache, monkeypatch):
    head = http_origin.commit("main", {str(at): f"content {at}" for at in range(20)})
    mirror = Mirror.open(server.url("origin.git"), cache_dir=cache)
    mirror.fetch(HEADS)
    oids = [blob_id(f"content {at}".encode()) for at in range(20)]
    assert mirror.has([head, *oids]) == {head}
    with Objects(mirror) as objects:
        assert objects.listing(head).keys() == {str(at) for at in range(20)}
        before = len(server.requests)
        assert objects.blobs(oids[:10]).keys() == set(oids[:10])
        assert len([line for line in server.requests[before:] if line.startswith("POST")]) <= 2
        before = len(server.requests)
        assert objects.blobs(oids[:10])[oids[0]] == b"content 0"
        assert server.requests[before:] == []
    assert mirror.has(oids) == set(oids[:10])


def test_reading_what_is_here_never_asks_the_remote(http_origin, server, cache):
    head = http_origin.commit("main", {"a": "1", "d/b": "2"})
    mirror = Mirror.open(server.url("origin.git"), cache_dir=cache)
    mirror.fetch(HEADS)
    before = len(server.requests)
    with Objects(mirror) as objects:
        assert objects.listing(head)["a"].oid == blob_id(b"1")
        assert objects.log([head])[0].oid == head
        folder = http_origin.git("rev-parse", f"{head}:d")
        names = {
            ":a": blob_id(b"1"),
            ":d/b": blob_id(b"2"),
            ":d": folder,
            ":x": None,
            ":d/x": None,
            ":a/x": None,
            ":y/x": None,
        }
        assert objects.ids(head + name for name in names) == {head + name: oid for name, oid in names.items()}
    assert mirror.has([blob_id(b"1")]) == set()
    assert server.requests[before:] == []


def test_a_tree_with_files_that_were_never_read_can_be_written_and_pushed(http_origin, server, cache):
    old = http_origin.commit("main", {"a": "old", "b": "same"})
    tree = http_origin.git("rev-parse", f"{old}^{{tree}}")
    head = http_origin.commit("main", {"a": "new", "b": "same"})
    mirror = Mirror.open(server.url("origin.git"), cache_dir=cache)
    mirror.fetch(HEADS)
    specs = [
        CommitSpec(parent=head, message="roll back", author=WHO, at=1, tree=tree),
        CommitSpec(parent=0, message="copy", author=WHO, at=1, files=[("copy", "100644", blob_id(b"new"))]),
    ]
    commits = write_commits(mirror, specs)
    assert push(mirror, [RefUpdate(MAIN, commits[1], head)])[MAIN].status == "written"
    assert http_origin.show(f"{MAIN}:a") == b"old"
    assert http_origin.show(f"{MAIN}:copy") == b"new"
    assert http_origin.git("fsck", "--full", "--strict", "--no-dangling") == ""


def test_a_server_without_partial_fetches_gives_everything(origin, server, cache):
    head = origin.commit("main", {"a": "1"})
    mirror = Mirror.open(server.url("origin.git"), cache_dir=cache)
    assert mirror.fetch(HEADS) == {MAIN: head}
    assert mirror.has([blob_id(b"1")]) == {blob_id(b"1")}


def test_partial_mirrors_are_packed_without_loss(http_origin, server, cache, monkeypatch):
    monkeypatch.setattr("gitpromote.adapters.git.housekeeping._MANY_PACKS", 3)
    mirror = Mirror.open(server.url("origin.git"), cache_dir=cache)
    heads = []
    for at in range(5):
        heads.append(http_origin.commit("main", {"a": str(at)}))
        mirror.fetch(HEADS)
    mine = write_commits(
        mirror, [CommitSpec(parent=heads[-1], message="m", author=WHO, at=1, files=[("x", "100644", b"x")])]
    )
    heads.append(http_origin.commit("main", {"a": "last"}))
    mirror.fetch(HEADS)
    assert mirror.has([*heads, *mine, blob_id(b"x")]) == {*heads, *mine, blob_id(b"x")}
    with Objects(mirror) as objects:
        assert objects.blobs([blob_id(b"3")]) == {blob_id(b"3"): b"3"}


# -- credentials


def ask(tmp_path, monkeypatch, password: str) -> None:
    script = tmp_path / "askpass"
    script.write_text(f'#!/bin/sh\ncase "$1" in Username*) echo ci;; *) echo {password};; esac\n')
    script.chmod(0o755)
    monkeypatch.setenv("GIT_ASKPASS", str(script))


def test_git_askpass_is_asked(http_origin, server, cache, tmp_path, monkeypatch):
    server.password = "s3cr3t-word"
    ask(tmp_path, monkeypatch, "s3cr3t-word")
    round_trip(http_origin, Mirror.open(server.url("origin.git"), cache_dir=cache))


def test_a_credential_helper_is_asked(http_origin, server, cache, only_our_settings):
    server.password = "s3cr3t-word"
    only_our_settings.write_text('[credential]\n helper = "!f() { echo username=ci; echo password=s3cr3t-word; }; f"\n')
    round_trip(http_origin, Mirror.open(server.url("origin.git"), cache_dir=cache))


def test_a_work_repositorys_own_token_is_used(http_origin, server, cache):
    server.password = "s3cr3t-word"
    header = "AUTHORIZATION: basic Y2k6czNjcjN0LXdvcmQ="
    config = [("http.extraheader", header)]
    round_trip(http_origin, Mirror.open(server.url("origin.git"), cache_dir=cache, config=config))


def test_a_password_in_the_url_works_and_is_kept_nowhere(http_origin, server, cache):
    server.password = "s3cr3t-word"
    mirror = Mirror.open(server.url("origin.git", "ci:s3cr3t-word"), cache_dir=cache)
    round_trip(http_origin, mirror)
    assert mirror.path == Mirror.open(server.url("origin.git"), cache_dir=cache).path
    kept = [path for path in cache.rglob("*") if path.is_file() and b"s3cr3t" in path.read_bytes()]
    assert kept == []
    assert "s3cr3t" not in repr(mirror) + str(mirror.path)


def test_a_password_stands_on_no_command_line(http_origin, server, cache, tmp_path, monkeypatch):
    server.password = "s3cr3t-\\n%-word"
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    round_trip(http_origin, Mirror.open(server.url("origin.git", "ci:s3cr3t%2D%5Cn%25-word"), cache_dir=cache))
    assert "remote-http" in trace.read_text()
    assert "s3cr3t" not in trace.read_text()


def test_a_user_in_the_url_is_completed_by_a_helper(http_origin, server, cache, only_our_settings):
    server.password = "s3cr3t-word"
    only_our_settings.write_text(
        '[credential]\n helper = "!f() { grep -q username=ci && echo password=s3cr3t-word; }; f"\n'
    )
    http_origin.commit("main")
    with pytest.raises(AccessDenied):
        Mirror.open(server.url("origin.git", "tom"), cache_dir=cache).fetch(HEADS)
    round_trip(http_origin, Mirror.open(server.url("origin.git", "ci"), cache_dir=cache))


def test_a_password_for_one_host_is_not_told_to_another(http_origin, server, new_server, cache):
    """The server sends on to another one, which asks for a password."""
    other = new_server()
    other.password = "other-word"
    server.redirect = other.url("")
    with pytest.raises(AccessDenied):
        Mirror.open(server.url("origin.git", "ci:s3cr3t-word"), cache_dir=cache).fetch(HEADS)
    assert other.requests
    assert set(other.authorizations) == {None}


@pytest.mark.parametrize("user", ["", "ci:wrong-pass", "ghp_tokentoken"])
def test_wrong_credentials_are_told_without_showing_them(http_origin, server, cache, tmp_path, monkeypatch, user):
    server.password = "s3cr3t-word"
    http_origin.commit("main")
    with pytest.raises(AccessDenied) as caught:
        Mirror.open(server.url("origin.git", user), cache_dir=cache).fetch(HEADS)
    text = str(caught.value)
    assert caught.value.exit_code == 12
    assert text.startswith("A remote denies access  [remote-access-denied]\nread the refs of http://")
    assert "GIT_TERMINAL_PROMPT=0 git ls-remote <url>" in text
    for word in ("wrong-pass", "ghp_", "s3cr3t"):
        assert word not in text
        assert word not in repr(caught.value.__cause__) + repr(caught.value.args)


def test_no_prompt_is_ever_waited_for(http_origin, server, cache, monkeypatch):
    server.password = "s3cr3t-word"
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "1")
    with pytest.raises(AccessDenied) as caught:
        Mirror.open(server.url("origin.git"), cache_dir=cache, timeout=20).fetch(HEADS)
    assert "terminal prompts disabled" in caught.value.detail


def test_reading_is_allowed_where_writing_is_not(origin, server, cache):
    head = origin.commit("main", {"a": "1"})
    mirror = Mirror.open(server.url("origin.git"), cache_dir=cache)
    origin.git("config", "http.receivepack", "false")
    mirror.fetch(HEADS)
    (new,) = write_commits(mirror, [CommitSpec(parent=head, message="m", author=WHO, at=1)])
    with pytest.raises(AccessDenied) as caught:
        push(mirror, [RefUpdate(MAIN, new, head)])
    assert caught.value.code == "remote-access-denied"


# -- remotes that fail


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (500, RemoteFailed, "remote-unreachable"),
        (503, RemoteFailed, "remote-unreachable"),
        (429, RemoteFailed, "remote-unreachable"),
        (404, RemoteFailed, "repository-not-found"),
        (403, AccessDenied, "remote-access-denied"),
    ],
)
def test_what_a_server_answers_is_told_apart(http_origin, server, cache, status, kind, code):
    server.status = status
    with pytest.raises(GitpromoteError) as caught:
        Mirror.open(server.url("origin.git"), cache_dir=cache).fetch(HEADS)
    assert (type(caught.value), caught.value.code) == (kind, code)


def test_a_server_that_does_not_listen_is_unreachable(cache):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(RemoteFailed) as caught:
            Mirror.open(f"http://ci:pass@127.0.0.1:{port}/x.git", cache_dir=cache).fetch(HEADS)
    lines = str(caught.value).splitlines()
    assert lines[:2] == [
        "A remote cannot be reached  [remote-unreachable]",
        f"read the refs of http://***@127.0.0.1:{port}/x.git",
    ]
    assert lines[2].startswith("  git: fatal: unable to access")


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("git@github.com: Permission denied (publickey).", AccessDenied, "remote-access-denied"),
        ("Host key verification failed.", AccessDenied, "remote-host-key"),
        ("ERROR: Repository not found.", RemoteFailed, "repository-not-found"),
        ("ssh: Could not resolve hostname nope: Name or service not known", RemoteFailed, "remote-unreachable"),
        ("kex_exchange_identification: Connection closed by remote host", RemoteFailed, "remote-unreachable"),
    ],
)
def test_what_ssh_says_is_told_apart(cache, tmp_path, monkeypatch, words, kind, code):
    script = tmp_path / "fail"
    script.write_text(f"#!/bin/sh\necho '{words}' >&2\nexit 255\n")
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    with pytest.raises(GitpromoteError) as caught:
        Mirror.open("git@github.com:acme/gitops.git", cache_dir=cache).fetch(HEADS)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert words in caught.value.detail


def test_a_program_as_url_is_not_run(cache, tmp_path):
    with pytest.raises(GitpromoteError) as caught:
        Mirror.open(f"ext::sh -c 'touch {tmp_path}/ran'", cache_dir=cache).fetch(HEADS)
    assert not (tmp_path / "ran").exists()
    assert "transport 'ext' not allowed" in caught.value.detail


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a repository away needs root")
def test_a_repository_that_git_does_not_trust_is_told_with_the_command_that_helps(origin, cache, only_our_settings):
    head = origin.commit("main", {"a": "1"})
    subprocess.run(["chown", "-R", "4711", str(origin.path)], check=True)
    with pytest.raises(AccessDenied) as caught:
        Mirror.open(str(origin.path), cache_dir=cache).fetch(HEADS)
    assert caught.value.code == "repository-not-trusted"
    assert caught.value.hint == "If you do:\n  git config --global --add safe.directory <path>"
    only_our_settings.write_text(f"[safe]\n directory = {origin.path}\n")
    assert Mirror.open(str(origin.path), cache_dir=cache).fetch(HEADS) == {MAIN: head}
