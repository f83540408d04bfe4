"""Compare-and-swap: exactly one wins, all others are told what happened, and nothing is overwritten."""

from __future__ import annotations

import pytest

from gitpromote.adapters.git.commits import CommitSpec, Identity, write_commits
from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.git.push import PushOutcome, RefUpdate, push
from gitpromote.adapters.git.revisions import rev_parse
from gitpromote.errors import InternalError, RemoteFailed

WHO = Identity("gitpromote", "gitpromote@localhost")
A, B = "refs/heads/env/a", "refs/heads/env/b"
WRITTEN = PushOutcome("written")


def commits(mirror, head: str | None, count: int = 1) -> list[str]:
    specs = [
        CommitSpec(parent=head, message=f"n{at}", author=WHO, at=at, files=[("x", "100644", b"%d" % at)])
        for at in range(count)
    ]
    return write_commits(mirror, specs)


@pytest.fixture
def heads(origin, mirror) -> dict[str, str]:
    origin.commit("env/a", {"a": "1"})
    origin.commit("env/b", {"b": "1"})
    return mirror.fetch(["refs/heads/*"])


def test_refs_move_together_from_where_they_were(origin, mirror, heads):
    (new_a,), (new_b,) = commits(mirror, heads[A]), commits(mirror, heads[B])
    (born,) = commits(mirror, None)
    updates = [RefUpdate(A, new_a, heads[A]), RefUpdate(B, new_b, heads[B]), RefUpdate("refs/heads/new", born, "")]
    assert push(mirror, updates) == {A: WRITTEN, B: WRITTEN, "refs/heads/new": WRITTEN}
    assert origin.refs() == {A: new_a, B: new_b, "refs/heads/new": born}
    assert origin.git("fsck", "--strict") == ""


def test_a_deleted_ref_is_gone(origin, mirror, heads):
    assert push(mirror, [RefUpdate(A, None, heads[A])]) == {A: WRITTEN}
    assert origin.refs() == {B: heads[B]}
    outcome = push(mirror, [RefUpdate(A, None, heads[A])])[A]
    assert (outcome.status, outcome.current) == ("up-to-date", None)


def test_after_a_push_the_next_fetch_finds_nothing_new(origin, mirror, heads, monkeypatch):
    (new,) = commits(mirror, heads[A])
    push(mirror, [RefUpdate(A, new, heads[A]), RefUpdate(B, None, heads[B])])
    assert mirror.known_refs() == {A: new}
    seen = []
    original = type(mirror.remote).call
    monkeypatch.setattr(
        type(mirror.remote), "call", lambda self, args, **k: (seen.append(args[0]), original(self, args, **k))[1]
    )
    assert mirror.fetch(["refs/heads/*"]) == {A: new}
    assert seen == ["ls-remote"]
    assert rev_parse(mirror, "env/a") == new


def test_a_lost_lease_is_told_and_its_fellows_are_not_attempted(origin, mirror, heads):
    (new_a,), (new_b,) = commits(mirror, heads[A]), commits(mirror, heads[B])
    other = origin.commit("env/a", {"a": "theirs"})
    assert push(mirror, [RefUpdate(A, new_a, heads[A]), RefUpdate(B, new_b, heads[B])]) == {
        A: PushOutcome("stale", "ref-moved", f"expected {heads[A]}, it is {other}", current=other),
        B: PushOutcome("not-attempted", reason="atomic push failed", current=heads[B]),
    }
    assert origin.refs() == {A: other, B: heads[B]}


def test_without_atomic_the_others_go_on(origin, mirror, heads):
    (new_a,), (new_b,) = commits(mirror, heads[A]), commits(mirror, heads[B])
    other = origin.commit("env/a", {"a": "theirs"})
    outcomes = push(mirror, [RefUpdate(A, new_a, heads[A]), RefUpdate(B, new_b, heads[B])], atomic=False)
    assert {ref: outcome.status for ref, outcome in outcomes.items()} == {A: "stale", B: "written"}
    assert origin.refs() == {A: other, B: new_b}


def test_a_branch_that_was_deleted_is_not_made_again(origin, mirror, heads):
    origin.git("branch", "-D", "env/a")
    (new,) = commits(mirror, heads[A])
    outcome = push(mirror, [RefUpdate(A, new, heads[A])])[A]
    assert outcome == PushOutcome("stale", "ref-moved", f"expected {heads[A]}, it does not exist")
    assert A not in origin.refs()


def test_a_branch_that_appeared_is_not_overwritten(origin, mirror, heads):
    (born,) = commits(mirror, None)
    outcome = push(mirror, [RefUpdate(A, born, "")])[A]
    assert outcome == PushOutcome("stale", "ref-moved", f"expected none, it is {heads[A]}", current=heads[A])
    assert origin.refs()[A] == heads[A]


def test_a_branch_that_was_forced_is_not_overwritten(origin, mirror, heads):
    forced = origin.commit("env/a", {"a": "forced"}, parent=None)
    (new,) = commits(mirror, heads[A])
    assert push(mirror, [RefUpdate(A, new, heads[A])])[A].current == forced
    assert origin.refs()[A] == forced


