"""Consent to one change: signed, bound to what changes and not to when, ended by time and by use."""

from __future__ import annotations

import pytest

from gitpromote import Environment
from gitpromote.errors import ConfigurationError, Declined, UsageError
from gitpromote.project import Plan

SIGNERS = "ops/allowed_signers"


@pytest.fixture(autouse=True)
def cleo_signs(monkeypatch, keys, tmp_path):
    """What git signs with where nobody names a key."""
    settings = tmp_path / "gitconfig-with-key"
    settings.write_text(f"[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = {keys['cleo']}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))


def public(keys, name):
    return " ".join(keys[name].with_suffix(".pub").read_text().split()[:2])


def signed(site, keys, *names):
    """A pipeline whose approvals must be signed by these."""
    text = "".join(f"{name}@acme.example {public(keys, name)}\n" for name in names)
    site.home.commit({SIGNERS: text}, message="signers")
    return site.pipeline(signers=SIGNERS)


def cleo(site, pipeline=None, **words):
    return site.project(pipeline, who="Cleo <cleo@acme.example>", cache="cleo", **words)


def opens(site, plan, pipeline=None):
    """Whether production opens without a yes and without the digest."""
    try:
        result = site.project(pipeline).apply(plan, auto_approve=True)
    except Declined:
        return False
    return result.environments[-1].status == "written"


def test_an_approval_names_the_change_and_opens_production(promoted):
    plan = promoted.project().plan()
    assert not opens(promoted, plan)
    record = cleo(promoted).approve(plan, "prod", expires=3600)
    assert (record.kind, record.environment, record.plan) == ("approved", "prod", plan.digest)
    assert record.change_digest == plan["prod"].change_digest
    assert record.freight == {"shop": plan["prod"].freight["shop"].id}
    assert record.data == {
        "identity": "cleo@acme.example",
        "expires": promoted.clock.now() + 3600,
        "signature": record.data["signature"],
    }
    assert record.data["signature"].startswith("-----BEGIN SSH SIGNATURE-----\n")
    assert record.actor.claimed == "Cleo <cleo@acme.example>"
    assert record.actor.proven_by.startswith("ssh:SHA256:")
    assert opens(promoted, plan)


def test_an_approval_brings_the_plan_into_the_ledger(promoted):
    plan = promoted.project().plan()
    cleo(promoted).approve(plan, "prod")
    assert promoted.records()[-3:] == [("freight-created", None), ("planned", None), ("approved", "prod")]
    assert promoted.project().open_plan(plan.short_id).to_bytes() == plan.to_bytes()


def test_an_approval_survives_another_plan_of_the_same_change(promoted):
    plan = promoted.project().plan()
    cleo(promoted).approve(plan, "prod")
    promoted.clock.time += 300
    promoted.home.commit({"README": "x\n"})
    again = promoted.project().plan()
    assert again.digest != plan.digest
    assert opens(promoted, again)


def test_an_approval_does_not_cover_another_change(promoted):
    plan = promoted.project().plan()
    cleo(promoted).approve(plan, "prod")
    promoted.home.commit(promoted.sources("prod", version="1.1.0", replicas=7))
    assert not opens(promoted, promoted.project().plan())


def test_an_approval_of_another_environment_does_not_count(promoted):
    pipeline = promoted.pipeline(Environment("test"), Environment("uat", production=True), Environment("prod"))
    plan = promoted.project(pipeline).plan()
    cleo(promoted, pipeline).approve(plan, "uat")
    result = promoted.project(pipeline).apply(plan, auto_approve=True)
    assert promoted.told(result) == {"test": "written", "uat": "written", "prod": "waiting 3"}


def test_an_approval_ends(promoted):
    plan = promoted.project().plan()
    cleo(promoted).approve(plan, "prod", expires=60)
    promoted.clock.time += 60
    assert not opens(promoted, plan)


def test_an_approval_is_spent_by_what_it_has_allowed(promoted):
    plan = promoted.project().plan()
    cleo(promoted).approve(plan, "prod")
    assert opens(promoted, plan)
    promoted.apply(promoted.project().rollback("prod", reason="5xx"))
    promoted.project().release("prod")
    again = promoted.project().plan(env="prod")
    assert again["prod"].change_digest == plan["prod"].change_digest
    assert not opens(promoted, again)


def test_what_changes_nothing_cannot_be_approved(promoted):
    promoted.promote()
    plan = promoted.project().plan()
    with pytest.raises(UsageError) as caught:
        cleo(promoted).approve(plan, "prod")
    assert str(caught.value) == "There is nothing to approve  [nothing-to-approve]\nprod: the plan changes nothing"
    with pytest.raises(UsageError, match="live: the plan changes nothing"):
        cleo(promoted).approve(plan, "live")


@pytest.mark.parametrize("expires", [0, -60])
def test_an_approval_that_would_be_over_at_once_is_not_made(promoted, expires):
    plan = promoted.project().plan()
    before = promoted.records()
    with pytest.raises(UsageError) as caught:
        cleo(promoted).approve(plan, "prod", expires=expires)
    assert str(caught.value) == (
        "This approval would be over before it begins  [approval-over]\n"
        "prod: it would end at once.\nGive it a while:\n  --expires 7d"
    )
    assert promoted.records() == before


def test_what_was_applied_already_cannot_be_approved_until_it_comes_again(promoted):
    plan = promoted.project().plan()
    promoted.apply(plan)
    with pytest.raises(UsageError) as caught:
        cleo(promoted).approve(plan, "prod")
    assert str(caught.value) == (
        "There is nothing to approve  [already-applied]\n"
        "prod: this very change was made there already, and nothing has changed there since.\n"
        "Look at what is left to be done:\n  gitpromote plan shop"
    )
    promoted.apply(promoted.project().rollback("prod", reason="5xx"))
    promoted.project().release("prod")
    again = promoted.project().plan(env="prod")
    assert again["prod"].change_digest == plan["prod"].change_digest
    assert cleo(promoted).approve(again, "prod").kind == "approved"


# -- signatures


def test_a_signature_of_a_known_key_opens_production(promoted, keys):
    pipeline = signed(promoted, keys, "cleo", "dora")
    plan = promoted.project(pipeline).plan()
    record = cleo(promoted, pipeline).approve(plan, "prod", key=str(keys["cleo"]))
    assert record.actor.proven_by.startswith("ssh:SHA256:")
    assert record.data["signature"].startswith("-----BEGIN SSH SIGNATURE-----\n")
    assert opens(promoted, plan, pipeline)


@pytest.mark.parametrize("who", ["wrong key", "unknown person"])
def test_a_signature_that_would_not_count_is_refused_when_it_is_made(promoted, keys, who):
    pipeline = signed(promoted, keys, "cleo")
    plan = promoted.project(pipeline).plan()
    name = "cleo" if who == "wrong key" else "dora"
    project = promoted.project(pipeline, who=f"X <{name}@acme.example>")
    before = promoted.home.refs()
    with pytest.raises(ConfigurationError) as caught:
        project.approve(plan, "prod", key=str(keys["dora"]))
    assert str(caught.value) == (
        "This signature would not count  [signer-unknown]\n"
        f"{name}@acme.example with this key is not in {SIGNERS}.\n"
        "Use the key that is listed there: --key FILE."
    )
    assert promoted.home.refs() == before


def test_a_key_of_somebody_else_opens_nothing_where_signers_are_named(promoted, keys):
    promoted.home.commit({SIGNERS: f"cleo@acme.example {public(keys, 'cleo')}\n"})
    open_to_all = promoted.pipeline()
    plan = promoted.project(open_to_all).plan()
    cleo(promoted, open_to_all).approve(plan, "prod", key=str(keys["dora"]))  # before the pipeline names signers
    pipeline = promoted.pipeline(signers=SIGNERS)
    signed_plan = promoted.project(pipeline).plan()
    assert signed_plan["prod"].change_digest == plan["prod"].change_digest
    assert not opens(promoted, signed_plan, pipeline)


def test_a_record_without_a_signature_opens_nothing(promoted):
    from gitpromote.engine.append import append, event

    plan = promoted.project().plan()
    data = {"identity": "cleo@acme.example", "expires": None, "signature": ""}
    record = {"environment": "prod", "change_digest": plan["prod"].change_digest, "data": data}
    world = promoted.project()._world
    append(world, lambda _: [event(world, "approved", **record)])
    assert not opens(promoted, plan)


def test_nobody_approves_without_a_key(promoted, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    plan = promoted.project().plan()
    with pytest.raises(ConfigurationError) as caught:
        cleo(promoted).approve(plan, "prod")
    assert str(caught.value) == (
        "The approval cannot be signed  [signing-failed]\n"
        "No key is named, and git signs with none here.\n"
        "Name one with --key ~/.ssh/id_ed25519, or tell git once:\n"
        "  git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub"
    )


def test_a_signature_for_one_change_is_none_for_another(promoted, keys):
    """Somebody copies an approval's signature into a Record of their own."""
    from gitpromote.engine.append import append, event

    pipeline = signed(promoted, keys, "cleo")
    plan = promoted.project(pipeline).plan()
    good = cleo(promoted, pipeline).approve(plan, "prod", key=str(keys["cleo"]))
    promoted.home.commit(promoted.sources("prod", version="6.6.6"))
    evil = promoted.project(pipeline).plan(env="prod")
    world = promoted.project(pipeline)._world
    for forged in ({}, {"expires": promoted.clock.now() + 10**9}, {"identity": "dora@acme.example"}):
        data = {**good.data, **forged}
        record = {"environment": "prod", "change_digest": evil["prod"].change_digest, "data": data}
        append(world, lambda _, record=record: [event(world, "approved", **record)])
    assert not opens(promoted, evil, pipeline)


def test_the_signers_are_those_of_the_default_branch_now(promoted, keys):
    pipeline = signed(promoted, keys, "cleo")
    plan = promoted.project(pipeline).plan()
    cleo(promoted, pipeline).approve(plan, "prod", key=str(keys["cleo"]))
    promoted.home.commit({SIGNERS: f"dora@acme.example {public(keys, 'dora')}\n"}, message="cleo has left")
    assert not opens(promoted, plan, pipeline)


def test_a_key_whose_time_is_over_does_not_count(promoted, keys):
    promoted.home.commit({SIGNERS: f'cleo@acme.example valid-before="20200101" {public(keys, "cleo")}\n'})
    pipeline = promoted.pipeline(signers=SIGNERS)
    plan = promoted.project(pipeline).plan()
    with pytest.raises(ConfigurationError, match="signer-unknown"):
        cleo(promoted, pipeline).approve(plan, "prod", key=str(keys["cleo"]))


@pytest.mark.parametrize("verb", ["approve", "apply"])
def test_missing_signers_are_told(promoted, keys, verb):
    pipeline = promoted.pipeline(signers=SIGNERS)
    plan = promoted.project(pipeline).plan()
    with pytest.raises(ConfigurationError) as caught:
        if verb == "approve":
            cleo(promoted, pipeline).approve(plan, "prod", key=str(keys["cleo"]))
        else:
            project = promoted.project(pipeline)
            project.apply(plan, auto_approve=True, env="test")
            promoted.apply(plan, project=project, env="uat")
            project.apply(plan, auto_approve=True)
    assert str(caught.value) == (
        "The file of allowed signers is missing  [signers-missing]\n"
        f"{SIGNERS} on refs/heads/main of {promoted.home.path}\n"
        "Without it no approval counts. Commit it, in the format of ssh-keygen's allowed signers."
    )


def test_an_approval_is_found_by_a_plan_that_was_read_from_its_file(promoted, keys, tmp_path):
    pipeline = signed(promoted, keys, "cleo")
    plan = Plan.load(promoted.project(pipeline).plan().save(tmp_path / "p.json"))
    cleo(promoted, pipeline).approve(plan, "prod", key=str(keys["cleo"]))
    assert opens(promoted, Plan.load(tmp_path / "p.json"), pipeline)


def test_several_environments_are_approved_in_one_call(promoted, keys):
    project = promoted.project(who="Cleo <cleo@acme.example>")
    plan = project.plan()
    records = project.approve(plan, ["uat", "prod", "uat"], key=str(keys["cleo"]))
    assert [(one.kind, one.environment) for one in records] == [("approved", "uat"), ("approved", "prod")]
    assert set(project.approvals()) == {"uat", "prod"}
    before = promoted.home.refs()
    with pytest.raises(UsageError) as caught:
        project.approve(plan, ["test", "nowhere"], key=str(keys["cleo"]))
    assert caught.value.code == "nothing-to-approve"
    assert promoted.home.refs() == before
    assert promoted.told(promoted.project().apply(plan, auto_approve=True))["prod"] == "written"
