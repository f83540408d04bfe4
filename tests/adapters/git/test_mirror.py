"""Mirrors: what is fetched is what the remote says, once, and again after anything that went wrong."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gitpromote.adapters.git import housekeeping
from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.git.objects import Objects
from gitpromote.adapters.git.remote import Remote
from gitpromote.adapters.git.snapshot import read_snapshot
from gitpromote.errors import ConfigurationError, Contention, RemoteFailed

HEADS = ["refs/heads/*"]


def fetches(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Every command that talks to the remote from now on."""
    seen: list[list[str]] = []
    original = type(mirror.remote).call

    def call(self, args, **words):
        seen.append(list(args))
        return original(self, args, **words)

    monkeypatch.setattr(type(mirror.remote), "call", call)
    return seen


def test_a_fetch_gives_exactly_the_remotes_refs(origin, mirror):
    main = origin.commit("main", {"a": "1"})
    prod = origin.commit("env/prod", {"b": "2"})
    origin.git("tag", "-a", "-m", "one", "v1", main)
    tag = origin.refs()["refs/tags/v1"]
    assert mirror.fetch(HEADS) == {"refs/heads/env/prod": prod, "refs/heads/main": main}
    assert mirror.fetch(["refs/heads/env/*"]) == {"refs/heads/env/prod": prod}
    assert mirror.fetch(["refs/heads/main"]) == {"refs/heads/main": main}
    assert mirror.fetch(["refs/tags/*"]) == {"refs/tags/v1": tag}
    assert mirror.fetch(["refs/heads/absent"]) == {}
    assert list(mirror.fetch(["refs/*"])) == ["refs/heads/env/prod", "refs/heads/main", "refs/tags/v1"]


def test_a_pattern_names_whole_refs_and_not_their_ends(origin, mirror):
    origin.commit("main")
    origin.commit("refs/heads/main")
    assert list(mirror.fetch(["refs/heads/main"])) == ["refs/heads/main"]


def test_nothing_is_fetched_where_nothing_is_new(origin, mirror, monkeypatch):
    origin.commit("main", {"a": "1"})
    mirror.fetch(HEADS)
    seen = fetches(mirror, monkeypatch)
    mirror.fetch(HEADS)
    assert [args[0] for args in seen] == ["ls-remote"]


def test_only_what_differs_is_fetched(origin, mirror, monkeypatch):
    for name in ("a", "b", "c"):
        origin.commit(name, {name: name})
    before = mirror.fetch(HEADS)
    new = origin.commit("b", {"b": "2"})
    seen = fetches(mirror, monkeypatch)
    assert mirror.fetch(HEADS) == before | {"refs/heads/b": new}
    assert [args[0] for args in seen] == ["ls-remote", "fetch"]


def test_many_refs_at_once_then_few(origin, mirror):
    head = origin.commit("main", {"a": "1"})
    lines = "".join(f"create refs/heads/env/{at} {head}\n" for at in range(300))
    origin.git("update-ref", "--stdin", data=lines.encode())
    assert len(mirror.fetch(["refs/heads/env/*"])) == 300
    new = origin.commit("env/7", {"a": "2"})
    assert mirror.fetch(["refs/heads/env/*"])["refs/heads/env/7"] == new
    assert mirror.known_refs(["refs/heads/env/7"]) == {"refs/heads/env/7": new}


def test_a_forced_branch_is_followed_and_a_deleted_one_forgotten(origin, mirror):
    origin.commit("main", {"a": "1"})
    origin.commit("gone", {"a": "1"})
    mirror.fetch(HEADS)
    forced = origin.commit("main", {"a": "other"}, parent=None)
    origin.git("branch", "-D", "gone")
    assert mirror.fetch(HEADS) == {"refs/heads/main": forced}
    assert mirror.known_refs() == {"refs/heads/main": forced}


