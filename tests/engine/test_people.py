"""Approvals as a gate: n of a group, neither who asked nor who wrote it, each bound to the change."""

from __future__ import annotations

import json
import subprocess

import pytest

from gitpromote import Approvals, Environment
from gitpromote.cli.approve import uncounted
from gitpromote.engine.append import append, event
from gitpromote.model.canonical import canonical
from gitpromote.views.lines import plain
from tests.programs import needed

SIGNERS = "ops/allowed_signers"
GROUPS = "ops/groups.yaml"
PAYMENTS = '"@acme/payments": [ada@acme.example, cleo@acme.example, dora@acme.example, tom@acme.example]\n'
NAMES = ("ada", "cleo", "dora", "eve", "tom")
OPS = "Ops <ops@acme.example>"


CLAIMED = "asked for by bot@x (claimed), whom no file of signers knows"


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """Name to the file of that person's SSH key."""
    folder = tmp_path_factory.mktemp("people")
    files = {name: folder / name for name in NAMES}
    for file in files.values():
        words = [needed("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", file.name, "-f", str(file)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    return files


def public(people, name):
    return " ".join(people[name].with_suffix(".pub").read_text().split()[:2])


def commit(site, files, **words):
    """A commit on main by somebody who approves nothing."""
    return site.home.commit(files, **{"author": OPS, "at": site.clock.now(), "message": "people", **words})


@pytest.fixture
def guarded(promoted, people):
    """Signers and groups are there; version 1.1.0 waits in the sources, written by Tom."""
    signers = "".join(f"{name}@acme.example {public(people, name)}\n" for name in NAMES)
    commit(promoted, {SIGNERS: signers, GROUPS: PAYMENTS})
    return promoted


def line(site, count=2, *, of="@acme/payments", **members):
    """``prod`` behind this many approvals."""
    given = {"signers": SIGNERS, "groups": GROUPS, **members}
    gated = Environment("prod", gates=[Approvals(count, of=of)])
    return site.pipeline(Environment("test"), Environment("uat"), gated, **given)


def outcome(plan):
    return next(one for one in plan["prod"].outcomes if one.id == "approvals")


def verdict(plan):
    found = outcome(plan)
    return found.status, found.message


def project(site, pipeline, name="ada"):
    return site.project(pipeline, who=f"{name.title()} <{name}@acme.example>", cache=name)


def approve(site, people, pipeline, plan, *names, key=None, **options):
    for name in names:
        project(site, pipeline, name).approve(plan, "prod", key=str(people[key or name]), **options)


def told(site, pipeline, plan, **options):
    """How production ended."""
    result = site.project(pipeline).apply(plan, **{"confirmed": True, **options})
    return next(f"{one.status}: {one.message}" for one in result.environments if one.name == "prod")


# -- who counts


def test_the_people_who_may_open_it_and_authors_and_requesters_do_not(guarded, people):
    pipeline = line(guarded)
    plan = project(guarded, pipeline).plan()
    author = guarded.home.git("rev-parse", "main~1")[:7]
    assert verdict(plan) == ("pending", f"0 of 2 from @acme/payments; tom@acme.example may not: wrote {author}")
    assert outcome(plan).remedy == "gitpromote approve PLAN --env prod"
    approve(guarded, people, pipeline, plan, "cleo", "tom", "ada", "eve")
    again = project(guarded, pipeline).plan()
    assert verdict(again) == (
        "pending",
        (
            "1 of 2 from @acme/payments: cleo@acme.example; ada@acme.example does not count: asked for it; "
            "eve@acme.example does not count: not of @acme/payments; "
            f"tom@acme.example does not count: wrote {author}"
        ),
    )
    assert told(guarded, pipeline, again) == f"waiting: approvals: {verdict(again)[1]}"
    approve(guarded, people, pipeline, plan, "dora")
    last = project(guarded, pipeline).plan()
    assert verdict(last) == ("pass", "2 of 2 from @acme/payments: cleo@acme.example, dora@acme.example")
    assert {name: outcome(last).operands[name] for name in ("have", "need", "of", "by")} == {
        "have": 2,
        "need": 2,
        "of": ["@acme/payments"],
        "by": ["cleo@acme.example", "dora@acme.example"],
    }
    assert guarded.project(pipeline).plan_verify(last) == []
    assert told(guarded, pipeline, plan, confirmed=False, auto_approve=True).startswith("written: ")


def test_who_merged_it_may_approve_it_and_who_wrote_a_part_of_it_may_not(guarded, people):
    message = "more\n\nCo-authored-by: Cleo <Cleo@acme.example>"
    text = message.encode()
    head = guarded.home.head("main")
    parts = [
        b"commit refs/heads/main\nmark :1\nauthor Bot <bot@acme.example> 1763600000 +0000\n",
        b"committer Dora <dora@acme.example> 1763600000 +0000\ndata %d\n%b\nfrom %b\n"
        % (len(text), text, head.encode()),
        b"M 100644 inline NOTES\ndata 1\nx\nget-mark :1\n",
    ]
    oid = guarded.home.git("fast-import", "--quiet", data=b"".join(parts))
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline).plan()
    approve(guarded, people, pipeline, plan, "cleo")
    message = verdict(project(guarded, pipeline).plan())[1]
    assert f"cleo@acme.example does not count: wrote {oid[:7]}" in message
    approve(guarded, people, pipeline, plan, "dora")
    assert verdict(project(guarded, pipeline).plan()) == ("pass", "1 of 1 from @acme/payments: dora@acme.example")


def test_an_author_has_no_other_name_to_approve_with(guarded, people):
    """Names that share a key are one person's."""
    signers = guarded.home.show(f"main:{SIGNERS}") + f"tom@home.example,tom@acme.example {public(people, 'tom')}\n"
    commit(guarded, {SIGNERS: signers})
    pipeline = line(guarded, 1, of=())
    plan = project(guarded, pipeline).plan()
    site = guarded.project(pipeline, who="Tom <tom@home.example>", cache="home")
    site.approve(plan, "prod", key=str(people["tom"]))
    author = guarded.home.git("rev-parse", "main~2")[:7]
    assert verdict(project(guarded, pipeline).plan()) == (
        "pending",
        f"0 of 1; tom@home.example does not count: wrote {author}",
    )


def test_who_requested_the_freight_does_not_count(guarded, people):
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline, "eve").plan()
    freight = plan.data.freight[plan["prod"].freight["shop"].id].freight()
    project(guarded, pipeline, "cleo").freight.request(freight.id)
    approve(guarded, people, pipeline, plan, "cleo")
    assert "cleo@acme.example does not count: asked for it" in verdict(project(guarded, pipeline).plan())[1]


