"""Freight by the command line, from a real registry: whole outputs, exit codes, and hints that work."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from pushing import Pusher
from real_registry import running

from gitpromote.project import Plan, Project

PIPELINE = """\
from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse, same_commit

notes = Pipeline(
    "notes",
    warehouse=Warehouse(Image("{repository}", "^1"){more}),
    apps=[App("notes", Kustomize("base"))],
    target=Branch("env/$env"),
    environments=[Environment("test"), Environment("prod")],
)
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: notes}
spec:
  selector: {matchLabels: {app: notes}}
  template:
    metadata: {labels: {app: notes}}
    spec: {containers: [{name: web, image: ghcr.io/acme/notes:0.0.0}]}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with running(tmp_path_factory.mktemp("registry")) as real:
        yield real


class Shop:
    """A clone with a pipeline, and the repository of its image."""

    def __init__(self, empty, registry, name):
        self.git, self.registry, self.path = empty, registry, f"acme/{name}"
        self.repository = f"{registry.host}/{self.path}"

    def pipeline(self, more=""):
        (self.git.clone / "pipeline.py").write_text(PIPELINE.format(repository=self.repository, more=more))

    def push(self, *tags, **members):
        with Pusher(self.registry.url, self.path) as pusher:
            return [pusher.image(tag, **members) for tag in tags]


@pytest.fixture
def shop(empty, registry, request):
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[-60:].strip("-")
    made = Shop(empty, registry, name)
    base = empty.clone / "base"
    base.mkdir()
    images = f"images: [{{name: ghcr.io/acme/notes, newName: {made.repository}}}]"
    (base / "kustomization.yaml").write_text(f"resources: [d.yaml]\n{images}\n")
    (base / "d.yaml").write_text(DEPLOYMENT)
    made.pipeline()
    empty.commit("first")
    return made


@pytest.fixture
def said(normal, shop):
    """An output with the registry's port and the image's name taken out."""
    return lambda text: normal(re.sub(r"acme/test-[a-z0-9-]+", "acme/notes", text.replace(shop.registry.host, "HOST")))


def promoted(run):
    digest = json.loads(run("plan", "-out=p.json", "--json").out)["digest"]
    ended = run("apply", "p.json", "--expect-digest", digest)
    assert ended.code == 0, ended
    return ended


def test_what_there_is_to_promote_is_told_and_nothing_is_pushed(run, shop, said):
    shop.push("1.0.0", "1.1.0", "2.0.0", "1.2.0-rc.1", "latest")
    before = shop.git.refs()
    ended = run("freight", "discover")
    assert (ended.code, ended.err) == (0, "")
    lines = said(ended.out).splitlines()
    assert lines[0] == "notes"
    assert lines[1].startswith("  image HOST/acme/notes (semver)  1.1.0@sha256:")
    assert "of 2 candidates, 3 rejected, made " in lines[1]
    assert [line.split()[0] for line in lines[2:5]] == ["1.2.0-rc.1", "2.0.0", "latest"]
    assert lines[5].startswith("  commit home (newest-from-branch)  ID-1  of 1 candidate, made ")
    assert lines[6] == "  = FREIGHT-1  new: the next plan has it"
    assert [line.split()[0] for line in lines[9:]] == ["newer,", "newer,"]
    report = json.loads(run("freight", "discover", "--json").out)
    [warehouse] = report["warehouses"]
    assert (warehouse["status"], warehouse["subscriptions"][0]["passed_over"]) == ("new", 3)
    assert shop.git.refs() == before


def test_a_plan_finds_its_freight_and_tells_what_is_newer(run, shop, said):
    shop.push("1.0.0", "2.0.0")
    out = said(run("plan").out)
    head = out.splitlines()[:2]
    words = r'Freight  FREIGHT-1  HOST/acme/notes:1\.0\.0@sha256:[0-9a-f]{4}…  notes@ID-1 "first" \(Lea Demo\)'
    assert re.fullmatch(words, head[0])
    assert head[1].lstrip().startswith("newer, rejected: 2.0.0 ")
    plan = json.loads(run("plan", "--json").out)["plan"]
    assert plan["facts"]["discovery"]["notes"]["newer"][0]["name"] == "2.0.0"
    shown = run("show", str(next(Path("plans").glob("*.json"))), "--format", "markdown").out
    assert "newer, rejected: `2.0.0 " in shown