def test_what_is_there_already_is_not_ours(origin, mirror, heads):
    (new,) = commits(mirror, heads[A])
    push(mirror, [RefUpdate(A, new, heads[A])])
    assert push(mirror, [RefUpdate(A, new, heads[A])]) == {A: PushOutcome("up-to-date")}


def test_of_sixteen_pushes_from_one_lease_exactly_one_wins(origin, mirror, heads, in_threads):
    new = commits(mirror, heads[A], 16)
    outcomes = in_threads([lambda oid=oid: push(mirror, [RefUpdate(A, oid, heads[A])])[A] for oid in new])
    assert sorted(outcome.status for outcome in outcomes) == ["stale"] * 15 + ["written"]
    winner = next(oid for oid, outcome in zip(new, outcomes, strict=True) if outcome.status == "written")
    assert origin.refs()[A] == winner


def test_of_sixteen_pushes_of_one_commit_one_wrote_it_at_most_and_the_others_look(origin, mirror, heads, in_threads):
    (new,) = commits(mirror, heads[A])
    outcomes = in_threads([lambda: push(mirror, [RefUpdate(A, new, heads[A])])[A].status for _ in range(16)])
    assert set(outcomes) <= {"written", "up-to-date", "stale"}
    assert outcomes.count("written") == 1
    assert origin.refs()[A] == new


def test_a_race_that_the_server_decides_is_stale(origin, mirror, heads):
    """The ref moves after the client compared it: inside of the server's hook."""
    (new_a,), (new_b,) = commits(mirror, heads[A]), commits(mirror, heads[B])
    other = origin.commit("side", {"a": "x"})
    origin.hook("pre-receive", f"env -u GIT_QUARANTINE_PATH git update-ref {A} {other}\n")
    outcomes = push(mirror, [RefUpdate(A, new_a, heads[A]), RefUpdate(B, new_b, heads[B])])
    assert outcomes[A]._replace(words="") == PushOutcome(
        "stale", "ref-moved", f"expected {heads[A]}, it is {other}", current=other
    )
    assert outcomes[B].status == "not-attempted"
    assert origin.refs() | {"refs/heads/side": other} == {A: other, B: heads[B], "refs/heads/side": other}


def test_a_hook_that_refuses_one_ref_is_named_with_its_words(origin, mirror, heads):
    (new_a,), (new_b,) = commits(mirror, heads[A]), commits(mirror, heads[B])
    origin.hook("update", f'[ "$1" != {A} ] || {{ echo "frozen until Monday" >&2; exit 1; }}\n')
    updates = [RefUpdate(A, new_a, heads[A]), RefUpdate(B, new_b, heads[B])]
    words = f"frozen until Monday\nerror: hook declined to update {A}"
    assert push(mirror, updates) == {
        A: PushOutcome("rejected", "hook-declined", "hook declined", words, heads[A]),
        B: PushOutcome("not-attempted", reason="atomic push failure", words=words, current=heads[B]),
    }
    assert push(mirror, updates, atomic=False)[B] == WRITTEN
    assert origin.refs() == {A: heads[A], B: new_b}


def test_a_hook_that_refuses_all_names_no_culprit(origin, mirror, heads):
    (new_a,), (new_b,) = commits(mirror, heads[A]), commits(mirror, heads[B])
    origin.hook("pre-receive", "echo closed; exit 1\n")
    outcomes = push(mirror, [RefUpdate(A, new_a, heads[A]), RefUpdate(B, new_b, heads[B])])
    assert {outcome[:4] for outcome in outcomes.values()} == {
        ("rejected", "hook-declined", "pre-receive hook declined", "closed")
    }
    assert origin.refs() == heads


def test_the_words_of_a_forge_tell_a_protected_branch(origin, mirror, heads):
    (new,) = commits(mirror, heads[A])
    origin.hook("update", 'echo "error: GH006: Protected branch update failed" >&2; exit 1\n')
    outcome = push(mirror, [RefUpdate(A, new, heads[A])])[A]
    assert (outcome.status, outcome.code) == ("rejected", "hook-declined")
    assert "GH006" in outcome.words


@pytest.mark.parametrize(
    ("existing", "wanted"),
    [
        ("gitpromote", "gitpromote/ledger/shop"),
        ("gitpromote/ledger/shop", "gitpromote"),
        ("gitpromote/ledger", "gitpromote/ledger/shop"),
    ],
)
def test_a_branch_in_the_way_of_a_name_is_named(origin, mirror, heads, existing, wanted):
    at = origin.commit(existing, {"a": "1"})
    (born,), (new_b,) = commits(mirror, None), commits(mirror, heads[B])
    ref = f"refs/heads/{wanted}"
    outcomes = push(mirror, [RefUpdate(ref, born, ""), RefUpdate(B, new_b, heads[B])])
    assert (outcomes[ref].status, outcomes[ref].code) == ("rejected", "ref-conflict")
    assert outcomes[ref].reason == f"refs/heads/{existing} exists, so {ref} cannot"
    assert outcomes[B].status == "not-attempted"
    assert origin.refs() == heads | {f"refs/heads/{existing}": at}