def test_who_planned_the_change_does_not_count_for_another_plan_of_it_under_another_name(guarded, people):
    """Ada records her plan, plans again as a bot, and approves the bot's."""
    pipeline = line(guarded, 1)
    mine = project(guarded, pipeline).plan(record=True)
    guarded.clock.sleep(60)
    bot = guarded.project(pipeline, who="Bot <bot@x>", cache="bot")
    other = bot.plan()
    assert (other.digest != mine.digest, other["prod"].change_digest) == (True, mine["prod"].change_digest)
    approve(guarded, people, pipeline, other, "ada")
    again = bot.plan()
    assert "ada@acme.example does not count: asked for it" in verdict(again)[1]
    assert told(guarded, pipeline, again).startswith("waiting: approvals: 0 of 1 from @acme/payments; ada@acme.example")


def test_who_made_a_plan_that_others_brought_to_the_ledger_does_not_count(guarded, people):
    """Cleo approves Ada's file; then Ada approves the plan of a bot."""
    pipeline = line(guarded)
    mine = project(guarded, pipeline).plan()
    approve(guarded, people, pipeline, mine, "cleo")
    guarded.clock.sleep(60)
    other = guarded.project(pipeline, who="Bot <bot@x>", cache="bot").plan()
    approve(guarded, people, pipeline, other, "ada")
    message = verdict(project(guarded, pipeline).plan())[1]
    assert message.startswith(f"1 of 2 from @acme/payments: cleo@acme.example; {CLAIMED}; ada@acme.example does not")
    assert "ada@acme.example does not count: asked for it" in message