def test_a_registry_that_is_down_fails_with_its_name(run, shop):
    shop.repository = "127.0.0.1:1/acme/notes"
    shop.pipeline()
    ended = run("plan")
    assert (ended.code, ended.out) == (1, "")
    assert "127.0.0.1:1" in ended.err
    hand = run("plan", "--image", "127.0.0.1:1/acme/notes:1.0.0")
    assert (hand.code, hand.err.splitlines()[-1]) == (
        1,
        "Where it does not answer, name the digest as well, or say that a tag alone will do: --unpinned",
    )
    for words in (["127.0.0.1:1/acme/notes:1.0.0", "--unpinned"], [f"127.0.0.1:1/acme/notes:1.0.0@sha256:{'1' * 64}"]):
        hand = run("plan", "--image", *words)
        assert (hand.code, hand.err) == (0, "")


def test_nothing_found_says_why(run, shop, said):
    shop.push("2.0.0")
    out = said(run("plan").out)
    assert "the only tag of HOST/acme/notes does not count: wanted is one that is in ^1: 2.0.0 " in out
    ended = run("freight", "assemble")
    assert ended.code == 13
    assert said(ended.err).startswith("Error: There is no Freight to be made")


def test_freight_is_listed_and_shown_with_its_journey(run, shop, said):
    assert run("freight", "list").out == (
        "No Freight yet: nothing was applied or recorded. What there is to promote:\n  gitpromote freight discover\n"
    )
    shop.push("1.0.0", labels={"org.opencontainers.image.revision": "77ab"})
    promoted(run)
    shop.push("1.1.0")
    assert run("freight", "create", "--image", f"{shop.repository}:1.1.0", "--label", "team=notes").code == 0
    out = run("freight", "list").out.splitlines()
    assert re.split(r" {2,}", out[0]) == ["FREIGHT", "VERSION", "AGE", "RUNS IN", "VERIFIED IN"]
    assert [re.split(r" {2,}", line)[1] for line in out[1:]] == ["1.1.0", "1.0.0"]
    assert re.split(r" {2,}", out[2])[3:] == ["test, prod", "test, prod"]
    listed = json.loads(run("freight", "list", "--json").out)
    old, new = listed[1]["freight"], listed[0]["freight"]
    assert (old["provenance"], new["labels"]) == ({"commit": "77ab"}, {"team": "notes"})
    shown = said(run("freight", "show", old["alias"]).out)
    assert shown.splitlines()[0] == "FREIGHT-1  mixed  ID-1"
    assert "  commit  77ab\n" in shown and "notes.git@" in shown
    assert "  test  runs since TIME, verified TIME  yes: takes Freight directly\n" in shown
    assert "  prod  runs since TIME, verified TIME  yes: test: verified" in shown
    assert json.loads(run("freight", "show", old["id"][:8], "--json").out) == listed[1]


def test_freight_is_recorded_once_and_its_commands_work(run, shop, said):
    [digest] = shop.push("1.0.0")
    words = ["--image", f"{shop.repository}:1.0.0@{digest}", "--provenance", "ci-run=https://ci/7"]
    first, again = run("freight", "create", *words), run("freight", "create", *words)
    assert said(first.out) == (
        "Recorded FREIGHT-1  2 artifacts\n"
        f"  HOST/acme/notes:1.0.0@{digest[:11]}…\n"
        '  notes@ID-1 "first" (Lea Demo)\n'
        "  gitpromote plan notes --freight FREIGHT-1\n"
    )
    assert again.out == first.out.replace("Recorded", "Known already:")
    command = shlex.split(first.out.splitlines()[-1])
    assert run(*command[1:]).code == 0


