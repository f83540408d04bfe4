"""The ledger on a real ref: one commit per Record, its tree the state; and what is damaged is told."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

import pytest

from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.ledger import GitLedger
from gitpromote.adapters.repository import GitRepository
from gitpromote.errors import NotSupported, VerificationFailed
from gitpromote.history.fold import apply_record
from gitpromote.model.artifact import CommitArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.record import Actor, Record
from gitpromote.model.state import LedgerState
from gitpromote.ports import RefChange

REF = "refs/heads/gitpromote/ledger/shop"
FREIGHT = Freight.of("shop", [CommitArtifact(repository="git.example/x", commit="1" * 40)], subject="Größe ☃")


def git(*args: str, cwd: Path, data: bytes = b"") -> str:
    done = subprocess.run(["git", *args], cwd=cwd, input=data, capture_output=True, check=True)
    return done.stdout.decode().removesuffix("\n")


@pytest.fixture(autouse=True)
def alone(only_our_settings):
    """No setting of whoever runs the tests."""


@pytest.fixture
def remote(tmp_path):
    git("init", "-q", "--bare", "--template=", "-b", "main", "remote.git", cwd=tmp_path)
    return tmp_path / "remote.git"


@pytest.fixture
def ledger(remote, tmp_path):
    """Somebody's ledger; ``ledger(cache)`` is another machine's."""

    def open_(cache="cache"):
        repository = GitRepository("home", Mirror.open(str(remote), cache_dir=tmp_path / cache))
        kept = tmp_path / cache / "kept"
        return GitLedger(repository, ref=REF, identity="gitpromote <g@x>", fold=apply_record, remembered=kept)

    return open_


def record(kind, number, env="test", **members):
    given = {"at": 1763600000 + number, "actor": Actor(claimed="Ada <ada@x>"), "freight": {"shop": FREIGHT.id}}
    return Record(id=f"{number:064x}", kind=kind, environment=env, **{**given, **members})


CREATED = record("freight-created", 1, env=None, data={"freight": FREIGHT.model_dump(mode="json")})
PLANNED = record("planned", 2, env=None, plan="sha256:" + "a" * 64)
WRITTEN = record("written", 3, plan="sha256:" + "a" * 64, commit="2" * 40, data={"ref": "refs/heads/x"})
DOCUMENTS = {"sha256:" + "a" * 64: b'{"plan":"\xe2\x98\x83"}\n'}


def append(ledger, *records, documents=None):
    """Append and push; the new head and the state after it."""
    head = ledger.repository.fetch([REF]).get(REF)
    commits, after = ledger.prepare(ledger.read(head), records, documents or {})
    new = ledger.repository.write(commits)[-1]
    assert ledger.repository.push([RefChange(ref=REF, new=new, expected=head)])[REF].status == "written"
    return new, after


def test_commits_come_one_by_one_or_all_at_once(ledger):
    one, state = ledger(), LedgerState()
    commits, _ = one.prepare(state, [CREATED, PLANNED, WRITTEN], DOCUMENTS)
    assert list(one.commits(state, [CREATED, PLANNED, WRITTEN], DOCUMENTS)) == commits


def test_records_are_commits_and_the_tree_is_the_state(ledger, remote):
    head, after = append(ledger(), CREATED, PLANNED, WRITTEN, documents=DOCUMENTS)
    told = git("log", "--reverse", "--format=%an <%ae> %at %ct%n%B", head, cwd=remote)
    wanted = "\n".join(
        f"gitpromote <g@x> {one.at} {one.at}\n{subject}\n\n{one.to_bytes().decode()}\n"
        for one, subject in ((CREATED, "freight-created"), (PLANNED, "planned"), (WRITTEN, "written test"))
    )
    assert told == wanted
    assert git("ls-tree", "-r", "--name-only", head, cwd=remote).splitlines() == [
        "environments/test.json",
        "format",
        f"freight/{FREIGHT.id}.json",
        f"plans/{'a' * 64}.json",
    ]
    assert git("cat-file", "-p", f"{head}:format", cwd=remote) == "gitpromote.ledger/1"
    text = git("cat-file", "-p", f"{head}:environments/test.json", cwd=remote)
    assert text.encode() + b"\n" == git_bytes(remote, f"{head}:environments/test.json")
    assert text.startswith('{"approvals":[],"arrived":{')
    for cache in ("cache", "cold"):
        assert fresh(ledger(cache)).read(head) == after.model_copy(update={"head": head})


def test_records_that_go_together_bring_one_tree(ledger, remote):
    first, _ = append(ledger(), CREATED, PLANNED, documents=DOCUMENTS)
    head, after = append(ledger(), *(record("written", number, f"env-{number}") for number in range(10, 15)))
    trees = git("log", "--reverse", "--format=%T", head, cwd=remote).splitlines()
    assert git("ls-tree", "--name-only", trees[0], cwd=remote) == "format"
    assert trees[2:6] == [git("rev-parse", f"{first}^{{tree}}", cwd=remote)] * 4
    assert sorted(after.environments) == [f"env-{number}" for number in range(10, 15)]
    assert fresh(ledger("cold")).read(head) == after.model_copy(update={"head": head})


def git_bytes(remote, name):
    return subprocess.run(["git", "cat-file", "-p", name], cwd=remote, capture_output=True, check=True).stdout


def fresh(ledger):
    ledger.repository.fetch([REF])
    return ledger


def test_records_come_back_oldest_first_and_since_a_head(ledger):
    first, _ = append(ledger(), CREATED)
    second, _ = append(ledger(), PLANNED, WRITTEN, documents=DOCUMENTS)
    found = fresh(ledger("cold"))
    assert found.records(second) == (CREATED, PLANNED, WRITTEN)
    assert found.records(second, since=first) == (PLANNED, WRITTEN)
    assert found.records(second, since=second) == ()
    assert found.records(None) == ()


def test_plans_come_back_byte_for_byte(ledger):
    head, _ = append(ledger(), PLANNED, documents=DOCUMENTS)
    [digest] = DOCUMENTS
    found = fresh(ledger("cold"))
    assert found.plans(head) == [digest]
    assert found.plan_bytes(head, digest) == DOCUMENTS[digest]
    assert found.plan_bytes(head, "sha256:" + "0" * 64) is None
    assert (found.plans(None), found.plan_bytes(None, digest)) == ([], None)


def test_without_a_ledger_there_is_no_state(ledger):
    assert ledger().read(None) == LedgerState()


def test_of_two_who_append_at_once_one_looks_again(ledger):
    mine, yours = ledger(), ledger("yours")
    head, _ = append(mine, CREATED)
    state = fresh(yours).read(head)
    append(mine, WRITTEN)
    commits, _ = yours.prepare(state, [record("held", 9)], {})
    new = yours.repository.write(commits)[-1]
    assert yours.repository.push([RefChange(ref=REF, new=new, expected=head)])[REF].status == "lost"
    last, _ = append(yours, record("held", 9))
    assert [one.kind for one in mine.records(fresh(mine).repository.fetch([REF])[REF])] == [
        *("freight-created", "written", "held"),
    ]
    assert fresh(mine).read(last).environment("test").held is not None


def test_a_state_is_read_once_and_what_was_kept_is_checked(ledger, tmp_path):
    head, after = append(ledger(), CREATED, WRITTEN)
    wanted = after.model_copy(update={"head": head})
    assert fresh(ledger()).read(head) == wanted
    kept = tmp_path / "cache" / "kept"
    for damage in (b"", b"x", kept.read_bytes()[:-9], kept.read_bytes().replace(b'"generation":1', b'"generation":7')):
        kept.write_bytes(damage)
        assert ledger().read(head) == wanted
    other, _ = append(ledger(), record("held", 5))
    assert ledger().read(other).environment("test").generation == 2
    assert ledger().read(head) == wanted


def pushed_by_hand(remote, message, **files):
    """A commit that somebody else puts on the ledger."""
    parts = [f"commit {REF}\ncommitter E <e@x> 1 +0000\ndata {len(message)}\n{message}\nfrom {REF}^0\n"]
    parts += [f"M 100644 inline {path}\ndata <<END\n{text}\nEND\n" for path, text in files.items()]
    git("fast-import", "--quiet", "--force", cwd=remote, data="".join(parts).encode())
    return git("rev-parse", REF, cwd=remote)


def refused(head, why, ask):
    with pytest.raises(VerificationFailed) as caught:
        ask()
    error = caught.value
    assert (error.summary, error.code, error.exit_code) == ("The ledger cannot be read", "ledger-damaged", 10)
    assert error.detail.startswith(f"{REF} at {head[:12]}: ") and why in error.detail
    assert error.hint == (
        "Somebody else wrote to that branch. Look at its log, and protect it:\n"
        f"  git log {head[:12]}\n  gitpromote doctor"
    )


@pytest.mark.parametrize("message", ["hello\n\nworld\n", "hello", "held test\n\n{}"])
def test_a_commit_that_is_no_record_is_told(ledger, remote, message):
    append(ledger(), CREATED, WRITTEN)
    head = pushed_by_hand(remote, message)
    for cache in ("cache", "cold"):
        found = fresh(ledger(cache))
        refused(head, "this commit holds no Record", partial(found.read, head))
        refused(head, "this commit holds no Record", partial(found.records, head))


def test_what_is_believed_follows_from_the_log_and_not_from_the_tree(ledger, remote):
    _, after = append(ledger(), CREATED, WRITTEN)
    known = after.environments["test"]
    backdated = known.model_copy(update={"clock": known.clock - 999, "generation": 40})
    healthy = record("healthy", 9)
    message = f"healthy test\n\n{healthy.to_bytes().decode()}\n"
    head = pushed_by_hand(remote, message, **{"environments/test.json": backdated.model_dump_json()})
    wanted = apply_record(after, healthy).model_copy(update={"head": head})
    for cache in ("cache", "cold"):
        found = fresh(ledger(cache))
        assert found.read(head) == wanted
        assert found.published(head).environments == {"test": backdated}


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("environments/test.json", "{}", "name"),
        ("environments/test.json", "hello", "Invalid JSON"),
        ("freight/x.json", '{"freight":1}', "freight"),
    ],
)
def test_a_tree_that_shows_no_state_is_told(ledger, remote, path, text, why):
    append(ledger(), CREATED, WRITTEN)
    held = record("held", 9)
    head = pushed_by_hand(remote, f"held test\n\n{held.to_bytes().decode()}\n", **{path: text})
    refused(head, why, lambda: fresh(ledger()).published(head))
    assert ledger().read(head).environment("test").held is not None


@pytest.mark.parametrize("text", ["gitpromote.ledger/2\n", "gitpromote.ledger/10.3\n", "something\n", ""])
def test_a_ledger_of_another_format_is_not_misread(ledger, remote, text):
    append(ledger(), CREATED)
    parts = f"commit {REF}\ncommitter E <e@x> 1 +0000\ndata 1\nx\nfrom {REF}^0\n"
    parts += f"M 100644 inline format\ndata {len(text)}\n{text}\n" if text else "D format\n"
    git("fast-import", "--quiet", "--force", cwd=remote, data=parts.encode())
    head = git("rev-parse", REF, cwd=remote)
    where = f"{REF} at {head[:12]}: "
    with pytest.raises((NotSupported, VerificationFailed)) as caught:
        fresh(ledger("cold")).read(head)
    if "ledger" in text:
        assert (caught.value.code, caught.value.exit_code) == ("ledger-version", 11)
        assert caught.value.detail == f"{where}its format is {text.strip()}; this version reads 1."
    else:
        assert (caught.value.code, caught.value.detail) == ("ledger-damaged", f"{where}it has no format of ours")