def test_who_applies_a_plan_asks_for_it_whoever_it_says_has_made_it(guarded, people):
    pipeline = line(guarded, 1)
    plan = guarded.project(pipeline, who="Bot <bot@x>", cache="bot").plan()
    project(guarded, pipeline).apply(plan, env="test", confirmed=True)
    approve(guarded, people, pipeline, plan, "ada")
    assert "ada@acme.example does not count: asked for it" in verdict(project(guarded, pipeline).plan())[1]


def test_a_plan_of_another_change_is_nobodys_request(guarded, people):
    pipeline = line(guarded, 1)
    project(guarded, pipeline).plan(record=True)
    commit(guarded, guarded.sources("prod", version="1.1.0", replicas=7))
    other = guarded.project(pipeline, who="Bot <bot@x>", cache="bot").plan()
    approve(guarded, people, pipeline, other, "ada")
    found = verdict(project(guarded, pipeline).plan())
    assert found == ("pass", f"1 of 1 from @acme/payments: ada@acme.example; {CLAIMED}")


def test_one_person_counts_once(guarded, people):
    pipeline = line(guarded)
    plan = project(guarded, pipeline, "eve").plan()
    approve(guarded, people, pipeline, plan, "cleo")
    approve(guarded, people, pipeline, plan, "cleo", expires=3600)
    assert verdict(project(guarded, pipeline).plan())[1].startswith(
        "1 of 2 from @acme/payments: cleo@acme.example; tom"
    )


def test_without_signers_one_key_counts_once_and_names_are_only_claimed(guarded, people):
    pipeline = line(guarded, signers=None)
    plan = project(guarded, pipeline, "eve").plan()
    approve(guarded, people, pipeline, plan, "cleo")
    approve(guarded, people, pipeline, plan, "dora", key="cleo")
    status, message = verdict(project(guarded, pipeline).plan())
    assert (status, message.partition("; tom")[0]) == (
        "pending",
        (
            "1 of 2 from @acme/payments: cleo@acme.example (names are claimed: the pipeline has no signers=); "
            "dora@acme.example does not count: is the same person as cleo@acme.example"
        ),
    )


def test_without_signers_a_key_that_signed_under_the_requesters_name_is_the_requesters(guarded, people):
    """Ada's key stands in the ledger under her own name, whatever she calls herself afterwards."""
    pipeline = line(guarded, 1, signers=None, of=())
    plan = project(guarded, pipeline).plan(record=True)
    approve(guarded, people, pipeline, plan, "ada")
    zed = guarded.project(pipeline, who="Zed <zed@x>", cache="zed")
    zed.approve(plan, "prod", key=str(people["ada"]))
    assert "zed@x does not count: asked for it" in verdict(project(guarded, pipeline).plan())[1]


def test_a_requester_whom_no_file_of_signers_knows_is_told_as_claimed(guarded, people):
    """Anybody may call themselves so: nothing proves that it is not who approves."""
    pipeline = line(guarded, 1)
    plan = guarded.project(pipeline, who="ci <ci@acme.example>", cache="ci").plan()
    approve(guarded, people, pipeline, plan, "cleo")
    told = "asked for by ci@acme.example (claimed), whom no file of signers knows"
    assert verdict(project(guarded, pipeline).plan()) == (
        "pass",
        f"1 of 1 from @acme/payments: cleo@acme.example; {told}",
    )


