"""Plans as the SDK hands them out: saved whole, found again by digest, shown, asked."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from pathlib import Path

import pytest

from gitpromote.errors import GitpromoteError, PlanInvalid, UsageError
from gitpromote.model.canonical import canonical
from gitpromote.planning.digests import text_digest
from gitpromote.project import Plan


def test_a_plan_is_saved_whole_for_its_owner_alone(desk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = desk.project().plan()
    path = plan.save()
    assert path == Path("plans") / f"shop-{plan.short_id}.plan.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == plan.to_bytes()
    assert list(Path("plans").iterdir()) == [path]
    again = Plan.load(path)
    assert (again.digest, again.data, again.to_bytes()) == (plan.digest, plan.data, plan.to_bytes())
    assert again.save(tmp_path / "deep" / "er" / "p.json").read_bytes() == plan.to_bytes()


def test_a_pipe_gets_the_plan_and_a_link_stays_one(desk, tmp_path):
    """What is no file is written into: a device that a file took the place of is lost to the whole machine."""
    plan = desk.project().plan()
    pipe, file, link = tmp_path / "pipe", tmp_path / "plan.json", tmp_path / "link.json"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR)  # held open, so that writing does not wait for a reader
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 1 << 20)
    plan.save(pipe)
    assert os.read(reader, 1 << 20) == plan.to_bytes()
    os.close(reader)
    assert pipe.is_fifo()
    link.symlink_to(file)
    plan.save(link)
    assert (link.readlink(), file.read_bytes()) == (file, plan.to_bytes())


def test_a_plan_that_cannot_be_saved_leaves_nothing_behind(desk, tmp_path):
    plan = desk.project().plan()
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        plan.save(tmp_path / "taken")
    assert list((tmp_path / "taken").iterdir()) == []
    assert list(tmp_path.glob(".taken*")) == []


@pytest.mark.parametrize(("path", "words"), [("missing.json", ""), ("missing/plan.json", ""), (".", " is a folder.")])
def test_a_file_that_is_not_there_is_told_as_a_wrong_word(tmp_path, path, words):
    with pytest.raises(UsageError) as caught:
        Plan.load(tmp_path / path)
    assert (caught.value.code, caught.value.exit_code) == ("plan-missing", 64)
    assert caught.value.detail == f"{tmp_path / path}{words}"


def test_a_file_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(GitpromoteError) as caught:
        Plan.load(tmp_path / "plan.json")
    assert (caught.value.code, caught.value.exit_code) == ("plan-unreadable", 1)
    assert caught.value.detail == f"{tmp_path / 'plan.json'}: Permission denied"


def test_what_a_later_version_said_in_a_plan_is_kept(desk, tmp_path):
    document = json.loads(desk.project().plan().to_bytes())
    document["plan"]["novelty"] = {"a": 1}
    document["format"] = "gitpromote.plan/1.9"
    document["digest"] = text_digest(document["format"], canonical(document["plan"]))
    file = tmp_path / "later.json"
    file.write_text(json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n")
    plan = Plan.load(file)
    assert (plan.digest, plan.to_bytes()) == (document["digest"], file.read_bytes())
    result = desk.project().apply(plan, expect_digest=document["digest"])
    assert result.exit_code == 0
    assert desk.project(cache="cold").open_plan(document["digest"]).to_bytes() == file.read_bytes()


def test_a_plan_is_asked_by_environment(desk):
    plan = desk.project().plan()
    assert plan["test"].decision == "ready"
    assert [one.id for one in plan.explain("prod")] == ["upstream"]
    assert repr(plan) == "<Plan shop (test: ready, prod: waiting)>"
    assert [repr(one) for one in plan.changes("test")] == ["<Change create v1/ConfigMap test/c>"]
    assert (plan.changes("test", kind="Secret"), len(plan.changes("test", name="c*"))) == ([], 1)
    with pytest.raises(UsageError) as caught:
        plan["live"]
    assert str(caught.value) == "The plan has no such environment  [environment-unplanned]\n'live'; planned: test, prod"


def test_a_plan_shows_itself_in_a_notebook(desk):
    plan = desk.project().plan()
    shown = plan._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/markdown", "application/vnd.gitpromote.plan.v1+json"}
    assert plan.digest in shown["text/markdown"] or plan.short_id in shown["text/markdown"]
    assert plan._repr_mimebundle_(include=["text/plain"]) == {"text/plain": repr(plan)}
    assert list(plan._repr_mimebundle_(exclude={"text/plain", "text/markdown"})) == [
        "application/vnd.gitpromote.plan.v1+json"
    ]


def test_what_the_sdk_hands_out_shows_itself_in_a_notebook(desk):
    project = desk.project()
    plan = project.plan()
    [change] = plan.changes("test")
    for value, kind in ((project.status(), "status"), (project.history, "history"), (change, "change")):
        shown = value._repr_mimebundle_()
        assert set(shown) == {"text/plain", f"application/vnd.gitpromote.{kind}.v1+json"}
        assert shown["text/plain"] == repr(value)
        json.dumps(shown)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({"env": ""}, ""),
        ({"env": []}, ""),
        ({"env": ["test", ""]}, "test, "),
        ({"to": ""}, ""),
        ({"apps": ()}, ""),
        ({"commit": ""}, ""),
    ],
    ids=str,
)
def test_a_choice_of_nothing_is_not_taken_for_a_choice_of_everything(desk, asked, given):
    with pytest.raises(UsageError) as caught:
        desk.project().plan(**asked)
    assert str(caught.value) == (
        "A selection is empty  [selection-empty]\n"
        f'"{given}" names nothing; taken for no selection it would stand for everything.\n'
        "Leave the option out, or name something. In a shell: is the variable set?"
    )
    project = desk.project()
    with pytest.raises(UsageError, match="selection-empty"):
        project.apply(project.plan(), env="", auto_approve=True)
    assert len(project.history) == 0


# -- by digest


def test_a_recorded_plan_is_found_by_its_digest_and_its_beginning(desk):
    project = desk.project()
    plan = project.plan(record=True)
    cold = desk.project(cache="cold")
    for words in (plan.digest, plan.digest.removeprefix("sha256:"), plan.short_id, plan.short_id[:4]):
        assert cold.open_plan(words).to_bytes() == plan.to_bytes()
    assert project.apply(plan.digest, expect_digest=plan.digest).exit_code == 0
    assert [one.kind for one in project.history][-2:] == ["planned", "freight-created"]


def test_planning_writes_nothing_unless_it_is_recorded(desk):
    before = desk.refs()
    project = desk.project()
    project.plan()
    project.status()
    project.explain("prod")
    project.render()
    project.diff("test", "prod")
    assert desk.refs() == before
    plan = project.plan(record=True, as_of=1763600040)
    assert set(desk.refs()) - set(before) == {LEDGER}
    again = desk.refs()
    project._record(plan)
    assert desk.refs() == again


LEDGER = "refs/heads/gitpromote/ledger/shop"


@pytest.mark.parametrize("words", ["0" * 12, "abc", "sha256:", "nonsense", "plan"])
def test_a_plan_that_is_unknown_is_told(desk, words):
    project = desk.project()
    project.plan(record=True)
    with pytest.raises(UsageError) as caught:
        project.open_plan(words)
    assert str(caught.value) == (
        "There is no such plan  [plan-unknown]\n"
        f"{words!r} is no file, and the ledger has 1 plan, which does not begin so.\n"
        "Plans that were applied, approved or made with --record are there:\n  gitpromote history"
    )


def test_a_beginning_that_fits_more_than_one_is_refused(desk):
    project = desk.project()
    begun: dict[str, str] = {}
    for minute in range(2000):
        plan = project.plan(as_of=1763600000 + 60 * minute)
        start = plan.digest[7:9]
        if start in begun:
            break
        begun[start] = plan.digest
        project._record(plan)
    project._record(plan)
    # Two digits are too few to be taken for a digest; four of two plans that agree are made by hand.
    known = [begun[start], plan.digest]
    project._world.ledger_in = lambda home, whole=project._world.ledger_in: Agreeing(whole(home), start)
    with pytest.raises(UsageError) as caught:
        project.open_plan(f"{start}00")
    assert (caught.value.summary, caught.value.code) == ("More than one plan begins so", "plan-ambiguous")
    assert len(caught.value.detail.splitlines()) == len(known)


class Agreeing:
    """A ledger in which the digests of all plans that begin alike agree in two more digits."""

    def __init__(self, whole, start):
        self.whole, self.start = whole, start

    def __getattr__(self, name):
        return getattr(self.whole, name)

    def plans(self, head):
        alike = [one for one in self.whole.plans(head) if one[7:].startswith(self.start)]
        return [f"sha256:{self.start}00{one[11:]}" for one in alike]


def test_another_plan_under_a_digest_is_not_applied(desk):
    """Somebody who may write to the ledger puts their plan where the reviewed one was."""
    project = desk.project()
    plan = project.plan(record=True)
    evil = project.plan(env="prod")
    digits = plan.digest.removeprefix("sha256:")
    desk.git("fetch", "-q", "origin", LEDGER)
    desk.git("switch", "-q", "--detach", "FETCH_HEAD")
    (desk.work / "plans" / f"{digits}.json").write_bytes(evil.to_bytes())
    desk.git("commit", "-q", "-a", "-m", desk.git("log", "-1", "--format=%B"))
    desk.git("push", "-q", "origin", f"HEAD:{LEDGER}")
    with pytest.raises(PlanInvalid) as caught:
        Project_of(desk).open_plan(plan.digest)
    assert str(caught.value) == (
        "The ledger holds another plan under this digest  [plan-misfiled]\n"
        f"named {plan.digest}\nfound {evil.digest}\n"
        "Somebody else wrote to the ledger. Look at what it holds:\n  gitpromote verify"
    )


def Project_of(desk):
    desk.git("switch", "-q", "main")
    return desk.project(cache="cold")