def test_a_request_without_intent_takes_an_earlier_intent_back(run, shop, said):
    """Of several requests the latest counts; a plain one is for the whole way."""
    [digest] = shop.push("1.0.0")
    words = ["freight", "create", "--image", f"{shop.repository}:1.0.0@{digest}"]
    body = f'  HOST/acme/notes:1.0.0@{digest[:11]}…\n  notes@ID-1 "first" (Lea Demo)\n'
    command = "  gitpromote plan notes --freight FREIGHT-1\n"
    run(*words)
    told = [
        (("--target", "test"), "Requested:", "  asked to stop at test\n"),
        ((), "Requested:", "  asked to go the whole way; before, it was asked to stop at test\n"),
        ((), "Known already:", ""),
        (("--skip", "test"), "Requested:", "  asked to skip test\n"),
        (("--target", "test"), "Requested:", "  asked to stop at test; before, it was asked to skip test\n"),
        (
            ("--label", "a=b"),
            "Labelled:",
            "  labels: a=b\n  asked to go the whole way; before, it was asked to stop at test\n",
        ),
        (("--label", "a=b"), "Known already:", ""),
    ]
    for more, word, remark in told:
        ended = run(*words, *more)
        assert (ended.code, said(ended.out)) == (0, f"{word} FREIGHT-1  2 artifacts\n{body}{remark}{command}"), more
    history = [one.split()[2] for one in said(run("history").out).splitlines()[1:]]
    assert history.count("requested") == 5 and "stop at" not in run("freight", "list").out
    run(*words, "--target", "test")
    assert json.loads(run(*words, "--json").out)[0]["requested"] is True


def test_what_a_request_keeps_out_names_the_command_that_lets_it_in(run, shop, said):
    [digest] = shop.push("1.0.0")
    run("freight", "create", "--image", f"{shop.repository}:1.0.0@{digest}", "--skip", "test")
    alias = json.loads(run("freight", "list", "--json").out)[0]["freight"]["alias"]
    ended = run("explain", "test")
    assert ended.err == ""
    denied = said(ended.out)
    assert denied.splitlines()[1:3] == [
        "  fail  skip-denied  asks to leave test out, and may not: test has no SkipPermission",
        "                     gitpromote freight create notes --freight FREIGHT-1",
    ]
    run("freight", "create", "notes", "--freight", alias, "--target", "test")
    assert run("apply", "--env", "test", "--auto-approve").code == 0
    run("plan", "--freight", alias, "-out=p.json")
    assert Project.load("pipeline.py").plan_verify(Plan.load("p.json")) == []
    kept = said(run("explain", "prod").out)
    assert kept.splitlines()[1:3] == [
        "  fail  target  not meant for prod: it was asked to stop at test",
        "                gitpromote freight create notes --freight FREIGHT-1",
    ]
    ended = run("freight", "create", "notes", "--freight", alias)
    assert said(ended.out).splitlines()[3] == "  asked to go the whole way; before, it was asked to stop at test"
    assert "fail" not in run("explain", "prod").out


def test_freight_that_is_there_is_named_alone_and_what_was_rejected_is_not_asked_for(run, shop, said):
    [digest] = shop.push("1.0.0")
    words = ["freight", "create", "--image", f"{shop.repository}:1.0.0@{digest}"]
    run(*words, "--target", "test")
    alias = json.loads(run("freight", "list", "--json").out)[0]["freight"]["alias"]
    both = run(*words, "--freight", alias)
    assert (both.code, said(both.err)) == (
        64,
        (
            "Error: Freight that is there is made of what it is made of  [freight-and-artifacts]\n\n"
            "'FREIGHT-1', and an image, a chart, a commit or a Warehouse beside it.\n\n"
            "Name one or the other.\n"
        ),
    )
    run("freight", "reject", alias, "--reason", "bad")
    again = run(*words)
    assert (again.code, again.out) == (13, "")
    assert said(again.err) == (
        "Error: The Freight was rejected  [freight-rejected]\n\n"
        "FREIGHT-1: rejected by Lea Demo <lea@acme.example> (bad)\n\n"
        "Rejected Freight enters nothing any more; make another one.\n"
    )


def test_known_freight_takes_labels_and_keeps_its_provenance(run, shop, said):
    [digest] = shop.push("1.0.0")
    words = ["freight", "create", "--image", f"{shop.repository}:1.0.0@{digest}"]
    run(*words, "--label", "team=pay", "--provenance", "ci-run=https://ci/7")
    again = run(*words, "--label", "team=web", "--label", "risk=low", "--provenance", "ci-run=https://ci/8")
    assert again.code == 0
    assert said(again.out) == (
        "Labelled: FREIGHT-1  2 artifacts\n"
        f"  HOST/acme/notes:1.0.0@{digest[:11]}…\n"
        '  notes@ID-1 "first" (Lea Demo)\n'
        "  labels: risk=low, team=web\n"
        "  provenance stays as it was recorded: ci-run=https://ci/7\n"
        "  gitpromote plan notes --freight FREIGHT-1\n"
    )
    same = run(*words, "--label", "risk=low")
    assert said(same.out).startswith("Known already: FREIGHT-1")
    [listed] = json.loads(run("freight", "list", "--json").out)
    assert listed["freight"]["labels"] == {"risk": "low", "team": "web"}
    history = said(run("history").out).splitlines()
    assert [one.split()[2] for one in history[1:]] == ["freight-labelled", "freight-created"], history
    assert history[1].endswith("risk=low, team=web")
    assert run("verify").code == 0
    assert json.loads(run(*words, "--label", "a=b", "--json").out)[0]["labelled"] is True