def test_who_will_not_count_is_told_so_when_they_approve(guarded, people):
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline).plan()
    author = guarded.home.git("rev-parse", "main~1")[:7]
    records = {one: project(guarded, pipeline, one).approve(plan, "prod", key=str(people[one])) for one in NAMES}
    told = {name: plain(uncounted(plan, record)) for name, record in records.items()}
    assert told == {
        "ada": "! it does not count for approvals in prod: ada@acme.example asked for it\n",
        "tom": f"! it does not count for approvals in prod: tom@acme.example wrote {author}\n",
        **dict.fromkeys(("cleo", "dora", "eve"), ""),
    }


# -- which approvals count


def test_who_was_removed_since_does_not_count_any_more(guarded, people):
    pipeline = line(guarded)
    plan = project(guarded, pipeline, "eve").plan()
    approve(guarded, people, pipeline, plan, "cleo", "dora")
    guarded.clock.sleep(60)
    passing = project(guarded, pipeline).plan()
    assert outcome(passing).status == "pass"
    commit(guarded, {GROUPS: PAYMENTS.replace(" dora@acme.example,", "")})
    assert told(guarded, pipeline, passing).startswith(
        "waiting: approvals: 1 of 2 from @acme/payments: cleo@acme.example; "
        "dora@acme.example does not count: removed from @acme/payments; "
    )


def test_an_approval_that_ended_in_this_very_minute_counts_no_more_in_a_plan(guarded, people):
    """A plan tells the beginning of its minute; what people gave is judged by the second."""
    guarded.clock.sleep(60 - guarded.clock.now() % 60)
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline, "eve").plan()
    approve(guarded, people, pipeline, plan, "cleo", expires=30)
    guarded.clock.sleep(29)
    before = project(guarded, pipeline).plan()
    assert verdict(before) == ("pass", "1 of 1 from @acme/payments: cleo@acme.example")
    guarded.clock.sleep(1)
    after = project(guarded, pipeline).plan()
    assert before.data.as_of == after.data.as_of
    assert "cleo@acme.example does not count: expired just now" in verdict(after)[1]
    assert [guarded.project(pipeline).plan_verify(one) for one in (before, after)] == [[], []]


def test_whose_key_was_taken_away_does_not_count_any_more(guarded, people):
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline, "eve").plan()
    approve(guarded, people, pipeline, plan, "cleo")
    signers = guarded.home.show(f"main:{SIGNERS}").replace(public(people, "cleo"), public(people, "dora"))
    commit(guarded, {SIGNERS: signers})
    assert (
        "cleo@acme.example does not count: ops/allowed_signers does not have this name with this key"
        in verdict(project(guarded, pipeline).plan())[1]
    )


def test_an_approval_that_has_expired_says_so(guarded, people):
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline, "eve").plan()
    approve(guarded, people, pipeline, plan, "cleo", expires=3600)
    held = outcome(project(guarded, pipeline).plan())
    assert (held.status, held.until) == ("pass", guarded.clock.now() + 3600)
    guarded.clock.sleep(3 * 3600)
    assert "cleo@acme.example does not count: expired 2h ago" in verdict(project(guarded, pipeline).plan())[1]


def test_an_approval_survives_an_equal_plan_and_is_void_for_another_change(guarded, people):
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline, "eve").plan()
    approve(guarded, people, pipeline, plan, "cleo")
    guarded.clock.sleep(600)
    same = project(guarded, pipeline).plan()
    assert (outcome(same).status, same.digest != plan.digest) == ("pass", True)
    commit(guarded, guarded.sources("test", "uat", "prod", version="2.0.0"))
    other = verdict(project(guarded, pipeline).plan())[1]
    assert other.startswith("0 of 1 from @acme/payments; cleo@acme.example does not count: for another change; ")


def test_an_approval_is_spent_by_what_it_allowed(guarded, people):
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline, "eve").plan()
    approve(guarded, people, pipeline, plan, "cleo")
    assert told(guarded, pipeline, plan).startswith("written")
    assert project(guarded, pipeline).approvals() == {}