def test_a_branch_may_become_a_folder_and_back(origin, mirror):
    origin.commit("env", {"a": "1"})
    mirror.fetch(HEADS)
    origin.git("branch", "-D", "env")
    prod = origin.commit("env/prod", {"a": "2"})
    assert mirror.fetch(["refs/heads/env/prod"]) == {"refs/heads/env/prod": prod}
    origin.git("branch", "-D", "env/prod")
    env = origin.commit("env", {"a": "3"})
    assert mirror.fetch(["refs/heads/env"]) == {"refs/heads/env": env}


def test_no_tag_comes_that_was_not_asked_for(origin, mirror):
    origin.git("tag", "v1", origin.commit("main", {"a": "1"}))
    mirror.fetch(HEADS)
    assert list(mirror.known_refs()) == ["refs/heads/main"]


def test_hidden_refs_and_odd_names_are_fetched(origin, mirror):
    head = origin.commit("main", {"a": "1"})
    for name in ("refs/gitpromote/ledger/shop", "refs/heads/ümläut", "refs/heads/a'b\"c$d&e", "refs/heads/-x"):
        origin.git("update-ref", name, head)
    assert mirror.fetch(["refs/gitpromote/*"]) == {"refs/gitpromote/ledger/shop": head}
    assert len(mirror.fetch(HEADS)) == 4


def test_the_default_branch_is_known_after_asking_for_head(origin, mirror):
    origin.commit("trunk", {"a": "1"})
    origin.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    assert mirror.fetch(["HEAD", "refs/heads/trunk"]).keys() == {"refs/heads/trunk"}
    assert mirror.default_branch() == "refs/heads/trunk"
    origin.commit("main", {"a": "1"})
    origin.git("symbolic-ref", "HEAD", "refs/heads/main")
    assert mirror.default_branch() == "refs/heads/trunk"
    assert mirror.default_branch(fresh=True) == "refs/heads/main"


def test_an_empty_repository_has_no_refs(origin, mirror):
    assert mirror.fetch(HEADS) == {}
    assert mirror.object_format == "sha1"
    head = origin.commit("main", {"a": "1"})
    assert mirror.fetch(HEADS) == {"refs/heads/main": head}


def test_a_sha256_repository_is_mirrored_as_such(new_origin, cache):
    origin = new_origin(object_format="sha256")
    mirror = Mirror.open(str(origin.path), cache_dir=cache)
    assert mirror.fetch(HEADS) == {}
    assert mirror.object_format == "sha256"
    head = origin.commit("main", {"a": "1"})
    assert mirror.fetch(HEADS) == {"refs/heads/main": head}
    assert len(head) == 64


def test_a_repository_that_is_made_anew_in_the_other_format_gets_a_new_mirror(origin, new_origin, mirror):
    origin.commit("main", {"a": "1"})
    mirror.fetch(HEADS)
    origin.path.rename(origin.path.with_name("old.git"))
    other = new_origin("origin.git", object_format="sha256")
    head = other.commit("main", {"a": "1"})
    assert mirror.fetch(HEADS) == {"refs/heads/main": head}
    assert mirror.object_format == "sha256"


def test_refs_are_known_without_the_remote(origin, cache, mirror):
    head = origin.commit("main", {"a": "1"})
    assert mirror.known_refs() == {}
    mirror.fetch(HEADS)
    origin.path.rename(origin.path.with_name("away.git"))
    assert Mirror.open(str(origin.path), cache_dir=cache).known_refs() == {"refs/heads/main": head}


def test_a_mirror_belongs_to_its_user_alone(origin, cache, mirror):
    origin.commit("main")
    mirror.fetch(HEADS)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (cache, cache / "mirrors", mirror.path)]
    assert modes == [0o700, 0o700, 0o700]


def test_one_repository_has_one_mirror_whatever_it_is_called(origin, cache, monkeypatch):
    monkeypatch.chdir(origin.path.parent)
    names = [str(origin.path), f"file://{origin.path}", "origin.git", "./origin.git", f"{origin.path}/"]
    assert len({Mirror.open(name, cache_dir=cache).path for name in names}) == 1