def test_freight_is_approved_rejected_and_named(run, shop, said):
    shop.push("1.0.0")
    assert run("freight", "assemble").code == 0
    alias = json.loads(run("freight", "list", "--json").out)[0]["freight"]["alias"]
    ended = run("freight", "alias", alias, "spring")
    assert (ended.code, said(ended.out)) == (
        0,
        "FREIGHT-1 is spring as well  record ID-1\n  gitpromote freight show notes spring\n",
    )
    ended = run("freight", "approve", "spring", "--env", "prod", "--reason", "INC-7")
    assert said(ended.out) == (
        'spring may enter prod: "INC-7"  record ID-1\n  gitpromote plan notes --freight spring\n'
    )
    assert "prod  -  ready" in said(run("plan", "--freight", "spring").out)
    ended = run("freight", "reject", "spring", "--reason", "leaks")
    assert said(ended.out) == 'Rejected spring: "leaks"  record ID-1\n'
    assert "rejected by Lea Demo <lea@acme.example> (leaks)" in run("freight", "list").out
    assert run("freight", "approve", "spring", "--env", "prod").code == 13
    assert run("freight", "reject", "spring", "--reason", "again").code == 64
    taken = run("freight", "alias", alias, "spring")
    assert taken.code == 64
    assert said(taken.err) == (
        "Error: This name is taken  [alias-taken]\n\nspring is ID-1 FREIGHT-1\n\n"
        "A name stays with its Freight; choose another one.\n"
    )


def test_a_hotfix_enters_one_environment(run, shop, said):
    shop.push("1.0.0")
    promoted(run)
    shop.push("1.0.1")
    words = ["--reason", "5xx", "--expires", "4h"]
    ended = run("hotfix", "prod", "--image", f"{shop.repository}:1.0.1", *words)
    assert said(ended.out) == (
        'FREIGHT-1 may enter prod as a hotfix: "5xx"  record ID-1\n'
        "  gitpromote plan notes --env prod --freight FREIGHT-1\n"
    )
    plan = run(*shlex.split(ended.out.splitlines()[-1])[1:])
    assert "prod  1.0.0  ready" in said(plan.out)
    assert "hotfix for prod until" in run("freight", "list").out
    refused = run("hotfix", "prod", *words)
    assert (refused.code, refused.err.splitlines()[0]) == (64, "Error: Say which Freight it is  [usage]")


def test_a_hotfix_of_a_commit_needs_no_image(run, shop, said):
    (shop.git.clone / "pipeline.py").write_text(
        PIPELINE.format(repository=shop.repository, more="").replace(
            f'    warehouse=Warehouse(Image("{shop.repository}", "^1")),\n', ""
        )
    )
    promoted(run)
    commit = shop.git.commit("second")
    ended = run("hotfix", "prod", "--commit", "main", "--reason", "5xx")
    assert (ended.code, said(ended.out).splitlines()[0]) == (
        0,
        'FREIGHT-1 may enter prod as a hotfix: "5xx"  record ID-1',
    )
    [made] = json.loads(run("freight", "create", "--commit", "main", "--json").out)
    assert (made["new"], made["freight"]["subject"], commit) == (False, "second", commit)


def test_what_a_tag_names_now_is_asked_for_where_somebody_says_so(run, shop, said):
    shop.push("1.0.0")
    assert run("freight", "discover").code == 0
    shop.push("1.0.0", labels={"n": "2"})
    assert "pushed anew" not in run("freight", "discover").out
    assert "1.0.0 was pushed anew: it was sha256:" in run("freight", "discover", "--fresh").out