def test_a_copied_signature_opens_no_other_change(guarded, people):
    pipeline = line(guarded, 1)
    good = project(guarded, pipeline, "eve").plan()
    record = project(guarded, pipeline, "cleo").approve(good, "prod", key=str(people["cleo"]))
    commit(guarded, guarded.sources("test", "uat", "prod", version="2.0.0"))
    evil = project(guarded, pipeline, "eve").plan(record=True)
    world = project(guarded, pipeline)._world
    forged = {"change_digest": evil["prod"].change_digest, "plan": evil.digest, "data": record.data}
    append(world, lambda _: [event(world, "approved", environment="prod", **forged)])
    append(world, lambda _: [event(world, "approved", environment="prod", **{**forged, "data": {"identity": "dora"}})])
    message = verdict(project(guarded, pipeline).plan())[1]
    assert "cleo@acme.example does not count: its signature is not of this approval" in message
    assert "dora does not count: it is not signed" in message


def test_an_approval_of_no_plan_does_not_count(guarded, people):
    """Nobody knows who asked for it."""
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline, "eve").plan()
    record = project(guarded, pipeline, "cleo").approve(plan, "prod", key=str(people["cleo"]))
    commits = guarded.home.git("rev-list", "--reverse", "gitpromote/ledger/shop").splitlines()
    guarded.home.move("gitpromote/ledger/shop", commits[-2])
    world = project(guarded, pipeline)._world
    bare = event(world, "approved", environment="prod", change_digest=record.change_digest, data=record.data)
    append(world, lambda _: [bare])
    message = verdict(project(guarded, pipeline).plan())[1]
    assert "cleo@acme.example does not count: it names no plan, so that nobody knows who asked for it" in message


# -- groups


def test_groups_may_hold_groups(guarded, people):
    commit(guarded, {GROUPS: 'acme/leads: ["@acme/on-call"]\n"@acme/on-call": [Dora@acme.example, "@acme/leads"]\n'})
    pipeline = line(guarded, 1, of=["@acme/leads", "cleo@acme.example"])
    plan = project(guarded, pipeline, "eve").plan()
    approve(guarded, people, pipeline, plan, "dora")
    assert verdict(project(guarded, pipeline).plan()) == (
        "pass",
        "1 of 1 from @acme/leads or cleo@acme.example: dora@acme.example",
    )


@pytest.mark.parametrize(
    ("text", "members", "message"),
    [
        (
            "acme/paymnts: []\n",
            {},
            (
                "There is no such group: @acme/payments is not in ops/groups.yaml at HEAD, which has @acme/paymnts; "
                "did you mean @acme/paymnts?"
            ),
        ),
        (
            "acme/payments: cleo@acme.example\n",
            {},
            (
                "The file of groups cannot be read: "
                'ops/groups.yaml at HEAD: "acme/payments" is not a list of addresses. '
                'Write it like: "@acme/payments": [lea@acme.example, tom@acme.example]'
            ),
        ),
        (
            "- x\n",
            {},
            (
                "The file of groups cannot be read: "
                "ops/groups.yaml at HEAD is not a mapping of groups to their members. "
                'Write it like: "@acme/payments": [lea@acme.example, tom@acme.example]'
            ),
        ),
        (
            "acme/a: []\nacme/a: []\n",
            {},
            (
                "The file of groups cannot be read: "
                "ops/groups.yaml:2:1: document 1: 'acme/a' is here for the second time. "
                'Write it like: "@acme/payments": [lea@acme.example, tom@acme.example]'
            ),
        ),
        (
            PAYMENTS,
            {"groups": "ops/people.yaml"},
            (
                "A file that a gate needs is missing: ops/people.yaml on main of HOME. "
                "Commit it there: on other branches it does not count."
            ),
        ),
    ],
    ids=["unknown", "no list", "no mapping", "twice", "not there"],
)
def test_groups_that_cannot_be_read_are_an_error_that_blocks(guarded, people, text, members, message):
    commit(guarded, {GROUPS: text})
    plan = project(guarded, line(guarded, 1, **members)).plan()
    told = message.replace("HEAD", guarded.home.head("main")[:7]).replace("HOME", str(guarded.home.path))
    assert verdict(plan) == ("error", told)
    assert plan["prod"].decision == "blocked"