def test_a_commit_that_no_ref_leads_to_is_fetched_by_its_id(origin, mirror):
    first = origin.commit("main", {"a": "1"})
    lost = origin.commit("main", {"a": "2"})
    origin.git("update-ref", "refs/heads/main", first)
    mirror.fetch(HEADS)
    assert mirror.has([first, lost]) == {first}
    mirror.fetch_commit(lost)
    assert mirror.has([first, lost]) == {first, lost}


def test_a_commit_that_the_remote_lacks_is_a_clear_error(origin, mirror):
    origin.commit("main", {"a": "1"})
    mirror.fetch(HEADS)
    with pytest.raises(RemoteFailed) as caught:
        mirror.fetch_commit("1" * 40)
    assert caught.value.code == "object-not-available"
    assert caught.value.summary == "A remote does not have an object"
    assert "uploadpack" not in caught.value.hint


def test_a_commit_that_the_remote_does_not_hand_out_is_the_same_error(origin, mirror, only_our_settings):
    only_our_settings.write_text("[protocol]\n version = 0\n")
    first = origin.commit("main", {"a": "1"})
    lost = origin.commit("main", {"a": "2"})
    origin.git("update-ref", "refs/heads/main", first)
    mirror.fetch(HEADS)
    with pytest.raises(RemoteFailed) as caught:
        mirror.fetch_commit(lost)
    assert caught.value.code == "object-not-available"  # nobody can tell what it has


@pytest.mark.parametrize("pattern", ["main", "refs/heads/*/*", "refs/heads/a b", "refs/heads/a:b", "refs/heads/a..b"])
def test_a_malformed_pattern_is_refused(mirror, pattern):
    with pytest.raises(ConfigurationError) as caught:
        mirror.fetch([pattern])
    assert str(caught.value) == f"A ref name is malformed  [ref-name-invalid]\n{pattern!r}"


def test_a_repository_that_is_not_there_is_a_clear_error(tmp_path, cache):
    with pytest.raises(RemoteFailed) as caught:
        Mirror.open(str(tmp_path / "none.git"), cache_dir=cache).fetch(HEADS)
    assert str(caught.value) == (
        "A repository does not exist, or is hidden from you  [repository-not-found]\n"
        f"read the refs of {tmp_path}/none.git\n"
        f"  git: fatal: '{tmp_path}/none.git' does not appear to be a git repository\n"
        "  git: fatal: Could not read from remote repository.\n"
        "  git: Please make sure you have the correct access rights\n"
        "  git: and the repository exists.\n"
        "Compare the URL; many forges say so as well where access is missing."
    )


def test_the_repository_around_the_working_directory_changes_nothing(origin, cache, tmp_path, git, monkeypatch):
    head = origin.commit("main", {"a": "1"})
    git("init", "-q", str(tmp_path / "work"))
    git("config", "url.file:///nowhere/.insteadOf", str(tmp_path), cwd=tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "work" / ".git"))
    monkeypatch.setenv("GIT_NAMESPACE", "hidden")
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path / "elsewhere"))
    assert Mirror.open(str(origin.path), cache_dir=cache).fetch(HEADS) == {"refs/heads/main": head}


def test_a_users_own_git_settings_do_not_change_what_is_fetched(origin, mirror, only_our_settings):
    only_our_settings.write_text(
        "[fetch]\n prune = false\n pruneTags = true\n writeCommitGraph = true\n"
        '[remote "origin"]\n fetch = +refs/*:refs/*\n[init]\n defaultBranch = weird\n[core]\n bare = false\n'
        "[log]\n showSignature = true\n[color]\n ui = always\n"
    )
    head = origin.commit("main", {"a": "1"})
    origin.git("tag", "v1", head)
    assert mirror.fetch(HEADS) == {"refs/heads/main": head}
    assert mirror.git(["for-each-ref", "--format=%(refname)"]).decode().split() == ["refs/mirror/heads/main"]


# -- damage, death and company


def test_a_half_made_mirror_is_made_anew(origin, mirror):
    head = origin.commit("main", {"a": "1"})
    mirror.path.mkdir(parents=True)
    (mirror.path / "HEAD").write_text("ref: refs/")
    assert mirror.fetch(HEADS) == {"refs/heads/main": head}