def test_two_names_of_one_push_may_be_in_each_others_way(origin, mirror, heads):
    one, two = commits(mirror, None, 2)
    outcomes = push(mirror, [RefUpdate("refs/heads/n", one, ""), RefUpdate("refs/heads/n/x", two, "")])
    assert {outcome.code for outcome in outcomes.values()} == {"ref-conflict"}


def test_a_ref_that_another_process_is_writing_is_busy(origin, mirror, heads):
    (new_a,), (new_b,) = commits(mirror, heads[A]), commits(mirror, heads[B])
    (origin.path / (A + ".lock")).touch()
    outcomes = push(mirror, [RefUpdate(A, new_a, heads[A]), RefUpdate(B, new_b, heads[B])])
    assert (outcomes[A].status, outcomes[A].code, outcomes[B].status) == ("stale", "ref-busy", "not-attempted")


def test_a_branch_that_is_checked_out_is_refused(tmp_path, cache, git):
    work = tmp_path / "work"
    git("init", "-q", "-b", "main", str(work))
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=work)
    mirror = Mirror.open(str(work), cache_dir=cache)
    head = mirror.fetch(["refs/heads/*"])["refs/heads/main"]
    (new,) = commits(mirror, head)
    outcome = push(mirror, [RefUpdate("refs/heads/main", new, head)])["refs/heads/main"]
    assert (outcome.status, outcome.code, outcome.reason) == (
        "rejected",
        "branch-checked-out",
        "branch is currently checked out",
    )


def test_a_remote_without_atomic_is_told_and_untouched(origin, mirror, heads):
    origin.git("config", "receive.advertiseAtomic", "false")
    (new,) = commits(mirror, heads[A])
    outcome = PushOutcome("atomic-unsupported", reason="the remote cannot push atomically")
    assert push(mirror, [RefUpdate(A, new, heads[A])]) == {A: outcome}
    assert origin.refs() == heads
    assert push(mirror, [RefUpdate(A, new, heads[A])], atomic=False) == {A: WRITTEN}


def test_a_remote_that_is_gone_raises(origin, mirror, heads):
    (new,) = commits(mirror, heads[A])
    origin.path.rename(origin.path.with_name("away.git"))
    with pytest.raises(RemoteFailed) as caught:
        push(mirror, [RefUpdate(A, new, heads[A])])
    assert caught.value.code == "repository-not-found"


def test_a_users_settings_and_hooks_add_nothing(origin, mirror, heads, tmp_path, only_our_settings):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-push").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-push").chmod(0o755)
    only_our_settings.write_text(
        f"[core]\n hooksPath = {hooks}\n[push]\n followTags = true\n gpgSign = true\n default = matching\n"
        " useForceIfIncludes = true\n recurseSubmodules = check\n"
    )
    (new,) = commits(mirror, heads[A])
    mirror.git(["update-ref", "refs/tags/v1", new])
    assert push(mirror, [RefUpdate(A, new, heads[A])]) == {A: WRITTEN}
    assert origin.refs() == {A: new, B: heads[B]}


def test_hundreds_of_refs_go_at_once(origin, mirror, heads):
    new = commits(mirror, heads[A], 300)
    updates = [RefUpdate(f"refs/heads/many/{at}", oid, "") for at, oid in enumerate(new)]
    assert set(push(mirror, updates).values()) == {WRITTEN}
    assert len(origin.refs()) == 302


def test_more_refs_than_a_command_line_takes_go_in_several(origin, mirror, heads, monkeypatch):
    monkeypatch.setattr("gitpromote.adapters.git.push.AT_ONCE", 2)
    updates = [RefUpdate(f"refs/heads/many/{at}", heads[A], "") for at in range(5)]
    assert list(push(mirror, updates).values()) == [WRITTEN] * 5


def test_no_updates_are_no_push(mirror):
    assert push(mirror, []) == {}


def test_a_ref_that_is_named_twice_is_our_bug(mirror, heads):
    with pytest.raises(InternalError) as caught:
        push(mirror, [RefUpdate(A, heads[B], heads[A]), RefUpdate(A, heads[A], heads[A])])
    assert caught.value.code == "push-ref-twice"


def test_a_name_that_we_deleted_may_become_a_folder(origin, mirror, heads):
    push(mirror, [RefUpdate(A, None, heads[A])])
    below = origin.commit("env/a/below", {"a": "1"})
    assert mirror.fetch(["refs/heads/env/a/*"]) == {f"{A}/below": below}


def test_what_was_pushed_stays_known_when_something_else_is_fetched(origin, mirror, heads):
    (new,) = commits(mirror, heads[A])
    push(mirror, [RefUpdate(A, new, heads[A])])
    other = origin.commit("env/b", {"b": "2"})
    assert mirror.fetch([B]) == {B: other}
    assert mirror.known_refs() == {A: new, B: other}
    later = origin.commit("env/a", {"a": "3"}, parent=new)
    assert mirror.fetch(["refs/heads/*"]) == {A: later, B: other}