def test_a_registry_that_fails_is_told_beside_the_others(run, shop, said):
    shop.push("1.0.0")
    shop.pipeline(more=', Image("127.0.0.1:1/acme/down")')
    ended = run("freight", "discover")
    assert ended.code == 1
    out = said(ended.out)
    assert "image HOST/acme/notes (semver)  none fits  of 1 candidate" in out
    assert (
        "  image 127.0.0.1:1/acme/down (semver)  A remote cannot be reached: read the tags of 127.0.0.1:1/acme/down; "
        "127.0.0.1:1: Connection refused\n"
    ) in out


def test_a_lock_that_cannot_be_written_is_told_before_anything_is_asked(run, shop, monkeypatch):
    monkeypatch.setattr("gitpromote.engine.freight_made.discovered", None)  # is not got to
    told = "Error: A file cannot be written  [output-failed]\n\n{}\n\n"
    hint = "Nothing was changed. Make room, or name another place with --lock.\n"
    for place, why in (("pipeline.py/x", "pipeline.py is no folder"), (".", "it is a folder")):
        ended = run("freight", "discover", "--lock", place)
        assert (ended.code, ended.err) == (1, told.format(f"{place}: {why}") + hint)


def test_a_lock_repeats_a_plan(run, shop, tmp_path):
    shop.push("1.0.0")
    assert run("freight", "discover", "--lock", "notes.lock").out.endswith("Saved notes.lock\n")
    shop.push("1.1.0")
    assert ":1.0.0@" in run("plan", "--freight-lock", "notes.lock").out
    assert ":1.1.0@" in run("plan").out
    other = run("apply", str(next(Path("plans").glob("*.json"))), "--freight-lock", "notes.lock")
    assert (other.code, "[plan-shaping]" in other.err) == (64, True)
    Path("notes.lock").write_text("{}")
    ended = run("plan", "--freight-lock", "notes.lock")
    assert ended.code == 11
    assert ended.err == (
        "Error: The freight lock cannot be used  [lock-invalid]\n\n"
        "notes.lock: It is not whole JSON, or no freight lock: truncated, or another file.\n\n"
        "Discover again:\n  gitpromote freight discover notes --lock notes.lock\n"
    )


def test_a_manual_warehouse_waits_for_hands(run, shop, said):
    shop.pipeline(', policy="manual"')
    shop.push("1.0.0")
    assert "its Warehouse makes Freight by hand alone: gitpromote freight assemble" in said(run("plan").out)
    assert "= FREIGHT-1  is made by hand: its Warehouse" in said(run("freight", "discover").out)
    assert run("freight", "assemble").code == 0
    assert "test  -  ready" in said(run("plan").out)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("freight",), "What about Freight?  [usage]"),
        (("freight", "lst"), 'There is no verb "lst". Did you mean "list"?  [usage]'),
        (("freight", "show"), "Missing argument '[PIPELINE] FREIGHT'  [usage]"),
        (("freight", "show", "a", "b", "c"), "Freight is to be named  [usage]"),
        (("freight", "alias", "a"), "Freight and a name are to be said  [usage]"),
        (("freight", "approve", "a"), "An environment is to be named  [usage]"),
        (("freight", "create"), "Freight is made of something  [freight-of-nothing]"),
        (("freight", "create", "--label", "x", "--commit", "HEAD"), "This is no pair of a key and a value  [usage]"),
        (
            ("freight", "create", "--image", "a.io/b:1"),
            "No Warehouse subscribes to this repository  [artifact-unsubscribed]",
        ),
        (("freight", "assemble", "--warehouse", "x"), "There is no such Warehouse  [warehouse-unknown]"),
        (("freight", "show", "grumpy-cat-0000"), "There is no such Freight  [freight-unknown]"),
        (("freight", "reject", "x"), "Missing option '--reason'  [usage]"),
    ],
)
def test_wrong_words_are_answered(run, shop, words, first):
    shop.push("1.0.0")
    ended = run(*words)
    assert (ended.code, ended.err.splitlines()[0]) == (64, f"Error: {first}")


def test_help_lists_the_group(run):
    out = run("freight", "--help").out
    for name in ("list", "show", "discover", "create", "assemble", "approve", "reject", "alias"):
        assert f"  {name} " in out
        assert run("freight", name, "--help").code == 0