@pytest.mark.parametrize("damage", ["objects", "config", "HEAD", "snapshot", "everything"])
def test_a_damaged_mirror_is_made_anew(origin, mirror, damage):
    origin.commit("main", {"a": "1"})
    mirror.fetch(HEADS)
    if damage == "objects":
        subprocess.run(["rm", "-r", str(mirror.path / "objects")], check=True)
    elif damage == "everything":
        subprocess.run(["rm", "-r", str(mirror.path)], check=True)
        mirror.path.write_text("a file")
    else:
        name = {"snapshot": "gitpromote-refs"}.get(damage, damage)
        (mirror.path / name).write_bytes(b"\0garbage")
    head = origin.commit("main", {"a": "2"})
    assert mirror.fetch(HEADS) == {"refs/heads/main": head}
    with Objects(mirror) as objects:
        assert objects.trees_of([head])


def test_a_cut_snapshot_is_not_believed(origin, mirror):
    head = origin.commit("main", {"a": "1"})
    mirror.fetch(HEADS)
    file = mirror.path / "gitpromote-refs"
    file.write_bytes(file.read_bytes()[:-6])
    assert read_snapshot(mirror.path) is None
    assert mirror.fetch(HEADS) == {"refs/heads/main": head}


def test_eight_fetches_at_once_all_succeed(origin, cache, in_threads):
    heads = {f"refs/heads/env/{at}": origin.commit(f"env/{at}", {"a": str(at)}) for at in range(30)}
    jobs = [lambda: Mirror.open(str(origin.path), cache_dir=cache).fetch(HEADS) for _ in range(8)]
    assert in_threads(jobs) == [heads] * 8
    assert [path.name for path in (cache / "mirrors").iterdir() if ".new-" in path.name] == []


FETCH = """
import sys
from pathlib import Path
from gitpromote.adapters.git.mirror import Mirror
print(len(Mirror.open(sys.argv[1], cache_dir=Path(sys.argv[2])).fetch(["refs/heads/*"])))
"""


def start_fetch(url: str, cache: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", FETCH, url, str(cache)], stdout=subprocess.PIPE)


def test_fetches_of_several_processes_at_once_all_succeed(origin, cache):
    for at in range(10):
        origin.commit(f"env/{at}", {"a": str(at)})
    running = [start_fetch(str(origin.path), cache) for _ in range(4)]
    assert [process.communicate()[0] for process in running] == [b"10\n"] * 4


@pytest.mark.parametrize("moment", [0.0, 0.12])
def test_a_fetch_that_is_killed_leaves_a_mirror_that_works(origin, cache, tmp_path, moment):
    head = origin.commit("main", {f"{at}": os.urandom(2000) for at in range(200)})
    # An upload that pauses in the middle, so that there is something to kill.
    slow = tmp_path / "slow"
    slow.write_text(
        '#!/bin/sh\ncase "$*" in *upload-pack*) sleep 0.1;; esac\nfor w; do last=$w; done\nexec sh -c "$last"\n'
    )
    slow.chmod(0o755)
    url = f"ssh://host{origin.path}"
    env = os.environ | {"GIT_SSH_COMMAND": str(slow), "GIT_SSH_VARIANT": "simple"}
    process = subprocess.Popen([sys.executable, "-c", FETCH, url, str(cache)], stdout=subprocess.DEVNULL, env=env)
    mirror = Mirror.open(url, cache_dir=cache, env=env)
    deadline = time.monotonic() + 5
    while not mirror.path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (mirror.path / "packed-refs.lock").touch()  # what git leaves when it is killed at the worst moment
    (mirror.path / "refs/mirror/heads").mkdir(parents=True, exist_ok=True)
    (mirror.path / "refs/mirror/heads/main.lock").touch()
    new = origin.commit("main", {"a": "2"})
    assert mirror.fetch(HEADS) == {"refs/heads/main": new}
    assert mirror.has([head, new]) == {head, new}
    assert list(mirror.path.glob("refs/**/*.lock")) == []


def test_a_lock_that_is_never_given_back_is_told(origin, cache):
    origin.commit("main")
    mirror = Mirror.open(str(origin.path), cache_dir=cache, timeout=0.2)
    mirror.path.parent.mkdir(parents=True, exist_ok=True)
    with mirror._writing(), pytest.raises(Contention) as caught:
        Mirror.open(str(origin.path), cache_dir=cache, timeout=0.2).fetch(HEADS)
    assert caught.value.code == "mirror-busy"
    assert caught.value.exit_code == 7


def test_a_remote_that_does_not_answer_is_ended(origin, cache, tmp_path, monkeypatch):
    hang = tmp_path / "hang"
    hang.write_text("#!/bin/sh\nsleep 60 & echo $! > $HOME/child; wait\n")
    hang.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(hang))
    with pytest.raises(RemoteFailed) as caught:
        Mirror.open("ssh://host/x.git", cache_dir=cache, timeout=0.3).fetch(HEADS)
    assert caught.value.code == "remote-timeout"
    child = int((tmp_path / "child").read_text())
    time.sleep(0.05)
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_many_packs_are_joined_and_nothing_is_lost(origin, mirror, monkeypatch):
    monkeypatch.setattr(housekeeping, "_MANY_PACKS", 3)
    monkeypatch.setattr(housekeeping, "_MANY_LOOSE", 1)
    kept = mirror.fetch(HEADS)
    loose = []
    for at in range(6):
        origin.commit("main", {str(file): os.urandom(100) for file in range(110)})
        kept = mirror.fetch(HEADS)
        loose.append(mirror.git(["hash-object", "-w", "--stdin"], data=b"%d" % at).decode().strip())
    packs = list((mirror.path / "objects/pack").glob("*.pack"))
    assert len(packs) <= 3
    assert mirror.has([*kept.values(), *loose]) == {*kept.values(), *loose}
    assert mirror.git(["fsck", "--full"]) is not None