@pytest.mark.parametrize("of", ["@acme/payments", ["@acme/payments", "cleo@acme.example"]], ids=["group", "and one"])
def test_a_group_of_which_no_file_is_named_waits_and_never_passes(guarded, people, of):
    commit(guarded, {GROUPS: PAYMENTS})
    pipeline = line(guarded, 1, of=of, groups=None)
    plan = project(guarded, pipeline, "eve").plan()
    named = "@acme/payments" + (" or cleo@acme.example" if len(of) == 2 else "")
    message = (
        f"0 of 1 from {named}; nobody says who is in a group: approvals asks for @acme/payments, and the pipeline "
        'names no file of groups. Commit such a file and name it: Pipeline(…, groups="groups.yaml")'
    )
    assert verdict(plan) == ("pending", message)
    assert (plan["prod"].decision, plan["prod"].reason) == ("waiting", "upstream, approvals")
    approve(guarded, people, pipeline, plan, "cleo")
    approve(guarded, people, pipeline, plan, "dora")
    assert verdict(project(guarded, pipeline).plan()) == ("pending", message)
    result = guarded.apply(plan, project=project(guarded, pipeline, "eve"), env="prod")
    assert guarded.told(result) == {"prod": "waiting 3"}
    assert guarded.home.head("env/prod") == plan.data.basis.repositories["home"].refs.get("refs/heads/env/prod")


# -- history


def test_a_write_tells_by_what_it_was_allowed_and_verify_finds_what_was_not(guarded, people):
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline, "eve").plan()
    approve(guarded, people, pipeline, plan, "cleo")
    assert told(guarded, pipeline, plan).startswith("written")
    written = next(one for one in guarded.project(pipeline).history.kind("written") if one.environment == "prod")
    judged = written.data["judged"]
    assert [(one["id"], one["status"]) for one in judged["outcomes"]] == [("upstream", "pass"), ("approvals", "pass")]
    assert judged["evidence"]["approvals"]["value"]["given"][0]["identity"] == "cleo@acme.example"
    assert guarded.project(pipeline, cache="cold").verify().ok

    rewrite(guarded, written.id, lambda told: told["evidence"]["approvals"]["value"]["given"][0].pop("key"))
    assert problems(guarded, pipeline) == [
        "approvals: recorded as pass, and it is pending: 0 of 1 from @acme/payments",
        "approvals stood in the way: pending",
    ]
    rewrite(guarded, written.id, lambda told: told["evidence"]["approvals"]["value"]["given"][0].update(identity="eve"))
    assert problems(guarded, pipeline)[0] == "approvals tells of an approval by eve that the ledger did not have"
    rewrite(guarded, written.id, lambda told: told["outcomes"].pop())
    assert problems(guarded, pipeline)[1] == "approvals is missing"
    rewrite(guarded, written.id, lambda told: told.update(at="x"))
    assert problems(guarded, pipeline) == ["they are missing"]


def problems(site, pipeline):
    """What ``verify`` says of production's verdicts."""
    found = site.project(pipeline, cache="cold").verify().findings
    bad = [one.message for one in found if not one.ok and one.subject.startswith("verdicts prod")]
    return [part for one in bad for part in one.split("; ") if "does not count" not in part and "may not" not in part]


