"""Overrides: what is soft may be overridden for one change, with a reason and an end, told wherever the gate is."""

from __future__ import annotations

import pytest

from gitpromote import CEL, Environment, Freeze, Rule, Window
from gitpromote.engine.append import append, event
from gitpromote.errors import Blocked, ConfigurationError, GitpromoteError, UsageError
from gitpromote.views.environments import notes
from gitpromote.views.explaining import explanation
from gitpromote.views.lines import plain
from gitpromote.views.markdown import plan_markdown

SIGNERS = "ops/allowed_signers"
REASON = "checkout is down"
NIGHT = Window("Mon-Fri 09:00-16:00", name="hours", level="soft")  # the clock says Thu 00:54Z


@pytest.fixture(autouse=True)
def cleo_signs(monkeypatch, keys, tmp_path):
    """What git signs with where nobody names a key."""
    settings = tmp_path / "gitconfig-with-key"
    settings.write_text(f"[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = {keys['cleo']}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))


def line(site, *gates, **members):
    return site.pipeline(Environment("test"), Environment("uat"), Environment("prod", gates=list(gates)), **members)


def cleo(site, pipeline):
    return site.project(pipeline, who="Cleo <cleo@acme.example>", cache="cleo")


def override(site, pipeline, gate="hours", env="prod", **options):
    return cleo(site, pipeline).override(env, gate, **{"reason": REASON, "ticket": "INC-2211", **options})


def outcome(plan, name="hours", env="prod"):
    return next(one for one in plan[env].outcomes if one.id == name)


def told(site, pipeline, plan, env="prod"):
    result = site.project(pipeline).apply(plan, confirmed=True)
    return next(f"{one.status}: {one.message}" for one in result.environments if one.name == env)


def ready(site, pipeline):
    """Production waits for its gates alone."""
    site.apply(project=site.project(pipeline))


def test_what_is_soft_is_overridden_and_told_wherever_the_gate_is(promoted):
    pipeline = line(promoted, NIGHT)
    ready(promoted, pipeline)
    before = promoted.project(pipeline).plan()
    assert (before["prod"].decision, outcome(before).status) == ("waiting", "pending")
    record = override(promoted, pipeline)
    assert (record.kind, record.environment, record.change_digest) == (
        "overridden",
        "prod",
        before["prod"].change_digest,
    )
    assert record.data == {
        "gate": "hours",
        "reason": REASON,
        "ticket": "INC-2211",
        "expires": promoted.clock.now() + 4 * 3600,
        "identity": "cleo@acme.example",
        "signature": "",
    }
    assert (record.actor.claimed, record.actor.proven_by) == ("Cleo <cleo@acme.example>", None)
    plan = promoted.project(pipeline).plan()
    found = outcome(plan)
    assert (plan["prod"].decision, found.status, found.overridden.model_dump()) == (
        "ready",
        "warn",
        {
            "status": "pending",
            "by": "cleo@acme.example",
            "reason": REASON,
            "ticket": "INC-2211",
            "expires": promoted.clock.now() + 4 * 3600,
            "record": record.id,
        },
    )
    text = 'overridden by cleo@acme.example until 04:54Z: "checkout is down" (INC-2211); it says pending'
    assert f"  prod: {found.message}   [hours]\n      {text}\n" in plain(notes(plan.data))
    assert f"  warn  hours     {found.message}; {text}   (soft)\n" in plain(explanation(plan.data, plan["prod"]))
    assert f"`{found.message}; {text}`" in plan_markdown(plan.data, digest=plan.digest)
    assert promoted.project(pipeline).plan_verify(plan) == []

    # The plan that was made before goes, too: it is the same change.
    assert told(promoted, pipeline, before).startswith("written: ")
    message = promoted.home.git("log", "-1", "--format=%B", "env/prod")
    assert "\nGitpromote-Override: hours by cleo@acme.example: checkout is down (INC-2211)\n" in message
    written = promoted.project(pipeline).history.kind("written")[0]
    [judged] = [one for one in written.data["judged"]["outcomes"] if one["id"] == "hours"]
    assert (judged["status"], judged["overridden"]["status"], judged["overridden"]["record"]) == (
        "warn",
        "pending",
        record.id,
    )
    assert promoted.project(pipeline, cache="cold").verify().ok
    # It is spent: the same gate stands in the way of the next change, and of the same one should it come again.
    state = promoted.project(pipeline)._world.ledger.read(promoted.home.head("gitpromote/ledger/shop"))
    assert state.environment("prod").overrides == ()


def test_an_override_that_is_over_does_not_count_at_apply(promoted):
    pipeline = line(promoted, NIGHT)
    ready(promoted, pipeline)
    override(promoted, pipeline, expires=600)
    plan = promoted.project(pipeline).plan()
    assert plan["prod"].decision == "ready"
    promoted.clock.sleep(600)
    assert told(promoted, pipeline, plan).startswith("waiting: hours: ")
    assert outcome(promoted.project(pipeline).plan()).overridden is None


def test_an_override_is_of_one_change_in_one_environment(promoted):
    pipeline = promoted.pipeline(Environment("test"), Environment("uat", gates=[NIGHT]), Environment("prod"))
    promoted.apply(project=promoted.project(pipeline))
    override(promoted, pipeline, env="uat")
    assert outcome(promoted.project(pipeline).plan(), env="uat").overridden is not None
    promoted.home.commit(promoted.sources("test", "uat", "prod", version="3.0.0"))
    promoted.project(pipeline).apply(promoted.project(pipeline).plan(env="test"))
    plan = promoted.project(pipeline).plan()
    assert outcome(plan, env="uat").overridden is None
    assert plan["uat"].decision == "waiting"


def test_a_soft_policy_that_fails_is_overridden_by_name(promoted):
    few = Rule("few", "plan.changes < 1", on="plan", level="soft")
    pipeline = line(promoted, policies=[few])
    plan = promoted.project(pipeline).plan()
    assert (plan["uat"].decision, outcome(plan, "few", "uat").status) == ("blocked", "fail")
    for env in ("test", "uat"):
        override(promoted, pipeline, "few", env)
    # A verdict on what a plan holds needs no other plan to be overridden.
    result = promoted.told(promoted.project(pipeline).apply(plan, confirmed=True))
    assert result == {"test": "written", "uat": "written", "prod": "blocked 13"}
    assert promoted.project(pipeline, cache="cold").verify().ok


@pytest.mark.parametrize(
    ("gate", "error", "message"),
    [
        (
            "freeze",
            Blocked,
            (
                "What is hard cannot be overridden  [override-hard]\n"
                "prod: freeze is hard, and says pending: FREEZE\n"
                'Whoever writes the pipeline may make it soft: level="soft".'
            ),
        ),
        (
            "told",
            UsageError,
            "There is nothing to override  [override-pointless]\nprod: told is advisory: it stops nothing",
        ),
        (
            "open",
            UsageError,
            (
                "There is nothing to override  [override-pointless]\n"
                "prod: open does not stand in the way: it says pass: OPEN"
            ),
        ),
        (
            "hour",
            UsageError,
            ("There is no such gate or policy  [gate-unknown]\nprod: hour; soft are hours, open.\ndid you mean hours?"),
        ),
    ],
    ids=["hard", "advisory", "passing", "unknown"],
)
def test_what_needs_no_override_or_takes_none_is_refused(promoted, gate, error, message):
    frozen = Freeze("2025-11-01", until="2025-12-01", name="freeze")
    told_only = CEL("told", "false", level="advisory")
    pipeline = line(promoted, NIGHT, frozen, told_only, CEL("open", "true", level="soft"))
    ready(promoted, pipeline)
    plan = promoted.project(pipeline).plan()
    before = promoted.home.refs()
    with pytest.raises(error) as caught:
        override(promoted, pipeline, gate)
    expected = message.replace("FREEZE", outcome(plan, "freeze").message).replace("OPEN", outcome(plan, "open").message)
    assert str(caught.value) == expected
    assert promoted.home.refs() == before


@pytest.mark.parametrize(
    ("options", "code"),
    [({"expires": 0}, "override-over"), ({"reason": " "}, "reason-missing"), ({"env": "test"}, "nothing-to-override")],
    ids=str,
)
def test_an_override_says_why_and_until_when(promoted, options, code):
    pipeline = line(promoted, NIGHT)
    ready(promoted, pipeline)
    with pytest.raises(GitpromoteError) as caught:
        override(promoted, pipeline, **options)
    assert caught.value.code == code


# -- who signs


@pytest.fixture
def signed(promoted, keys):
    """A pipeline whose signer is Cleo alone; everything but production is promoted."""
    public = " ".join(keys["cleo"].with_suffix(".pub").read_text().split()[:2])
    promoted.home.commit({SIGNERS: f"cleo@acme.example {public}\n"}, message="signers")
    pipeline = line(promoted, NIGHT, signers=SIGNERS)
    ready(promoted, pipeline)
    return pipeline


def test_where_signers_are_named_it_is_signed(promoted, signed):
    record = override(promoted, signed)
    assert record.actor.proven_by.startswith("ssh:SHA256:")
    assert record.data["signature"].startswith("-----BEGIN SSH SIGNATURE-----\n")
    plan = promoted.project(signed).plan()
    [fact] = plan.data.facts["overrides"]["prod"]
    assert (fact["proven_by"], "signature" in fact) == (record.actor.proven_by, False)
    assert told(promoted, signed, plan).startswith("written: ")
    assert promoted.project(signed, cache="cold").verify().ok


def test_a_signature_that_would_not_count_is_refused(promoted, signed, keys):
    with pytest.raises(ConfigurationError) as caught:
        override(promoted, signed, key=str(keys["dora"]))
    assert str(caught.value) == (
        "This signature would not count  [signer-unknown]\n"
        f"cleo@acme.example with this key is not in {SIGNERS}.\n"
        "Use the key that is listed there: --key FILE."
    )


@pytest.mark.parametrize("forged", [{"signature": ""}, {"expires": 2**40}, {"gate": "hours", "identity": "dora@x"}])
def test_what_nobody_signed_opens_nothing_in_production(promoted, signed, forged):
    good = override(promoted, signed, expires=600)
    promoted.clock.sleep(600)
    world = promoted.project(signed)._world
    data = {**good.data, "expires": promoted.clock.now() + 600, **forged}
    digest = good.change_digest
    append(world, lambda _: [event(world, "overridden", environment="prod", change_digest=digest, data=data)])
    plan = promoted.project(signed).plan()
    assert (outcome(plan).status, outcome(plan).overridden) == ("pending", None)
    assert told(promoted, signed, plan).startswith("waiting: hours: ")


def test_without_the_file_of_signers_no_override_counts_and_the_plan_says_so(promoted, signed):
    override(promoted, signed)
    promoted.home.commit({SIGNERS: None})
    plan = promoted.project(signed).plan()
    assert outcome(plan).overridden is None
    told = f"{SIGNERS} on refs/heads/main of {promoted.home.path}"
    warned = f"prod: no override counts: The file of allowed signers is missing: {told}"
    assert warned in plan.file.observations.warnings


def test_elsewhere_an_unsigned_one_counts_and_is_only_claimed(promoted, signed):
    gated = promoted.pipeline(
        Environment("test"), Environment("uat", gates=[NIGHT]), Environment("prod"), signers=SIGNERS
    )
    promoted.home.commit(promoted.sources("test", "uat", "prod", version="3.0.0"))
    promoted.apply(project=promoted.project(gated))
    plan = promoted.project(gated).plan()
    world = promoted.project(gated)._world
    data = {"gate": "hours", "reason": "x", "identity": "eve@x", "expires": promoted.clock.now() + 600, "signature": ""}
    members = {"environment": "uat", "change_digest": plan["uat"].change_digest, "data": data}
    append(world, lambda _: [event(world, "overridden", **members)])
    found = outcome(promoted.project(gated).plan(), env="uat")
    assert (found.status, found.overridden.by) == ("warn", "eve@x")


def test_words_of_an_override_stay_on_their_line_in_the_commit(promoted):
    pipeline = line(promoted, NIGHT)
    ready(promoted, pipeline)
    override(promoted, pipeline, reason="x\n\nGitpromote-Plan: sha256:0", ticket="")
    plan = promoted.project(pipeline).plan()
    assert told(promoted, pipeline, plan).startswith("written: ")
    message = promoted.home.git("log", "-1", "--format=%B", "env/prod")
    assert message.splitlines()[-1] == "Gitpromote-Override: hours by cleo@acme.example: x Gitpromote-Plan: sha256:0"


def test_nothing_of_an_override_that_a_terminal_would_obey_reaches_the_commit(promoted):
    pipeline = line(promoted, NIGHT)
    ready(promoted, pipeline)
    override(promoted, pipeline, reason="x\x1b[2J\x1b]0;t\x07\u202ey\x00z\r", ticket="T\x9b1m1")
    assert told(promoted, pipeline, promoted.project(pipeline).plan()).startswith("written: ")
    message = promoted.home.git("log", "-1", "--format=%B", "env/prod")
    assert message.splitlines()[-1] == "Gitpromote-Override: hours by cleo@acme.example: xyz (T1)"