def test_temporary_files_of_the_dead_are_removed_when_they_are_old(origin, mirror):
    origin.commit("main", {"a": "1"})
    mirror.fetch(HEADS)
    young, old = mirror.path / "objects/pack/tmp_pack_1", mirror.path / "objects/pack/tmp_pack_2"
    for file in (young, old):
        file.write_bytes(b"x")
    os.utime(old, (0, 0))
    housekeeping.tidy(mirror.path)
    assert (young.exists(), old.exists()) == (True, False)


def moving(monkeypatch: pytest.MonkeyPatch, move) -> list[int]:
    """Have the remote move right after each listing."""
    original = Remote.listing
    count: list[int] = []

    def listing(self, patterns):
        found = original(self, patterns)
        count.append(len(count))
        move(len(count))
        return found

    monkeypatch.setattr(Remote, "listing", listing)
    return count


def test_a_ref_that_moves_while_it_is_fetched_is_read_as_one_state(origin, mirror, monkeypatch):
    origin.commit("main", {"a": "0"})
    heads = []
    count = moving(monkeypatch, lambda at: heads.append(origin.commit("main", {"a": str(at)})) if at <= 2 else None)
    assert mirror.fetch(HEADS) == {"refs/heads/main": heads[0]}
    assert mirror.has(heads[:1]) == {heads[0]}
    assert len(count) == 2


def test_a_ref_that_is_deleted_while_it_is_fetched_is_gone(origin, mirror, monkeypatch):
    head = origin.commit("main", {"a": "0"})
    origin.commit("doomed", {"a": "0"})
    moving(monkeypatch, lambda at: origin.git("branch", "-D", "doomed") if at == 1 else None)
    assert mirror.fetch(HEADS) == {"refs/heads/main": head}


def test_a_ref_that_never_stops_moving_is_taken_as_fetched(origin, mirror, monkeypatch):
    origin.commit("main", {"a": "0"})
    moving(monkeypatch, lambda at: origin.commit("main", {"a": str(at)}))
    found = mirror.fetch(HEADS)
    assert mirror.has(found.values()) == set(found.values())