def rewrite(site, identifier, change):
    """The ledger with one Record's verdicts told otherwise."""
    ledger = "gitpromote/ledger/shop"
    commits = site.home.git("rev-list", "--reverse", ledger).splitlines()
    site.home.move(ledger, None)
    for oid in commits:
        subject, _, body = site.home.git("log", "-1", "--format=%B", oid).partition("\n\n")
        data = json.loads(body)
        if data["id"] == identifier:
            change(data["data"]["judged"])
        at = int(site.home.git("log", "-1", "--format=%ct", oid))
        text = f"{subject}\n\n{canonical(data).decode()}\n"
        site.home.commit(site.home.files(oid), branch=ledger, message=text, at=at)


@pytest.mark.parametrize("kind", ["written", "adopted", "rolled-back"])
def test_a_forged_record_alone_does_not_take_an_author_out_and_verify_finds_it(guarded, people, kind):
    """Whoever may push to the ledger cannot write production's branch: what that says of itself counts, too."""
    pipeline = line(guarded, 1)
    plan = project(guarded, pipeline).plan()
    author = guarded.home.git("rev-parse", "main~1")[:7]
    assert told(guarded, pipeline, plan).startswith("waiting: ")
    forge(guarded, pipeline, plan, kind)
    if kind != "adopted":  # what was adopted stays as it is: there is nothing to approve
        approve(guarded, people, pipeline, plan, "tom")
        why = "tom@acme.example does not count: "
        again = project(guarded, pipeline).plan()
        assert verdict(again) == ("pending", f"0 of 1 from @acme/payments; {why}wrote {author}")
    found = [one for one in guarded.project(pipeline, cache="cold").verify().findings if not one.ok]
    head = guarded.home.head("env/prod")[:7]
    adopted = "who adopts content changes no Freight, and this does"
    why = adopted if kind == "adopted" else "the ledger has no plan that did it"
    assert [(one.subject, one.message) for one in found] == [(f"{kind} prod {head}", why)]


def test_a_record_of_a_write_that_its_target_says_otherwise_is_found(guarded):
    """Even where a plan that the ledger has would have done it."""
    pipeline = guarded.pipeline()
    guarded.promote(pipeline)
    before, last = [one for one in guarded.project().history.kind("written") if one.environment == "prod"]
    world = guarded.project(pipeline, who=OPS, cache="forger")._world
    append(world, lambda _: [last.model_copy(update={"id": "0" * 64, "commit": before.commit, "tree": before.tree})])
    found = [one for one in guarded.project(pipeline, cache="cold").verify().findings if not one.ok]
    subject = f"written prod {before.commit[:7]}"
    assert (subject, "its commit says another change and plan and Freight") in [
        (one.subject, one.message) for one in found
    ]


def test_a_record_of_a_commit_that_never_came_to_its_target_is_found(guarded):
    pipeline = guarded.pipeline()
    guarded.promote(pipeline)
    guarded.home.git("branch", "-f", "kept", "env/prod")
    commit = guarded.home.head("env/prod")
    guarded.home.move("env/prod", guarded.home.git("rev-parse", "env/prod^"))
    found = [one for one in guarded.project(pipeline, cache="cold").verify().findings if not one.ok]
    told = [(one.subject, one.message) for one in found]
    assert told == [(f"written prod {commit[:7]}", "its commit is not in the history of env/prod")]


def forge(site, pipeline, plan, kind):
    """A Record that says that what waits is in production already, beside the tree that is there."""
    world = site.project(pipeline, who=OPS, cache="forger")._world
    state = world.ledger.read(world.home.fetch([world.ledger.ref])[world.ledger.ref]).environment("prod")
    freight = {name: moving.id for name, moving in plan["prod"].freight.items()}
    last = next(one for one in reversed(site.project().history.kind("written")) if one.environment == "prod")
    told = event(world, kind, environment="prod", plan=None, change_digest=None, freight=freight, data=dict(last.data))
    told = told.model_copy(update={"tree": last.tree, "commit": last.commit})
    append(world, lambda _: [told])
    assert state.freight != freight
